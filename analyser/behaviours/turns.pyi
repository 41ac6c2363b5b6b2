from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analyser.language import ParsedTurn
from analyser.records import Role

_Ints = NDArray[np.int32]
_Longs = NDArray[np.int64]

ASKING: int
INVERTED: int
SUBJECT: int
LEAD_IN: int
OPENER: int
NO_QUESTION_OF: int
NOT: int

def numbered(turns: Sequence[tuple[str, ...]], known: dict[str, int], words: list[str]) -> tuple[_Ints, _Longs]: ...
def placed(calls: Sequence[tuple[ParsedTurn, ...]], agent: Role, customer: Role) -> tuple[_Ints, _Ints, _Longs]: ...
def questions(
    numbers: _Ints,
    bounds: _Longs,
    breaks: _Ints,
    break_bounds: _Longs,
    marked: _Ints,
    kinds: _Ints,
    least: int,
) -> NDArray[np.uint8]: ...
def any_of(kinds: _Ints, numbers: _Ints, bounds: _Longs) -> _Ints: ...
def char_grams(word: str, low: int, high: int) -> list[str]: ...
def known_grams(word: str, low: int, high: int, columns: dict[str, int]) -> list[int]: ...
