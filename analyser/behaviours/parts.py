"""The parts that a phrase is made of: what each can match, in a turn's words one by one or in all turns at once.

``starts`` asks for many turns together, on bit sets (see ``lines``): where could this part begin, if what follows it
may begin at ``rest``? ``ends`` asks within one turn, in order of preference: alternatives as written, an optional part
rather there than not, a gap as short as can be.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyser.behaviours.lines import Lines

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


def rarest(needs: Sequence[frozenset[str]]) -> frozenset[str] | None:
    """The set whose words occur least often; None where there is none."""
    return min(needs, key=lambda words: sum(_COMMON.get(w, 1) for w in words), default=None)


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
    def starts(self, lines: Lines, rest: int) -> int:
        """Where it can begin, if what follows may begin at ``rest`` (both bit sets over the places of ``lines``)."""

    @abstractmethod
    def ends(self, words: Sequence[str], at: int) -> Iterator[int]:
        """The places after it in one turn where it begins at word ``at``, the preferred first."""

    @abstractmethod
    def regex(self) -> str:
        """The same as a regular expression over words that each have a space before them."""

    def needs(self) -> list[frozenset[str]]:
        """Sets of words, one of each of which is in every turn that it matches."""
        return []

    def inner(self) -> Sequence[Part]:
        """The parts that it is made of."""
        return ()

    def firsts(self) -> frozenset[str] | None:
        """The words that it can begin with; None where that is open."""
        return None

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

    def firsts(self) -> frozenset[str] | None:
        return self.words if self.listed else None

    def allows(self, word: str) -> bool:
        """Whether it matches a word."""
        return (
            self.any
            or word in self.words
            or (self.prefix != "" and word.startswith(self.prefix))
            or (self.digits and word[0].isdecimal())
        )

    def starts(self, lines: Lines, rest: int) -> int:
        return lines.before(lines.having(self, 0), rest, 1)

    def ends(self, words: Sequence[str], at: int) -> Iterator[int]:
        if at < len(words) and self.allows(words[at]):
            yield at + 1

    def regex(self) -> str:
        if self.any:
            return r" \S+"
        options = [re.escape(w) for w in sorted(self.words)]
        options += [r"\d\S*"] * self.digits + [re.escape(self.prefix) + r"\S*"] * bool(self.prefix)
        return f" (?:{'|'.join(options)})(?= )"

    def needs(self) -> list[frozenset[str]]:
        return [self.words] if self.listed else []


class Gap(Part):
    """``...``: up to ``GAP_WORDS`` words."""

    __slots__ = ("empty",)

    def __init__(self) -> None:
        self.empty = True

    def starts(self, lines: Lines, rest: int) -> int:
        found = rest
        for _ in range(GAP_WORDS):
            rest = lines.before(lines.words, rest, 1)
            if not rest:
                break
            found |= rest
        return found

    def ends(self, words: Sequence[str], at: int) -> Iterator[int]:
        yield from range(at, min(at + GAP_WORDS, len(words)) + 1)

    def regex(self) -> str:
        return rf"(?: \S+){{0,{GAP_WORDS}}}?"


class Edge(Part):
    """``^`` or ``$``: the turn begins, or ends, here."""

    __slots__ = ("_first", "empty")

    def __init__(self, *, first: bool) -> None:
        self.empty = True
        self._first = first

    def starts(self, lines: Lines, rest: int) -> int:
        return rest & (lines.firsts if self._first else lines.lasts)

    def ends(self, words: Sequence[str], at: int) -> Iterator[int]:
        if at == (0 if self._first else len(words)):
            yield at

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

    def firsts(self) -> frozenset[str] | None:
        return self.words[0].firsts()

    def asked(self) -> Iterator[Word]:
        return iter(self.words)

    def starts(self, lines: Lines, rest: int) -> int:
        having = lines.having
        found = having(self.words[0], 0)
        for at in range(1, len(self.words)):
            if not found:
                return 0
            found &= having(self.words[at], at)
        return lines.before(found, rest, len(self.words))

    def ends(self, words: Sequence[str], at: int) -> Iterator[int]:
        end = at + len(self.words)
        if end <= len(words) and all(w.allows(words[at + i]) for i, w in enumerate(self.words)):
            yield end

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

    def firsts(self) -> frozenset[str] | None:
        return None if self._parts[0].empty else self._parts[0].firsts()

    def starts(self, lines: Lines, rest: int) -> int:
        for part in reversed(self._parts):
            rest = part.starts(lines, rest)
            if not rest:
                break
        return rest

    def ends(self, words: Sequence[str], at: int) -> Iterator[int]:
        return self._from(words, at, 0)

    def _from(self, words: Sequence[str], at: int, number: int) -> Iterator[int]:
        if number == len(self._parts) - 1:
            yield from self._parts[number].ends(words, at)
        else:
            for between in self._parts[number].ends(words, at):
                yield from self._from(words, between, number + 1)

    def regex(self) -> str:
        return "".join(p.regex() for p in self._parts)

    def needs(self) -> list[frozenset[str]]:
        return [need for p in self._parts if not p.empty for need in p.needs()]


class Choice(Part):
    """One of several parts, the preferred first."""

    __slots__ = ("_by_first", "_options", "empty")

    def __init__(self, options: Sequence[Part]) -> None:
        self._options = tuple(options)
        self._by_first: dict[str, list[Part]] | None = None  # made when first needed
        self.empty = any(o.empty for o in options)

    def inner(self) -> Sequence[Part]:
        return self._options

    def starts(self, lines: Lines, rest: int) -> int:
        found = 0
        for option in self._options:
            found |= option.starts(lines, rest)
        return found

    def ends(self, words: Sequence[str], at: int) -> Iterator[int]:
        if self._by_first is None:
            self._by_first = self._sorted()
        for option in self._by_first.get(words[at] if at < len(words) else "", self._by_first[""]):
            yield from option.ends(words, at)

    def _sorted(self) -> dict[str, list[Part]]:
        """The options to try at each first word, in order; under "" those to try at any other."""
        firsts = [option.firsts() for option in self._options]
        every = {"", *(word for its in firsts if its is not None for word in its)}
        table: dict[str, list[Part]] = {word: [] for word in every}
        for option, its in zip(self._options, firsts, strict=True):
            for word in every if its is None else its:
                table[word].append(option)
        return table

    def regex(self) -> str:
        return f"(?:{'|'.join(o.regex() for o in self._options)})"

    def needs(self) -> list[frozenset[str]]:
        best = [rarest(o.needs()) for o in self._options]
        return [] if None in best else [frozenset().union(*(b for b in best if b is not None))]


class Maybe(Part):
    """A part that may be absent."""

    __slots__ = ("_part", "empty")

    def __init__(self, part: Part) -> None:
        self._part = part
        self.empty = True

    def inner(self) -> Sequence[Part]:
        return (self._part,)

    def starts(self, lines: Lines, rest: int) -> int:
        return rest | self._part.starts(lines, rest)

    def ends(self, words: Sequence[str], at: int) -> Iterator[int]:
        yield from self._part.ends(words, at)
        yield at

    def regex(self) -> str:
        return f"(?:{self._part.regex()})?"
