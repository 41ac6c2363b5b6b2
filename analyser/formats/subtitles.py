"""WebVTT (Zoom, Teams and others) and SubRip: cues with a time, and a speaker in one of many ways."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

from analyser.errors import InputError
from analyser.formats.base import Draft, Format, Piece, Pieces, Sample, Shape
from analyser.formats.document import Document
from analyser.formats.labels import accepted
from analyser.formats.shapes import first_string, mapping
from analyser.formats.times import clock
from analyser.records import Problem

_STAMP = r"(?:\d{1,3}:)?\d{1,3}:\d{2}[.,:]\d{1,3}"
_TIMING = re.compile(rf"\s*({_STAMP})\s*-->\s*({_STAMP})(?:\s.*)?")
_CUE_ID = re.compile(r"\d{1,7}|[0-9a-f]{8}-[0-9a-f-]{20,40}(?:/\S+)?", re.IGNORECASE)
_VOICE = re.compile(r"<v(?:\.[^\s>]{0,100})?[ \t]{1,5}([^<>]{0,200})>", re.IGNORECASE)
_MARKUP = re.compile(
    r"</?(?:c|i|b|u|v|ruby|rt|lang|font)(?:[.\s][^<>]{0,200})?>|<\d[\d:.]{0,20}>|\{\\[^}]{0,50}\}", re.IGNORECASE
)
_LABEL = re.compile(r"(?:-\s*|>>+\s*)?([^\s:<>\[\]][^:<>\n]{0,60}?)\s*:(?!//)(?:\s+|$)(.*)")
_BRACKETED = re.compile(r"\(([^()]{2,60})\)|\[([^\[\]]{2,60})\]:?")
_BLOCKS = ("NOTE", "STYLE", "REGION")


@dataclass(frozen=True, slots=True)
class _Cue:
    start_s: float
    end_s: float
    lines: tuple[str, ...]


def _cues(lines: Sequence[str]) -> tuple[list[_Cue], int]:
    """The cues, and how many timing lines could not be read."""
    cues: list[_Cue] = []
    bad = 0
    at = 0
    count = len(lines)
    while at < count:
        timing = _TIMING.fullmatch(lines[at])
        if not timing:
            bad += "-->" in lines[at]
            at += 1
            continue
        at += 1
        payload: list[str] = []
        while at < count and not _TIMING.fullmatch(lines[at]):
            if not lines[at].strip():
                while at < count and not lines[at].strip():
                    at += 1
                # An empty line ends a cue, unless what follows is neither a cue nor its number (Teams wraps so).
                if _opens(lines, at):
                    break
                continue
            payload.append(lines[at])
            at += 1
        # Without an empty line between two cues, the next one's number stands at the end of this one's text.
        if at < count and lines[at - 1].strip() and len(payload) > 1 and _CUE_ID.fullmatch(payload[-1].strip()):
            payload.pop()
        start, end = clock(timing[1]), clock(timing[2])
        if start is not None and end is not None:
            cues.append(_Cue(start, end, tuple(payload)))
    return cues, bad


def _opens(lines: Sequence[str], at: int) -> bool:
    """Whether a block of its own begins here: a cue, its id, a note, or the end."""
    if at >= len(lines) or _TIMING.fullmatch(lines[at]) or lines[at].startswith(_BLOCKS):
        return True
    return at + 1 < len(lines) and _TIMING.fullmatch(lines[at + 1]) is not None


def _spans(cue: _Cue, labels: frozenset[str]) -> list[tuple[str | None, str]]:
    """What is said in a cue, by whom: (label or None, text) in order."""
    text = "\n".join(cue.lines)
    body = _json_body(text)
    if body is not None:
        return [body]
    if _VOICE.search(text):
        parts = _VOICE.split(text)
        spans: list[tuple[str | None, str]] = [(None, parts[0])] if _MARKUP.sub("", parts[0]).strip() else []
        spans += [(name.strip() or None, words) for name, words in zip(parts[1::2], parts[2::2], strict=True)]
        return [(name, _MARKUP.sub("", words)) for name, words in spans]
    spans = []
    for line in _MARKUP.sub("", text).split("\n"):
        match = _LABEL.fullmatch(line.strip())
        alone = _BRACKETED.fullmatch(line.strip())
        if match and match[1] in labels:
            spans.append((match[1], match[2]))
        elif alone and (alone[1] or alone[2]) in labels:
            spans.append((alone[1] or alone[2], ""))
        elif spans:
            spans[-1] = (spans[-1][0], f"{spans[-1][1]}\n{line}")
        else:
            spans.append((None, line))
    return spans


def _json_body(text: str) -> tuple[str | None, str] | None:
    """Teams' other form: the cue's body is an object with spokenText."""
    if not text.lstrip().startswith("{") or "spokenText" not in text:
        return None
    try:
        body = mapping(orjson.loads(text))
    except orjson.JSONDecodeError:
        return None
    return first_string(body, "speakerName"), first_string(body, "spokenText") or ""


def _labels(cues: Sequence[_Cue]) -> frozenset[str]:
    found: list[tuple[str, bool]] = []
    for cue in cues:
        for line in cue.lines:
            plain = _MARKUP.sub("", line).strip()
            match = _LABEL.fullmatch(plain)
            alone = _BRACKETED.fullmatch(plain)
            if match:
                found.append((match[1], False))
            elif alone:
                found.append((alone[1] or alone[2], False))
    return accepted(found, len(cues))


def _pieces(cues: Sequence[_Cue]) -> Iterator[Piece]:
    labels = _labels(cues)
    speaker: str | None = None
    for cue in cues:
        spans = _spans(cue, labels)
        total = sum(len(words) for _, words in spans) or 1
        said = 0
        for name, words in spans:
            speaker = name or speaker  # some tools write the speaker only where it changes
            start = cue.start_s + (cue.end_s - cue.start_s) * said / total
            said += len(words)
            end = cue.start_s + (cue.end_s - cue.start_s) * said / total
            yield Piece(words, speaker, None, round(start, 3), round(end, 3))


def pieces_of(lines: Sequence[str]) -> tuple[tuple[Piece, ...], int]:
    """Pieces of the lines of WebVTT or SubRip, and how many cues' times could not be read."""
    cues, bad = _cues(lines)
    return tuple(_pieces(cues)), bad


