"""Outputs appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, cast

from analyser.errors import OutputError


@contextmanager
def written(path: Path) -> Iterator[TextIO]:
    """A text stream to a file, written beside it first and moved into place at the end.

    Raises
    ------
    OutputError
        Where the file cannot be written; what was there before stays as it was.
    """
    try:
        handle = tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", errors="replace", newline="", dir=path.parent, prefix=f".{path.name}.", delete=False
        )
    except OSError as error:
        raise OutputError(f"the output cannot be written: {error.strerror}", where=path) from None
    try:
        with handle:
            yield cast(TextIO, handle)
            handle.flush()
            os.fsync(handle.fileno())  # a power cut must not leave an empty file under the name
        os.chmod(handle.name, 0o666 & ~umask())
        os.replace(handle.name, path)
    except OSError as error:
        Path(handle.name).unlink(missing_ok=True)
        raise OutputError(f"the output cannot be written: {error.strerror}", where=path) from None
    except BaseException:
        Path(handle.name).unlink(missing_ok=True)
        raise


def umask() -> int:
    """The permissions that new files are not to have."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
