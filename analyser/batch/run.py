"""A batch run: what is not yet known is analysed, and kept; interrupted anywhere, the next run goes on."""

from __future__ import annotations

import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from analyser.batch.inbox import Chunk, Inbox, Met, Reading, Redo
from analyser.batch.jobs import PARCELS, Done, Job
from analyser.batch.judged import judged_by, reading_of
from analyser.batch.quarantine import Quarantine
from analyser.batch.spread import spread
from analyser.batch.stopping import Stopping
from analyser.batch.working import analyse_packed, lost_job
from analyser.errors import AnalyserError, ConfigurationError, InputError
from analyser.formats import ReadOptions
from analyser.formats.reading import check
from analyser.settings import Settings
from analyser.store import Counts, FileState, Judged, PackedCall, RunState, Trouble

if TYPE_CHECKING:
    from analyser.store import Store


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
    began = time.perf_counter()
    judged, reading = judged_by(settings), reading_of(options)
    check(options)
    if backend == "loky" and jobs == 0:
        raise ConfigurationError("jobs is 0", hint="give a number of processes, or -1 for all cores")
    folder = None if quarantine is None else Quarantine(quarantine, inbox)
    with store.writing(), Stopping(time_limit_s) as stopping:
        run = store.begin_run(kind, judged=judged, inbox=inbox)
        found = Inbox(
            store, inbox, options, redo=redo, run=run, stamp_id=store.stamp_id(judged), reading=reading,
            leave_out=folder.path if folder else None, stop=stopping.now,
        )  # fmt: skip
        work = _Work(store, run, judged, found, folder, progress)
        try:
            stamp = judged.stamp if backend == "dask" else None
            analyse = partial(analyse_packed, settings, os.getpid(), stamp)
            _go(work, analyse, jobs=jobs, backend=backend, scheduler=scheduler)
            state = RunState.STOPPED if stopping.because else RunState.DONE
            store.finish_run(run, state, work.counts(), stopped_because=stopping.because)
        except BaseException as error:
            # Where the store itself fails, this does too; the next run then finds this one lost.
            with suppress(AnalyserError):
                told = str(error) if isinstance(error, AnalyserError) else type(error).__name__
                store.finish_run(run, RunState.FAILED, work.counts(), error=told)
            raise
    counts, seen = work.counts(), found.seen
    return BatchSummary(
        run_id=run, files=counts.files, calls=counts.calls, new=counts.new, replaced=counts.replaced,
        skipped=counts.skipped, failed=counts.failed, flagged=counts.flagged, not_scored=counts.not_scored,
        turns=counts.turns, seconds=time.perf_counter() - began, stopped_because=stopping.because,
        signal=stopping.signal, unchanged=seen["unchanged"], waiting=seen["waiting"], stale=seen["stale"],
        duplicates=seen["duplicates"],
    )  # fmt: skip


def _go(
    work: _Work, analyse: Callable[[Sequence[Job]], Sequence[Done]], *, jobs: int, backend: str, scheduler: str | None
) -> None:
    waiting: deque[Chunk] = deque()

    def sent() -> Iterator[Sequence[Job]]:
        for chunk in work.inbox.chunks():
            waiting.append(chunk)
            yield chunk.jobs

    results = spread(
        analyse, sent(), jobs=jobs, backend=backend, scheduler=scheduler, lost=lost_job, packing=PARCELS
    )  # fmt: skip
    for done in results:
        work.keep(waiting.popleft(), done)
    work.quarantine_waiting()


class _Work:
    """What is done in the parent with results: kept, counted, and bad files moved."""

    def __init__(
        self, store: Store, run: int, judged: Judged, inbox: Inbox, quarantine: Quarantine | None,
        progress: Callable[[int], None] | None,
    ) -> None:  # fmt: skip
        self.store, self.run, self.judged, self.inbox = store, run, judged, inbox
        self.quarantine, self.progress = quarantine, progress
        self._new = self._replaced = self._failed = self._flagged = self._turns = 0
        self._not_scored: Counter[str] = Counter()

    def counts(self) -> Counts:
        """The run's figures so far."""
        seen = self.inbox.seen
        return Counts(
            files=seen["files"], calls=seen["calls"], new=self._new, replaced=self._replaced, skipped=seen["skipped"],
            failed=self._failed, flagged=self._flagged, not_scored=dict(self._not_scored), turns=self._turns,
        )  # fmt: skip

    def keep(self, chunk: Chunk, results: Sequence[Done]) -> None:
        """Save a chunk's calls, and the files that end in it."""
        calls: list[PackedCall] = []
        files: list[FileState] = []
        troubles: list[Trouble] = []
        bad: list[Reading] = []
        outcomes = iter(zip(results, chunk.jobs, strict=True))
        for entry in chunk.entries:
            if isinstance(entry, Met):
                result, job = next(outcomes)
                if isinstance(result, InputError):
                    entry.reading.fail(result)
                else:
                    entry.reading.calls += 1
                    self._count(result, job)
                    calls.append(result)
            elif isinstance(entry, Trouble):
                self._failed += 1
                troubles.append(entry)
            else:
                end = entry.reading
                self._failed += end.failed
                troubles += end.troubles
                files.append(FileState(
                    path=end.path, mark=end.mark, digest=entry.digest, reading=self.inbox.reading, judged=end.judged,
                    calls=end.calls, failed=end.failed,
                ))  # fmt: skip
                if end.failed and not end.calls:
                    bad.append(end)
        if calls or files or troubles:
            self.store.save_batch(self.run, calls, files=files, troubles=troubles, counts=self.counts())
        self.inbox.done(chunk)
        for reading in bad:
            self._move(reading.path)
        if self.progress:
            self.progress(len(chunk.jobs))

    def _count(self, call: PackedCall, job: Job) -> None:
        if call.stamp != self.judged.stamp:
            raise ConfigurationError(
                "rules, model or settings were changed while the run was at work", hint="run it again"
            )
        columns = call.columns
        self._new += job.new
        self._replaced += not job.new
        self._turns += columns["turns"]
        self._flagged += bool(columns["flagged"])
        if columns["not_scored_because"]:
            self._not_scored[columns["not_scored_because"]] += 1

    def quarantine_waiting(self) -> None:
        """Move the files that earlier runs could not use, and left."""
        for state in self.inbox.waiting:
            self._move(state.path)

    def _move(self, path: str) -> None:
        if self.quarantine is None:
            return
        try:
            to = self.quarantine.take(path)
        except InputError as error:
            self.store.save_batch(self.run, [], troubles=[Trouble(path, error.what, None, error.hint)])
        else:
            if to is not None:
                self.store.moved(path, str(to))
