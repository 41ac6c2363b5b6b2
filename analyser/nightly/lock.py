"""One nightly run at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analyser.errors import AnalyserError, ConfigurationError, ExitCode


class LockedError(AnalyserError):
    """Another run is at work; it does what this one would have done."""

    exit_code = ExitCode.SOME_FAILED


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock while the block runs; the system lets go of it however the process ends.

    Raises
    ------
    LockedError
        Where another process holds it.
    ConfigurationError
        Where the file cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise ConfigurationError(
            f"the lock cannot be made: {error.strerror}",
            where=path,
            hint="set [run] lock to a place that can be written",
        ) from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(handle, 20, 0).decode("ascii", "replace").strip()
            who = f"process {holder}" if holder.isdigit() else "another process"
            raise LockedError(
                f"another nightly run is at work: {who} holds the lock", where=path, hint="let it finish, or stop it"
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)
