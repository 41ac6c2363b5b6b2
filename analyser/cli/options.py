"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from analyser.errors import ConfigurationError
from analyser.formats import FORMATS, ReadOptions, load_roster
from analyser.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])
_FILE = click.Path(path_type=Path)


def reading(command: F) -> F:
    """Options on how transcripts are read."""
    for option in reversed(
        (
            click.option(
                "--input-format", metavar="NAME", type=click.Choice([f.name for f in FORMATS]),
                help="Read the files as this format, see `analyser formats` (default: found out from their content).",
            ),
            click.option("--agent-channel", metavar="CHANNEL", help="The channel or speaker label that is the agent."),
            click.option("--agents", "roster", type=_FILE, metavar="FILE", help="Agents' names: a CSV, or one a line."),
            click.option("--agent-pattern", metavar="REGEX", help="Speakers whose label matches are agents."),
            click.option(
                "--map", "mapping", multiple=True, metavar="FIELD=COLUMN",
                help="Where an unlisted CSV or JSON has text, speaker, start ... (repeatable).",
            ),
            click.option("--metadata", type=_FILE, metavar="FILE", help="A CSV of facts, joined on the call id."),
            click.option(
                "--path-pattern", metavar="PATTERN", help="Facts in a path, such as {team}/{agent}/{call_id}.vtt."
            ),
            click.option(
                "--join-pause", type=click.FloatRange(0), default=1.5, show_default=True, metavar="SECONDS",
                help="Recogniser fragments of one speaker closer than this are one turn.",
            ),
            click.option("--swap-roles", is_flag=True, help="Exchange agent and customer where they look swapped."),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def read_options(values: dict[str, Any]) -> ReadOptions:
    """Take the options of ``reading`` out of a command's values.

    Raises
    ------
    ConfigurationError
        Where one is wrong.
    """
    mapping: dict[str, str] = {}
    for pair in values.pop("mapping"):
        name, equals, column = pair.partition("=")
        if not (name and equals and column):
            raise ConfigurationError(f"--map {pair!r} is not FIELD=COLUMN", hint="for example --map text=utterance")
        mapping[name.strip()] = column.strip()
    roster = values.pop("roster")
    agents = load_roster(roster) if roster is not None else ()
    return ReadOptions(
        input_format=values.pop("input_format"), agent_channel=values.pop("agent_channel"), agents=agents,
        agent_pattern=values.pop("agent_pattern"), mapping=mapping, metadata=values.pop("metadata"),
        swap_roles=values.pop("swap_roles"),
        path_pattern=values.pop("path_pattern"),
        join_pause_s=values.pop("join_pause"),
    )  # fmt: skip


def judging(command: F) -> F:
    """Options on how calls are judged."""
    for option in reversed(
        (
            click.option("--threshold", type=click.FloatRange(0, 1), help="Flag calls from this probability on."),
            click.option("--model", type=_FILE, metavar="DIR", help="A model's folder (default: the one that ships)."),
            click.option("--behaviours", type=_FILE, metavar="DIR", help="Behaviour files in place of those that ship."),
            click.option(
                "--scorecard", "scorecards", type=_FILE, multiple=True, metavar="FILE",
                help="A scorecard in place of the default one (repeatable).",
            ),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def settings(values: dict[str, Any]) -> Settings:
    """Take the options of ``judging`` out of a command's values."""
    return Settings(
        threshold=values.pop("threshold"), model=values.pop("model"), behaviours=values.pop("behaviours"),
        scorecards=tuple(values.pop("scorecards")),
    )  # fmt: skip


def parallel(command: F) -> F:
    """Options on where calls are analysed."""
    for option in reversed(
        (
            click.option("-j", "--jobs", type=int, default=1, show_default=True, help="Processes; -1 takes all cores."),
            click.option(
                "--backend", type=click.Choice(["loky", "dask"]), default="loky", show_default=True,
                help="Processes of this machine, or a Dask cluster.",
            ),
            click.option(
                "--scheduler", metavar="ADDRESS", help="The Dask scheduler, such as tcp://10.0.0.5:8786, or its file."
            ),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def spread_over(values: dict[str, Any]) -> dict[str, Any]:
    """Take the options of ``parallel`` out of a command's values: jobs, backend and scheduler.

    Raises
    ------
    ConfigurationError
        Where they do not go together.
    """
    jobs, backend, scheduler = values.pop("jobs"), values.pop("backend"), values.pop("scheduler")
    if jobs == 0:
        raise click.BadParameter("give a number of processes, or -1 for all cores", param_hint="--jobs")
    if scheduler and backend != "dask":
        raise ConfigurationError("--scheduler is for a Dask cluster", hint="add --backend dask")
    if backend == "dask" and not scheduler:
        raise ConfigurationError("--backend dask needs a scheduler", hint="add --scheduler tcp://HOST:8786")
    return {"jobs": jobs, "backend": backend, "scheduler": scheduler}
