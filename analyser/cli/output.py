"""Outputs appear whole or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, cast

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from analyser.errors import OutputError


@contextmanager
def opened(path: Path | None) -> Iterator[TextIO]:
    """A text stream to a file (written beside it first, moved into place at the end), or to standard output.

    Raises
    ------
    OutputError
        Where the file cannot be written; what was there before stays as it was.
    """
    if path is None or str(path) == "-":
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(encoding="utf-8", errors="replace", newline="")
        yield sys.stdout
        sys.stdout.flush()
        return
    try:
        handle = tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", errors="replace", newline="", dir=path.parent, prefix=f".{path.name}.", delete=False
        )
    except OSError as error:
        raise OutputError(f"the output cannot be written: {error.strerror}", where=path) from None
    try:
        with handle:
            yield cast(TextIO, handle)
        os.chmod(handle.name, 0o666 & ~_umask())
        os.replace(handle.name, path)
    except OSError as error:
        Path(handle.name).unlink(missing_ok=True)
        raise OutputError(f"the output cannot be written: {error.strerror}", where=path) from None
    except BaseException:
        Path(handle.name).unlink(missing_ok=True)
        raise


@contextmanager
def progress_bar(visible: bool) -> Iterator[Callable[[int], None] | None]:
    """Shows on the error stream how many calls are done; gives the function to call with each further number."""
    if not visible:
        yield None
        return
    columns = (TextColumn("Analysing"), BarColumn(), TextColumn("{task.completed:,.0f} calls"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("calls", total=None)
        yield lambda count: shown.update(task, advance=count)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
