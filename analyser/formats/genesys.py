"""Genesys Cloud's speech and text analytics transcripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analyser.errors import InputError
from analyser.formats.base import Draft, Piece, Pieces, Place, json_format
from analyser.formats.shapes import first_string, mapping, mappings, share, string
from analyser.formats.times import iso_text, number
from analyser.formats.words import by_time
from analyser.records import Role

_PURPOSES = {
    "internal": Role.AGENT,
    "agent": Role.AGENT,
    "user": Role.AGENT,
    "external": Role.CUSTOMER,
    "customer": Role.CUSTOMER,
    "ivr": Role.SYSTEM,
    "acd": Role.SYSTEM,
    "bot": Role.SYSTEM,
    "botflow": Role.SYSTEM,
    "workflow": Role.SYSTEM,
    "voicemail": Role.SYSTEM,
}


def _phrases(value: Any) -> list[dict[str, Any]]:
    return [p for t in mappings(mapping(value).get("transcripts")) for p in mappings(t.get("phrases"))]


def _match(value: Any) -> float:
    phrases = _phrases(value)
    if phrases:
        return 0.95 * share(phrases, "participantPurpose")
    there = mappings(mapping(value).get("transcripts"))
    return 0.6 if there and "phrases" in there[0] else 0.0


def _convert(value: Any, place: Place) -> Iterator[Draft | InputError]:
    pieces: list[Piece] = []
    for phrase in _phrases(value):
        purpose = string(phrase.get("participantPurpose"))
        start = number(phrase.get("startTimeMs"), 1e-3)
        length = number(mapping(phrase.get("duration")).get("milliseconds"), 1e-3)
        pieces.append(
            Piece(
                first_string(phrase, "decoratedText", "text") or "",
                purpose,
                _PURPOSES.get((purpose or "").lower()),
                start,
                None if start is None or length is None else round(start + length, 6),
            )
        )
    agents = [
        name
        for p in mappings(value.get("participants"))
        if _PURPOSES.get((string(p.get("participantPurpose")) or "").lower()) is Role.AGENT
        and (name := first_string(p, "name", "participantName", "userId"))
    ]
    started = number(value.get("conversationStartTime"), 1e-3)
    meta: dict[str, Any] = {}
    if string(value.get("communicationId")):
        meta["communication_id"] = value["communicationId"]
    if len(agents) > 1:
        meta["agents"] = agents  # the phrases do not say which of them speaks
    yield Draft(
        by_time(pieces),
        Pieces.FRAGMENTS,
        call_id=string(value.get("conversationId")),
        agent=agents[0] if len(agents) == 1 else None,
        started_at=iso_text(started) if started else None,
        meta=meta,
        line=place.line,
    )


FORMAT = json_format(
    "genesys",
    "Genesys Cloud",
    ("roles", "times"),
    match=_match,
    convert=_convert,
    dialects=("epoch milliseconds", "offsets", "several transcripts"),
)
