"""Azure: batch and fast transcription, conversation input, Content Understanding."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from analyser.errors import InputError
from analyser.formats.base import Draft, Piece, Pieces, Place, json_format
from analyser.formats.labels import role_word
from analyser.formats.shapes import first_string, mapping, mappings, share, string
from analyser.formats.subtitles import pieces_of
from analyser.formats.times import duration, number
from analyser.formats.words import by_time

_TICK_S = 1e-7


def _match_batch(value: Any) -> float:
    phrases = mappings(mapping(value).get("recognizedPhrases"))
    if not phrases:
        return 0.6 if "recognizedPhrases" in mapping(value) else 0.0
    return 0.95 * max(share(phrases, "nBest"), share(phrases, "recognitionStatus"))


def _span(value: dict[str, Any], offset: str) -> tuple[float | None, float | None]:
    """Start and end by whichever of the keys of all versions is there."""
    start = number(value.get(f"{offset}InTicks"), _TICK_S)
    if start is None:
        start = number(value.get(f"{offset}Milliseconds"), 1e-3)
    if start is None:
        start = duration(value.get(offset))
    length = next(
        (n for k in ("durationInTicks", "durationTicks") if (n := number(value.get(k), _TICK_S)) is not None), None
    )
    if length is None:
        length = number(value.get("durationMilliseconds"), 1e-3)
    if length is None:
        length = duration(value.get("duration"))
    end = round(start + length, 6) if start is not None and length is not None else None
    return start, end


def _who(phrase: dict[str, Any], several: bool) -> tuple[str | None, str | None]:
    """Label and channel; with several channels it is these that tell speakers apart."""
    channel, speaker = string(phrase.get("channel")), string(phrase.get("speaker"))
    if several:
        return (f"{channel}/{speaker}" if speaker is not None else None), channel
    return speaker, channel


def _several(phrases: list[dict[str, Any]]) -> bool:
    return len({string(p.get("channel")) for p in phrases}) > 1


def _one_a_channel(phrases: list[dict[str, Any]]) -> bool:
    """Whether the recogniser found one speaker to a channel, so that the channel alone says who."""
    seen: dict[str | None, set[str | None]] = {}
    for phrase in phrases:
        seen.setdefault(string(phrase.get("channel")), set()).add(string(phrase.get("speaker")))
    return all(len(speakers - {None}) <= 1 for speakers in seen.values())


def _phrase(phrase: dict[str, Any], text: str, span: tuple[float | None, float | None], phrases: Any) -> Piece:
    several, alone = phrases
    label, channel = _who(phrase, several)
    if several and alone:
        label = None
    return Piece(text, label, None, span[0], span[1], channel)


def _convert_batch(value: Any, place: Place) -> Iterator[Draft | InputError]:
    phrases = mappings(value.get("recognizedPhrases"))
    layout = (_several(phrases), _one_a_channel(phrases))
    pieces: list[Piece] = []
    for phrase in phrases:
        best = mappings(phrase.get("nBest"))
        if not best:  # recognitionStatus Failure
            continue
        text = first_string(best[0], "display", "maskedITN", "itn", "lexical") or ""
        pieces.append(_phrase(phrase, text, _span(phrase, "offset"), layout))
    started = first_string(value, "timestamp", "timeStamp")
    meta = {"transcribed_at": started} if started else {}
    yield Draft(by_time(pieces), Pieces.FRAGMENTS, meta=meta, line=place.line)


def _match_fast(value: Any) -> float:
    phrases = mappings(mapping(value).get("phrases"))
    if not phrases:
        return 0.5 if "combinedPhrases" in mapping(value) else 0.0
    timed = max(share(phrases, "offsetMilliseconds"), share(phrases, "offset"))
    return 0.95 * min(share(phrases, "text"), timed)


def _convert_fast(value: Any, place: Place) -> Iterator[Draft | InputError]:
    phrases = mappings(value.get("phrases"))
    layout = (_several(phrases), _one_a_channel(phrases))
    pieces = []
    for phrase in phrases:
        span = _span(phrase, "offset")
        if "offsetMilliseconds" not in phrase:  # the preview's plain numbers are milliseconds
            start, length = number(phrase.get("offset"), 1e-3), number(phrase.get("duration"), 1e-3)
            span = (start, None if start is None or length is None else round(start + length, 6))
        pieces.append(_phrase(phrase, string(phrase.get("text")) or "", span, layout))
    yield Draft(by_time(pieces), Pieces.FRAGMENTS, line=place.line)


def _conversations(value: Any) -> list[dict[str, Any]]:
    value = mapping(value)
    inner = mapping(value.get("analysisInput")) or value
    return mappings(inner.get("conversations"))


def _match_conversation(value: Any) -> float:
    items = [i for c in _conversations(value)[:3] for i in mappings(c.get("conversationItems"))]
    if items:
        return 0.95 * share(items, "participantId")
    return 0.5 if _conversations(value) and "conversationItems" in _conversations(value)[0] else 0.0


def _convert_conversation(value: Any, place: Place) -> Iterator[Draft | InputError]:
    for call in _conversations(value):
        pieces = []
        for item in mappings(call.get("conversationItems")):
            timing = mapping(item.get("conversationItemLevelTiming"))
            start = number(timing.get("offset"), _TICK_S)
            length = number(timing.get("duration"), _TICK_S)
            role = string(item.get("role"))
            pieces.append(
                Piece(
                    first_string(item, "text", "display", "maskedItn", "itn", "lexical") or "",
                    string(item.get("participantId")) or role,
                    role_word(role) if role else None,
                    start,
                    None if start is None or length is None else round(start + length, 6),
                )
            )
        kind = Pieces.FRAGMENTS if call.get("modality") == "transcript" else Pieces.TURNS
        yield Draft(tuple(pieces), kind, call_id=string(call.get("id")), line=place.line)


def _contents(value: Any) -> list[dict[str, Any]]:
    value = mapping(value)
    return mappings((mapping(value.get("result")) or value).get("contents"))


def _match_understanding(value: Any) -> float:
    contents = _contents(value)
    if any("transcriptPhrases" in c for c in contents):
        return 0.9
    return 0.85 if any("-->" in (string(c.get("markdown")) or "") for c in contents) else 0.0


def _convert_understanding(value: Any, place: Place) -> Iterator[Draft | InputError]:
    pieces: list[Piece] = []
    for content in _contents(value):
        phrases = mappings(content.get("transcriptPhrases"))
        for phrase in phrases:
            start, end = number(phrase.get("startTimeMs"), 1e-3), number(phrase.get("endTimeMs"), 1e-3)
            pieces.append(Piece(string(phrase.get("text")) or "", string(phrase.get("speaker")), None, start, end))
        if not phrases:  # older answers hold the transcript only as WebVTT among their Markdown
            lines = re.split(r"\r\n|\r|\n", string(content.get("markdown")) or "")
            pieces += pieces_of([line for line in lines if not line.startswith("```")])[0]
    yield Draft(by_time(pieces), Pieces.FRAGMENTS, call_id=string(mapping(value).get("id")), line=place.line)


BATCH = json_format(
    "azure_batch",
    "Azure batch transcription",
    ("times", "speakers"),
    match=_match_batch,
    convert=_convert_batch,
    dialects=("v3 ticks", "v2024 milliseconds", "by channel", "by speaker"),
)
FAST = json_format(
    "azure_fast",
    "Azure fast transcription",
    ("times", "speakers"),
    match=_match_fast,
    convert=_convert_fast,
    dialects=("current", "preview"),
)
CONVERSATION = json_format(
    "azure_conversation",
    "Azure conversation input",
    ("roles", "times"),
    match=_match_conversation,
    convert=_convert_conversation,
    dialects=("transcript", "text"),
)
UNDERSTANDING = json_format(
    "azure_understanding",
    "Azure Content Understanding",
    ("roles", "times"),
    match=_match_understanding,
    convert=_convert_understanding,
    dialects=("transcriptPhrases", "WebVTT in Markdown"),
)
