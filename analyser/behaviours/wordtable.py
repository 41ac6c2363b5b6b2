"""What the learned detector has to know of each word, looked up once a distinct word."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

import numpy as np

from analyser.behaviours.matching import numbered
from analyser.behaviours.matrices import Array

_MEMORY = 100_000  # words at the most that are remembered from one chunk of calls to the next

_FIGURES = frozenset(
    (
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand"
    ).split()
)
# Words that carry no subject; echoes are counted without them.
_STOP = frozenset(
    (
        "i you the to a and it is that for of in on we me my your have not do can so but be this with just "
        "are what okay if yes no at was all get will would he they been know thank like up there or from us "
        "our one out right now about when how let go well then any going here see has did could she him them "
        "thanks please think over as an some got because good yeah oh am had were by say said sorry too "
        "really very much more than also only"
    ).split()
)


def char_grams(word: str, low: int, high: int) -> list[str]:
    """Character n-grams within one word, with a space at either end."""
    padded = f" {word[:24]} "
    return [padded[i : i + n] for n in range(low, high + 1) for i in range(len(padded) - n + 1)] or [padded]


class WordTable:
    """Words by number, in the order in which they were met.

    Parameters
    ----------
    ids
        The id, from 1, of each word that the features know.
    char_columns
        The column of each character n-gram that they know.
    char_range
        Shortest and longest character n-gram.

    Attributes
    ----------
    ids
        Each word's id, 0 for none.
    char_begin, chars
        Where the columns of each word's character n-grams begin in ``chars`` (length words + 1).
    content, figure
        Whether each word carries a subject, and whether it is a number.
    """

    def __init__(self, ids: Mapping[str, int], char_columns: Mapping[str, int], char_range: tuple[int, int]) -> None:
        self._ids, self._char_columns, self._char_range = ids, char_columns, char_range
        self._forget()

    def _forget(self) -> None:
        self._numbers: dict[str, int] = {}
        self.ids, self.char_begin, self.chars = array("i"), array("q", [0]), array("i")
        self.content, self.figure = bytearray(), bytearray()

    def numbers(self, turns: Sequence[tuple[str, ...]]) -> tuple[Array, Array]:
        """The words' numbers one after the other, and where each turn's begin (length turns + 1).

        Good until asked again.
        """
        if len(self._numbers) > _MEMORY:  # bounded: a stream of unseen words must not fill memory
            self._forget()
        numbers, bounds, unknown = numbered(turns, self._numbers)
        for at, word in unknown:
            number = self._numbers.get(word)
            numbers[at] = self._learn(word) if number is None else number
        return numbers, bounds

    def _learn(self, word: str) -> int:
        number = self._numbers[word] = len(self._numbers)
        self.ids.append(self._ids.get(word, 0))
        columns = self._char_columns
        self.chars.extend(columns[g] for g in char_grams(word, *self._char_range) if g in columns)
        self.char_begin.append(len(self.chars))
        self.content.append(word not in _STOP)
        self.figure.append(word in _FIGURES or word[0].isdigit())
        return number

    def known_ids(self) -> Array:
        """``ids`` as an array, shape (words,)."""
        return np.array(self.ids, dtype=np.int32)
