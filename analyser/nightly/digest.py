"""The digest: what a QA lead reads in a minute. It holds ids, names, counts and turn numbers; no words of a call.

The calls pass by once; what is kept of them does not grow with their number, only with that of the agents.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from analyser.records import CallReport, Outcome, Role
from analyser.reports import naming
from analyser.reports.base import counted, for_coaching, reason_words
from analyser.reports.spans import one_line, shorten

T = TypeVar("T")
_TEMPLATES = Path(__file__).resolve().parent / "templates"
# Kinds of good moments worth showing round, those done least often first.
_WORTH = ("extra_mile", "empathy", "sympathy", "ownership", "rapport", "patience", "alternative")
_MOMENTS = 5
_AGENTS = 5
_REASONS = 3
_FAILURES = 8
_DETAIL = re.compile(r" \(.*\)$", re.DOTALL)
_RISE = 0.3  # of the customer's tone over the call, on the scale from -1 to 1
_NAME = 80  # characters of an id or a name
CAVEAT = "A flag is a hint of where to look, not a verdict. Not for deciding pay, discipline or dismissal."


@dataclass(frozen=True, slots=True)
class ToCoach:
    """A call to coach, and why, strongest reason first."""

    call_id: str
    agent: str | None
    team: str | None
    probability: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgentLine:
    """An agent's scored and flagged calls."""

    agent: str
    calls: int
    flagged: int

    @property
    def share(self) -> float:
        """Flagged calls among the scored ones, 0 to 1."""
        return self.flagged / self.calls


@dataclass(frozen=True, slots=True)
class GoodMoment:
    """A turn worth showing round."""

    call_id: str
    agent: str | None
    turn: int
    what: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """One night in a minute.

    Parameters
    ----------
    date, ended_at
        Local date of the run's start, and local time of its end, in ISO form.
    calls, flagged, turns
        Of the calls that the reports show: all analysed since the last report.
    skipped, failed
        Calls known already, and inputs or calls that could not be read.
    waiting
        Files that could not be read on an earlier night, and have not changed.
    not_scored, failures
        Reasons with their counts, most frequent first.
    usual_rate
        Mean flag rate of up to ``compared`` runs before; None where none had scored calls.
    """

    run_id: str
    date: str
    ended_at: str
    calls: int
    flagged: int
    skipped: int
    failed: int
    waiting: int
    turns: int
    seconds: float
    not_scored: tuple[tuple[str, int], ...]
    failures: tuple[tuple[str, int], ...]
    usual_rate: float | None
    compared: int
    to_coach: tuple[ToCoach, ...]
    agents: tuple[AgentLine, ...]
    least_calls: int
    moments: tuple[GoodMoment, ...]
    stopped_because: str | None
    place: str | None = None

    @property
    def scored(self) -> int:
        """Calls that got a score and a flag's probability."""
        return self.calls - sum(n for _, n in self.not_scored)

    @property
    def rate(self) -> float | None:
        """Flagged among scored calls, 0 to 1; None without scored calls."""
        return self.flagged / self.scored if self.scored else None


@dataclass(frozen=True, slots=True)
class _Good:
    rank: tuple[bool, bool, int, float]
    moment: GoodMoment


class _First(Generic[T]):
    """Keeps the items that come first by a key, however many pass."""

    def __init__(self, most: int, key: Callable[[T], Any]) -> None:
        self._most, self._key = most, key
        self._held: list[T] = []

    def add(self, item: T) -> None:
        self._held.append(item)
        if len(self._held) >= 4 * self._most:
            self._held = self.all()

    def all(self) -> list[T]:
        return sorted(self._held, key=self._key)[: self._most]


class Tally:
    """Takes in calls as they pass, for the digest.

    Parameters
    ----------
    most
        How many calls to coach are kept.
    least_calls
        An agent with fewer scored calls is not compared.
    """

    def __init__(self, *, most: int = 10, least_calls: int = 5) -> None:
        self.calls = self.flagged = self.turns = 0
        self.not_scored: Counter[str] = Counter()
        self.least_calls = least_calls
        self._neediest: _First[ToCoach] = _First(most, lambda c: (-c.probability, c.call_id))
        self._scored: Counter[str] = Counter()
        self._flagged: Counter[str] = Counter()
        self._best: dict[str, _Good] = {}  # by agent
        self._unnamed: _First[_Good] = _First(_MOMENTS, _best_first)

    def watch(self, calls: Iterable[CallReport]) -> Iterator[CallReport]:
        """Pass the calls on, and keep count."""
        for report in calls:
            self.add(report)
            yield report

    def add(self, report: CallReport) -> None:
        """Take one call in."""
        self.calls += 1
        self.turns += len(report.transcript.turns)
        if report.not_scored_because is not None:
            self.not_scored[report.not_scored_because] += 1
        if report.flag is None:
            return
        agent = report.transcript.agent or None
        self.flagged += report.flag.flagged
        if agent:
            self._scored[agent] += 1
            self._flagged[agent] += report.flag.flagged
        if report.flag.flagged:
            self._neediest.add(_to_coach(report, report.flag.probability))
        elif (good := _best_moment(report)) is None:
            return
        elif agent is None:
            self._unnamed.add(good)
        elif agent not in self._best or _best_first(good) < _best_first(self._best[agent]):
            self._best[agent] = good

    def to_coach(self) -> tuple[ToCoach, ...]:
        """The flagged calls most in need, most first."""
        return tuple(self._neediest.all())

    def agents(self) -> tuple[AgentLine, ...]:
        """The agents with the largest share of flagged calls, where there are enough calls to say so."""
        lines = (
            AgentLine(_name(agent), calls, self._flagged[agent])
            for agent, calls in self._scored.items()
            if calls >= self.least_calls and self._flagged[agent]
        )
        return tuple(heapq.nsmallest(_AGENTS, lines, key=lambda a: (-a.share, -a.calls, a.agent)))

    def moments(self) -> tuple[GoodMoment, ...]:
        """The best moments, at most one an agent."""
        every = [*self._best.values(), *self._unnamed.all()]
        return tuple(g.moment for g in heapq.nsmallest(_MOMENTS, every, key=_best_first))


