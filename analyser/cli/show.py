"""``analyser show``."""

from __future__ import annotations

from typing import Any

import click
from rich.console import Console

from analyser.cli.options import judging, read_options, reading, settings
from analyser.errors import ConfigurationError, InputError
from analyser.formats import read_many
from analyser.pipeline import Analyser
from analyser.reports.terminal import render_call


@click.command(name="show")
@click.argument("path", metavar="FILE")
@click.argument("call", required=False, metavar="[CALL]")
@click.option("--width", type=click.IntRange(40, 400), help="Columns to fill (default: the terminal's).")
@judging
@reading
def command(path: str, call: str | None, width: int | None, **values: Any) -> None:
    """Show one call of FILE (the first, or the one with the id CALL) with its findings, in colour on a terminal."""
    options, chosen = read_options(values), settings(values)
    error: InputError | None = None
    for transcript in read_many([path], options):
        if isinstance(transcript, InputError):
            error = error or transcript
        elif call is None or transcript.call_id == call:
            render_call(Analyser(chosen).analyse(transcript), Console(width=width, highlight=False))
            return
    if error is not None:
        raise error
    raise ConfigurationError(f"there is no call {call!r}", where=path, hint="`analyser analyse` lists the calls")
