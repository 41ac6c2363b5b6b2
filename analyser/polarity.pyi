from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analyser.language import ParsedTurn
from analyser.records import TurnTone

TELLING: int
MASKED: int
MASK_BEGINS: int
MASK_GOES_ON: int
SHIFTING: int
BOOSTER: int
ODD: int
CARRIES: int
IDIOM_BEGINS: int
IDIOM_GOES_ON: int

def plain_sums(
    numbers: NDArray[np.int32],
    bounds: NDArray[np.int64],
    wanted: NDArray[np.uint8],
    kinds: NDArray[np.int32],
    polarity: NDArray[np.float64],
    reach: int,
) -> tuple[NDArray[np.float64], list[int]]: ...
def paths(scores: NDArray[np.float64], role: NDArray[np.int8], calls: NDArray[np.int64]) -> NDArray[np.float64]: ...
def turn_tones(
    record: type[TurnTone], calls: Sequence[tuple[ParsedTurn, ...]], scores: NDArray[np.float64]
) -> list[tuple[TurnTone, ...]]: ...
