"""Deepgram: utterances, words or paragraphs, by speaker and by channel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analyser.errors import InputError
from analyser.formats.base import Draft, Piece, Pieces, Place, json_format
from analyser.formats.shapes import first_string, mapping, mappings, string
from analyser.formats.times import number
from analyser.formats.words import Word, by_time, pieces_of_channels


def _match(value: Any) -> float:
    results = mapping(mapping(value).get("results"))
    utterances = mappings(results.get("utterances"))
    if utterances:
        return 0.95 if "transcript" in utterances[0] else 0.0
    channels = mappings(results.get("channels"))
    return 0.95 if channels and "alternatives" in channels[0] else 0.0


def _label(speaker: str | None, channel: str | None, *, several: bool) -> str | None:
    if several and speaker is not None:
        return f"{channel}/{speaker}"
    return speaker


def _utterances(utterances: list[dict[str, Any]]) -> Iterator[Piece]:
    several = len({string(u.get("channel")) for u in utterances}) > 1
    diarized = len({(string(u.get("channel")), string(u.get("speaker"))) for u in utterances}) > 2
    for u in utterances:
        channel, speaker = string(u.get("channel")), string(u.get("speaker"))
        if several and not diarized:
            speaker = None  # the channel alone says who
        label = _label(speaker, channel, several=several)
        text = string(u.get("transcript")) or ""
        yield Piece(text, label, None, number(u.get("start")), number(u.get("end")), channel)


def _words(best: dict[str, Any], name: str | None) -> list[Word]:
    return [
        Word(
            first_string(w, "punctuated_word", "word") or "",
            _label(string(w.get("speaker")), name, several=name is not None),
            number(w.get("start")),
            number(w.get("end")),
            False,
            name,
        )
        for w in mappings(best.get("words"))
    ]


def _paragraphs(best: dict[str, Any], name: str | None) -> Iterator[Piece]:
    paragraphs = mappings(mapping(best.get("paragraphs")).get("paragraphs"))
    for paragraph in paragraphs:
        for sentence in mappings(paragraph.get("sentences")):
            label = _label(string(paragraph.get("speaker")), name, several=name is not None)
            start, end = number(sentence.get("start")), number(sentence.get("end"))
            yield Piece(string(sentence.get("text")) or "", label, None, start, end, name)
    if not paragraphs:
        yield Piece(string(best.get("transcript")) or "", None, None, None, None, name)


def _channels(channels: list[dict[str, Any]]) -> tuple[Piece, ...]:
    several = len(channels) > 1
    named = [(str(n) if several else None, mappings(c.get("alternatives"))) for n, c in enumerate(channels)]
    best = [(name, choices[0]) for name, choices in named if choices]
    words = [_words(value, name) for name, value in best]
    if any(words):
        return pieces_of_channels(words)
    return by_time([p for name, value in best for p in _paragraphs(value, name)])


def _convert(value: Any, place: Place) -> Iterator[Draft | InputError]:
    results = mapping(value.get("results"))
    utterances = mappings(results.get("utterances"))
    channels = mappings(results.get("channels"))
    pieces = by_time(list(_utterances(utterances))) if utterances else _channels(channels)
    call_id = string(mapping(value.get("metadata")).get("request_id"))
    yield Draft(pieces, Pieces.FRAGMENTS, call_id=call_id, line=place.line)


FORMAT = json_format(
    "deepgram",
    "Deepgram",
    ("times", "speakers"),
    match=_match,
    convert=_convert,
    dialects=("utterances", "words", "paragraphs", "multichannel"),
)
