"""A batch run: what is not yet known is analysed, and kept; interrupted anywhere, the next run goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from analyser.formats import ReadOptions
from analyser.settings import Settings
from analyser.store import Store

Redo = Literal["never", "stale", "all"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSummary:
    """What a run did.

    Parameters
    ----------
    files
        Files looked at.
    calls
        Calls met in files that are new or have changed.
    new, replaced, skipped
        Calls kept for the first time; kept anew (changed, or judged again); kept already.
    failed
        Files and calls that could not be used.
    flagged, not_scored, turns
        Of the calls analysed in this run; why calls were not scored -> how many.
    unchanged
        Files that were not read, as they have not changed since they were.
    waiting
        Files among them that could not be used when they were read, and still wait to be changed.
    stale
        Calls left as they are though judged under other rules, model or settings (``redo="stale"`` judges them again).
    duplicates
        Calls that are kept already from another file; among ``skipped``.
    stopped_because
        None where the run came to its end.
    signal
        The signal that stopped it.
    """

    run_id: int
    files: int
    calls: int
    new: int
    replaced: int
    skipped: int
    failed: int
    flagged: int
    not_scored: Mapping[str, int] = field(default_factory=dict)
    turns: int
    seconds: float
    stopped_because: str | None = None
    signal: int | None = None
    unchanged: int = 0
    waiting: int = 0
    stale: int = 0
    duplicates: int = 0


def run_batch(
    store: Store,
    inbox: Sequence[str],
    settings: Settings,
    *,
    options: ReadOptions = ReadOptions(),
    jobs: int = 1,
    redo: Redo = "never",
    quarantine: Path | None = None,
    time_limit_s: float | None = None,
    progress: Callable[[int], None] | None = None,
    backend: str = "loky",
    scheduler: str | None = None,
    kind: str = "batch",
) -> BatchSummary:
    """Analyse what is new or changed in an inbox, and keep it.

    Parameters
    ----------
    inbox
        Files, folders and globs.
    jobs
        Processes; 1 stays in this one, -1 takes all cores.
    redo
        Which known calls are judged again: none, those judged under other rules, model or settings, or all.
    quarantine
        A folder that files of which nothing could be used are moved to; by default they stay.
    time_limit_s
        Seconds after which no further calls are begun.
    progress
        Called with the number of calls done since the last time.
    backend, scheduler
        joblib's backend; ``dask`` with the address of its scheduler.
    kind
        The run's name in the store.

    Raises
    ------
    StoreError
        Where the store cannot be written, or another run is at work on it. What was saved is kept.
    ConfigurationError
        Where rules, scorecards, model or options cannot be used.
    """
    raise NotImplementedError
