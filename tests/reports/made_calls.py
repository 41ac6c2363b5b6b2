"""Reports built by hand, with the texts that break pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analyser.records import (
    Answer,
    CallReport,
    Finding,
    Flag,
    Moment,
    Opening,
    Outcome,
    Problem,
    Reason,
    Role,
    Score,
    ScoreItem,
    Source,
    Stamp,
    Talk,
    Tone,
    Transcript,
    Turn,
    TurnTone,
)
from analyser.reports import RunSummary

STAMP = Stamp("0.1.0", "r" * 12, "m" * 12, "s" * 12)
TURNS = (
    (Role.AGENT, "Good morning, Harbour Parcels, Petra speaking, how can I help?"),
    (Role.CUSTOMER, "My mother's ring was in that box and nobody can tell me where it is. I'm beside myself."),
    (Role.AGENT, "Well, that is not our fault, is it? What's the number?"),
    (Role.CUSTOMER, "It's 4471. Please, the funeral is on Friday."),
    (Role.AGENT, "Oh, I'm so sorry, that must be dreadful. I'll ring the depot myself and call you by noon."),
    (Role.CUSTOMER, "Thank you, that's a weight off my mind."),
    (Role.AGENT, "You're welcome. Goodbye."),
)
NASTY = {
    "script": "</script><script>alert('x')</script><img src=http://evil.test/a.png onerror=alert(1)> & \"q\" 'too'",
    "separators": "one\u2028two\u2029three\x85four\ttab\nline\r\nwindows",
    "controls": "bell\x07 escape\x1b[31mred\x1b[0m nul\x00 delete\x7f csi\x9b2J",
    "right to left": "שלום, אני רוצה \u202eהחזר\u202c כספי مرحبا",
    "emoji": "👩🏽‍💻 thanks 🙏🏿 e\u0301 \U0001f1ec\U0001f1e7 ﷽",
    "surrogate": "broken \ud83d half",
    "template": "{{ 7 * 7 }} {% include 'x' %} {# gone #} [bold red]not markup[/]",
    "formula": '=HYPERLINK("http://evil.test","click")',
    "long": "and then they said it would come and it did not come " * 900,
    "empty": "",
    "newline first": "\n\n  leading",
}


def finding(turns: Sequence[Turn], behaviour: str, turn: int, quote: str, **given: Any) -> Finding:
    text = turns[turn - 1].text
    start = text.index(quote)
    values: dict[str, Any] = {
        "confidence": 0.9,
        "detector": "rules",
        "rule": f"{behaviour}/by_hand",
        "why": "says so",
        **given,
    }
    return Finding(behaviour, turn, turns[turn - 1].role, start, start + len(quote), quote, **values)


def report(
    call_id: str = "harbour-1",
    *,
    probability: float | None = 0.7721,
    agent: str | None = "Petra",
    threshold: float = 0.5,
) -> CallReport:
    """A whole call; without a probability it is not scored."""
    turns = tuple(Turn(role, text, 6.0 * i, 6.0 * i + 5) for i, (role, text) in enumerate(TURNS))
    scored = probability is not None
    because = None if scored else "only the agent speaks"
    flag = None
    if probability is not None:
        reasons = (
            Reason("dismissive_or_rude", "was defensive", 3, turns[2].text, 1.5),
            Reason("good_empathy", "showed that they cared", 5, turns[4].text, -0.62),
            Reason("missed_empathy", "did not answer the customer's distress", 2, turns[1].text, 0.71),
            Reason("missing_closing", "did not ask whether anything else was needed", None, None, 0.2),
        )
        flag = Flag(probability, probability >= threshold, threshold, reasons, base=-0.5, other=-0.07)
    items = (
        ScoreItem("Did the agent greet the customer?", Answer.YES, 8.0, (1,), "greeting"),
        ScoreItem("Was distress met?", Answer.NO, 14.0, (2, 4), "responding"),
        ScoreItem("Was another way offered?", Answer.NA, 10.0, (), "responding"),
    )
    return CallReport(
        call_id=call_id,
        transcript=Transcript(
            call_id,
            turns,
            Source("calls/harbour.vtt", "vtt"),
            agent=agent,
            team="Quay",
            started_at="2025-03-04T09:00:00Z",
        ),
        scored=scored,
        not_scored_because=because,
        findings=(
            finding(turns, "greeting", 1, "Good morning"),
            finding(turns, "distress", 2, "I'm beside myself", detector="learned", rule=None, confidence=0.81),
            finding(turns, "defensive", 3, "that is not our fault", why="puts the blame away"),
            finding(turns, "apology", 5, "I'm so sorry"),
            finding(turns, "empathy", 5, "so sorry, that must be dreadful", confidence=0.93),
            finding(turns, "ownership", 5, "I'll ring the depot myself"),
            finding(turns, "pleased", 6, "a weight off my mind"),
            finding(turns, "closing", 7, "Goodbye"),
        ),
        openings=(
            Opening(2, Outcome.DISMISSED, 3, "I'm beside myself", "worry", 1.0),
            Opening(4, Outcome.TAKEN, 5, "the funeral is on Friday", "sadness", 1.0),
        ),
        missing=("further_help",) if scored else None,
        tone=Tone(
            agent_label="neutral",
            agent_score=0.12,
            customer_start=-0.6,
            customer_low=-0.6,
            customer_low_turn=2,
            customer_end=0.4,
            customer_end_label="positive",
            turns=tuple(
                TurnTone(i, turns[i - 1].role, s) for i, s in enumerate((0.3, -0.6, -0.4, None, 0.5, 0.4, 0.1), 1)
            ),
            moments=(
                Moment("heat_for_heat", 3, 0, 4, "Well", "the customer was upset, and the agent answered with heat"),
            ),
        ),
        talk=Talk(0.55, 1, 14.0, 148.0),
        scorecards=(Score("default", 56, "coach", items),) if scored else (),
        flag=flag,
        problems=() if scored else (Problem("not_scored", because or ""),),
        stamp=STAMP,
        dead_ends=(
            Moment(
                "bare_refusal", 3, 0, 4, "Well", "refused, and gave neither a reason nor another way by the next answer"
            ),
        ),
    )


def plain(call_id: str, texts: Sequence[str], findings: Sequence[Finding] = ()) -> CallReport:
    """An unscored call of these texts, agent first."""
    roles = (Role.AGENT, Role.CUSTOMER)
    turns = tuple(Turn(roles[i % 2], text) for i, text in enumerate(texts))
    return CallReport(
        call_id=call_id,
        transcript=Transcript(call_id, turns, agent=call_id, team=call_id),
        scored=False,
        not_scored_because="it is not known who is the agent",
        findings=tuple(findings),
        openings=(),
        missing=None,
        tone=Tone(None, None, None, None, None, None, None),
        talk=Talk(None, None, None),
        scorecards=(),
        flag=None,
        problems=(),
        stamp=STAMP,
    )


def nasty() -> CallReport:
    """Every nasty text as a turn, as id, and as a finding's quote and why."""
    turns = [Turn(Role.AGENT if i % 2 == 0 else Role.CUSTOMER, text) for i, text in enumerate(NASTY.values())]
    findings = [
        finding(turns, "empathy", i, t.text[: len(t.text) // 2 + 1], why=NASTY["script"])
        for i, t in enumerate(turns, 1)
    ]
    return plain(NASTY["script"], [t.text for t in turns], findings)


def summary(calls: Sequence[CallReport], *, failed: int = 0) -> RunSummary:
    """What a run over these calls would say."""
    not_scored: dict[str, int] = {}
    for c in calls:
        if c.not_scored_because is not None:
            not_scored[c.not_scored_because] = not_scored.get(c.not_scored_because, 0) + 1
    return RunSummary(
        calls=len(calls),
        flagged=sum(c.flag is not None and c.flag.flagged for c in calls),
        not_scored=not_scored,
        failed=failed,
        turns=sum(len(c.transcript.turns) for c in calls),
        seconds=0.01,
    )
