"""A report as rows, made where it was analysed; and the hashes by which calls are known again."""

from __future__ import annotations

import hashlib
import json
import os
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import orjson

from analyser.records import CallReport, Problem, Role, Source, Transcript, Turn
from analyser.store.kept import PackedCall

SHORT = 200  # characters of a column that is searched
_LEVEL = 3  # of zlib: a tenth larger than the default, in a third of the time
_UNFIT = re.compile("[\0\ud800-\udfff]")  # what PostgreSQL's texts and UTF-8 cannot hold
_DAY = re.compile(r"\d{4}-\d\d-\d\d")

# Columns of the rows that hang on a call, by table, in the order of ``PackedCall.rows``.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "Turn": ("number", "role", "speaker", "start_s", "end_s", "text", "tone"),
    "Finding": ("behaviour", "turn", "role", "start", "end", "quote", "confidence", "detector", "rule"),
    "Opening": ("turn", "outcome", "answered_by", "kind", "delay_s"),
    "Score": ("card", "score", "band", "auto_failed"),
    "Answer": ("card", "question", "answer", "weight"),
    "Flag": ("probability", "flagged", "threshold"),
    "Reason": ("reason", "turn", "contribution"),
    "Problem": ("line", "code", "message"),
}


def content_of(call: Transcript) -> str:
    """Hash of what a call says and of its facts, wherever it stands."""
    turns = [(t.role.value, t.text, t.start_s, t.end_s, t.speaker) for t in call.turns]
    facts = [call.call_id, call.agent, call.team, call.started_at, call.customer]
    return _hash(_dumps([facts, dict(call.meta), turns]))


def place_of(path: str | None, call_id: str) -> str:
    """Hash of a call's source and id: what stands there later is the same call, changed."""
    return _hash(f"{absolute(path or '')}\0{call_id}".encode("utf-8", "surrogatepass"))


def path_hash(path: str) -> str:
    """Hash of a path, for the index."""
    return _hash(path.encode("utf-8", "surrogatepass"))


def absolute(path: str) -> str:
    """A path from the root, or an address with a scheme as it is."""
    return path if "://" in path or path in {"", "stdin", "-"} else os.path.abspath(path)


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=20).hexdigest()


def _dumps(value: Any) -> bytes:
    """JSON, the same bytes for the same value; halves of surrogate pairs, which orjson refuses, as escapes."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
    except (TypeError, ValueError):
        return json.dumps(value, sort_keys=True, default=str).encode()


def loads(data: bytes) -> Any:
    """What ``_dumps`` or a report's line holds."""
    try:
        return orjson.loads(data)
    except ValueError:
        return json.loads(data)


def fit(text: str) -> str:
    """A text as every database can hold it."""
    return _UNFIT.sub("\ufffd", text) if _UNFIT.search(text) else text


def _short(text: str | None) -> str | None:
    return None if text is None else fit(text[:SHORT])


def day_of(started_at: str | None) -> str | None:
    """The day of a time as files say it, where it begins with one, as ``2026-01-31``."""
    if started_at is None or not (found := _DAY.match(started_at)):
        return None
    try:
        return date.fromisoformat(found[0]).isoformat()
    except ValueError:
        return None


def pack(report: CallReport, line: str, *, number: int, place: str, content: str) -> PackedCall:
    """A report ready to be saved.

    Parameters
    ----------
    line
        Its JSON form, as ``reports.jsonl.as_line`` makes it.
    number
        Of the call in its file, from 1.
    place, content
        From ``place_of`` and ``content_of``.
    """
    call, flag, tone, talk = report.transcript, report.flag, report.tone, report.talk
    card = report.scorecards[0] if report.scorecards else None
    columns = {
        "call_id": _short(report.call_id),
        "path": fit(call.source.path or ""),
        "line": call.source.line,
        "number": number,
        "format": call.source.format,
        "agent": _short(call.agent),
        "team": _short(call.team),
        "customer": _short(call.customer),
        "started_at": _short(call.started_at),
        "day": day_of(call.started_at),
        "turns": len(call.turns),
        "scored": report.scored,
        "not_scored_because": _short(report.not_scored_because),
        "score": card.score if card else None,
        "band": _short(card.band) if card else None,
        "flagged": flag.flagged if flag else None,
        "probability": flag.probability if flag else None,
        "agent_tone": tone.agent_label,
        "agent_tone_score": tone.agent_score,
        "customer_start": tone.customer_start,
        "customer_end": tone.customer_end,
        "customer_end_label": tone.customer_end_label,
        "agent_share": talk.agent_share,
        "interruptions": talk.interruptions,
        "longest_silence_s": talk.longest_silence_s,
        "words_per_minute": talk.words_per_minute,
        "packed_line": zlib.compress(line.encode(), _LEVEL),
        "packed_transcript": zlib.compress(_dumps(_transcript(call)), _LEVEL),
    }
    return PackedCall(place=place, content=content, stamp=report.stamp, columns=columns, rows=_rows(report))


def _rows(report: CallReport) -> dict[str, Sequence[tuple[Any, ...]]]:
    tones = {t.turn: t.score for t in report.tone.turns}
    rows: dict[str, Sequence[tuple[Any, ...]]] = {
        "Turn": [
            (
                n,
                t.role.value,
                None if t.speaker is None else fit(t.speaker),
                t.start_s,
                t.end_s,
                fit(t.text),
                tones.get(n),
            )
            for n, t in enumerate(report.transcript.turns, 1)
        ],
        "Finding": [
            (f.behaviour, f.turn, f.role.value, f.start, f.end, fit(f.quote), f.confidence, f.detector, _short(f.rule))
            for f in report.findings
        ],
        "Opening": [(o.turn, o.outcome.value, o.answered_by, o.kind, o.delay_s) for o in report.openings],
        "Score": [(_short(s.name), s.score, _short(s.band), s.auto_failed) for s in report.scorecards],
        "Answer": [
            (_short(s.name), _short(i.question), i.answer.value, i.weight) for s in report.scorecards for i in s.items
        ],
        "Problem": [(p.line, p.code, fit(p.message)) for p in report.problems],
    }
    if report.flag is not None:
        rows["Flag"] = [(report.flag.probability, report.flag.flagged, report.flag.threshold)]
        rows["Reason"] = [(_short(r.reason), r.turn, r.contribution) for r in report.flag.reasons]
    return rows


def _transcript(call: Transcript) -> dict[str, Any]:
    return {
        "call_id": call.call_id,
        "turns": [[t.role.value, t.text, t.start_s, t.end_s, t.speaker] for t in call.turns],
        "source": asdict(call.source),
        "agent": call.agent,
        "team": call.team,
        "started_at": call.started_at,
        "customer": call.customer,
        "meta": dict(call.meta),
        "problems": [asdict(p) for p in call.problems],
    }


def unpack_transcript(packed: bytes) -> Transcript:
    """The transcript of a call's packed column."""
    found = loads(zlib.decompress(packed))
    return Transcript(
        call_id=found["call_id"],
        turns=tuple(Turn(Role(role), *rest) for role, *rest in found["turns"]),
        source=Source(**found["source"]),
        agent=found["agent"],
        team=found["team"],
        started_at=found["started_at"],
        customer=found["customer"],
        meta=found["meta"],
        problems=tuple(Problem(**p) for p in found["problems"]),
    )


def unpack_line(packed: bytes) -> str:
    """The report's line of a call's packed column."""
    return zlib.decompress(packed).decode()
