"""One writer a store; and patience with a database that is away for a while."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable
from types import TracebackType
from typing import TypeVar

from django.db import connections
from django.db.utils import DatabaseError, InterfaceError, OperationalError

from analyser.errors import StoreError
from analyser.store.connection import is_sqlite, reason, shown

PATIENCE_S = 60.0  # how long a lost database may stay away
_KEY = 0x5CA11ED  # the number of the advisory lock; any would do, if it is always the same
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.25, 8.0
_BUSY = "another run is at work on this store"
T = TypeVar("T")


class WriteLock:
    """Held by the one process that writes; may be taken again by the same object. Goes with the process.

    Parameters
    ----------
    alias
        Django's name for the database.
    """

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self._depth = 0
        self._file: int | None = None

    def __enter__(self) -> None:
        if self._depth == 0:
            if is_sqlite(self.alias):
                self._take_file()
            else:
                self.again(self._take_session, taking=True)
        self._depth += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._depth -= 1
        if self._depth:
            return
        if self._file is not None:
            os.close(self._file)
            self._file = None
            return
        try:
            with connections[self.alias].cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_KEY])
        except DatabaseError:
            connections[self.alias].close()  # with the session goes its lock

    def _take_file(self) -> None:
        path = f"{shown(self.alias)}.lock"
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreError(f"the store cannot be locked: {error.strerror}", where=path) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(handle, 20, 0).decode("ascii", "replace").strip()
            os.close(handle)
            who = f" (process {holder})" if holder.isdigit() else ""
            raise StoreError(f"{_BUSY}{who}", where=shown(self.alias), hint="let it finish, or stop it") from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        self._file = handle

    def _take_session(self) -> None:
        with connections[self.alias].cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_KEY])
            if not cursor.fetchone()[0]:
                raise StoreError(_BUSY, where=shown(self.alias), hint="let it finish, or stop it")

    def again(self, work: Callable[[], T], *, taking: bool = False) -> T:
        """Do a whole transaction; where the database went away, connect and do it again, for up to a minute.

        Parameters
        ----------
        taking
            Whether the work is to take this lock; else a new connection takes it first, where it was held.

        Raises
        ------
        StoreError
            Where the database stays away, is full or refuses; or another run took the lock meanwhile.
        """
        began, wait, lost = time.monotonic(), _FIRST_WAIT_S, False
        while True:
            try:
                if lost and self._depth and not taking:
                    self._take_session()
                return work()
            except (DatabaseError, InterfaceError) as error:
                if not self._is_away(error) or time.monotonic() - began + wait > PATIENCE_S:
                    raise self._failure(error) from None
            except StoreError:
                # The server may not have noticed yet that the lost session, which held the lock, is gone.
                if not lost or time.monotonic() - began + wait > PATIENCE_S:
                    raise
            connections[self.alias].close()
            lost = True
            time.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT_S)

    def _is_away(self, error: Exception) -> bool:
        if is_sqlite(self.alias):
            return False
        state = getattr(error.__cause__, "sqlstate", None)
        if state is not None:  # the server spoke: shutting down, starting up, too many clients, lost connections
            return state[:2] == "08" or state in {"57P01", "57P02", "57P03", "53300"}
        return isinstance(error, (OperationalError, InterfaceError))

    def _failure(self, error: Exception) -> StoreError:
        where, cause = shown(self.alias), error.__cause__
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # the lowest byte is the kind
        saved = "nothing saved before is lost"
        if code == sqlite3.SQLITE_FULL or getattr(cause, "sqlstate", None) == "53100":
            return StoreError("the disk is full", where=where, hint=f"make room and run it again; {saved}")
        if code == sqlite3.SQLITE_BUSY:
            return StoreError("another program keeps the store locked", where=where, hint=f"close it; {saved}")
        if self._is_away(error):
            hint = f"see that it runs, and run this again; {saved}"
            return StoreError(f"the database went away: {reason(error)}", where=where, hint=hint)
        return StoreError(f"the store cannot be written: {reason(error)}", where=where, hint=saved)
