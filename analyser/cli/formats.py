"""``analyser formats``."""

from __future__ import annotations

import click

from analyser.formats import FORMATS


@click.command(name="formats")
def command() -> None:
    """List the transcript formats that can be read, and what each can tell."""
    width = max(len(f.name) for f in FORMATS)
    for known in FORMATS:
        tells = ", ".join(known.tells) or "neither roles nor times"
        click.echo(f"{known.name:{width}}  {known.title}  (tells: {tells})")
        if known.dialects:
            click.echo(f"{'':{width}}    {'; '.join(known.dialects)}")
