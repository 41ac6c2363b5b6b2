"""Recognisers' words -> pieces of one speaker, and pieces of several channels -> the order spoken."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analyser.formats.base import Piece

_SLACK_S = 0.005  # rounding
_GAP_S = 0.8  # words further apart than this are two pieces, which joining may join again


@dataclass(frozen=True, slots=True)
class Word:
    """A word or mark.

    Parameters
    ----------
    label, channel
        As a piece's; None goes on with the word before.
    start_s, end_s
        Seconds; None for marks and for what could not be aligned.
    attached
        Whether it follows the word before without a space, as marks do.
    """

    text: str
    label: str | None = None
    start_s: float | None = None
    end_s: float | None = None
    attached: bool = False
    channel: str | None = None


def pieces_of_words(words: Iterable[Word]) -> tuple[Piece, ...]:
    """Pieces of words in order: a new one where the speaker changes or pauses."""
    pieces: list[Piece] = []
    texts: list[str] = []
    label: str | None = None
    channel: str | None = None
    start: float | None = None
    end: float | None = None

    def close() -> None:
        if texts:
            pieces.append(Piece("".join(texts), label, None, start, end, channel))

    for word in words:
        other = (word.label is not None and word.label != label) or (
            word.channel is not None and word.channel != channel
        )
        late = word.start_s is not None and end is not None and word.start_s - end > _GAP_S
        if texts and not word.attached and (other or late):
            close()
            texts, start, end = [], None, None
        if not texts:
            label = word.label if word.label is not None else label
            channel = word.channel if word.channel is not None else channel
        texts.append(word.text if word.attached or not texts else f" {word.text}")
        start = word.start_s if start is None else start
        end = word.end_s if word.end_s is not None else end
    close()
    return tuple(pieces)


def pieces_of_channels(channels: Iterable[Sequence[Word]]) -> tuple[Piece, ...]:
    """Pieces of channels that were recognised apart, in the order spoken.

    A channel's words are cut where another channel speaks in a pause between them; speech over each other stays whole.
    """
    words = [list(c) for c in channels]
    spans = [sorted((w.start_s, w.end_s) for w in c if w.start_s is not None and w.end_s is not None) for c in words]
    pieces: list[Piece] = []
    for own, channel in enumerate(words):
        others = [span for i, some in enumerate(spans) if i != own for span in some]
        others.sort()
        run: list[Word] = []
        end: float | None = None
        for word in channel:
            if run and not word.attached and end is not None and word.start_s is not None:
                at = bisect_left(others, (end - _SLACK_S, end))
                if at < len(others) and others[at][1] <= word.start_s + _SLACK_S:
                    pieces += pieces_of_words(run)
                    run = []
            run.append(word)
            end = word.end_s if word.end_s is not None else end
        pieces += pieces_of_words(run)
    return by_time(pieces)


def by_time(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Pieces in the order of their starts; one without a time stays behind the one before it."""
    last = float("-inf")
    keyed: list[tuple[float, Piece]] = []
    for piece in pieces:
        last = piece.start_s if piece.start_s is not None else last
        keyed.append((last, piece))
    return tuple(p for _, p in sorted(keyed, key=lambda pair: pair[0]))
