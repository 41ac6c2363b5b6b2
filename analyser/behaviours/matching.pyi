from collections.abc import Sequence

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
ROLE: int
FIRST_TURNS: int
LAST_TURNS: int
NOT_FIRST_TURNS: int
NOT_LAST_TURNS: int
MIN_WORDS: int
MAX_WORDS: int
QUESTION: int
REPORTED: int
NEAR_WORDS: int
BEHAVIOUR: int
LIMITS: int

class Tries:
    def __init__(
        self,
        begin: NDArray[np.int64],
        tried: NDArray[np.int32],
        sets: NDArray[np.uint8],
        program: NDArray[np.int32],
        entry: NDArray[np.int32],
        switches: NDArray[np.int32],
    ) -> None: ...

def matches(
    tries: Tries,
    meets_begin: NDArray[np.int64],
    meets: NDArray[np.int32],
    needs: int,
    numbers: NDArray[np.int32],
    bounds: NDArray[np.int64],
    side: NDArray[np.int8],
) -> NDArray[np.int32]: ...
def hits(
    found: NDArray[np.int32],
    uses_begin: NDArray[np.int64],
    uses: NDArray[np.int32],
    rule_of: NDArray[np.int32],
    limits: NDArray[np.int32],
    lists: Sequence[tuple[NDArray[np.int64], NDArray[np.int32]]],
    role: NDArray[np.int8],
    before: NDArray[np.int32],
    own_from_start: NDArray[np.int32],
    own_from_end: NDArray[np.int32],
    asks: NDArray[np.uint8],
    numbers: NDArray[np.int32],
    bounds: NDArray[np.int64],
    reporting: NDArray[np.int32],
    report_reach: int,
) -> tuple[NDArray[np.int32], NDArray[np.int64]]: ...
