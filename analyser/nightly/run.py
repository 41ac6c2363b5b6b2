"""A night: what is new is analysed, reported and told; whatever happens, the log and the textfile say how it ended."""

from __future__ import annotations

import secrets
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from analyser import __version__
from analyser.batch import BatchSummary, run_batch
from analyser.errors import AnalyserError, ExitCode, OutputError
from analyser.nightly import digest as digests
from analyser.nightly import publish as pages
from analyser.nightly.config import NightlyConfig, load_config
from analyser.nightly.delivery import DeliveryError, mail, post, send_mail
from analyser.nightly.lock import LockedError, locked
from analyser.nightly.logs import JobLog, libraries_in
from analyser.nightly.metrics import NightFigures, write_textfile
from analyser.nightly.plan import analysis_settings, inbox_with_files, lock_path, read_options
from analyser.records import CallReport
from analyser.reports import RunSummary, csv_rows, html
from analyser.store import RunInfo, open_store

if TYPE_CHECKING:
    from analyser.store import Store

_PROGRESS_S = 60.0  # between two log lines on how far the run is
_LOOK_BACK = 30  # times the runs to compare with: nights without calls are passed over


@dataclass
class _Night:
    """What is known of the night so far, for the log, the textfile and the exit code."""

    began: datetime = field(default_factory=lambda: datetime.now().astimezone())
    clock: float = field(default_factory=time.monotonic)
    batch: BatchSummary | None = None
    digest: digests.Digest | None = None
    undelivered: dict[str, int] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.clock


@dataclass(frozen=True, slots=True)
class _Covered:
    """What a night reports: all runs since the last report, also those that were killed before theirs."""

    runs: tuple[RunInfo, ...]
    failures: tuple[tuple[str, int], ...]
    before: tuple[tuple[int, int], ...]  # (flagged, scored) of the runs to compare with

    @property
    def anything(self) -> bool:
        return bool(self.failures) or any(r.counts.new + r.counts.replaced for r in self.runs)


def nightly(path: Path, *, log: JobLog | None = None) -> ExitCode:
    """Run one night by a config file.

    Returns
    -------
    0 all is done (also where nothing was new); 1 some calls failed, a digest did not arrive, the run stopped early or
    another one is at work; 2 nothing was usable, or the program or the store failed; 3 the configuration is wrong.
    """
    log = log or JobLog()
    night = _Night()
    log.run_id = f"{night.began.astimezone(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
    with libraries_in(log), _terminated_as_interrupted():
        log.info("started", config=str(path), version=__version__)
        try:
            config = load_config(path)
        except AnalyserError as error:
            _tell(error, log)
            return error.exit_code
        try:
            with locked(lock_path(config, path)):
                code = _night(config, night, log)
        except LockedError as error:
            _tell(error, log)
            return error.exit_code  # the textfile is left to the run that is at work
        except AnalyserError as error:
            _tell(error, log)
            code = error.exit_code
        except KeyboardInterrupt:
            log.warning("stopped", stopped_because="a signal")
            code = ExitCode.SOME_FAILED
        except Exception as fault:
            log.crashed(fault)
            code = ExitCode.NOTHING_USABLE
        code = _write_figures(config, night, code, log)
        log.info("ended", exit_code=int(code), seconds=round(night.seconds, 1))
    return code


