"""``analyser analyse``."""

from __future__ import annotations

import heapq
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from analyser.batch import analyse_stream
from analyser.cli.options import judging, parallel, read_options, reading, settings, spread_over
from analyser.cli.output import opened, progress_bar
from analyser.errors import ExitCode, InputError
from analyser.formats import read_many
from analyser.records import CallReport
from analyser.reports import REPORTS, RunSummary, by_name


class _Run:
    """What a run has seen so far; errors go to the error stream as they come."""

    def __init__(self) -> None:
        self.calls = self.flagged = self.failed = self.turns = 0
        self.not_scored: Counter[str] = Counter()
        self.began = time.perf_counter()

    def watch(self, results: Iterator[CallReport | InputError], *, only_flagged: bool) -> Iterator[CallReport]:
        for result in results:
            if isinstance(result, InputError):
                self.failed += 1
                click.echo(f"Error: {result}", err=True)
                continue
            self.calls += 1
            self.turns += len(result.transcript.turns)
            flagged = result.flag is not None and result.flag.flagged
            self.flagged += flagged
            if result.not_scored_because:
                self.not_scored[result.not_scored_because] += 1
            if flagged or not only_flagged:
                yield result

    def summary(self) -> RunSummary:
        return RunSummary(
            calls=self.calls, flagged=self.flagged, not_scored=dict(self.not_scored), failed=self.failed,
            turns=self.turns, seconds=time.perf_counter() - self.began,
        )  # fmt: skip


def _neediest(reports: Iterator[CallReport], capacity: int) -> Iterator[CallReport]:
    """The calls most worth a coach's hour, in the order they came; ties go to the earlier call."""
    best = heapq.nlargest(
        capacity, enumerate(reports), key=lambda r: (r[1].flag.probability if r[1].flag else -1.0, -r[0])
    )
    yield from (report for _, report in sorted(best, key=lambda r: r[0]))


def _uncertain(reports: Iterator[CallReport], count: int) -> Iterator[CallReport]:
    """The scored calls whose probability lies nearest the threshold: the most worth labelling."""
    scored = ((i, r) for i, r in enumerate(reports) if r.flag is not None)
    best = heapq.nsmallest(
        count, scored, key=lambda r: (abs(r[1].flag.probability - r[1].flag.threshold) if r[1].flag else 1.0, r[0])
    )
    yield from (report for _, report in best)


@click.command(name="analyse")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--format", "form", type=click.Choice([r.name for r in REPORTS]), default="table", show_default=True,
    help="What to write.",
)  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write to this file.")
@click.option("--flagged", is_flag=True, help="Only the calls that a coach should look at.")
@click.option("--capacity", type=click.IntRange(1), metavar="N", help="Only the N calls most worth a coach's hour.")
@click.option("--uncertain", type=click.IntRange(1), metavar="N", help="Only the N calls most worth labelling.")
@parallel
@judging
@reading
def command(**values: Any) -> None:
    """Analyse transcripts: files, folders, globs, or - for standard input, in any mix of formats."""
    options, chosen, spread = read_options(values), settings(values), spread_over(values)
    report = by_name(values["form"])
    run = _Run()
    visible = sys.stderr.isatty()
    with progress_bar(visible) as advance:
        results = analyse_stream(read_many(values["paths"], options), chosen, progress=advance, **spread)
        reports = run.watch(results, only_flagged=values["flagged"])
        if values["capacity"]:
            reports = _neediest(reports, values["capacity"])
        if values["uncertain"]:
            reports = _uncertain(reports, values["uncertain"])
        with opened(values["output"]) as out:
            report.write(reports, run.summary, out)
    if values["form"] != "table" or values["output"]:
        click.echo(run.summary().line(), err=True)
    if not run.calls:
        sys.exit(ExitCode.NOTHING_USABLE)
    if run.failed:
        sys.exit(ExitCode.SOME_FAILED)
