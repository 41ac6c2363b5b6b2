import numpy as np
from numpy.typing import NDArray

_Ints = NDArray[np.int32]
_Longs = NDArray[np.int64]

ASKING: int
INVERTED: int
OFFERING: int
SUBJECT: int
LEAD_IN: int
SAYING: int
FIGURE: int
ITEM: int
THANK: int
YOU: int
OPENER: int
PROMISING: int

def asked(
    turns: _Longs,
    numbers: _Ints,
    bounds: _Longs,
    breaks: _Ints,
    break_bounds: _Longs,
    kinds: _Ints,
    stems: _Ints,
    least: int,
    bare_words: int,
) -> list[tuple[int, int, int, frozenset[int]]]: ...
