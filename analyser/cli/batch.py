"""``analyser batch``."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analyser.batch import BatchSummary, run_batch
from analyser.cli.database import database
from analyser.cli.options import judging, parallel, read_options, reading, settings, spread_over
from analyser.cli.output import progress_bar
from analyser.errors import ExitCode
from analyser.reports.base import counted
from analyser.store import open_store

if TYPE_CHECKING:
    from analyser.store import Store

_SHOWN = 20  # problems told one by one; all are in the store


@click.command(name="batch")
@click.argument("inbox", nargs=-1, required=True, metavar="INBOX...")
@database
@click.option(
    "--redo", type=click.Choice(["never", "stale", "all"]), default="never", show_default=True,
    help="Which known calls are judged again: those judged under other rules, model or settings, or all.",
)  # fmt: skip
@click.option(
    "--quarantine", type=click.Path(path_type=Path), metavar="DIR",
    help="Move files of which nothing could be used here (default: they stay, and are tried again when they change).",
)  # fmt: skip
@click.option(
    "--time-limit", type=click.FloatRange(0, min_open=True), metavar="SECONDS",
    help="Begin no further calls after this; the next run goes on.",
)  # fmt: skip
@parallel
@judging
@reading
def command(**values: Any) -> None:
    """Analyse what is new or changed in an inbox, and keep it in a store.

    INBOX are files, folders and globs, here or behind addresses such as s3://bucket/calls. May be stopped anywhere,
    in any way; the next run goes on. Exit codes: 0 all done, or nothing new; 1 some calls failed, or stopped early;
    2 nothing usable; 3 a setting is wrong; 130 interrupted.
    """
    options, chosen, spread = read_options(values), settings(values), spread_over(values)
    store = open_store(values["database"])
    with progress_bar(sys.stderr.isatty()) as advance:
        summary = run_batch(
            store, values["inbox"], chosen, options=options, redo=values["redo"], quarantine=values["quarantine"],
            time_limit_s=values["time_limit"], progress=advance, **spread,
        )  # fmt: skip
    _tell(store, summary)
    if summary.signal is not None:
        sys.exit(128 + summary.signal)
    if summary.failed and not (summary.new or summary.replaced or summary.skipped):
        sys.exit(ExitCode.NOTHING_USABLE)
    if summary.failed or summary.stopped_because:
        sys.exit(ExitCode.SOME_FAILED)


def _tell(store: Store, done: BatchSummary) -> None:
    if done.failed:
        for trouble in islice(store.troubles(done.run_id), _SHOWN):
            click.echo(f"Error: {trouble}", err=True)
        if done.failed > _SHOWN:
            click.echo(f"... and {done.failed - _SHOWN:,} more: analyser status {done.run_id}", err=True)
    analysed = done.new + done.replaced
    rate = f", {analysed / done.seconds:,.0f} calls a second" if analysed and done.seconds else ""
    unscored = sum(done.not_scored.values())
    click.echo(
        f"Run {done.run_id}: {counted(done.new, 'new call')}, {done.replaced:,} replaced, {done.skipped:,} known, "
        f"{done.failed:,} failed; {done.flagged:,} flagged, {unscored:,} not scored; "
        f"{counted(done.turns, 'turn')} in {done.seconds:,.1f} s{rate}"
    )
    if done.duplicates:
        click.echo(f"{counted(done.duplicates, 'call')} stood in another file too, and are kept once")
    if done.stale:
        click.echo(
            f"{counted(done.stale, 'known call')} were judged under other rules, model or settings; "
            "--redo stale judges them again"
        )
    if done.waiting:
        click.echo(
            f"{counted(done.waiting, 'file')} with problems have not changed since; see: analyser status --problems"
        )
    if done.stopped_because:
        click.echo(f"Stopped: {done.stopped_because}. What was in hand is kept; run it again to go on.", err=True)
