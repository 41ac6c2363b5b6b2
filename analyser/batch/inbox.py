"""The way in of a run: files and calls, those that are known left out, the rest in chunks for the workers."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from analyser.batch.jobs import Job
from analyser.batch.stream import CHUNK, TURNS
from analyser.errors import InputError
from analyser.formats import Address, ReadOptions, find_inputs, fingerprint, read
from analyser.formats.reading import unique
from analyser.records import Transcript
from analyser.store import FileState, Known, Trouble
from analyser.store.packing import absolute, content_of, place_of

if TYPE_CHECKING:
    from analyser.store import Store

Redo = Literal["never", "stale", "all"]
_FILES = 200  # looked up together
_EVENTS = 16 * CHUNK


@dataclass(slots=True)
class Reading:
    """A file while it is read, and until the last of its calls is kept."""

    source: Path | Address
    path: str
    mark: str | None
    calls: int = 0
    failed: int = 0
    judged: bool = True
    troubles: list[Trouble] = field(default_factory=list)

    def fail(self, error: InputError) -> None:
        """Note what could not be used."""
        self.failed += 1
        self.troubles.append(Trouble(self.path, error.what, error.line, error.hint))


@dataclass(frozen=True, slots=True)
class Met:
    """A call met in a file."""

    call: Transcript
    number: int
    reading: Reading


@dataclass(frozen=True, slots=True)
class End:
    """A file has been read through."""

    reading: Reading
    digest: str | None


_STORE_ENDS = ("", "-wal", "-shm", "-journal", ".lock")  # of SQLite's files beside each other, and of ours
Entry = Met | End | Trouble


@dataclass(slots=True)
class Chunk:
    """Work for a worker, and what is to be done in the order met once it is done: jobs, ends of files, troubles."""

    jobs: list[Job] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)  # a Met for each job, in order


class Inbox:
    """What a run finds.

    Parameters
    ----------
    run, stamp_id
        Numbers in the store of the run and of what judges its calls.
    reading
        Hash of the options, from ``reading_of``.
    stop
        Asked before each call; true ends the reading.
    """

    def __init__(
        self, store: Store, paths: Sequence[str], options: ReadOptions, *, redo: Redo, run: int, stamp_id: int,
        reading: str, leave_out: Path | None, stop: Callable[[], bool],
    ) -> None:  # fmt: skip
        self.store, self.paths, self.options, self.redo = store, paths, options, redo
        self.run, self.stamp_id, self.reading, self.leave_out, self.stop = run, stamp_id, reading, leave_out, stop
        self.seen: Counter[str] = Counter()  # files, unchanged, waiting, calls, skipped, stale, duplicates
        self.waiting: list[FileState] = []  # known to be of no use; for the quarantine
        self._in_hand: set[str] = set()
        self._own = absolute(store.address)

    def chunks(self) -> Iterator[Chunk]:
        """All there is, in order."""
        entries = self._entries()
        while group := list(self._some(entries)):
            yield self._decide(group)

    def done(self, chunk: Chunk) -> None:
        """Forget the calls of a chunk that is kept."""
        for job in chunk.jobs:
            self._in_hand.discard(job.content)

    def _some(self, entries: Iterator[Entry]) -> Iterator[Entry]:
        calls = turns = 0
        for entry in islice(entries, _EVENTS):
            yield entry
            if isinstance(entry, Met):
                calls, turns = calls + 1, turns + len(entry.call.turns)
            if calls == CHUNK or turns > TURNS:
                return

    def _entries(self) -> Iterator[Entry]:
        found = find_inputs(self.paths)
        while not self.stop() and (group := list(islice(found, _FILES))):
            names = [absolute(str(f)) for f in group if not isinstance(f, InputError)]
            known = self.store.known_files(names)
            for source in group:
                if isinstance(source, InputError):
                    yield Trouble(source.where or "", source.what, source.line, source.hint)
                elif not self._left_out(source):
                    yield from self._file(source, known.get(absolute(str(source))))
                if self.stop():
                    return

    def _left_out(self, source: Path | Address) -> bool:
        """Whether a file is in the quarantine, or the store's own."""
        if not isinstance(source, Path):
            return False
        path = absolute(str(source))
        if path.removeprefix(self._own) in _STORE_ENDS and path.startswith(self._own):
            return True
        return self.leave_out is not None and Path(path).is_relative_to(self.leave_out)

    def _file(self, source: Path | Address, state: FileState | None) -> Iterator[Entry]:
        self.seen["files"] += 1
        path, mark = absolute(str(source)), fingerprint(source)
        if state is not None and self._unchanged(source, state, mark):
            self.seen["unchanged"] += 1
            self.seen["skipped"] += state.calls
            self.seen["waiting"] += bool(state.failed)
            if state.stamp_id != self.stamp_id:
                self.seen["stale"] += state.calls
            if state.failed and not state.calls:
                self.waiting.append(state)
            return
        reading = Reading(source, path, mark)
        ids: set[str] = set()
        for number, call in enumerate(read(source, options=self.options), 1):
            if self.stop():
                return  # not read through: the next run reads it again, and knows the calls that are kept
            if isinstance(call, InputError):
                reading.fail(call)
            else:
                yield Met(unique(call, ids), number, reading)
        if path == "-":
            yield from reading.troubles
            return
        if fingerprint(source) != mark:
            reading.mark = None  # it was written to meanwhile
        yield End(reading, None if reading.mark is None else _digest(source))

    def _unchanged(self, source: Path | Address, state: FileState, mark: str | None) -> bool:
        if state.reading != self.reading or self.redo == "all" or mark is None:
            return False
        if self.redo == "stale" and state.calls and state.stamp_id != self.stamp_id:
            return False
        if mark == state.mark:
            return True
        if state.digest is None or _digest(source) != state.digest:
            return False
        self.store.touched(state.path, mark)
        return True

    def _decide(self, group: list[Entry]) -> Chunk:
        """Leave out the calls that are kept already."""
        chunk = Chunk()
        met = [
            (e, content_of(e.call), place_of(e.call.source.path, e.call.call_id)) for e in group if isinstance(e, Met)
        ]
        known = self.store.known([m[1] for m in met], [m[2] for m in met]) if met else Known({}, {})
        keys = iter(met)
        for entry in group:
            if not isinstance(entry, Met):
                chunk.entries.append(entry)
                continue
            _, content, place = next(keys)
            self.seen["calls"] += 1
            if self._kept(entry, content, place, known):
                self.seen["skipped"] += 1
                entry.reading.calls += 1
            else:
                self._in_hand.add(content)
                new = content not in known.by_content and place not in known.by_place
                chunk.jobs.append(Job(entry.call, entry.number, place, content, new))
                chunk.entries.append(entry)
        return chunk

    def _kept(self, entry: Met, content: str, place: str, known: Known) -> bool:
        if content in self._in_hand:
            self.seen["duplicates"] += 1
            return True
        kept = known.by_content.get(content)
        if kept is None:
            return False
        current = kept.stamp_id == self.stamp_id
        if kept.run_id != self.run and (self.redo == "all" or (self.redo == "stale" and not current)):
            return False
        if not current:
            self.seen["stale"] += 1
            entry.reading.judged = False
        self.seen["duplicates"] += kept.place != place
        return True


def _digest(source: Path | Address) -> str | None:
    """Hash of a file's bytes; None for what is not on this machine, or cannot be read."""
    if not isinstance(source, Path):
        return None
    try:
        with source.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=20)).hexdigest()
    except OSError:
        return None
