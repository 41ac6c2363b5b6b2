"""Google's CCAI Insights: conversations as uploaded, and as the service exports them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analyser.errors import InputError
from analyser.formats.base import Draft, Piece, Pieces, Place, json_format
from analyser.formats.labels import role_word
from analyser.formats.plain_text import label_share, parse
from analyser.formats.shapes import first_string, mapping, mappings, share, string
from analyser.formats.times import duration, iso, number
from analyser.records import Role

_ROLES = {
    "AGENT": Role.AGENT,
    "HUMAN_AGENT": Role.AGENT,
    "AUTOMATED_AGENT": Role.SYSTEM,  # its greeting is not the agent's
    "CUSTOMER": Role.CUSTOMER,
    "END_USER": Role.CUSTOMER,
}


def _role(word: str | None) -> Role | None:
    return None if word is None else _ROLES.get(word.upper()) or role_word(word)


def _match_upload(value: Any) -> float:
    entries = mappings(mapping(value).get("entries"))
    if not entries:
        return 0.4 if "conversation_info" in mapping(value) else 0.0
    return 0.95 * share(entries, "text") * (1.0 if share(entries, "role") or share(entries, "user_id") else 0.6)


def _convert_upload(value: Any, place: Place) -> Iterator[Draft | InputError]:
    info = mapping(value.get("conversation_info"))
    agents = {string(a.get("agent_id")): string(a.get("display_name")) for a in mappings(info.get("agent_info"))}
    entries = mappings(value.get("entries"))
    pieces: list[Piece] = []
    for entry in entries:
        text = string(entry.get("text")) or ""
        user = first_string(entry, "user_id", "speakerId")
        if len(entries) <= 2 and text.count("\n") > 1 and label_share(text) > 0.4:
            pieces += parse(text.splitlines())  # the whole call in one entry
            continue
        role = _role(string(entry.get("role")))
        name = agents.get(user) if role is Role.AGENT else None
        start = number(entry.get("start_timestamp_usec"), 1e-6)
        pieces.append(Piece(text, string(entry.get("role")) or user, role, start, None, None, name))
    named = [a for a in agents.values() if a]
    yield Draft(
        tuple(pieces),
        Pieces.TURNS,
        call_id=first_string(value, "conversation_id", "id"),
        agent=named[0] if len(named) == 1 else None,
        meta=_categories(info),
        line=place.line,
    )


def _categories(info: dict[str, Any]) -> dict[str, Any]:
    names = [n for c in mappings(info.get("categories")) if (n := string(c.get("display_name")))]
    return {"categories": names} if names else {}


def _segments(value: Any) -> list[dict[str, Any]]:
    transcript = mapping(mapping(value).get("transcript"))
    return mappings(transcript.get("transcriptSegments") or transcript.get("transcript_segments"))


def _match_export(value: Any) -> float:
    segments = _segments(value)
    if segments:
        return 0.95 * share(segments, "text")
    inner = mapping(mapping(value).get("transcript"))
    return 0.6 if "transcriptSegments" in inner or "transcript_segments" in inner else 0.0


def _convert_export(value: Any, place: Place) -> Iterator[Draft | InputError]:
    pieces: list[Piece] = []
    for segment in _segments(value):
        who = mapping(segment.get("segmentParticipant") or segment.get("segment_participant"))
        words = mappings(segment.get("words"))
        start = _offset(words[0], "start") if words else None
        end = _offset(words[-1], "end") if words else None
        if start is None:
            start = iso(first_string(segment, "messageTime", "message_time"))
        channel = first_string(segment, "channelTag", "channel_tag")
        label = first_string(who, "role") or first_string(who, "userId", "user_id")
        pieces.append(
            Piece(string(segment.get("text")) or "", label, _role(string(who.get("role"))), start, end, channel)
        )
    quality = mapping(value.get("qualityMetadata") or value.get("quality_metadata"))
    names = [
        n
        for a in mappings(quality.get("agentInfo") or quality.get("agent_info"))
        if (n := first_string(a, "displayName", "display_name", "agentId", "agent_id"))
    ]
    name = string(value.get("name"))
    yield Draft(
        tuple(pieces),
        Pieces.TURNS if value.get("medium") == "CHAT" else Pieces.FRAGMENTS,
        call_id=name.rsplit("/", 1)[-1] if name else None,
        agent=names[0] if names else first_string(value, "agentId", "agent_id"),
        started_at=first_string(value, "startTime", "start_time"),
        line=place.line,
    )


def _offset(word: dict[str, Any], edge: str) -> float | None:
    return duration(first_string(word, f"{edge}Offset", f"{edge}_offset"))


UPLOAD = json_format(
    "ccai_upload",
    "Google CCAI Insights, as uploaded",
    ("roles", "times", "agent"),
    match=_match_upload,
    convert=_convert_upload,
    dialects=("entries", "the whole call in one entry"),
)
EXPORT = json_format(
    "ccai_export",
    "Google CCAI Insights, as exported",
    ("roles", "times", "agent"),
    match=_match_export,
    convert=_convert_export,
    dialects=("camel case", "snake case"),
)