def _to_coach(report: CallReport, probability: float) -> ToCoach:
    call = report.transcript
    reasons = tuple(one_line(reason_words(r)) for r in for_coaching(report, _REASONS))
    return ToCoach(_name(report.call_id), _named(call.agent), _named(call.team), probability, reasons)


def _best_first(good: _Good) -> tuple[Any, ...]:
    answered, rose, kind, confidence = good.rank
    return (not answered, not rose, -kind, -confidence, good.moment.call_id)


def _best_moment(report: CallReport) -> _Good | None:
    """The turn of a call that a coach would show round, if there is one."""
    answered = {o.answered_by for o in report.openings if o.outcome is Outcome.TAKEN}
    shift = report.tone.customer_shift
    rose = shift is not None and shift >= _RISE
    found = [f for f in report.findings if f.role is Role.AGENT and f.behaviour in _WORTH]
    if not found:
        return None
    best = max(found, key=lambda f: (f.turn in answered, -_WORTH.index(f.behaviour), f.confidence, -f.turn))
    because = []
    if best.turn in answered:
        because.append("answered what troubled the customer")
    if rose:
        because.append("the customer's tone rose over the call")
    rank = (best.turn in answered, rose, -_WORTH.index(best.behaviour), best.confidence)
    call = report.transcript
    moment = GoodMoment(
        _name(report.call_id), _named(call.agent), best.turn, naming.title(best.behaviour), ", and ".join(because)
    )
    return _Good(rank, moment)


def _name(text: str) -> str:
    return shorten(one_line(text), _NAME)


def _named(text: str | None) -> str | None:
    return _name(text) if text else None


def most_frequent(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Reasons with their counts, most frequent first, ties by text."""
    return tuple(sorted(counts.items(), key=lambda c: (-c[1], c[0])))


def in_short(reasons: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Reasons of failures without their hints and lists, joined where they are then the same, the rarest as one."""
    short: Counter[str] = Counter()
    for reason, count in reasons.items():
        short[_DETAIL.sub("", one_line(reason).partition("; ")[0])] += count
    first = most_frequent(short)[:_FAILURES]
    rest = short.total() - sum(n for _, n in first)
    return (*first, ("other reasons", rest)) if rest else first


def usual_rate(before: Sequence[tuple[int, int]]) -> tuple[float | None, int]:
    """Mean flag rate of earlier runs, given as (flagged, scored) each, and how many of them had scored calls."""
    rates = [flagged / scored for flagged, scored in before if scored]
    return (sum(rates) / len(rates) if rates else None), len(rates)


def subject(digest: Digest) -> str:
    """The digest in one line, as a mail's subject."""
    if not digest.calls and not digest.failed:
        said = "nothing new"
    else:
        said = f"{digest.calls:,} analysed, {digest.flagged:,} to coach"
        if digest.failed:
            said += f", {digest.failed:,} failed"
    stopped = " [stopped early]" if digest.stopped_because else ""
    return f"Calls of {digest.date}: {said}{stopped}"


def rate_words(digest: Digest) -> str:
    """The flag rate against the usual one."""
    if digest.rate is None:
        return "no call could be scored" if digest.calls else "no calls"
    said = f"{digest.rate:.1%} of the scored calls"
    if digest.usual_rate is None:
        return said
    runs = "run" if digest.compared == 1 else f"{digest.compared} runs"
    points = (digest.rate - digest.usual_rate) * 100
    if abs(points) < 0.05:
        return f"{said}, as in the mean of the last {runs}"
    way = "above" if points > 0 else "below"
    return f"{said}, {abs(points):.1f} points {way} the mean of the last {runs} ({digest.usual_rate:.1%})"


def as_payload(digest: Digest) -> dict[str, Any]:
    """The digest as the webhook sends it."""
    values = asdict(digest)
    for key in ("not_scored", "failures"):
        values[key] = [{"reason": reason, "count": count} for reason, count in getattr(digest, key)]
    values["agents"] = [asdict(a) | {"share": round(a.share, 4)} for a in digest.agents]
    values["rate"] = None if digest.rate is None else round(digest.rate, 4)
    values["usual_rate"] = None if digest.usual_rate is None else round(digest.usual_rate, 4)
    return {"kind": "analyser.nightly", "version": 1, "subject": subject(digest)} | values


@lru_cache(maxsize=2)
def _environment(autoescape: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"counted": counted, "percent": lambda share: f"{share:.0%}"}
    return environment


def as_text(digest: Digest) -> str:
    """The digest as plain text."""
    return _rendered("digest.txt", digest, autoescape=False)


def as_html(digest: Digest) -> str:
    """The digest as a page that mail programs show, too: nothing is fetched, nothing runs."""
    return _rendered("digest.html", digest, autoescape=True)


def _rendered(template: str, digest: Digest, *, autoescape: bool) -> str:
    return (
        _environment(autoescape)
        .get_template(template)
        .render(d=digest, subject=subject(digest), rate=rate_words(digest), caveat=CAVEAT)
    )