def _tell(error: AnalyserError, log: JobLog) -> None:
    log.error("failed", kind=type(error).__name__, error=error.what, path=error.where, line=error.line, hint=error.hint)


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """While the block runs, SIGTERM (what systemd sends) stops it as SIGINT does: after the batch in hand."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers
        return
    before = signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _night(config: NightlyConfig, night: _Night, log: JobLog) -> ExitCode:
    store = open_store(config.store.address)
    try:
        folder = config.reports.folder
        if pages.last_reported(folder) is None:  # what was in the store before the first night is not news
            newest = store.runs(1)
            pages.set_reported(folder, newest[0].run_id if newest else 0)
        batch = night.batch = _analyse(config, store, log)
        log.info(
            "analysed", files=batch.files, calls=batch.calls, new=batch.new, replaced=batch.replaced,
            skipped=batch.skipped, failed=batch.failed, waiting=batch.waiting, flagged=batch.flagged,
            not_scored=sum(batch.not_scored.values()), turns=batch.turns, seconds=round(batch.seconds, 1),
            store_run=batch.run_id,
        )  # fmt: skip
        if batch.stopped_because:
            log.warning("stopped", stopped_because=batch.stopped_because)
        _report(config, store, night, log)
    finally:
        store.close()
    usable = batch.new + batch.replaced + batch.skipped
    if batch.failed and not usable:
        return ExitCode.NOTHING_USABLE
    complete = not (batch.failed or batch.stopped_because or any(night.undelivered.values()))
    return ExitCode.OK if complete else ExitCode.SOME_FAILED


def _analyse(config: NightlyConfig, store: Store, log: JobLog) -> BatchSummary:
    chosen = config.analysis
    return run_batch(
        store,
        inbox_with_files(config.inbox.paths),
        analysis_settings(config),
        options=read_options(config),
        jobs=chosen.jobs,
        redo=chosen.redo,
        quarantine=config.inbox.quarantine,
        time_limit_s=config.run.time_limit_s,
        progress=_progress(log),
        backend=chosen.backend,
        scheduler=chosen.scheduler,
        kind="nightly",
    )


def _progress(log: JobLog) -> Callable[[int], None]:
    done, told = 0, time.monotonic()

    def advance(count: int) -> None:
        nonlocal done, told
        done += count
        if time.monotonic() - told >= _PROGRESS_S:
            told = time.monotonic()
            log.info("progress", calls=done)

    return advance


def _report(config: NightlyConfig, store: Store, night: _Night, log: JobLog) -> None:
    folder = config.reports.folder
    through = pages.last_reported(folder) or 0
    covered = _covered(store, through, config.digest.compare_runs)
    for reason, count in covered.failures:
        log.warning("not_usable", reason=reason, count=count)
    tally = digests.Tally(most=config.digest.calls, least_calls=config.digest.least_calls_per_agent)
    if covered.anything:
        name = pages.free_name(folder, night.began.date())
        link = config.reports.link
        place = f"{link.rstrip('/')}/{name}/{pages.PAGE}" if link else str(folder / name / pages.PAGE)
        made = pages.publish(folder, name, _writers(store, covered, tally, night, config, place, log))
        log.info("reported", folder=str(made), calls=tally.calls, flagged=tally.flagged, runs=len(covered.runs))
    else:
        night.digest = _digest(covered, tally, night, config, None, log)
        log.info("nothing_new")
    pages.set_reported(folder, max((r.run_id for r in covered.runs), default=through))
    if covered.anything or config.digest.send == "always":
        _deliver(config, night, log)
    if config.reports.keep_days is not None:
        try:
            removed = pages.prune(folder, keep_days=config.reports.keep_days, today=night.began.date())
        except OutputError as error:
            log.warning("not_pruned", error=error.what, path=error.where)
        else:
            log.info("pruned", removed=removed)


def _covered(store: Store, through: int, compare: int) -> _Covered:
    limit = compare * _LOOK_BACK
    runs = store.runs(limit)
    while len(runs) == limit and runs[-1].run_id > through:
        limit *= 2
        runs = store.runs(limit)
    fresh = tuple(r for r in reversed(runs) if r.run_id > through)
    earlier = (r.counts for r in runs if r.run_id <= through)
    rates = [(c.flagged, c.new + c.replaced - sum(c.not_scored.values())) for c in earlier]
    troubles = {(t.path, t.line, t.message) for r in fresh for t in store.troubles(r.run_id)}
    failures = digests.in_short(Counter(message for _, _, message in troubles))
    return _Covered(fresh, failures, tuple([r for r in rates if r[1] > 0][:compare]))


def _writers(
    store: Store,
    covered: _Covered,
    tally: digests.Tally,
    night: _Night,
    config: NightlyConfig,
    place: str,
    log: JobLog,
) -> dict[str, pages.Writer]:
    """What writes the night's files, in order: the page fills the tally, from which the digest is made."""

    def calls() -> Iterator[CallReport]:
        return (kept.report for kept in chain.from_iterable(store.calls_of_run(r.run_id) for r in covered.runs))

    def summary() -> RunSummary:
        return RunSummary(
            calls=tally.calls, flagged=tally.flagged, not_scored=dict(tally.not_scored),
            failed=sum(n for _, n in covered.failures), turns=tally.turns, seconds=sum(r.seconds or 0 for r in covered.runs),
        )  # fmt: skip

    def digest() -> digests.Digest:
        if night.digest is None:
            night.digest = _digest(covered, tally, night, config, place, log)
        return night.digest

    return {
        pages.PAGE: lambda out: html.write(tally.watch(calls()), summary, out),
        pages.SHEET: lambda out: csv_rows.write(calls(), summary, out),
        pages.DIGEST_PAGE: lambda out: _write(out.write, digests.as_html(digest())),
        pages.DIGEST_TEXT: lambda out: _write(out.write, digests.as_text(digest())),
    }


