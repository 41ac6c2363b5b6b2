"""An open store: its questions and orders, each a line here and a function in the module of its kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TextIO

from analyser.errors import NoStoreError
from analyser.store import connection, exporting, keeping, saving
from analyser.store.connection import reading
from analyser.store.kept import (
    Counts,
    FileState,
    Judged,
    KeptCall,
    Known,
    PackedCall,
    RunInfo,
    RunState,
    StoreFigures,
    Trouble,
)  # fmt: skip
from analyser.store.lock import WriteLock
from analyser.store.packing import fit


class Store:
    """What is kept of every call.

    Parameters
    ----------
    alias
        Django's name for the database, from ``connection.connect``.
    """

    def __init__(self, alias: str, *, create: bool = True, current: bool = True) -> None:
        self.alias = alias
        self._lock = WriteLock(alias)
        if (create or current) and connection.is_empty(alias):
            if not create:
                raise NoStoreError("there is no store here", where=self.address, hint="`analyser db upgrade` makes one")
            self.upgrade()
        if current:
            connection.require_current(alias)

    @property
    def address(self) -> str:
        """Where it is, without the password."""
        return connection.shown(self.alias)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keep other runs from writing while the block runs; the lock goes however the process ends.

        Raises
        ------
        StoreError
            Where another run is at work on this store.
        """
        with self._lock:
            yield

    def upgrade(self) -> list[str]:
        """Make or bring up to date the tables; gives the names of the steps taken.

        Raises
        ------
        StoreError
            Where another run is at work, or the database refuses.
        """
        with self._lock:
            return connection.migrate(self.alias)

    def check(self) -> list[str]:
        """What is wrong with the store, a line each; empty where all is well."""
        return keeping.check(self.alias)

    def figures(self) -> StoreFigures:
        """What the store holds."""
        with reading(self.alias):
            return keeping.figures(self.alias)

    def begin_run(self, kind: str, *, judged: Judged | None = None, inbox: Sequence[str] = ()) -> int:
        """Note that a run begins, and that any other still open is lost; gives its number."""
        return self._lock.again(lambda: saving.begin_run(self.alias, kind, judged, inbox))

    def known(self, contents: Sequence[str], places: Sequence[str]) -> Known:
        """Which calls are kept already, by content and by place."""
        return self._lock.again(lambda: saving.known(self.alias, contents, places))

    def known_files(self, paths: Sequence[str]) -> dict[str, FileState]:
        """Files as they were when last read through, by path."""
        return self._lock.again(lambda: saving.known_files(self.alias, paths))

    def stamp_id(self, judged: Judged) -> int:
        """The number of what judged, made where it is new."""
        return self._lock.again(lambda: saving.stamp_id(self.alias, judged))

    def save_batch(
        self,
        run: int,
        calls: Sequence[PackedCall],
        *,
        files: Sequence[FileState] = (),
        troubles: Sequence[Trouble] = (),
        counts: Counts | None = None,
    ) -> None:
        """Keep calls, the files that are read through with them, and what could not be used: all or nothing.

        A call whose content or place is kept already takes the other's row, so doing it twice changes nothing.

        Parameters
        ----------
        troubles
            By path of the files among ``files``, or of what was no file.
        counts
            The run's figures so far.

        Raises
        ------
        StoreError
            Where the database cannot be written (full, gone for over a minute, locked); nothing of it is kept then.
        """
        self._lock.again(lambda: saving.save_batch(self.alias, run, calls, files, troubles, counts))

    def moved(self, path: str, to: str) -> None:
        """Note where a file was moved to."""
        self._lock.again(lambda: saving.note_file(self.alias, path, {"moved_to": fit(to)}))

    def touched(self, path: str, mark: str) -> None:
        """Note that a file has another time, and the same bytes."""
        self._lock.again(lambda: saving.note_file(self.alias, path, {"mark": mark}))

    def finish_run(
        self, run: int, state: RunState, counts: Counts, *, stopped_because: str | None = None, error: str | None = None
    ) -> None:
        """Note how a run ended."""
        self._lock.again(lambda: saving.finish_run(self.alias, run, state, counts, stopped_because, error))

    def runs(self, limit: int = 10) -> list[RunInfo]:
        """The last runs, newest first."""
        with reading(self.alias):
            return keeping.runs(self.alias, limit)

    def troubles(self, run: int | None = None) -> Iterator[Trouble]:
        """What could not be used: in a run, or in all files as they were last read."""
        with reading(self.alias):
            yield from keeping.troubles(self.alias, run)

    def export(self, out: TextIO, *, since: datetime | None = None, run: int | None = None) -> int:
        """Write calls as JSON Lines, the same bytes as ``--format jsonl``, in the order of their files; gives how many.

        Parameters
        ----------
        since, run
            Only calls analysed since then, or in that run.
        """
        with reading(self.alias):
            return exporting.export(self.alias, out, since=since, run=run)

    def calls_of_run(self, run: int) -> Iterator[KeptCall]:
        """The calls that a run analysed and that are still kept so, whole, in the order of their files."""
        with reading(self.alias):
            yield from exporting.calls(self.alias, run=run)

    def prune(self, older_than: timedelta, *, now: datetime | None = None) -> Mapping[str, int]:
        """Delete calls older than this (by their day, or where they have none by that of their analysis), with all
        their words, and runs of which nothing is left; gives how many of each.

        Files stay known, so that what was deleted does not come back from an inbox.
        """
        with self._lock, reading(self.alias):
            return keeping.prune(self.alias, older_than, now)

    def close(self) -> None:
        """Close the connection."""
        connection.close(self.alias)
