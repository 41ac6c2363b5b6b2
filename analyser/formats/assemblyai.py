"""AssemblyAI transcripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analyser.errors import InputError
from analyser.formats.base import Draft, Piece, Pieces, Place, json_format
from analyser.formats.shapes import mapping, mappings, share, string
from analyser.formats.times import number
from analyser.formats.words import Word, pieces_of_words

_TELLING = ("audio_url", "audio_duration", "language_model", "acoustic_model", "speaker_labels", "punctuate")


def _match(value: Any) -> float:
    value = mapping(value)
    if "utterances" not in value and "words" not in value:
        return 0.0
    told = any(k in value for k in _TELLING)
    utterances, words = mappings(value.get("utterances")), mappings(value.get("words"))
    if utterances:
        shaped = share(utterances, "speaker", "text", "start", "end")
        return shaped * (0.95 if told or share(utterances, "words") or share(utterances, "confidence") else 0.3)
    return 0.9 * share(words, "text", "start", "end") * told if words else 0.5 * told


def _convert(value: Any, place: Place) -> Iterator[Draft | InputError]:
    if value.get("status") == "error":
        yield place.error("the transcription failed")
        return
    utterances = mappings(value.get("utterances"))
    pieces = tuple(
        Piece(
            string(u.get("text")) or "",
            string(u.get("speaker")),
            None,
            number(u.get("start"), 1e-3),
            number(u.get("end"), 1e-3),
            string(u.get("channel")),
        )
        for u in utterances
    ) or pieces_of_words(
        Word(
            string(w.get("text")) or "",
            string(w.get("speaker")),
            number(w.get("start"), 1e-3),
            number(w.get("end"), 1e-3),
            False,
            string(w.get("channel")),
        )
        for w in mappings(value.get("words"))
    )
    if not pieces and string(value.get("text")):
        pieces = (Piece(value["text"]),)
    yield Draft(pieces, Pieces.FRAGMENTS, call_id=string(value.get("id")), line=place.line)


FORMAT = json_format(
    "assemblyai",
    "AssemblyAI",
    ("times", "speakers"),
    match=_match,
    convert=_convert,
    dialects=("speaker labels", "multichannel", "identified speakers", "words only"),
)
