"""A report out of its JSON line and its transcript: the way back of ``reports.jsonl``."""

from __future__ import annotations

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
    Stamp,
    Talk,
    Tone,
    Transcript,
    TurnTone,
)  # fmt: skip


def report_of(line: dict[str, Any], transcript: Transcript) -> CallReport:
    """The report that a line was made from."""
    scores = [line["scorecard"], *line["scorecards"]] if line["scorecard"] is not None else []
    return CallReport(
        call_id=line["call_id"],
        transcript=transcript,
        scored=line["scored"],
        not_scored_because=line["not_scored_because"],
        findings=tuple(Finding(**{**f, "role": Role(f["role"])}) for f in line["findings"]),
        openings=tuple(Opening(**{**o, "outcome": Outcome(o["outcome"])}) for o in line["openings"]),
        missing=None if line["missing"] is None else tuple(line["missing"]),
        tone=_tone(line["tone"]),
        talk=Talk(**line["talk"]),
        scorecards=tuple(_score(s) for s in scores),
        flag=None if line["flag"] is None else _flag(line["flag"]),
        problems=tuple(Problem(**p) for p in line["problems"]),
        stamp=Stamp(**line["stamp"]),
        dead_ends=tuple(Moment(**m) for m in line["dead_ends"]),
    )


def _tone(tone: dict[str, Any]) -> Tone:
    agent, customer = tone["agent"], tone["customer"]
    return Tone(
        agent_label=agent["label"],
        agent_score=agent["score"],
        customer_start=customer["start"],
        customer_low=customer["low"],
        customer_low_turn=customer["low_turn"],
        customer_end=customer["end"],
        customer_end_label=customer["end_label"],
        turns=tuple(TurnTone(**{**t, "role": Role(t["role"])}) for t in tone["turns"]),
        moments=tuple(Moment(**m) for m in tone["moments"]),
    )


def _score(score: dict[str, Any]) -> Score:
    items = tuple(
        ScoreItem(i["question"], Answer(i["answer"]), i["weight"], tuple(i["turns"]), i["section"])
        for i in score["items"]
    )
    return Score(score["name"], score["score"], score["band"], items, score["auto_failed"])


def _flag(flag: dict[str, Any]) -> Flag:
    return Flag(**{**flag, "reasons": tuple(Reason(**r) for r in flag["reasons"])})
