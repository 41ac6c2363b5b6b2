"""JSON Lines: the whole report of a call on one line, for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, TextIO

from analyser.records import CallReport, Finding, Flag, Moment, Opening, Problem, Score, Stamp, Tone, TurnTone
from analyser.reports.base import GetSummary, facts

# Line separators that JSON allows within a string, but many readers end a line at; and lone surrogates, which UTF-8
# cannot hold. As escapes they mean the same.
_ESCAPED = re.compile("[\x85\u2028\u2029\ud800-\udfff]")


def _flat(record: Finding | Opening | TurnTone | Moment | Problem | Stamp) -> dict[str, Any]:
    """A record of plain values, in the order of its fields (``asdict`` copies deeply, at four times the cost)."""
    if isinstance(record, tuple):  # there are a hundred of these in a report
        return record._asdict() | {"role": record.role.value}
    values = ((name, getattr(record, name)) for name in record.__dataclass_fields__)
    return {name: str(value) if isinstance(value, StrEnum) else value for name, value in values}


def _score(score: Score) -> dict[str, Any]:
    return {
        "name": score.name,
        "score": score.score,
        "band": score.band,
        "items": [
            {
                "question": item.question,
                "answer": str(item.answer),
                "weight": item.weight,
                "turns": list(item.turns),
                "section": item.section,
            }
            for item in score.items
        ],
        "auto_failed": score.auto_failed,
    }


def _tone(tone: Tone) -> dict[str, Any]:
    return {
        "agent": {"label": tone.agent_label, "score": tone.agent_score},
        "customer": {
            "start": tone.customer_start,
            "end": tone.customer_end,
            "end_label": tone.customer_end_label,
            "low": tone.customer_low,
            "low_turn": tone.customer_low_turn,
            "shift": tone.customer_shift,
        },
        "turns": [_flat(t) for t in tone.turns],
        "moments": [_flat(m) for m in tone.moments],
    }


def _flag(flag: Flag) -> dict[str, Any]:
    return {
        "probability": flag.probability,
        "flagged": flag.flagged,
        "threshold": flag.threshold,
        "reasons": [
            {"reason": r.reason, "turn": r.turn, "quote": r.quote, "contribution": r.contribution, "words": r.words}
            for r in flag.reasons
        ],
        "base": flag.base,
        "other": flag.other,
    }


def as_dict(report: CallReport) -> dict[str, Any]:
    """The JSON form of a report; what records have beyond the published form stands at the end of its object."""
    call, talk = report.transcript, report.talk
    scores = [_score(s) for s in report.scorecards]
    return {
        "call_id": report.call_id,
        "source": {"path": call.source.path, "format": call.source.format, "line": call.source.line},
        "scored": report.scored,
        "not_scored_because": report.not_scored_because,
        "findings": [_flat(f) for f in report.findings],
        "openings": [_flat(o) for o in report.openings],
        "missing": None if report.missing is None else list(report.missing),
        "tone": _tone(report.tone),
        "talk": {
            "agent_share": talk.agent_share,
            "interruptions": talk.interruptions,
            "longest_silence_s": talk.longest_silence_s,
            "words_per_minute": talk.words_per_minute,
        },
        "scorecard": scores[0] if scores else None,
        "flag": None if report.flag is None else _flag(report.flag),
        "problems": [_flat(p) for p in report.problems],
        "stamp": _flat(report.stamp),
        "scorecards": scores[1:],
        "agent": call.agent,
        "team": call.team,
        "started_at": call.started_at,
        "meta": facts(call),
        "dead_ends": [_flat(m) for m in report.dead_ends],
    }


def as_line(report: CallReport) -> str:
    """The JSON form on one line, without the newline; the same bytes for the same report."""
    text = json.dumps(as_dict(report), ensure_ascii=False, allow_nan=False)
    return _ESCAPED.sub(lambda m: f"\\u{ord(m[0]):04x}", text)


def write(calls: Iterable[CallReport], summary: GetSummary, out: TextIO) -> None:
    """Write each call as it comes, in the order given."""
    del summary  # lines hold calls only, so that files can be joined
    for report in calls:
        out.write(as_line(report) + "\n")
