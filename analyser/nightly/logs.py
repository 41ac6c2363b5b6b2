"""Log lines as JSON, one event a line, on the error stream; never a word of a call.

What may stand in a line is a list, not a habit: fields that are not on it are left out, and messages of other
libraries, which may quote what they were given, are reduced to who sent them and how grave they are.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TextIO

Level = Literal["info", "warning", "error"]
Value = str | int | float | bool | None

# Counts, times, names of our own, and places of files. Texts, quotes, turns' words and ids of customers are not here.
FIELDS = frozenset(
    "calls new replaced skipped failed flagged not_scored turns files seconds stopped_because runs exit_code "
    "channel attempts recipients status kind reason count folder path line error hint config inbox jobs logger "
    "version removed at waiting store_run".split()
)
_MOST = 500  # characters of a value; an error's text is one clause


class JobLog:
    """Writes events; the run's id stands in every line once it is known."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out
        self.run_id: str | None = None

    def event(self, level: Level, event: str, **fields: Value) -> None:
        """Write one line; fields that are not in ``FIELDS`` are left out."""
        line: dict[str, Value] = {
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "level": level,
            "event": event,
            "run_id": self.run_id,
        }
        line |= {k: v[:_MOST] if isinstance(v, str) else v for k, v in fields.items() if k in FIELDS}
        out = self._out or sys.stderr
        out.write(json.dumps(line, allow_nan=False) + "\n")
        out.flush()

    def info(self, event: str, **fields: Value) -> None:
        """Something done as planned."""
        self.event("info", event, **fields)

    def warning(self, event: str, **fields: Value) -> None:
        """Something to look at, which lost nothing."""
        self.event("warning", event, **fields)

    def error(self, event: str, **fields: Value) -> None:
        """Something that ended the run, or lost a part of it."""
        self.event("error", event, **fields)

    def crashed(self, fault: BaseException) -> None:
        """A fault of the program: its kind and the place in our code; its message may hold words, so it is left out."""
        frames = traceback.extract_tb(fault.__traceback__)
        ours = [f for f in frames if "analyser" in Path(f.filename).parts] or frames
        at = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(ours[-4:]))
        self.error("crashed", kind=type(fault).__name__, at=at, hint="please report these places")


class _Others(logging.Handler):
    """Messages of libraries, without their text."""

    def __init__(self, log: JobLog) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        level: Level = "error" if record.levelno >= logging.ERROR else "warning"
        self._log.event(level, "library_message", logger=record.name, at=f"{record.module}:{record.lineno}")


@contextmanager
def libraries_in(log: JobLog) -> Iterator[None]:
    """While the block runs, what libraries log or warn about becomes lines of ``log``, and nothing else is printed."""
    root = logging.getLogger()
    before, shown = root.handlers[:], warnings.showwarning

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        del message, file, line
        log.warning("library_message", logger=category.__name__, at=f"{Path(filename).name}:{lineno}")

    root.handlers[:] = [_Others(log)]
    warnings.showwarning = show
    try:
        yield
    finally:
        root.handlers[:] = before
        warnings.showwarning = shown
