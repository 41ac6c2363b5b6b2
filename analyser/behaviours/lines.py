"""Many turns' words side by side, as bit sets, so that a phrase is tried on all of them in a few operations.

Every word has a place, and every turn one more place after its last word, so that nothing matches across turns. A set of
places is one Python integer, bit p for place p: "i am" begins wherever there is an "i" and, one place on, an "am",
which is ``having(i) & (having(am) >> 1)`` for thousands of words in a microsecond.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Sequence, Set

import numpy as np

from analyser.behaviours.matrices import Array
from analyser.behaviours.parts import Word

_MEMORY = 200_000  # words at the most whose number is remembered


class Vocabulary:
    """Numbers for the words that some phrases tell apart; 0 for all others.

    Parameters
    ----------
    parts
        The words that the phrases ask for.
    """

    def __init__(self, parts: Iterable[Word]) -> None:
        asked = list(dict.fromkeys(parts))
        self._open = [p for p in asked if not p.listed and not p.any]
        self._numbers: dict[str, int] = {}
        for part in asked:
            for word in part.words:
                self._numbers.setdefault(word, len(self._numbers) + 1)
        self._members = {p: {self._numbers[w] for w in p.words} for p in asked}
        for part in self._open:
            self._members[part].update(n for w, n in self._numbers.items() if part.allows(w))
        self.size = len(self._numbers) + 1
        self._alike: dict[tuple[Word, ...], int] = {(): 0}

    def numbers(self, words: Sequence[str]) -> list[int]:
        """The number of each word."""
        known: list[int | None] = list(map(self._numbers.get, words))
        return [self._learn(w) if n is None else n for w, n in zip(words, known, strict=True)]

    def _learn(self, word: str) -> int:
        """Words that no phrase names are told apart only by how they begin; those alike share a number."""
        if word in self._numbers:
            return self._numbers[word]
        signs = tuple(part for part in self._open if part.allows(word))
        number = self._alike.get(signs)
        if number is None:
            number = self._alike[signs] = self.size
            self.size += 1
            for part in signs:
                self._members[part].add(number)
        if len(self._numbers) < _MEMORY:  # bounded: a stream of unseen words must not fill memory
            self._numbers[word] = number
        return number

    def members(self, part: Word) -> Set[int]:
        """The numbers of the words that a part allows."""
        return self._members[part]


class Lines:
    """The words of several turns.

    Parameters
    ----------
    vocabulary
        Numbers the words; it must know the parts of every phrase that is tried.
    turns
        The words of each turn.

    Attributes
    ----------
    everywhere, words, firsts, lasts
        Bit sets: all places, those of words, of turns' first words, and after their last words.
    turn_of
        The index of the turn of each place, shape (places,).
    begins
        The place of the first word of each turn, shape (turns,).
    """

    def __init__(self, vocabulary: Vocabulary, turns: Sequence[Sequence[str]]) -> None:
        self._vocabulary = vocabulary
        lengths = np.fromiter(map(len, turns), dtype=np.int64, count=len(turns))
        after = np.cumsum(lengths + 1) - 1
        self.begins: Array = after - lengths
        self.turn_of: Array = np.repeat(np.arange(len(turns)), lengths + 1)
        count = len(self.turn_of)
        self._bytes = -(-count // 64) * 8
        self.everywhere = (1 << count) - 1
        self.lasts = self._set(after)
        self.words = self.everywhere ^ self.lasts
        self.firsts = self._set(self.begins)
        numbers = vocabulary.numbers(list(itertools.chain.from_iterable(turns)))
        is_word = np.ones(count, dtype=bool)
        is_word[after] = False
        self._places = self._by_number(np.array(numbers, dtype=np.int64), np.flatnonzero(is_word))
        self._having: list[dict[Word, int]] = [{}]
        self._rest, self._moved = 0, dict[int, int]()

    def _set(self, places: Array) -> int:
        flags = np.zeros(self._bytes * 8, dtype=bool)
        flags[places] = True
        return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")

    def _by_number(self, numbers: Array, places: Array) -> dict[int, int]:
        """The places of each number but 0."""
        there = np.zeros(self._vocabulary.size, dtype=bool)
        there[numbers] = True
        there[0] = False
        used = np.flatnonzero(there)
        row = np.cumsum(there) - 1
        wanted = numbers > 0
        numbers, places = numbers[wanted], places[wanted]
        table = np.zeros(len(used) * self._bytes, dtype=np.uint8)
        bits = np.left_shift(1, places & 7).astype(np.uint8)
        np.bitwise_or.at(table, row[numbers] * self._bytes + (places >> 3), bits)
        raw, size = table.tobytes(), self._bytes
        return {n: int.from_bytes(raw[i * size : (i + 1) * size], "little") for i, n in enumerate(used.tolist())}

    @property
    def there(self) -> Collection[int]:
        """The numbers of the words that are in any turn, but 0."""
        return self._places.keys()

    def having(self, part: Word, ahead: int) -> int:
        """The places that have a word that a part allows so many words ahead; whether in the same turn is not asked."""
        known = self._having[ahead] if ahead < len(self._having) else self._further(ahead)
        found = known.get(part)
        if found is None:
            if ahead:
                found = self.having(part, ahead - 1) >> 1
            elif part.any:
                found = self.words
            else:
                found = 0
                for number in self._places.keys() & self._vocabulary.members(part):
                    found |= self._places[number]
            known[part] = found
        return found

    def _further(self, ahead: int) -> dict[Word, int]:
        while len(self._having) <= ahead:
            self._having.append({})
        return self._having[ahead]

    def before(self, places: int, rest: int, count: int) -> int:
        """Those of the places that stand so many words before one of ``rest``."""
        if not places or rest is self.everywhere:
            return places
        if rest is not self._rest:
            self._rest, self._moved = rest, {}
        moved = self._moved.get(count)
        if moved is None:
            moved = self._moved[count] = rest >> count
        return places & moved

    def spread(self, sets: Sequence[int]) -> tuple[Array, Array]:
        """The members of several bit sets: which set, in order, and which place, both shape (members,)."""
        raw = b"".join(s.to_bytes(self._bytes, "little") for s in sets)
        chunks = np.frombuffer(raw, dtype="<u8")
        filled = np.flatnonzero(chunks)
        bits = np.unpackbits(chunks[filled].view(np.uint8).reshape(-1, 8), axis=1, bitorder="little")
        at, bit = np.nonzero(bits)
        per_set = self._bytes // 8
        return filled[at] // per_set, filled[at] % per_set * 64 + bit
