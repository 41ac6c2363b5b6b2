"""Where a command's output goes, and how it shows what is done."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from analyser.reports.files import written


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
    with written(path) as out:
        yield out


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
