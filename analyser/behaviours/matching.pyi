from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

DONE: int
WORD: int
ONE_OF: int
ANY: int
FIRST: int
LAST: int
EITHER: int
GO: int
AT_ONE_OF: int
BY_WORD: int
SCAN: int

def numbered(
    turns: Sequence[tuple[str, ...]], known: Mapping[str, int]
) -> tuple[NDArray[np.int32], NDArray[np.int64], list[tuple[int, str]]]: ...
def matches(
    program: NDArray[np.int32],
    entry: NDArray[np.int32],
    switches: NDArray[np.int32],
    sets: NDArray[np.uint8],
    begin: NDArray[np.int64],
    tried: NDArray[np.int32],
    meets_begin: NDArray[np.int64],
    meets: NDArray[np.int32],
    needs: int,
    numbers: NDArray[np.int32],
    bounds: NDArray[np.int64],
    side: NDArray[np.int8],
) -> NDArray[np.int32]: ...
