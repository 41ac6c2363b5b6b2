from array import array

import numpy as np
from numpy.typing import NDArray

_Ints = NDArray[np.int32]
_Longs = NDArray[np.int64]
_Bytes = NDArray[np.uint8]
_Floats = NDArray[np.float32]

def neighbours(role: NDArray[np.int8], calls: _Longs) -> _Ints: ...
def echoes(
    words: _Ints,
    bounds: _Longs,
    role: NDArray[np.int8],
    calls: _Longs,
    before: _Ints,
    asks: _Bytes,
    content: _Ints,
    figure: _Ints,
) -> _Floats: ...
def hash_table(keys: _Longs) -> tuple[_Longs, _Ints]: ...
def char_sums(
    char_begin: array[int], chars: array[int], char_idf: _Floats, w_chars: _Floats, first: int
) -> _Floats: ...
def first_look(
    words: _Ints,
    bounds: _Longs,
    role: NDArray[np.int8],
    sources: _Ints,
    ids: _Ints,
    base: int,
    singles: _Ints,
    pair_keys: _Longs,
    pair_values: _Ints,
    triple_keys: _Longs,
    triple_values: _Ints,
    word_idf: _Floats,
    char_begin: array[int],
    chars: array[int],
    char_idf: _Floats,
    char_sums: _Floats,
    w_customer: _Floats,
    w_agent: _Floats,
    w_own_before: _Floats,
    w_triples: _Floats,
    w_chars: _Floats,
    dense: _Floats,
    w_dense: _Floats,
    rule_rows: _Ints,
    rule_columns: _Ints,
    w_rules: _Floats,
    intercept: _Floats,
    n_agent: int,
) -> _Floats: ...
def word_weights(
    rows: _Longs,
    behaviours: _Longs,
    words: _Ints,
    bounds: _Longs,
    ids: _Ints,
    base: int,
    singles: _Ints,
    pair_keys: _Longs,
    pair_values: _Ints,
    triple_keys: _Longs,
    triple_values: _Ints,
    word_idf: _Floats,
    w_customer: _Floats,
    w_agent: _Floats,
    w_triples: _Floats,
    n_agent: int,
) -> list[NDArray[np.float64]]: ...
def context(
    scores: _Floats,
    role: NDArray[np.int8],
    calls: _Longs,
    near: _Ints,
    place: _Floats,
    n_agent: int,
    clip: float,
    absent: float,
) -> _Floats: ...
def grow(
    rows: _Floats,
    chosen: _Ints,
    nodes: _Ints,
    value: NDArray[np.float64],
    root: _Ints,
    target: _Ints,
    first: int,
    past: int,
    out: NDArray[np.float64],
) -> None: ...
