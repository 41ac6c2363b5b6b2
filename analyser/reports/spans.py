"""From offsets to highlighted text, and text made safe to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol


class Span(Protocol):
    """Anything with offsets into a turn's text."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a turn's text that the same spans cover.

    Parameters
    ----------
    covers
        Indices of the spans that cover it.
    begins
        Those of them that begin here, so that a mark is shown once.
    """

    text: str
    covers: tuple[int, ...] = ()
    begins: tuple[int, ...] = ()


def segments(text: str, spans: Sequence[Span]) -> tuple[Segment, ...]:
    """Cut a text where spans begin or end; the pieces joined are the text, whatever the spans' overlap.

    Offsets outside the text are drawn in; empty spans cover nothing.
    """
    limits = [(min(max(s.start, 0), len(text)), min(max(s.end, 0), len(text))) for s in spans]
    cuts = sorted({0, len(text), *(c for start, end in limits if start < end for c in (start, end))})
    result = []
    for start, end in pairwise(cuts):
        covers = tuple(i for i, (a, b) in enumerate(limits) if a <= start and end <= b)
        result.append(Segment(text[start:end], covers, tuple(i for i in covers if limits[i][0] == start)))
    return tuple(result)


# One character for one, so that offsets stay true. A raw escape would drive the terminal, NUL is not allowed in HTML,
# and a lone surrogate cannot be written as UTF-8.
_SHOWN = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n\r"}
_SHOWN |= {0x0D: 0x20, 0x7F: 0x2421}
_SHOWN |= dict.fromkeys([*range(0x80, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF], 0xFFFD)
# Overrides of direction would turn round what stands after them in a terminal; a browser is told to isolate them.
_PLAIN = _SHOWN | dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)], 0xFFFD)
_ONE_LINE = _PLAIN | dict.fromkeys([0x09, 0x0A, 0x0D, 0x2028, 0x2029], 0x20)


def shown(text: str) -> str:
    """The text with control characters made visible, for a page; same length."""
    return text.translate(_SHOWN)


def for_terminal(text: str) -> str:
    """As ``shown``, and without overrides of direction; same length."""
    return text.translate(_PLAIN)


def one_line(text: str) -> str:
    """As ``for_terminal``, on one line; same length."""
    return text.translate(_ONE_LINE)


def shorten(text: str, length: int) -> str:
    """The first characters of a text, with an ellipsis where something was cut."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
