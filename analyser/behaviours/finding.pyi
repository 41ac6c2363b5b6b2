from collections.abc import Collection, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from analyser.behaviours.rules import NamedRule
from analyser.language import ParsedTurn
from analyser.records import Finding

_Ints = NDArray[np.int32]
_Longs = NDArray[np.int64]
_Doubles = NDArray[np.float64]

def best_hits(
    rows: _Longs, columns: _Longs, rule: _Ints, first: _Ints, bounds: _Longs, column_of: _Ints, rank: _Ints
) -> _Longs: ...
def all_of(
    record: type[Finding],
    turns: list[ParsedTurn],
    names: tuple[str, ...],
    rules: Sequence[NamedRule],
    rows: _Longs,
    columns: _Longs,
    confidence: _Doubles,
    best: _Longs,
    rule: _Ints,
    first: _Ints,
    last: _Ints,
    weights: Iterator[_Doubles],
    openers: Collection[str],
    least: int,
    named: int,
) -> list[Finding]: ...
def from_rule(
    record: type[Finding],
    turn: ParsedTurn,
    behaviour: str,
    first: int,
    last: int,
    confidence: float,
    rule: str,
    why: str,
) -> Finding: ...
def from_words(
    record: type[Finding],
    turn: ParsedTurn,
    behaviour: str,
    confidence: float,
    weight: _Doubles,
    openers: Collection[str],
    least: int,
    named: int,
) -> Finding: ...
def sides(probability: _Doubles, role: NDArray[np.int8], calls: _Longs) -> tuple[_Doubles, _Ints, _Doubles]: ...
def rounded(values: _Doubles, digits: int) -> _Doubles: ...
def highest(values: _Doubles, chosen: NDArray[np.uint8], calls: _Longs) -> tuple[_Doubles, _Longs]: ...
