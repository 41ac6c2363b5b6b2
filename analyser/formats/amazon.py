"""Amazon's call transcripts with roles: Transcribe Call Analytics, and Contact Lens for voice and chat."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analyser.errors import InputError
from analyser.formats.base import Draft, Piece, Pieces, Place, json_format
from analyser.formats.labels import role_word
from analyser.formats.shapes import first_string, listed, mapping, mappings, share, string
from analyser.formats.times import iso, number
from analyser.records import Role

_ROLES = {"AGENT": Role.AGENT, "CUSTOMER": Role.CUSTOMER, "SYSTEM": Role.SYSTEM, "CUSTOM_BOT": Role.SYSTEM}


def _role(word: str | None) -> Role | None:
    if word is None:
        return None
    return _ROLES.get(word.upper()) or role_word(word)


def _is_empty(value: dict[str, Any]) -> bool:
    return value.get("Transcript") == [] and ("Participants" in value or "JobStatus" in value)


def _turns(value: Any) -> list[dict[str, Any]]:
    return mappings(mapping(value).get("Transcript"))


def _match_analytics(value: Any) -> float:
    turns = _turns(value)
    if not turns:
        return 0.4 if _is_empty(mapping(value)) and "CustomerMetadata" not in value else 0.0
    return 0.95 * share(turns, "ParticipantRole", "Content")


def _convert_analytics(value: Any, place: Place) -> Iterator[Draft | InputError]:
    if value.get("JobStatus") == "FAILED":
        yield place.error("the transcription job failed")
        return
    pieces = tuple(
        Piece(
            string(t.get("Content")) or "",
            string(t.get("ParticipantRole")),
            _role(string(t.get("ParticipantRole"))),
            number(t.get("BeginOffsetMillis"), 1e-3),
            number(t.get("EndOffsetMillis"), 1e-3),
        )
        for t in _turns(value)
    )
    meta = {"language": value["LanguageCode"]} if string(value.get("LanguageCode")) else {}
    yield Draft(pieces, Pieces.FRAGMENTS, call_id=_job(value), meta=meta, line=place.line)


def _job(value: dict[str, Any]) -> str | None:
    # Several calls of one job list cannot share the file's name, so the job's stands for it.
    return first_string(value, "CallAnalyticsJobName", "JobName")


def _match_lens(value: Any) -> float:
    turns = _turns(value)
    if not turns:
        return 0.6 if _is_empty(mapping(value)) and "CustomerMetadata" in value else 0.0
    return 0.95 * share(turns, "ParticipantId")


def _convert_lens(value: Any, place: Place) -> Iterator[Draft | InputError]:
    roles = {
        string(p.get("ParticipantId")): _role(string(p.get("ParticipantRole")))
        for p in mappings(value.get("Participants"))
    }
    names = {string(p.get("ParticipantId")): string(p.get("DisplayName")) for p in mappings(value.get("Participants"))}
    chat = value.get("Channel") == "CHAT"
    pieces: list[Piece] = []
    for turn in _turns(value):
        who = string(turn.get("ParticipantId"))
        content = string(turn.get("Content"))
        if content is None:
            continue  # an event such as a participant's joining
        start = number(turn.get("BeginOffsetMillis"), 1e-3)
        if start is None:
            start = iso(turn.get("AbsoluteTime"))
        if start is None:
            start = number(mapping(turn.get("RelativeTime")).get("SecondsFromStart"))
        role = roles.get(who) or _role(string(turn.get("ParticipantRole"))) or (_role(who) if who else None)
        name = string(turn.get("DisplayName")) or names.get(who)
        end = number(turn.get("EndOffsetMillis"), 1e-3)
        pieces.append(Piece(content, who, role, start, end, None, name if role is Role.AGENT else None))
    meta: dict[str, Any] = {}
    categories = [c for c in listed(mapping(value.get("Categories")).get("MatchedCategories")) if isinstance(c, str)]
    if categories:
        meta["categories"] = categories
    customer = mapping(value.get("CustomerMetadata"))
    yield Draft(
        tuple(pieces),
        Pieces.TURNS if chat else Pieces.FRAGMENTS,
        call_id=first_string(customer, "ContactId") or string(value.get("ContactId")),
        meta=meta,
        line=place.line,
    )


CALL_ANALYTICS = json_format(
    "transcribe_call_analytics",
    "Amazon Transcribe Call Analytics",
    ("roles", "times"),
    match=_match_analytics,
    convert=_convert_analytics,
    dialects=("post-call", "redacted"),
)
CONTACT_LENS = json_format(
    "contact_lens",
    "Amazon Connect Contact Lens",
    ("roles", "times"),
    match=_match_lens,
    convert=_convert_lens,
    dialects=("voice", "chat", "redacted"),
)
