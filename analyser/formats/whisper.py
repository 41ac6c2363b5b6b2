"""What Whisper and its relatives write: WhisperX, openai-whisper, faster-whisper, whisper-timestamped, whisper.cpp."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from analyser.errors import InputError
from analyser.formats.base import Draft, Piece, Pieces, Place, json_format
from analyser.formats.shapes import first_string, mapping, mappings, share, string
from analyser.formats.times import clock, number
from analyser.formats.words import Word, pieces_of_words
from analyser.records import Problem


def _segments(value: Any) -> list[dict[str, Any]]:
    return mappings(value if isinstance(value, list) else mapping(value).get("segments"))


def _match(value: Any) -> float:
    segments = _segments(value)
    if not segments:
        return 0.5 if isinstance(value, dict) and value.get("segments") == [] else 0.0
    shaped = share(segments, "text", "start", "end")
    if isinstance(value, list) and not (share(segments, "words") or share(segments, "avg_logprob")):
        return 0.0  # a list of turns that anyone may have written
    return 0.9 * shaped


def _pieces(segment: dict[str, Any]) -> Iterator[Piece]:
    words = mappings(segment.get("words"))
    speakers = Counter(s for w in words if (s := string(w.get("speaker"))))
    start, end = number(segment.get("start")), number(segment.get("end"))
    if len(speakers) > 1:  # the speaker changes inside the segment
        label = string(words[0].get("speaker")) or string(segment.get("speaker"))
        yield from pieces_of_words(
            Word(
                (first_string(w, "word", "text") or "").strip(),
                string(w.get("speaker")) or (label if i == 0 else None),
                number(w.get("start")),
                number(w.get("end")),
            )
            for i, w in enumerate(words)
        )
        return
    label = string(segment.get("speaker")) or next(iter(speakers), None)
    yield Piece(string(segment.get("text")) or "", label, None, start, end)


def _convert(value: Any, place: Place) -> Iterator[Draft | InputError]:
    pieces = tuple(p for s in _segments(value) for p in _pieces(s))
    language = string(mapping(value).get("language"))
    yield Draft(pieces, Pieces.FRAGMENTS, meta={"language": language} if language else {}, line=place.line)


def _match_cpp(value: Any) -> float:
    segments = mappings(mapping(value).get("transcription"))
    if not segments:
        return 0.6 if mapping(value).get("transcription") == [] else 0.0
    return 0.95 * share(segments, "text") * max(share(segments, "offsets"), share(segments, "timestamps"))


def _convert_cpp(value: Any, place: Place) -> Iterator[Draft | InputError]:
    pieces: list[Piece] = []
    turn, by_turn = 0, False
    for segment in mappings(value.get("transcription")):
        label = string(segment.get("speaker"))
        if label == "?":  # both channels as loud: nobody knows
            label = None
        if "speaker_turn_next" in segment:
            label, by_turn = str(turn), True
            turn = 1 - turn if segment["speaker_turn_next"] is True else turn
        offsets, stamps = mapping(segment.get("offsets")), mapping(segment.get("timestamps"))
        start, end = number(offsets.get("from"), 1e-3), number(offsets.get("to"), 1e-3)
        if start is None:
            start, end = clock(string(stamps.get("from")) or ""), clock(string(stamps.get("to")) or "")
        pieces.append(Piece(string(segment.get("text")) or "", label, None, start, end))
    problems: tuple[Problem, ...] = ()
    if by_turn:
        problems = (Problem("speakers_alternate", "the file marks only changes of speaker; two were assumed"),)
    yield Draft(tuple(pieces), Pieces.FRAGMENTS, problems=problems, line=place.line)


SEGMENTS = json_format(
    "whisper",
    "Whisper segments",
    ("times", "speakers"),
    match=_match,
    convert=_convert,
    dialects=("WhisperX", "openai-whisper", "faster-whisper", "whisper-timestamped"),
)
CPP = json_format(
    "whispercpp",
    "whisper.cpp",
    ("times", "speakers"),
    match=_match_cpp,
    convert=_convert_cpp,
    dialects=("stereo speakers", "speaker_turn_next", "no speakers"),
)
