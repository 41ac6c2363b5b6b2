"""Phrases as programs for the compiled matcher, and the numbers of the words that they tell apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from analyser.behaviours.matching import (
    ANY,
    AT_ONE_OF,
    BY_WORD,
    DONE,
    EITHER,
    FIRST,
    GO,
    ONE_OF,
    SCAN,
    WORD,
    Tries,
    matches,
)
from analyser.behaviours.matrices import Array
from analyser.behaviours.parts import Word
from analyser.behaviours.phrases import Phrase
from analyser.behaviours.register import Column

_NEEDS = 2  # how many of the words that a phrase cannot do without are looked for before it is tried


class Vocabulary:
    """Numbers for the words that some phrases tell apart; 0 for all others.

    Parameters
    ----------
    parts
        The words that the phrases ask for.

    Attributes
    ----------
    column
        The number of each word of the register.
    """

    def __init__(self, parts: Iterable[Word]) -> None:
        asked = list(dict.fromkeys(parts))
        self._open = [p for p in asked if not p.listed and not p.any]
        self._with_digits = [p for p in self._open if p.digits]
        self._open_at = {  # those to be asked of a word that begins with a letter
            letter: [p for p in self._open if p.digits or p.prefix[:1] == letter]
            for letter in {p.prefix[0] for p in self._open if p.prefix}
        }
        self._numbers: dict[str, int] = {}
        for part in asked:
            for word in part.words:
                self._numbers.setdefault(word, len(self._numbers) + 1)
        self._open_members = {p: {n for w, n in self._numbers.items() if p.allows(w)} for p in self._open}
        self.size = len(self._numbers) + 1
        self._alike: dict[tuple[Word, ...], int] = {(): 0}
        self.column = Column(self._numbers, self._kind)
        for part in self._open:
            self._kind(part.prefix or "0")  # few kinds are then met later, each of which costs a new table

    def _kind(self, word: str) -> int:
        """Words that no phrase names are told apart only by how they begin; those alike share a number."""
        signs = tuple(part for part in self._open_at.get(word[0], self._with_digits) if part.allows(word))
        number = self._alike.get(signs)
        if number is None:
            number = self._alike[signs] = self.size
            self.size += 1
            for part in signs:
                self._open_members[part].add(number)
        return number

    def known(self, words: Iterable[str]) -> list[int]:
        """The numbers of words that phrases name."""
        return [self._numbers[word] for word in words]

    def members(self, part: Word) -> Iterable[int]:
        """The numbers of the words that a part allows."""
        if part.any:
            return range(self.size)
        return self._open_members[part] if part in self._open_members else self.known(part.words)


def _paired(lists: Sequence[Array]) -> tuple[Array, Array]:
    """The items of lists one after the other, and the index of the list that each is from."""
    items = np.concatenate([*lists, np.zeros(0, dtype=np.int64)])
    return items, np.repeat(np.arange(len(lists)), [len(its) for its in lists])


class Program:
    """Instructions (operation and two operands each), one phrase after the other.

    Parameters
    ----------
    vocabulary
        Numbers the words that the phrases ask for.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.steps: list[tuple[int, int, int]] = []
        self.sets: dict[tuple[Word, ...], int] = {}
        self.switches: list[tuple[int, int]] = []

    @property
    def here(self) -> int:
        """Where the next instruction comes to stand."""
        return len(self.steps)

    def put(self, operation: int, a: int = 0, b: int = 0) -> int:
        """Append an instruction; gives where it stands."""
        self.steps.append((operation, a, b))
        return len(self.steps) - 1

    def operands(self, at: int, *, a: int | None = None, b: int | None = None) -> None:
        """Fill in what was not known when the instruction was put there."""
        operation, a_before, b_before = self.steps[at]
        self.steps[at] = operation, a_before if a is None else a, b_before if b is None else b

    def word(self, part: Word) -> None:
        """Append the instruction that passes one word which a part allows."""
        if part.any:
            self.put(ANY)
        elif part.listed and len(part.words) == 1:
            self.put(WORD, *self._vocabulary.members(part))
        else:
            self.put(ONE_OF, self.set_of([part]))

    def set_of(self, parts: Iterable[Word]) -> int:
        """The number of the set of words that any of some parts allows."""
        return self.sets.setdefault(tuple(dict.fromkeys(parts)), len(self.sets))

    def switch(self, at: int, targets: Mapping[str, int]) -> None:
        """Fill in where a ``BY_WORD`` instruction goes on at each word."""
        numbers = self._vocabulary.known(targets)
        self.operands(at, a=len(self.switches), b=len(numbers))
        self.switches += sorted(zip(numbers, targets.values(), strict=True))

    def phrase(self, phrase: Phrase) -> int:
        """Append a phrase; gives where it begins."""
        begin = self.here
        phrase.part.write(self)
        self.put(DONE)
        return begin

    def passed(self, ats: Iterable[int]) -> frozenset[tuple[int, int]]:
        """Which words instructions pass: operation and operand of each."""
        its = (self.steps[at][:2] for at in ats)
        return frozenset((ANY, 0) if operation in (ANY, SCAN) else (operation, a) for operation, a in its)

    def next_words(self, ats: Iterable[int]) -> tuple[set[int], bool]:
        """The instructions that may pass the next word from there on, and whether a phrase may end before it."""
        found: set[int] = set()
        seen: set[int] = set()
        ends = False
        waiting = list(ats)
        while waiting:
            at = waiting.pop()
            if at in seen:
                continue
            seen.add(at)
            operation, a, b = self.steps[at]
            if operation == EITHER:
                waiting += [a, b]
            elif operation == GO:
                waiting.append(a)
            elif operation in (FIRST, AT_ONE_OF):
                waiting.append(at + 1)
            elif operation == BY_WORD:
                waiting += {target for _, target in self.switches[a : a + b]}
            elif operation in (WORD, ONE_OF, ANY, SCAN):
                found.add(at)
            else:
                ends = True
        return found, ends


