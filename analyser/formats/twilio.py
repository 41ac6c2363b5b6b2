"""Twilio Conversational Intelligence sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analyser.errors import InputError
from analyser.formats.base import Draft, Piece, Pieces, Place, json_format
from analyser.formats.labels import role_word
from analyser.formats.shapes import first_string, mapping, mappings, share, string
from analyser.formats.times import number
from analyser.records import Role


def _match(value: Any) -> float:
    sentences = mappings(mapping(value).get("sentences"))
    if not sentences:
        return 0.6 if mapping(value).get("sentences") == [] else 0.0
    return 0.95 * share(sentences, "media_channel", "transcript")


def _roles(value: dict[str, Any]) -> dict[str | None, Role | None]:
    """Roles by channel, where the transcript's own record is in the file too."""
    channel = mapping(value.get("channel")) or mapping(mapping(value.get("transcript")).get("channel"))
    return {
        first_string(p, "channel_participant", "media_channel"): role_word(string(p.get("role")) or "")
        for p in mappings(channel.get("participants"))
    }


def _convert(value: Any, place: Place) -> Iterator[Draft | InputError]:
    sentences = mappings(value.get("sentences"))
    order = [number(s.get("sentence_index")) for s in sentences]
    if all(o is not None for o in order):
        sentences = sorted(sentences, key=lambda s: number(s.get("sentence_index")) or 0.0)
    roles = _roles(value)
    pieces = []
    for sentence in sentences:
        channel = string(sentence.get("media_channel"))
        pieces.append(
            Piece(
                string(sentence.get("transcript")) or "",
                None,
                roles.get(channel),
                number(sentence.get("start_time")),
                number(sentence.get("end_time")),
                channel,
            )
        )
    yield Draft(tuple(pieces), Pieces.FRAGMENTS, call_id=first_string(value, "transcript_sid", "sid"), line=place.line)


FORMAT = json_format(
    "twilio",
    "Twilio sentences",
    ("times", "speakers"),
    match=_match,
    convert=_convert,
    dialects=("with times", "without times", "with participants"),
)
