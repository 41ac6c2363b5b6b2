"""``analyser settings``."""

from __future__ import annotations

import click

from analyser.settings import TABLE


@click.command(name="settings")
def command() -> None:
    """Show the settings with their defaults and units."""
    width = max(len(row.name) for row in TABLE)
    for row in TABLE:
        default = "by model" if row.default is None else repr(row.default)
        click.echo(f"{row.name:{width}}  {default:>10} {row.unit}: {row.help}")
