"""A number for each word, given when it is first met: nothing after that looks a word up by its letters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

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
    known
        The figures of some words.
    otherwise
        That of all others, or what gives it.
    dtype
        Of the figures.
    """

    def __init__(
        self, known: Mapping[str, float], otherwise: float | Callable[[str], float] = 0, dtype: DTypeLike = np.int32
    ) -> None:
        self._known, self._otherwise, self._dtype = known, otherwise, dtype
        self._age = -1
        self._values = np.zeros(0, dtype=dtype)

    def values(self) -> Array:
        """The figures of all words met so far, by number; shape (words,)."""
        words = REGISTER.words
        if self._age != REGISTER.age:
            self._age, self._values = REGISTER.age, np.zeros(0, dtype=self._dtype)
        if len(self._values) < len(words):
            new = words[len(self._values) :]
            known, otherwise = self._known, self._otherwise
            if callable(otherwise):
                its = [known[word] if word in known else otherwise(word) for word in new]
            else:
                its = [known.get(word, otherwise) for word in new]
            self._values = np.concatenate([self._values, np.array(its, dtype=self._dtype)])
        return self._values


def bits(lists: Iterable[tuple[int, Iterable[str]]]) -> dict[str, int]:
    """The bits of each word, from the words of each bit."""
    result: dict[str, int] = {}
    for bit, words in lists:
        for word in words:
            result[word] = result.get(word, 0) | bit
    return result
