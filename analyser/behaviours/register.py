"""A number for each word, given when it is first met: nothing after that looks a word up by its letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import DTypeLike

from analyser.behaviours.matrices import Array
from analyser.behaviours.turns import numbered

_MEMORY = 100_000  # words at the most that are remembered from one chunk of calls to the next


class Register:
    """Words by number.

    Attributes
    ----------
    words
        The words, in the order of their numbers.
    age
        How often all words were forgotten: numbers are good for one age.
    """

    def __init__(self) -> None:
        self.words: list[str] = []
        self.age = 0
        self._numbers: dict[str, int] = {}

    def numbers(self, turns: Sequence[tuple[str, ...]]) -> tuple[Array, Array]:
        """The words' numbers one after the other, and where each turn's begin (length turns + 1).

        Good until asked again.
        """
        if len(self.words) > _MEMORY:  # bounded: a stream of unseen words must not fill memory
            self.words, self._numbers = [], {}
            self.age += 1
        return numbered(turns, self._numbers, self.words)


REGISTER = Register()  # one a process: what it holds depends on nothing


class Column:
    """A figure of each word of the register, worked out once a word.

    Parameters
    ----------
    of
        The figure of a word.
    dtype
        Of the figures.
    """

    def __init__(self, of: Callable[[str], float], dtype: DTypeLike = np.int32) -> None:
        self._of, self._dtype = of, dtype
        self._age = -1
        self._values = np.zeros(0, dtype=dtype)

    def values(self) -> Array:
        """The figures of all words met so far, by number; shape (words,)."""
        words = REGISTER.words
        if self._age != REGISTER.age:
            self._age, self._values = REGISTER.age, np.zeros(0, dtype=self._dtype)
        if len(self._values) < len(words):
            new = np.fromiter(map(self._of, words[len(self._values) :]), dtype=self._dtype)
            self._values = np.concatenate([self._values, new])
        return self._values