def _drafts(document: Document) -> Iterator[Draft | InputError]:
    pieces, bad = pieces_of(document.text_lines())
    problems = (Problem("cues_bad", f"times of {bad} cues cannot be read; they were left out"),) if bad else ()
    yield Draft(pieces, Pieces.FRAGMENTS, problems=problems)


def _timings(sample: Sample) -> int:
    if sample.shape is not Shape.TEXT:
        return 0
    return sum(_TIMING.fullmatch(line) is not None for line in sample.lines)


def _is_vtt(sample: Sample) -> bool:
    return sample.text.lstrip("\ufeff \t\r\n").startswith("WEBVTT")


def _sniff_vtt(sample: Sample) -> float:
    if sample.shape is not Shape.TEXT:
        return 0.0
    timings = _timings(sample)
    return (0.97 if timings else 0.6) if _is_vtt(sample) else 0.0


def _sniff_srt(sample: Sample) -> float:
    return 0.9 if _timings(sample) and not _is_vtt(sample) else 0.0


WEBVTT = Format(
    "vtt",
    "WebVTT",
    (".vtt",),
    ("roles", "times", "speakers"),
    _sniff_vtt,
    _drafts,
    ("Teams <v Name>", "Teams JSON cues", "Zoom Name:", "(Name) on its own line", "no speakers"),
)
SRT = Format(
    "srt",
    "SubRip subtitles",
    (".srt",),
    ("roles", "times", "speakers"),
    _sniff_srt,
    _drafts,
    ("Name:", "Name: on change", "no speakers"),
)