class Matcher:
    """Tries phrases on many turns at once.

    Parameters
    ----------
    phrases
        All phrases.
    wanted
        The numbers of those to look for in the turns of sides 0 and 1.
    """

    def __init__(self, phrases: Sequence[Phrase], wanted: Sequence[Iterable[int]]) -> None:
        self._vocabulary = Vocabulary(word for p in phrases for word in p.part.asked())
        program = Program(self._vocabulary)
        self._entry = np.array([program.phrase(p) for p in phrases], dtype=np.int32)
        self._steps = np.array(program.steps, dtype=np.int32).reshape(-1, 3)
        self._switches = np.array(program.switches, dtype=np.int32).reshape(-1, 2)
        self._sets = list(program.sets)
        needs: dict[frozenset[str], int] = {frozenset(): 0}
        numbered = [[needs.setdefault(need, len(needs)) for need in p.rarest(_NEEDS)] for p in phrases]
        self._needs, self._met_by = np.array(numbered, dtype=np.int64).reshape(-1, _NEEDS), list(needs)
        self._at_start = self._steps[self._entry, 0] == FIRST
        self._first, self._second = [], []
        for entry in self._entry.tolist():
            first, _ = program.next_words([entry])
            second, ends = program.next_words(at + 1 for at in first)
            self._first.append(program.passed(first))
            ends = ends or any(program.steps[at][0] == SCAN for at in first)  # the scan may go on
            self._second.append(None if ends else program.passed(second))
        self._wanted = [np.array(sorted(its), dtype=np.int64) for its in wanted]
        self._fit()

    def _fit(self) -> None:
        """Fit the tables to the vocabulary, which grows as new kinds of words are met."""
        size = self._fitted = self._vocabulary.size
        known, every = self._vocabulary.members, np.arange(size)
        parts = {part: np.fromiter(known(part), dtype=np.int64) for its in self._sets for part in its}
        members = [np.concatenate([parts[part] for part in its]) for its in self._sets]

        def passed(steps: Iterable[tuple[int, int]]) -> Array:
            its = (every if op == ANY else members[a] if op == ONE_OF else np.array([a]) for op, a in steps)
            return np.concatenate([every[:0], *its])

        begins = [passed(its) for its in self._first]
        seconds = {its: len(members) + i for i, its in enumerate(dict.fromkeys(its for its in self._second if its))}
        number, row = _paired([*members, *map(passed, seconds)])
        self._table = np.zeros((size, (len(members) + len(seconds)) // 8 + 1), dtype=np.uint8)
        np.bitwise_or.at(self._table, (number, row >> 3), np.left_shift(1, row & 7).astype(np.uint8))
        second = np.array([seconds[its] if its else -1 for its in self._second])
        tried = []
        for its in self._wanted:
            for wanted in (its, its[~self._at_start[its]]):
                number, at = _paired([begins[phrase] for phrase in wanted])
                tried.append(np.unique(number * len(begins) + wanted[at]))
        begin = np.array([np.searchsorted(its, np.arange(size + 1) * len(begins)) for its in tried])
        begin += np.cumsum([0, *map(len, tried[:-1])])[:, None]
        phrase = np.concatenate(tried) % len(begins)
        tried_there = np.hstack([phrase[:, None], self._needs[phrase], second[phrase, None]]).astype(np.int32)
        self._tries = Tries(begin, tried_there, self._table, self._steps, self._entry, self._switches)
        number, need = _paired(
            [np.array(known_words, dtype=np.int64) for known_words in map(self._vocabulary.known, self._met_by)]
        )
        order = np.argsort(number, kind="stable")
        self._meets = need[order].astype(np.int32)
        self._meets_begin = np.searchsorted(number[order], np.arange(size + 1))

    def matches(self, numbers: Array, bounds: Array, side: Array) -> Array:
        """Every place where a phrase matches, in order of turns: phrase, turn, first and last word; shape (matches, 4).

        Parameters
        ----------
        numbers, bounds
            The words' numbers in the register, and where each turn's begin (length turns + 1).
        side
            0 or 1, by which phrases are wanted; -1 for turns that are passed over.
        """
        own = self._vocabulary.column.values()[numbers]
        if self._vocabulary.size != self._fitted:
            self._fit()
        return matches(
            self._tries, self._meets_begin, self._meets, len(self._met_by), own, bounds, side.astype(np.int8),
        )  # fmt: skip
