"""HarperValleyBank's transcript files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analyser.errors import InputError
from analyser.formats.base import Draft, Piece, Pieces, Place, json_format
from analyser.formats.shapes import first_string, mappings, share, string
from analyser.formats.times import number
from analyser.formats.words import by_time


def _match(value: Any) -> float:
    if not isinstance(value, list):
        return 0.0
    return 0.95 * share(mappings(value), "human_transcript", "speaker_role")


def _convert(value: Any, place: Place) -> Iterator[Draft | InputError]:
    pieces: list[Piece] = []
    for turn in mappings(value):
        start, length = number(turn.get("start_ms"), 1e-3), number(turn.get("duration_ms"), 1e-3)
        end = None if start is None or length is None else round(start + length, 6)
        text = first_string(turn, "human_transcript", "transcript") or ""  # the hand-made one before the recogniser's
        channel = first_string(turn, "channel_index", "channel")
        pieces.append(Piece(text, string(turn.get("speaker_role")), None, start, end, channel))
    yield Draft(by_time(pieces), Pieces.TURNS, line=place.line)


FORMAT = json_format(
    "harpervalley",
    "HarperValleyBank",
    ("roles", "times"),
    match=_match,
    convert=_convert,
    dialects=("human transcript", "recogniser's transcript"),
)
