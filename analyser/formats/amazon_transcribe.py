"""Amazon Transcribe without call analytics, and the Post Call Analytics sample solution built upon it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from analyser.errors import InputError
from analyser.formats.base import Draft, Piece, Pieces, Place, json_format
from analyser.formats.shapes import first_string, mapping, mappings, share, string
from analyser.formats.times import number
from analyser.formats.words import Word, by_time, pieces_of_channels, pieces_of_words


def _match_plain(value: Any) -> float:
    results = mapping(mapping(value).get("results"))
    items = mappings(results.get("items"))
    if items:
        return 0.95 * share(items, "alternatives", "type")
    if "audio_segments" in results or "channel_labels" in results:
        return 0.9
    return 0.5 if "transcripts" in results else 0.0


def _word(item: dict[str, Any], label: str | None = None, channel: str | None = None) -> Word:
    choices = mappings(item.get("alternatives"))
    text = (string(choices[0].get("content")) or "") if choices else ""
    mark = item.get("type") == "punctuation"
    return Word(text, label, number(item.get("start_time")), number(item.get("end_time")), mark, channel)


def _labels(results: dict[str, Any]) -> tuple[list[float], list[str]]:
    """Starts and labels of the speakers' words, in order of time."""
    found: list[tuple[float, str]] = []
    for segment in mappings(mapping(results.get("speaker_labels")).get("segments")):
        label = string(segment.get("speaker_label"))
        for item in mappings(segment.get("items")) or [segment]:
            start = number(item.get("start_time"))
            who = string(item.get("speaker_label")) or label
            if start is not None and who is not None:  # some segments come with an empty label and no items
                found.append((start, who))
    found.sort(key=lambda pair: pair[0])
    return [s for s, _ in found], [w for _, w in found]


def _plain_pieces(results: dict[str, Any]) -> tuple[Piece, ...]:
    channels = mappings(mapping(results.get("channel_labels")).get("channels"))
    if channels:
        return pieces_of_channels(
            [_word(i, None, string(c.get("channel_label"))) for i in mappings(c.get("items"))] for c in channels
        )
    starts, labels = _labels(results)
    words: list[Word] = []
    for item in mappings(results.get("items")):
        word = _word(item, string(item.get("speaker_label")), string(item.get("channel_label")))
        if word.label is None and word.start_s is not None and starts:
            at = bisect_right(starts, word.start_s + 0.001) - 1
            word = _word(item, labels[max(at, 0)])
        words.append(word)
    if words:
        return pieces_of_words(words)
    return tuple(
        Piece(
            string(s.get("transcript")) or "",
            string(s.get("speaker_label")),
            None,
            number(s.get("start_time")),
            number(s.get("end_time")),
            string(s.get("channel_label")),
        )
        for s in mappings(results.get("audio_segments"))
    )


def _convert_plain(value: Any, place: Place) -> Iterator[Draft | InputError]:
    results = mapping(value.get("results"))
    pieces = _plain_pieces(results)
    if not pieces:
        pieces = tuple(Piece(string(t.get("transcript")) or "") for t in mappings(results.get("transcripts")))
    yield Draft(pieces, Pieces.FRAGMENTS, call_id=string(value.get("jobName")), line=place.line)


def _match_pca(value: Any) -> float:
    segments = mappings(mapping(value).get("SpeechSegments"))
    if not segments:
        return 0.6 if "SpeechSegments" in mapping(value) else 0.0
    return 0.95 * share(segments, "SegmentSpeaker")


def _convert_pca(value: Any, place: Place) -> Iterator[Draft | InputError]:
    facts = mapping(value.get("ConversationAnalytics"))
    names = {string(s.get("Speaker")): string(s.get("DisplayText")) for s in mappings(facts.get("SpeakerLabels"))}
    pieces = []
    for segment in mappings(value.get("SpeechSegments")):
        who = string(segment.get("SegmentSpeaker"))
        pieces.append(
            Piece(
                first_string(segment, "DisplayText", "OriginalText") or "",
                names.get(who) or who,
                None,
                number(segment.get("SegmentStartTime")),
                number(segment.get("SegmentEndTime")),
                who,
            )
        )
    yield Draft(
        by_time(pieces),
        Pieces.FRAGMENTS,
        call_id=first_string(facts, "GUID", "ContactId"),
        agent=string(facts.get("Agent")),
        customer=string(facts.get("Cust")),
        started_at=string(facts.get("ConversationTime")),
        line=place.line,
    )


PLAIN = json_format(
    "transcribe",
    "Amazon Transcribe",
    ("times", "speakers"),
    match=_match_plain,
    convert=_convert_plain,
    dialects=("speaker labels", "channel labels", "audio segments", "no speakers"),
)
POST_CALL = json_format(
    "amazon_pca",
    "Amazon Post Call Analytics",
    ("roles", "times", "agent"),
    match=_match_pca,
    convert=_convert_pca,
    dialects=("SpeechSegments",),
)
