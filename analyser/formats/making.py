"""Drafts -> transcripts: words cleaned, clocks turned to seconds, fragments joined."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from analyser.formats.base import Draft, Piece, Pieces
from analyser.formats.times import EPOCH_S, iso_text
from analyser.records import Problem

_MAX_JOINED_CHARS = 4000  # one speaker without a pause: still a turn that a coach can read
_DAY_S = 86_400.0

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufeff\u200b\u2028\u2029]")
_LOOSE_MARK = re.compile(r"[ ]{1,20}([.,!?;:](?:\s|$))")
_SPACE = re.compile(r"\s+")
_SOUNDS = (
    "noise|background[ _-]?noise|static|silence|pause|long[ _-]?pause|laugh(?:s|ter|ing)?|cough(?:s|ing)?|sneeze|"
    "sigh(?:s|ing)?|breath(?:ing)?|cry(?:ing)?|sob(?:s|bing)?|unk|unknown|unin|inaudible(?:[_ ]speech)?|"
    "unintelligible|indiscernible|crosstalk|cross[ _-]?talk|overlap(?:ping)?|music|hold[ _-]?music|beep|"
    "dial[ _-]?tone|ring(?:ing|tone)?|typing|unsure|spoken[ _-]?noise|vocalized-noise|click|applause|blank[ _]audio|"
    "no[ _]speech|eps|sil|phone ring(?:s|ing)|mumbles?"
)
_TAG = re.compile(
    rf"[\[(<{{]\s*/?\s*({_SOUNDS})(?:[ :,-]*\d[\d:.]*)?\s*/?\s*[\])>}}]|<\s*/?\s*({_SOUNDS})\s*/?\s*>", re.IGNORECASE
)


def whole(draft: Draft, *, join_pause_s: float) -> Draft:
    """The draft with its turns made whole.

    Parameters
    ----------
    join_pause_s
        Fragments of one speaker closer than this are joined, in seconds.

    Returns
    -------
    A draft whose pieces are turns, with what was done in its problems and meta.
    """
    if draft.kind is Pieces.VERBATIM:
        return _timed(draft)
    sounds: Counter[str] = Counter()
    spoken: list[Piece] = []
    for piece in draft.pieces:
        text = clean(piece.text, sounds)
        if text:
            spoken.append(piece if text == piece.text else replace(piece, text=text))
    meta = dict(draft.meta)
    if sounds:
        meta["sounds"] = dict(sorted(sounds.items()))
    timed = _timed(replace(draft, pieces=tuple(spoken), meta=meta))
    if draft.kind is Pieces.FRAGMENTS:
        return replace(timed, pieces=joined(timed.pieces, join_pause_s))
    return timed


def clean(text: str, sounds: Counter[str]) -> str:
    """The words: entities undone, sounds such as ``[noise]`` taken out and counted, spaces single."""
    if "&" in text:
        text = _ENTITY.sub(lambda m: html.unescape(m[0]), text)
    if "[" in text or "(" in text or "<" in text or "{" in text:
        for match in _TAG.finditer(text):
            if "/" not in match[0][1:2]:  # a closing tag is the same sound
                sounds[re.sub(r"[ _-]+", "_", (match[1] or match[2]).lower())] += 1
        text = _TAG.sub(" ", text)
        text = _LOOSE_MARK.sub(r"\1", text)
    text = _CONTROL.sub(" ", text)
    return _SPACE.sub(" ", text).strip()


def _timed(draft: Draft) -> Draft:
    """Times as seconds from the start of the call, those that cannot be true taken out and said."""
    pieces = list(draft.pieces)
    problems = list(draft.problems)
    started_at = draft.started_at
    if not any(p.start_s is not None for p in pieces):
        return draft
    if not draft.unit_known and _too_slow(pieces):
        pieces = [_scaled(p, 0.001) for p in pieces]
        problems.append(Problem("times_unit", "times taken as milliseconds: as seconds nobody would speak so slowly"))
    pieces = _from_start(pieces, clock=draft.clock)
    if draft.kind is not Pieces.VERBATIM and _by_channel(pieces):
        pieces.sort(key=lambda p: p.start_s or 0.0)
    first = min((p.start_s for p in draft.pieces if p.start_s is not None), default=0.0)
    if started_at is None and abs(first) > EPOCH_S:
        started_at = iso_text(first)
    pieces, bad = _forwards(pieces)
    if bad:
        problems.append(Problem("times_backwards", f"times of {bad} turns run backwards; they were left out"))
    return replace(draft, pieces=tuple(pieces), problems=tuple(problems), started_at=started_at)


def _too_slow(pieces: Sequence[Piece]) -> bool:
    times = [t for p in pieces for t in (p.start_s, p.end_s) if t is not None]
    words = sum(p.text.count(" ") + 1 for p in pieces)
    span = max(times) - min(times)
    return span > 60 and max(times) < EPOCH_S and words / span < 0.02


def _scaled(piece: Piece, scale: float) -> Piece:
    start, end = piece.start_s, piece.end_s
    return replace(
        piece,
        start_s=None if start is None else round(start * scale, 6),
        end_s=None if end is None else round(end * scale, 6),
    )


def _from_start(pieces: list[Piece], *, clock: bool) -> list[Piece]:
    """Epochs and times of day count from the first; a time of day that falls back passed midnight."""
    starts = [p.start_s for p in pieces if p.start_s is not None]
    base = min(starts)
    if clock:
        base = starts[0]
    elif abs(base) <= EPOCH_S and base >= 0:
        return pieces
    moved: list[Piece] = []
    days, before = 0.0, base
    for piece in pieces:
        start, end = piece.start_s, piece.end_s
        if start is not None:
            if clock and start + days < before - _DAY_S / 2:
                days += _DAY_S
            start = round(start + days - base, 6)
            before = start + base
        if end is not None:
            end = round(end + days - base, 6)
        moved.append(replace(piece, start_s=start, end_s=end))
    return moved


def _by_channel(pieces: Sequence[Piece]) -> bool:
    """Whether a file lists one speaker's pieces after the other's: each in order, falling back only between them."""
    falls, last = 0, None
    labels = {p.label for p in pieces}
    for piece in pieces:
        if piece.start_s is None:
            return False
        if last is not None and last.start_s is not None and piece.start_s < last.start_s:
            if piece.label == last.label:
                return False
            falls += 1
        last = piece
    return 0 < falls < len(labels)


def _forwards(pieces: Sequence[Piece]) -> tuple[list[Piece], int]:
    """The pieces without times that run backwards, and how many had such."""
    kept: list[Piece] = []
    bad = 0
    last: float | None = None
    for piece in pieces:
        start, end = piece.start_s, piece.end_s
        if start is not None and last is not None and start < last:
            kept.append(replace(piece, start_s=None, end_s=None))
            bad += 1
            continue
        last = start if start is not None else last
        if start is not None and end is not None and end < start:
            kept.append(replace(piece, end_s=None))
            bad += 1
        else:
            kept.append(piece)
    return kept, bad


def joined(pieces: Sequence[Piece], pause_s: float) -> tuple[Piece, ...]:
    """Neighbours of one speaker with less than ``pause_s`` between them, joined by a space."""
    turns: list[Piece] = []
    texts: list[str] = []
    size = 0

    def close() -> None:
        if len(texts) > 1:
            turns[-1] = replace(turns[-1], text=" ".join(texts))

    for piece in pieces:
        if turns and size + len(piece.text) <= _MAX_JOINED_CHARS and _follows(turns[-1], piece, pause_s):
            texts.append(piece.text)
            last = turns[-1]
            end = max((t for t in (last.end_s, piece.end_s) if t is not None), default=None)
            turns[-1] = replace(last, end_s=end)
        else:
            close()
            turns.append(piece)
            texts, size = [piece.text], 0
        size += len(piece.text)
    close()
    return tuple(turns)


def _follows(last: Piece, piece: Piece, pause_s: float) -> bool:
    if (last.label, last.role, last.channel, last.name) != (piece.label, piece.role, piece.channel, piece.name):
        return False
    if piece.start_s is None:  # without times, nothing says that it is one stretch
        return False
    before = last.end_s if last.end_s is not None else last.start_s
    return before is None or piece.start_s - before < pause_s
