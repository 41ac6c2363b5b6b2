"""Speechmatics: version 1 (words and speakers in two lists) and version 2 (results)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from analyser.errors import InputError
from analyser.formats.base import Draft, Pieces, Place, json_format
from analyser.formats.shapes import mapping, mappings, share, string
from analyser.formats.times import number
from analyser.formats.words import Word, pieces_of_channels

_MARKS = frozenset(".,!?;:")


def _match(value: Any) -> float:
    value = mapping(value)
    results = mappings(value.get("results"))
    if results:
        return 0.95 * share(results, "alternatives", "type")
    if value.get("results") == [] and "format" in value:
        return 0.6
    return 0.95 * share(mappings(value.get("words")), "name", "time", "duration")


def _second(value: dict[str, Any]) -> list[Word]:
    words: list[Word] = []
    for result in mappings(value.get("results")):
        choices = mappings(result.get("alternatives"))
        if not choices or string(result.get("type")) not in {"word", "punctuation", "entity"}:
            continue
        mark = result.get("type") == "punctuation" and string(result.get("attaches_to")) in {None, "previous", "both"}
        label = string(choices[0].get("speaker"))
        channel = string(result.get("channel"))
        words.append(
            Word(
                string(choices[0].get("content")) or "",
                None if label == "UU" else label,
                number(result.get("start_time")),
                number(result.get("end_time")),
                mark,
                channel,
            )
        )
    return words


def _first(value: dict[str, Any]) -> list[Word]:
    changes = sorted(
        (start, name)
        for s in mappings(value.get("speakers"))
        if (start := number(s.get("time"))) is not None and (name := string(s.get("name"))) is not None
    )
    starts = [s for s, _ in changes]
    words: list[Word] = []
    for word in mappings(value.get("words")):
        text = string(word.get("name")) or ""
        start, length = number(word.get("time")), number(word.get("duration"))
        at = bisect_right(starts, start + 0.001) - 1 if start is not None else -1
        end = None if start is None or length is None else round(start + length, 6)
        words.append(Word(text, changes[max(at, 0)][1] if changes else None, start, end, text in _MARKS))
    return words


def _convert(value: Any, place: Place) -> Iterator[Draft | InputError]:
    words = _second(value) if "results" in value else _first(value)
    channels = list(dict.fromkeys(w.channel for w in words))
    pieces = pieces_of_channels([w for w in words if w.channel == c] for c in channels)
    job = mapping(value.get("job"))
    yield Draft(pieces, Pieces.FRAGMENTS, call_id=string(job.get("id")), line=place.line)


FORMAT = json_format(
    "speechmatics",
    "Speechmatics",
    ("times", "speakers"),
    match=_match,
    convert=_convert,
    dialects=("version 1", "version 2", "by channel"),
)
