"""The Prometheus textfile: what the last run did, for the node exporter's textfile collector."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from analyser.reports.files import written

_PREFIX = "analyser_nightly_"
_SUCCESS = f"{_PREFIX}last_success_timestamp_seconds"


@dataclass(frozen=True, slots=True, kw_only=True)
class NightFigures:
    """What the textfile tells; times in seconds since the epoch.

    Parameters
    ----------
    outcomes
        new, replaced, skipped, failed -> calls or files.
    not_scored
        Why -> calls.
    undelivered
        The channels that were to carry the digest -> 1 where it did not arrive.
    """

    ended_at: float
    exit_code: int
    seconds: float
    outcomes: Mapping[str, int] = field(default_factory=dict)
    flagged: int = 0
    turns: int = 0
    not_scored: Mapping[str, int] = field(default_factory=dict)
    undelivered: Mapping[str, int] = field(default_factory=dict)
    stopped_early: bool = False


def write_textfile(path: Path, figures: NightFigures) -> None:
    """Put the figures in place of the last ones; a reader sees either whole.

    Raises
    ------
    OutputError
        Where the file cannot be written.
    """
    success = figures.ended_at if figures.exit_code == 0 else _last_success(path)
    with written(path) as out:
        out.writelines(_lines(figures, success))


def _last_success(path: Path) -> float | None:
    """The time that the file before held; a run that fails must not lose it."""
    try:
        found = re.search(rf"^{_SUCCESS} (\S+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        return float(found[1]) if found else None
    except (OSError, ValueError):
        return None


def _lines(figures: NightFigures, success: float | None) -> Iterable[str]:
    yield from _gauge("last_run_timestamp_seconds", "When the last run ended.", {"": figures.ended_at})
    if success is not None:
        yield from _gauge("last_success_timestamp_seconds", "When a run last ended with exit code 0.", {"": success})
    yield from _gauge("exit_code", "Exit code of the last run.", {"": figures.exit_code})
    yield from _gauge("duration_seconds", "How long the last run took.", {"": round(figures.seconds, 3)})
    yield from _gauge("calls", "Calls (failed: inputs) of the last run, by outcome.", figures.outcomes, "outcome")
    yield from _gauge("flagged_calls", "Calls of the last run that a coach should look at.", {"": figures.flagged})
    yield from _gauge("turns", "Turns analysed by the last run.", {"": figures.turns})
    yield from _gauge("not_scored_calls", "Calls of the last run that got no score.", figures.not_scored, "reason")
    yield from _gauge("undelivered", "1 where the digest did not arrive.", figures.undelivered, "channel")
    yield from _gauge("stopped_early", "1 where the run stopped before its end.", {"": int(figures.stopped_early)})


def _gauge(name: str, told: str, values: Mapping[str, float], label: str | None = None) -> Iterable[str]:
    if not values:
        return
    yield f"# HELP {_PREFIX}{name} {told}\n"
    yield f"# TYPE {_PREFIX}{name} gauge\n"
    for key, value in values.items():
        labels = f'{{{label}="{_escaped(key)}"}}' if label else ""
        yield f"{_PREFIX}{name}{labels} {value}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
