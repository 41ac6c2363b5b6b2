"""A call as the page shows it: everything worked out, so that the template only places it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from analyser.records import CallReport, Finding, Moment, Opening, Outcome, Score, ScoreItem, Turn
from analyser.reports import curve, naming
from analyser.reports.bars import Bar, bars
from analyser.reports.base import FACTS, facts, for_coaching, reason_words
from analyser.reports.spans import segments, shorten, shown

MOST_TURNS = 2_000  # of a call, in the page
MOST_CHARS = 20_000  # of a turn, in the page
_PRAISE = 5
_QUOTE = 160
OUTCOME_MARKS = {Outcome.TAKEN: "✓", Outcome.MISSED: "✗", Outcome.DISMISSED: "✗✗", Outcome.NONE_POSSIBLE: "○"}
OUTCOME_WORDS = {
    Outcome.TAKEN: "taken",
    Outcome.MISSED: "missed",
    Outcome.DISMISSED: "dismissed",
    Outcome.NONE_POSSIBLE: "no answer possible",
}


@dataclass(frozen=True, slots=True)
class Note:
    """A finding beside its turn."""

    id: str
    title: str
    polarity: str
    mark: str
    origin: str
    why: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a turn's text with the notes that cover it."""

    text: str
    polarity: str = ""
    marks: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Badge:
    """A mark at a turn that is about more than its words."""

    kind: str
    mark: str
    words: str
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class TurnView:
    """One turn of the transcript."""

    number: int
    role: str
    speaker: str
    time: str
    pieces: tuple[Piece, ...]
    left_out: int
    notes: tuple[Note, ...]
    badges: tuple[Badge, ...]


