"""``analyser db``."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path

import click

from analyser.cli.database import age, database, moment
from analyser.cli.output import opened
from analyser.errors import ExitCode
from analyser.reports.base import counted
from analyser.store import open_store


@click.group(name="db")
def command() -> None:
    """Look after the store: bring it up to date, check, export, prune."""


@command.command()
@database
def upgrade(database: str) -> None:
    """Make the store's tables, or bring them up to date after an update of the analyser."""
    steps = open_store(database, current=False).upgrade()
    click.echo("\n".join(f"done: {step}" for step in steps) or "the store is up to date")


@command.command()
@database
def check(database: str) -> None:
    """Look for damage: the file, every packed report, and whether each call has all of its rows."""
    store = open_store(database, create=False)
    wrong = store.check()
    for line in wrong:
        click.echo(f"Error: {line}", err=True)
    if wrong:
        sys.exit(ExitCode.SOME_FAILED)
    click.echo(f"{counted(store.figures().calls, 'call')}, all sound")


@command.command()
@database
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write to this file.")
@click.option("--since", type=moment, metavar="TIME", help="Only calls analysed since then.")
@click.option("--run", type=int, metavar="N", help="Only calls that this run analysed.")
def export(database: str, output: Path | None, since: datetime | None, run: int | None) -> None:
    """Write the reports as JSON Lines, the same bytes as `analyse --format jsonl`, in the order of their files."""
    store = open_store(database, create=False)
    with opened(output) as out:
        written = store.export(out, since=since, run=run)
    click.echo(counted(written, "call"), err=True)


@command.command()
@database
@click.option("--older-than", type=age, required=True, metavar="AGE", help="Such as 90d, 12w or 36h.")
def prune(database: str, older_than: timedelta) -> None:
    """Delete calls that are older, with all their words, and runs of which nothing is left.

    A call is as old as its own day; one without a date, as its analysis.
    """
    gone = open_store(database, create=False).prune(older_than)
    click.echo(f"{counted(gone['calls'], 'call')} and {counted(gone['runs'], 'run')} deleted")
