"""The parts that a phrase is made of, and the instructions of each for the compiled matcher (see ``matching``).

Order is preference: alternatives as written, an optional part rather there than not, a gap as short as can be.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from analyser.behaviours.matching import ANY, AT_ONE_OF, BY_WORD, EITHER, FIRST, GO, LAST, SCAN

if TYPE_CHECKING:
    from analyser.behaviours.programs import Program

GAP_WORDS = 4  # the most that ``...`` passes over

# Words in so many turns that they are poor to look a phrase up by; roughly how often in a thousand turns.
_COMMON: dict[str, int] = {
    word: cost
    for cost, words in (
        (300, "i you the to a and it is that"),
        (150, "for of in on we me my your have not do can so but be this with just are what"),
        (80, "okay if yes no at was all get will would he they been know thank like up there or from us our one out"),
        (40, "right now about when how let go well then any going here see has did could she him them thanks please"),
        (25, "need help time want call day number account say said back think over as an some got because good"),
    )
    for word in words.split()
}


def rarest_first(needs: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    """Sets of words in order of how often their words occur."""
    return sorted(dict.fromkeys(needs), key=lambda words: sum(_COMMON.get(w, 1) for w in words))


class Part(ABC):
    """A part of a phrase.

    Parameters
    ----------
    empty
        Whether it can match no word at all.
    """

    __slots__ = ()
    empty: bool

    @abstractmethod
    def write(self, program: Program) -> None:
        """Write its instructions; after them comes what follows it in the phrase."""

    @abstractmethod
    def regex(self) -> str:
        """The same as a regular expression over words that each have a space before them."""

    def firsts(self) -> list[Word] | None:
        """What its first word can be; None where that is open."""
        return None

    def needs(self) -> list[frozenset[str]]:
        """Sets of words, one of each of which is in every turn that it matches."""
        return []

    def inner(self) -> Sequence[Part]:
        """The parts that it is made of."""
        return ()

    def asked(self) -> Iterator[Word]:
        """All words that it asks for."""
        for part in self.inner():
            yield from part.asked()


class Word(Part):
    """One word of a set, or that begins with ``prefix``; of figures; or any word at all."""

    __slots__ = ("any", "digits", "empty", "prefix", "words")

    def __init__(
        self, words: frozenset[str] = frozenset(), *, prefix: str = "", digits: bool = False, any: bool = False
    ) -> None:
        self.empty = False
        self.words, self.prefix, self.digits, self.any = words, prefix, digits, any

    @property
    def listed(self) -> bool:
        """Whether it allows only the words of its set."""
        return not (self.prefix or self.digits or self.any)

    def asked(self) -> Iterator[Word]:
        yield self

    def allows(self, word: str) -> bool:
        """Whether it matches a word."""
        return (
            self.any
            or word in self.words
            or (self.prefix != "" and word.startswith(self.prefix))
            or (self.digits and word[0].isdecimal())
        )

    def firsts(self) -> list[Word] | None:
        return None if self.any else [self]

    def write(self, program: Program) -> None:
        program.word(self)

    def regex(self) -> str:
        if self.any:
            return r" \S+"
        options = [re.escape(w) for w in sorted(self.words)]
        options += [r"\d\S*"] * self.digits + [re.escape(self.prefix) + r"\S*"] * bool(self.prefix)
        return f" (?:{'|'.join(options)})(?= )"

    def needs(self) -> list[frozenset[str]]:
        return [self.words] if self.listed else []


class Gap(Part):
    """``...``: up to ``GAP_WORDS`` words; several in a row are one of so many times as many."""

    __slots__ = ("empty", "words")

    def __init__(self, words: int = GAP_WORDS) -> None:
        self.empty = True
        self.words = words

    def write(self, program: Program) -> None:
        ways = []
        for _ in range(self.words):
            ways.append(program.put(EITHER))
            program.operands(ways[-1], b=program.here)
            program.put(ANY)
        for way in ways:
            program.operands(way, a=program.here)

    def regex(self) -> str:
        return rf"(?: \S+){{0,{self.words}}}?"


class Edge(Part):
    """``^`` or ``$``: the turn begins, or ends, here."""

    __slots__ = ("_first", "empty")

    def __init__(self, *, first: bool) -> None:
        self.empty = True
        self._first = first

    def write(self, program: Program) -> None:
        program.put(FIRST if self._first else LAST)

    def regex(self) -> str:
        return "^(?= )" if self._first else "(?= $)"


class Row(Part):
    """Words one right after the other."""

    __slots__ = ("empty", "words")

    def __init__(self, words: Sequence[Word]) -> None:
        self.empty = False
        self.words = tuple(words)

    def inner(self) -> Sequence[Part]:
        return self.words

    def asked(self) -> Iterator[Word]:
        return iter(self.words)

    def firsts(self) -> list[Word] | None:
        return self.words[0].firsts()

    def write(self, program: Program) -> None:
        for word in self.words:
            word.write(program)

    def regex(self) -> str:
        return "".join(w.regex() for w in self.words)

    def needs(self) -> list[frozenset[str]]:
        return [need for w in self.words for need in w.needs()]


class Run(Part):
    """Parts one after the other."""

    __slots__ = ("_parts", "empty")

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = tuple(parts)
        self.empty = all(p.empty for p in parts)

    def inner(self) -> Sequence[Part]:
        return self._parts

    def firsts(self) -> list[Word] | None:
        return None if self._parts[0].empty else self._parts[0].firsts()

    def write(self, program: Program) -> None:
        for part, following in zip_longest(self._parts, self._parts[1:]):
            firsts = following.firsts() if isinstance(part, Gap) and following else None
            if isinstance(part, Gap) and firsts is not None:
                program.put(SCAN, program.set_of(firsts), part.words)
            else:
                part.write(program)

    def regex(self) -> str:
        return "".join(p.regex() for p in self._parts)

    def needs(self) -> list[frozenset[str]]:
        return [need for p in self._parts if not p.empty for need in p.needs()]


class Choice(Part):
    """One of several parts, the preferred first."""

    __slots__ = ("_options", "empty")

    def __init__(self, options: Sequence[Part]) -> None:
        self._options = tuple(options)
        self.empty = any(o.empty for o in options)

    def inner(self) -> Sequence[Part]:
        return self._options

    def firsts(self) -> list[Word] | None:
        its = [option.firsts() for option in self._options]
        return None if None in its else [word for words in its if words for word in words]

    def write(self, program: Program) -> None:
        firsts = [option.firsts() for option in self._options]
        if all(its is not None and all(word.listed for word in its) for its in firsts):
            self._write_by_word(program, [{w for word in its or () for w in word.words} for its in firsts])
            return
        if None not in firsts:  # most places are left at one look
            program.put(AT_ONE_OF, program.set_of(word for its in firsts for word in its or ()))
        ends = []
        for option in self._options[:-1]:
            way = program.put(EITHER)
            program.operands(way, a=program.here)
            option.write(program)
            ends.append(program.put(GO))
            program.operands(way, b=program.here)
        self._options[-1].write(program)
        for end in ends:
            program.operands(end, a=program.here)

    def _write_by_word(self, program: Program, firsts: Sequence[set[str]]) -> None:
        """Go straight to the options that can begin with the word that is there."""
        switch = program.put(BY_WORD)
        begins, ends = [], []
        for option in self._options:
            begins.append(program.here)
            option.write(program)
            ends.append(program.put(GO))
        by_word: dict[str, list[int]] = {}
        for begin, words in zip(begins, firsts, strict=True):
            for word in words:
                by_word.setdefault(word, []).append(begin)
        known: dict[tuple[int, ...], int] = {}
        targets = {}
        for word, its in by_word.items():
            if tuple(its) not in known:
                known[tuple(its)] = program.here if len(its) > 1 else its[0]
                if len(its) > 1:
                    for begin in its[:-1]:
                        program.put(EITHER, begin, program.here + 1)
                    program.put(GO, its[-1])
            targets[word] = known[tuple(its)]
        program.switch(switch, targets)
        for end in ends:
            program.operands(end, a=program.here)

    def regex(self) -> str:
        return f"(?:{'|'.join(o.regex() for o in self._options)})"

    def needs(self) -> list[frozenset[str]]:
        best = [rarest_first(option.needs())[:1] for option in self._options]
        return [frozenset().union(*(b for its in best for b in its))] if all(best) else []


class Maybe(Part):
    """A part that may be absent."""

    __slots__ = ("_part", "empty")

    def __init__(self, part: Part) -> None:
        self._part = part
        self.empty = True

    def inner(self) -> Sequence[Part]:
        return (self._part,)

    def write(self, program: Program) -> None:
        way = program.put(EITHER)
        program.operands(way, a=program.here)
        self._part.write(program)
        program.operands(way, b=program.here)

    def regex(self) -> str:
        return f"(?:{self._part.regex()})?"