@dataclass(frozen=True, slots=True)
class Praise:
    """A good moment."""

    title: str
    turn: int
    quote: str
    more: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """The questions of one section of a scorecard."""

    title: str
    items: tuple[ScoreItem, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A scorecard."""

    score: Score
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class RowView:
    """One call in the list; ``number`` stands in all ids, as call ids may hold anything."""

    number: int
    report: CallReport
    state: str  # flagged, clear or unscored
    behaviours: tuple[str, ...]
    reasons: tuple[str, ...]
    score: Score | None


@dataclass(frozen=True, slots=True)
class CallView:
    """One call of the page."""

    number: int
    report: CallReport
    praise: tuple[Praise, ...]
    bars: tuple[Bar, ...]
    curves: tuple[curve.Line, ...]
    tone_words: tuple[str, ...]
    turns: tuple[TurnView, ...]
    turns_left_out: int
    cards: tuple[Card, ...]
    missing: tuple[str, ...]
    dead_ends: tuple[tuple[str, int], ...]
    facts: tuple[tuple[str, str], ...]


def row_view(report: CallReport, number: int) -> RowView:
    """Work out what the list shows of a call."""
    return RowView(
        number=number,
        report=report,
        state="unscored" if report.flag is None else "flagged" if report.flag.flagged else "clear",
        behaviours=tuple(sorted({f.behaviour for f in report.findings})),
        reasons=tuple(reason_words(r) for r in for_coaching(report)),
        score=report.scorecards[0] if report.scorecards else None,
    )


def call_view(report: CallReport, number: int) -> CallView:
    """Work out what the page shows of a call."""
    turns = report.transcript.turns
    held = range(1, min(len(turns), MOST_TURNS) + 1)
    found = _by_turn(report.findings)
    badges = _badges(report.openings, report.tone.moments, report.dead_ends)
    return CallView(
        number=number,
        report=report,
        praise=_praise(report),
        bars=() if report.flag is None else bars(report.flag),
        curves=curve.lines(report.tone),
        tone_words=curve.in_words(report.tone),
        turns=tuple(_turn(turns[n - 1], n, number, found.get(n, ()), badges.get(n, ())) for n in held),
        turns_left_out=len(turns) - len(held),
        cards=tuple(_card(s) for s in report.scorecards),
        missing=tuple(naming.title(name) for name in report.missing or ()),
        dead_ends=tuple((naming.in_words(m.kind), m.turn) for m in report.dead_ends),
        facts=_facts(report),
    )


def _by_turn(findings: Sequence[Finding]) -> dict[int, tuple[Finding, ...]]:
    ordered = sorted(findings, key=lambda f: (f.turn, f.start, f.end, f.behaviour))
    return {turn: tuple(group) for turn, group in groupby(ordered, key=lambda f: f.turn)}


def _origin(finding: Finding) -> str:
    if finding.detector == "rules":
        return f"rule {finding.rule}" if finding.rule else "rule"
    return finding.detector


def _turn(turn: Turn, number: int, call: int, findings: Sequence[Finding], badges: tuple[Badge, ...]) -> TurnView:
    notes = tuple(
        Note(
            id=f"c{call}-n{number}-{i}",
            title=naming.title(f.behaviour),
            polarity=naming.polarity(f.behaviour),
            mark=naming.MARKS[naming.polarity(f.behaviour)],
            origin=_origin(f),
            why=shown(f.why),
            confidence=f"{f.confidence:.0%}",
        )
        for i, f in enumerate(findings)
    )
    pieces = []
    for segment in segments(turn.text[:MOST_CHARS], findings):
        polarities = {notes[i].polarity for i in segment.covers}
        pieces.append(
            Piece(
                text=shown(segment.text),
                polarity=next((p for p in ("harm", "good", "signal") if p in polarities), ""),
                marks="".join(notes[i].mark for i in segment.begins),
                notes=" ".join(notes[i].id for i in segment.covers),
            )
        )
    return TurnView(
        number=number,
        role=str(turn.role),
        speaker=turn.role.capitalize() if not turn.speaker else shown(turn.speaker),
        time="" if turn.start_s is None else clock(turn.start_s),
        pieces=tuple(pieces),
        left_out=max(len(turn.text) - MOST_CHARS, 0),
        notes=notes,
        badges=badges,
    )


def _badges(
    openings: Sequence[Opening], moments: Sequence[Moment], dead_ends: Sequence[Moment]
) -> dict[int, tuple[Badge, ...]]:
    result: dict[int, tuple[Badge, ...]] = {}

    def add(turn: int, badge: Badge) -> None:
        result[turn] = (*result.get(turn, ()), badge)

    for o in openings:
        kind = f" ({o.kind})" if o.kind else ""
        words = f"Opening for empathy{kind}: {OUTCOME_WORDS[o.outcome]}"
        add(o.turn, Badge(str(o.outcome), OUTCOME_MARKS[o.outcome], words, o.answered_by))
        if o.answered_by is not None:
            verb = "Takes" if o.outcome is Outcome.TAKEN else "Answers"
            add(o.answered_by, Badge("answer", "↩", f"{verb} the opening", o.turn))
    for m in moments:
        add(m.turn, Badge("moment", "≠", f"Tone: {shown(m.why)}"))
    for m in dead_ends:
        add(m.turn, Badge("dead_end", "⊣", f"Dead end: {shown(m.why)}"))
    return result


def _praise(report: CallReport) -> tuple[Praise, ...]:
    """One good moment a behaviour, what was done for the customer before what is routine."""
    good: dict[str, list[Finding]] = {}
    for f in report.findings:
        if naming.polarity(f.behaviour) == "good":
            good.setdefault(f.behaviour, []).append(f)
    result = []
    for name in sorted(good, key=lambda n: (naming.stage_rank(n), -max(f.confidence for f in good[n]), n)):
        best = max(good[name], key=lambda f: (f.confidence, -f.turn))
        more = tuple(sorted({f.turn for f in good[name]} - {best.turn}))
        result.append(Praise(naming.title(name), best.turn, shown(shorten(best.quote, _QUOTE)), more))
    return tuple(result[:_PRAISE])


def _card(score: Score) -> Card:
    groups = groupby(score.items, key=lambda item: item.section)
    return Card(score, tuple(Section(naming.in_words(name or "questions"), tuple(items)) for name, items in groups))


def _facts(report: CallReport) -> tuple[tuple[str, str], ...]:
    call, talk = report.transcript, report.talk
    further = facts(call)
    known = [
        ("Agent", call.agent),
        ("Team", call.team),
        ("Started", call.started_at),
        *((title, str(further[name])) for name, title in FACTS.items() if name in further),
        ("File", call.source.path),
        ("Turns", f"{len(call.turns):,}"),
        ("Agent’s share of talk", None if talk.agent_share is None else f"{talk.agent_share:.0%}"),
        ("Interruptions", None if talk.interruptions is None else str(talk.interruptions)),
        ("Longest silence", None if talk.longest_silence_s is None else f"{talk.longest_silence_s:.0f} s"),
        ("Agent’s words a minute", None if talk.words_per_minute is None else f"{talk.words_per_minute:.0f}"),
    ]
    return tuple((name, shown(value)) for name, value in known if value)


def clock(seconds: float) -> str:
    """Seconds as m:ss, or h:mm:ss from an hour on."""
    whole = max(int(seconds), 0)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"
