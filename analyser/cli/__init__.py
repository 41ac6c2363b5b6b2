"""The command line: options and printing; each command is a file here, imported only when it is called."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from analyser import __version__
from analyser.errors import AnalyserError, ExitCode

# name -> (module of this package, first line of its help); the help is here so that --help imports nothing heavy
COMMANDS: dict[str, tuple[str, str]] = {
    "analyse": ("analyse", "Analyse transcripts and show which calls a coach should look at."),
    "show": ("show", "Show one call with its findings in the terminal."),
    "behaviours": ("behaviours", "List, show and check the behaviours and their rules."),
    "formats": ("formats", "List the transcript formats that can be read."),
    "batch": ("batch", "Analyse what is new in an inbox, and keep it in a store."),
    "status": ("status", "Say what the store holds and what the last runs did."),
    "db": ("db", "Look after the store: bring it up to date, check, export, prune."),
    "nightly": ("nightly", "Analyse, report and tell what is new, unattended."),
    "train": ("train", "Train a model from labelled calls."),
    "evaluate": ("evaluate", "Measure how well the analyser agrees with labelled calls."),
    "settings": ("settings", "Show the settings with their defaults and units."),
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"analyser.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except AnalyserError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("Stopped.", err=True)
            sys.exit(130)
        except BrokenPipeError:
            sys.stderr.close()
            sys.exit(ExitCode.OK)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="analyser")
def main() -> None:
    """Judge how support agents treat their callers, with quotes and reasons.

    Start with: analyser analyse FOLDER
    """