def _write(write: Callable[[str], int], text: str) -> None:
    write(text)


def _digest(
    covered: _Covered, tally: digests.Tally, night: _Night, config: NightlyConfig, place: str | None, log: JobLog
) -> digests.Digest:
    usual, compared = digests.usual_rate(covered.before)
    batch = night.batch
    return digests.Digest(
        run_id=log.run_id or "",
        date=night.began.date().isoformat(),
        ended_at=datetime.now().astimezone().isoformat(timespec="seconds"),
        calls=tally.calls,
        flagged=tally.flagged,
        skipped=batch.skipped if batch else 0,
        failed=sum(n for _, n in covered.failures),
        waiting=batch.waiting if batch else 0,
        turns=tally.turns,
        seconds=night.seconds,
        not_scored=digests.most_frequent(tally.not_scored),
        failures=covered.failures,
        usual_rate=usual,
        compared=compared,
        to_coach=tally.to_coach(),
        agents=tally.agents(),
        least_calls=config.digest.least_calls_per_agent,
        moments=tally.moments(),
        stopped_because=_stop_words(batch) if batch else None,
        place=place,
    )


def _stop_words(batch: BatchSummary) -> str | None:
    return batch.stopped_because if batch.signal is None else f"it was told to ({batch.stopped_because})"


def _deliver(config: NightlyConfig, night: _Night, log: JobLog) -> None:
    """Send the digest; what does not arrive is told, and stands in the reports' folder."""
    digest = night.digest
    if digest is None:
        return
    if (to := config.email) is not None:
        subject, text, page = digests.subject(digest), digests.as_text(digest), digests.as_html(digest)
        try:
            refused = send_mail(mail(subject, text, page, to, run_id=digest.run_id), to)
            night.undelivered["email"] = int(bool(refused))
            if refused:
                log.warning("recipients_refused", channel="email", count=len(refused))
            log.info("delivered", channel="email", recipients=len(to.recipients) - len(refused))
        except DeliveryError as error:
            night.undelivered["email"] = 1
            log.warning("delivery_failed", channel="email", error=error.what, path=error.where, hint=error.hint)
    if (hook := config.webhook) is not None:
        try:
            status = post(digests.as_payload(digest), hook, run_id=digest.run_id)
            night.undelivered["webhook"] = 0
            log.info("delivered", channel="webhook", status=status)
        except DeliveryError as error:
            night.undelivered["webhook"] = 1
            log.warning("delivery_failed", channel="webhook", error=error.what, path=error.where, hint=error.hint)


def _write_figures(config: NightlyConfig, night: _Night, code: ExitCode, log: JobLog) -> ExitCode:
    """Write the textfile, if there is to be one; where it cannot be written, a night that was well was not quite."""
    if config.prometheus is None:
        return code
    batch = night.batch
    figures = NightFigures(
        ended_at=time.time(), exit_code=int(code), seconds=night.seconds, undelivered=night.undelivered
    )
    if batch is not None:
        figures = NightFigures(
            ended_at=figures.ended_at, exit_code=figures.exit_code, seconds=figures.seconds,
            undelivered=night.undelivered, flagged=batch.flagged, turns=batch.turns, not_scored=batch.not_scored,
            stopped_early=batch.stopped_because is not None,
            outcomes={
                "new": batch.new, "replaced": batch.replaced, "skipped": batch.skipped, "failed": batch.failed,
                "waiting": batch.waiting,
            },
        )  # fmt: skip
    try:
        write_textfile(config.prometheus.textfile, figures)
    except OutputError as error:
        log.warning("no_textfile", error=error.what, path=error.where)
        return max(code, ExitCode.SOME_FAILED)
    return code
