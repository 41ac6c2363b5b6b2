"""The project's own form: a call a line, its turns' text byte for byte as given."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from analyser.errors import InputError
from analyser.formats.base import Draft, Format, Piece, Pieces, Place, json_format
from analyser.formats.shapes import mapping, string
from analyser.records import Problem


def _is_turn(value: Any) -> bool:
    return isinstance(value, dict) and "role" in value and "text" in value


def _match(value: Any) -> float:
    """Sure where a call has turns of role and text, likely where it has an id and no turns."""
    if isinstance(value, list):
        return _match(value[0]) if value and all(isinstance(v, dict) for v in value[:20]) else 0.0
    if not isinstance(value, dict) or not isinstance(value.get("turns"), list):
        return 0.0
    turns = value["turns"]
    if not turns:
        return 0.5 if "id" in value else 0.2
    some = turns[:20]
    fits = sum(map(_is_turn, some)) / len(some)
    return 0.95 if fits == 1 else 0.35 + 0.3 * fits


def _convert(value: Any, place: Place) -> Iterator[Draft | InputError]:
    if isinstance(value, list):
        for number, call in enumerate(value, 1):
            if isinstance(call, dict) and isinstance(call.get("turns"), list):
                yield _call(call, place, f"call {number} of the list")
            else:
                yield place.error(f"item {number} of the list is not a call", 'a call is {"id": ..., "turns": [...]}')
    else:
        yield _call(value, place, "the call")


def _call(value: Mapping[str, Any], place: Place, what: str) -> Draft | InputError:
    turns = value["turns"]
    if not turns:
        return place.error(f"{what} has no turns")
    pieces: list[Piece] = []
    left_out = 0
    for number, turn in enumerate(turns, 1):
        if not _is_turn(turn) or not isinstance(turn["text"], str):
            return place.error(f"turn {number} of {what} has no role and text", 'a turn is {"role": ..., "text": ...}')
        start, end = turn.get("start"), turn.get("end")
        start_s, end_s = _seconds(start), _seconds(end)
        left_out += (start is not None and start_s is None) or (end is not None and end_s is None)
        pieces.append(
            Piece(turn["text"], _label(turn["role"]), None, start_s, end_s, None, string(turn.get("speaker")))
        )
    problems = (
        (Problem("times_bad", f"times of {left_out} turns are not numbers; they were left out"),) if left_out else ()
    )
    return Draft(
        tuple(pieces),
        Pieces.VERBATIM,
        call_id=string(value.get("id")),
        agent=string(value.get("agent")),
        team=string(value.get("team")),
        started_at=string(value.get("started_at")),
        customer=string(value.get("customer")),
        meta=mapping(value.get("meta")),
        problems=problems,
        line=place.line,
    )


def _label(role: Any) -> str | None:
    return role if isinstance(role, str) else string(role)


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) else None


FORMAT: Format = json_format(
    "jsonl",
    "calls in this project's own form",
    ("roles", "times", "agent"),
    match=_match,
    convert=_convert,
    dialects=("a call a line", "a list of calls", "one call"),
)
