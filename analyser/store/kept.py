"""What goes into the store and comes out of it, as plain records; nothing here knows the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from analyser.records import CallReport, Stamp


class RunState(StrEnum):
    """How a run stands."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"  # by a signal or the time limit; the next run goes on where it ended
    FAILED = "failed"  # by an error
    LOST = "lost"  # the process ended without a word: killed, or the power went


@dataclass(frozen=True, slots=True)
class Judged:
    """What judged the calls of a run: the stamp of their reports, and the scorecards, which the stamp leaves out."""

    stamp: Stamp
    scorecards: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedCall:
    """One analysed call, ready to be saved: what workers send home.

    Parameters
    ----------
    place
        Hash of the source and the call's id: a call met there again is the same one, changed.
    content
        Hash of what was said and of its facts: the same wherever it stands.
    columns
        Values of the call's own row, by column: texts, numbers, bools, bytes and None, as those of ``rows``.
    rows
        Rows of the tables that hang on the call, by table; columns as in ``packing.COLUMNS``.
    """

    place: str
    content: str
    stamp: Stamp
    columns: Mapping[str, Any]
    rows: Mapping[str, Sequence[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a file or call could not be used; never holds a call's words."""

    path: str
    message: str
    line: int | None = None
    hint: str | None = None

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line is not None else self.path
        return f"{self.message} ({place})" + (f"; {self.hint}" if self.hint else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """A file as a run left it.

    Parameters
    ----------
    path
        Absolute, or an address with a scheme.
    mark
        Its size and time, or what a remote store says of it; None where that cannot be known.
    digest
        Hash of its bytes; None where it could not be read, or is remote.
    reading
        Hash of the options it was read with.
    judged
        Whether all of its calls are kept under the run's own stamp.
    calls, failed
        Calls kept, and calls (or the whole file) that could not be used.
    """

    path: str
    mark: str | None
    digest: str | None
    reading: str
    judged: bool = True
    calls: int = 0
    failed: int = 0
    stamp_id: int | None = None
    moved_to: str | None = None


@dataclass(frozen=True, slots=True)
class KnownCall:
    """A call that the store keeps already."""

    content: str
    place: str
    stamp_id: int
    run_id: int


@dataclass(frozen=True, slots=True)
class Known:
    """Which of the calls asked for are kept, by what they say and by where they stand."""

    by_content: Mapping[str, KnownCall]
    by_place: Mapping[str, KnownCall]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What a run did, in calls where no other unit is said.

    Parameters
    ----------
    files
        Files looked at.
    calls
        Calls met, whatever became of them.
    skipped
        Kept already, or in a file that has not changed (those files' calls are counted as kept then).
    failed
        Files and calls that could not be used.
    """

    files: int = 0
    calls: int = 0
    new: int = 0
    replaced: int = 0
    skipped: int = 0
    failed: int = 0
    flagged: int = 0
    not_scored: Mapping[str, int] = field(default_factory=dict)
    turns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """One run, as ``analyser status`` shows it; times are in UTC."""

    run_id: int
    kind: str
    state: RunState
    started_at: datetime
    ended_at: datetime | None
    counts: Counts
    stopped_because: str | None
    error: str | None
    stamp: Stamp | None

    @property
    def seconds(self) -> float | None:
        """How long it took; None where it has not ended."""
        return None if self.ended_at is None else (self.ended_at - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True)
class StoreFigures:
    """What the store holds.

    Parameters
    ----------
    bad_files
        Files that could not be used when last seen.
    bytes
        Room it takes on disk.
    first_day, last_day
        Days of its calls, where they are dated.
    """

    calls: int
    flagged: int
    turns: int
    runs: int
    files: int
    bad_files: int
    bytes: int
    first_day: date | None
    last_day: date | None


@dataclass(frozen=True, slots=True)
class KeptCall:
    """A call out of the store: its report, whole, and the JSON line it was saved with."""

    report: CallReport
    line: str
    analysed_at: datetime
