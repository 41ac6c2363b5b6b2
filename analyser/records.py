"""Every type that crosses a border between rooms; the words are those of the annotation guide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple


class Role(StrEnum):
    """Who speaks a turn."""

    AGENT = "agent"
    CUSTOMER = "customer"
    SYSTEM = "system"  # a bot, a menu, an announcement
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What the agent did with an opening for empathy."""

    TAKEN = "taken"
    MISSED = "missed"
    DISMISSED = "dismissed"
    NONE_POSSIBLE = "none_possible"


class Answer(StrEnum):
    """The answer to a scorecard question."""

    YES = "yes"
    NO = "no"
    NA = "na"


class Turn(NamedTuple):
    """One stretch of speech by one speaker.

    Parameters
    ----------
    text
        The words as received; offsets of findings count in it.
    start_s, end_s
        Seconds from the start of the call; None where unknown.
    speaker
        The label or name that the file gave, if any.
    """

    role: Role
    text: str
    start_s: float | None = None
    end_s: float | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a reader or the analysis could not do, said once; never holds a call's words."""

    code: str
    message: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a call came from: the path as given, the format's name, and the line for many-call files."""

    path: str | None = None
    format: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """One call, in the order spoken."""

    call_id: str
    turns: tuple[Turn, ...]
    source: Source = Source()
    agent: str | None = None
    team: str | None = None
    started_at: str | None = None
    customer: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


class Finding(NamedTuple):
    """A behaviour found in a turn; ``quote == turn.text[start:end]`` always.

    Parameters
    ----------
    turn
        Number of the turn, from 1.
    confidence
        Between 0 and 1; calibrated for the learned detector, measured precision for rules.
    detector
        ``rules``, ``learned`` or ``timing``.
    rule
        ``behaviour/rule_id`` for rules, else None.
    """

    behaviour: str
    turn: int
    role: Role
    start: int
    end: int
    quote: str
    confidence: float
    detector: str
    rule: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Opening:
    """A customer turn that opens for empathy, and what was done with it.

    Parameters
    ----------
    answered_by
        The agent turn that took or dismissed it; None where missed or not possible.
    kind
        anger, worry, sadness, hardship or disappointment where the words say so, else None.
    delay_s
        Seconds from the end of the opening to the start of the answer; None without times.
    """

    turn: int
    outcome: Outcome
    answered_by: int | None
    quote: str
    kind: str | None = None
    delay_s: float | None = None


class TurnTone(NamedTuple):
    """Tone of one turn, -1 (harsh) to 1 (warm); None where there is no evidence."""

    turn: int
    role: Role
    score: float | None


@dataclass(frozen=True, slots=True)
class Moment:
    """A turn that calls for a look: a tone that did not fit the moment (see ``tone.moments``), or a dead end."""

    kind: str
    turn: int
    start: int
    end: int
    quote: str
    why: str


@dataclass(frozen=True, slots=True)
class Tone:
    """How both sides sounded. Scores lie between -1 and 1; None where it could not be judged."""

    agent_label: str | None
    agent_score: float | None
    customer_start: float | None
    customer_low: float | None
    customer_low_turn: int | None
    customer_end: float | None
    customer_end_label: str | None
    turns: tuple[TurnTone, ...] = ()
    moments: tuple[Moment, ...] = ()

    @property
    def customer_shift(self) -> float | None:
        """End minus start of the customer's path; None where either is unknown."""
        if self.customer_start is None or self.customer_end is None:
            return None
        return round(self.customer_end - self.customer_start, 3)


@dataclass(frozen=True, slots=True)
class Talk:
    """Talk figures; shares between 0 and 1, times in seconds, None without times."""

    agent_share: float | None
    interruptions: int | None
    longest_silence_s: float | None
    words_per_minute: float | None = None


class ScoreItem(NamedTuple):
    """One scorecard question with its answer and the turns it rests on."""

    question: str
    answer: Answer
    weight: float
    turns: tuple[int, ...]
    section: str | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """A scorecard's outcome: 0 to 100, or None where nothing applied."""

    name: str
    score: int | None
    band: str | None
    items: tuple[ScoreItem, ...]
    auto_failed: bool = False


class Reason(NamedTuple):
    """One share of a flag: contributions of all features and the base add up to the score's log-odds.

    Parameters
    ----------
    reason
        A name of the guide's list of reasons, or of a good moment.
    words
        The reason said for a coach.
    contribution
        In log-odds of the flag; above 0 speaks for coaching.
    """

    reason: str
    words: str
    turn: int | None
    quote: str | None
    contribution: float


@dataclass(frozen=True, slots=True)
class Flag:
    """Whether a coach should look, how sure, and why (strongest first)."""

    probability: float
    flagged: bool
    threshold: float
    reasons: tuple[Reason, ...] = ()
    base: float = 0.0
    other: float = 0.0  # the contributions too small to list, summed


@dataclass(frozen=True, slots=True)
class Stamp:
    """What made a report: version of the analyser, hashes of rules, model and settings."""

    analyser: str
    rules: str
    model: str
    settings: str


@dataclass(frozen=True, slots=True)
class CallReport:
    """All that is said of one call; its JSON form is ``reports.jsonl``'s."""

    call_id: str
    transcript: Transcript
    scored: bool
    not_scored_because: str | None
    findings: tuple[Finding, ...]
    openings: tuple[Opening, ...]
    missing: tuple[str, ...] | None
    tone: Tone
    talk: Talk
    scorecards: tuple[Score, ...]
    flag: Flag | None
    problems: tuple[Problem, ...]
    stamp: Stamp
    dead_ends: tuple[Moment, ...] = ()
