"""``analyser nightly``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from analyser.errors import ConfigurationError, OutputError
from analyser.nightly.config import EXAMPLE, load_config


@click.command(name="nightly")
@click.option(
    "-c", "--config", type=click.Path(path_type=Path), default=Path("analyser.toml"), show_default=True,
    metavar="FILE", help="What to do, in TOML.",
)  # fmt: skip
@click.option("--init", is_flag=True, help="Write an example config, with all keys explained, and end.")
@click.option("--check", is_flag=True, help="Read the config and say what a run would do, and end.")
def command(config: Path, init: bool, check: bool) -> None:
    """Analyse what is new, report it, and say how it went: for a timer, unattended.

    Log lines are JSON, on the error stream. Exit codes: 0 all done, or nothing new; 1 some calls failed, a digest did
    not arrive, the run stopped early, or another one is at work; 2 nothing usable; 3 the configuration is wrong.
    """
    if init:
        _write_example(config)
        return
    if check:
        from analyser.nightly.plan import plan

        click.echo("\n".join(plan(load_config(config), config)))
        return
    from analyser.nightly.run import nightly

    sys.exit(nightly(config))


def _write_example(path: Path) -> None:
    try:
        with path.open("x", encoding="utf-8") as out:
            out.write(EXAMPLE.read_text(encoding="utf-8"))
    except FileExistsError:
        raise ConfigurationError(
            "there is a config file already", where=path, hint="name another with --config"
        ) from None
    except OSError as error:
        raise OutputError(f"the example cannot be written: {error.strerror}", where=path) from None
    click.echo(f"An example to edit: {path}. Then try: analyser nightly --config {path} --check")
