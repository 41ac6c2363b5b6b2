from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

MAX_CHARS: int

def words_of(text: str) -> list[str]: ...

class Features:
    def __init__(
        self, names: Sequence[str], triggers: Iterable[str], cues: Callable[[Sequence[str]], Iterable[str]]
    ) -> None: ...
    def counts(self, texts: Sequence[str], edge_turns: int) -> dict[int, int]: ...

def side(counts: dict[int, int], rarity: NDArray[np.float64], weight: NDArray[np.float64]) -> float: ...
