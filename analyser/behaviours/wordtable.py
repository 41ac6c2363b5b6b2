"""What the learned detector has to know of each word, looked up once a distinct word."""

from __future__ import annotations

from array import array
from collections.abc import Mapping

from analyser.behaviours.register import REGISTER, Column
from analyser.behaviours.turns import known_grams

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


CONTENT = Column(dict.fromkeys(_STOP, 0), 1)  # whether a word carries a subject
FIGURE = Column(dict.fromkeys(_FIGURES, 1), lambda word: word[0].isdigit())  # whether it is a number


class WordTable:
    """What the features know of each word of the register.

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
    """

    def __init__(self, ids: Mapping[str, int], char_columns: Mapping[str, int], char_range: tuple[int, int]) -> None:
        self.ids = Column(ids)
        self._char_columns, self._char_range = dict(char_columns), char_range
        self._age = -1

    def grams(self) -> tuple[array[int], array[int]]:
        """Where the columns of each word's character n-grams begin (length words + 1), and these columns."""
        if self._age != REGISTER.age:
            self._age, self._begin, self._chars = REGISTER.age, array("q", [0]), array("i")
        columns = self._char_columns
        for word in REGISTER.words[len(self._begin) - 1 :]:
            self._chars.extend(known_grams(word, *self._char_range, columns))
            self._begin.append(len(self._chars))
        return self._begin, self._chars
