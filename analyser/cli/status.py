"""``analyser status``."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from analyser.cli.database import database
from analyser.reports.base import counted
from analyser.store import RunInfo, StoreFigures, Trouble, open_store

_MOST = 200
_WIDE = 140  # characters of a line that no terminal cuts


@click.command(name="status")
@click.argument("run", type=int, required=False, metavar="[RUN]")
@database
@click.option("-n", "--limit", type=click.IntRange(1), default=10, show_default=True, help="How many runs.")
@click.option("--problems", is_flag=True, help="Why files could not be used, as they were last read.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def command(run: int | None, database: str, limit: int, problems: bool, as_json: bool) -> None:
    """Say what the store holds and what the last runs did; of one RUN, what it could not use."""
    store = open_store(database, create=False)
    troubles = list(store.troubles(run)) if problems or run is not None else []
    figures = store.figures()
    runs = [r for r in store.runs(limit if run is None else 2**31) if run is None or r.run_id == run]
    if run is not None and not runs:
        raise click.BadParameter(f"there is no run {run}", param_hint="RUN")
    if as_json:
        click.echo(json.dumps(_as_dict(figures, runs, troubles), ensure_ascii=False))
        return
    days = f" of {figures.first_day} to {figures.last_day}" if figures.first_day else ""
    click.echo(
        f"{store.address}: {counted(figures.calls, 'call')}{days}, {figures.flagged:,} flagged, "
        f"{counted(figures.turns, 'turn')}; {counted(figures.files, 'file')}, {figures.bad_files:,} with problems; "
        f"{figures.bytes / 1e6:,.1f} MB"
    )
    if runs:
        wide = None if sys.stdout.isatty() else _WIDE
        Console(highlight=False, width=wide).print(_table(runs))
    for info in runs:
        if info.error and run is not None:
            click.echo(f"Run {info.run_id} failed: {info.error}")
    for trouble in troubles[:_MOST]:
        click.echo(str(trouble))
    if len(troubles) > _MOST:
        click.echo(f"... and {len(troubles) - _MOST:,} more: --json shows all")


def _table(runs: list[RunInfo]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("Run", "Kind", "Began", "Took", "New", "Replaced", "Known", "Failed", "Flagged"):
        table.add_column(name, justify="left" if name in {"Kind", "Began"} else "right", no_wrap=True)
    table.add_column("Ended", min_width=8, overflow="fold")
    for run in runs:
        c = run.counts
        ended = f"{run.state}: {run.stopped_because}" if run.stopped_because else str(run.state)
        numbers = (f"{n:,}" for n in (c.new, c.replaced, c.skipped, c.failed, c.flagged))
        took = "–" if run.seconds is None else f"{run.seconds:,.0f} s"
        table.add_row(str(run.run_id), run.kind, f"{_local(run.started_at):%d %b %H:%M}", took, *numbers, ended)
    return table


def _local(moment: datetime) -> datetime:
    return moment.astimezone()


def _as_dict(figures: StoreFigures, runs: list[RunInfo], troubles: list[Trouble]) -> dict[str, Any]:
    def plain(record: Any) -> Any:
        values = {name: getattr(record, name) for name in record.__dataclass_fields__}
        return {k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in values.items()}

    listed = [
        {**plain(r), "counts": plain(r.counts), "stamp": plain(r.stamp) if r.stamp else None, "seconds": r.seconds}
        for r in runs
    ]
    return {"store": plain(figures), "runs": listed, "problems": [plain(t) for t in troubles]}
