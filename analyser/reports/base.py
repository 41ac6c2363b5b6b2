"""What every report shares: its row in ``REPORTS``, the run's summary, and the order of need."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TextIO, TypeAlias

from analyser.records import CallReport, Reason, Transcript


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What one run did.

    Parameters
    ----------
    calls
        Calls analysed; those that failed are not among them.
    not_scored
        Why calls were not scored -> how many.
    failed
        Inputs or calls that could not be read.
    turns, seconds
        Turns analysed, and the time from the first input to the last report.
    """

    calls: int
    flagged: int
    not_scored: Mapping[str, int] = field(default_factory=dict)
    failed: int = 0
    turns: int = 0
    seconds: float = 0.0

    @property
    def turns_per_second(self) -> float | None:
        """None where no time was measured."""
        return self.turns / self.seconds if self.seconds > 0 else None

    def line(self) -> str:
        """The summary in one line."""
        parts = [counted(self.calls, "call"), f"{self.flagged:,} flagged"]
        unscored = sum(self.not_scored.values())
        if unscored:
            whys = sorted(self.not_scored.items(), key=lambda item: (-item[1], item[0]))
            parts.append(f"{unscored:,} not scored ({'; '.join(f'{n:,}: {why}' for why, n in whys)})")
        else:
            parts.append("0 not scored")
        parts.append(f"{self.failed:,} failed")
        if self.turns_per_second is not None:
            parts.append(f"{self.turns_per_second:,.0f} turns a second")
        return ", ".join(parts)


# A run is only summed up once its calls have been consumed, so writers get a way to ask, and ask last.
GetSummary: TypeAlias = Callable[[], RunSummary]
Write: TypeAlias = Callable[[Iterable[CallReport], GetSummary, TextIO], None]


@dataclass(frozen=True, slots=True)
class Report:
    """One output.

    Parameters
    ----------
    name
        As ``--format`` takes it.
    title
        What it is for, in a few words.
    extension
        Of its files, without the dot.
    write
        Consumes the calls, then may ask for the summary, and writes to a text stream (UTF-8, ``newline=""``).
    """

    name: str
    title: str
    extension: str
    write: Write


def need(report: CallReport) -> tuple[int, float, str]:
    """Sort key: most probably in need of coaching first, calls without a flag last, ties by id."""
    if report.flag is None:
        return (1, 0.0, report.call_id)
    return (0, -report.flag.probability, report.call_id)


def for_coaching(report: CallReport, count: int = 2) -> tuple[Reason, ...]:
    """The strongest reasons that speak for coaching; none where the call has no flag."""
    reasons = report.flag.reasons if report.flag else ()
    return tuple(sorted((r for r in reasons if r.contribution > 0), key=lambda r: -r.contribution)[:count])


def reason_words(reason: Reason) -> str:
    """A reason with its turn, as a list shows it."""
    return reason.words if reason.turn is None else f"{reason.words} (turn\N{NO-BREAK SPACE}{reason.turn})"


def counted(count: int, noun: str) -> str:
    """``1 call``, ``2 calls``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


# Facts of a call that side files, paths and formats bring, and how a page names them.
FACTS: Mapping[str, str] = {
    "queue": "Queue",
    "duration_s": "Duration, seconds",
    "outcome": "Outcome",
    "csat": "Customer satisfaction",
}


def facts(call: Transcript) -> dict[str, str | int | float | bool]:
    """The single values among a call's further facts, in the order given; lists and objects are left out."""
    return {
        str(k): v
        for k, v in call.meta.items()
        if isinstance(v, (str, int, bool)) or (isinstance(v, float) and math.isfinite(v))
    }
