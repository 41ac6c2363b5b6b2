import numpy as np
from numpy.typing import NDArray

_Longs = NDArray[np.int64]
_Doubles = NDArray[np.float64]

def answered(
    turns: _Longs,
    calls: _Longs,
    role: NDArray[np.int8],
    lengths: NDArray[np.int32],
    any_found: NDArray[np.uint8],
    probability: _Doubles,
    harm: _Doubles,
    answers: _Longs,
    harms: _Longs,
    cares: _Longs,
    kindness: _Doubles,
    distress: int,
    pleased: int,
    most: int,
    back_channel: int,
) -> tuple[_Doubles, _Longs, _Longs, _Longs]: ...
