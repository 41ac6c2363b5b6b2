from collections.abc import Callable, ItemsView, Sequence
from typing import overload

from analyser.language import ParsedTurn
from analyser.records import Turn

_Reading = str | tuple[tuple[str, int, int], ...]
_Words = tuple[tuple[str, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...], bool]

class Stretches:
    def __init__(self, most: int) -> None: ...
    def __len__(self) -> int: ...
    def items(self) -> ItemsView[str, _Reading]: ...
    def remember(self, stretch: str, reading: _Reading) -> None: ...

@overload
def words_of(text: str, known: Stretches, read: Callable[[str], _Reading], by_stretch: bool) -> _Words: ...
@overload
def words_of(
    text: str, known: Stretches, read: Callable[[str], _Reading], by_stretch: bool, missing: set[str]
) -> _Words | None: ...
def parse_turns(
    turns: Sequence[Turn],
    record: type[ParsedTurn],
    known: Stretches,
    read: Callable[[str], _Reading],
    by_stretch: bool,
    most: int,
    missing: set[str],
) -> list[ParsedTurn | None]: ...
def span_of(starts: tuple[int, ...], ends: tuple[int, ...], first: int, last: int) -> tuple[int, int]: ...
def clauses_of(
    words: tuple[str, ...], breaks: tuple[int, ...], openers: frozenset[str], least: int
) -> list[tuple[int, int]]: ...
