"""The phrase language of the rule files, over the normal words of turns.

A phrase is words as they are spoken; what is between them may vary:

========== =======================================================
``word``    that word, in any spelling that reads the same ("i'm", "im", "I am")
``word*``   any word that begins so
``word?``   the word may be absent
``(a|b c)`` one of these, each a phrase; ``(a|b)?`` may be absent
``_``       any one word
``...``     up to four words
``#``       a number, in figures or words
``<name>``  a word or phrase of the list ``name`` in data/lexicons/words.yaml
``^`` ``$`` the turn begins, or ends, here
========== =======================================================

``programs`` tries them on many turns at once. spaCy's Matcher runs 600 such patterns at 1.8k turns a second.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from analyser.behaviours.parts import Choice, Edge, Gap, Maybe, Part, Row, Run, Word, rarest_first

Words = Callable[[str], tuple[str, ...]]
Lists = Mapping[str, Sequence[str]]

_TOKEN = re.compile(r"\s*(\.\.\.|[()|?^$#]|<[a-z_]+>|_(?![\w'])|[\w'’.:\-/&+]+\*?)")
_NUMBERS = frozenset(
    (
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand half couple few"
    ).split()
)


class PhraseError(ValueError):
    """A phrase does not follow the phrase language; the message says why."""


@dataclass(slots=True)
class Phrase:
    """A phrase, checked.

    Parameters
    ----------
    text
        As written in the rule file.
    part
        What it is made of.
    """

    text: str
    part: Part
    _pattern: re.Pattern[str] | None = None

    def rarest(self, count: int) -> list[frozenset[str]]:
        """Sets of words, one of each of which is in any turn that it can match: the rarest, filled up by empty ones."""
        return [*rarest_first(self.part.needs())[:count], *[frozenset()] * count][:count]

    def find(self, line: str, start: int = 0) -> re.Match[str] | None:
        """The first match in one turn's ``line``; for single look-ups, ``programs`` is for many."""
        if self._pattern is None:
            self._pattern = re.compile(self.part.regex() + "(?= )")
        return self._pattern.search(line, start)


@lru_cache(maxsize=20_000)
def _word(words: frozenset[str]) -> Word:
    """One object for one set of words, so that its places are looked up once for all phrases that ask for it."""
    return Word(words)


def _literal(words: Sequence[str]) -> Part:
    return _run([_word(frozenset({w})) for w in words])


def _run(parts: Sequence[Part]) -> Part:
    """Parts in a row, those that are single words taken together."""
    if len(parts) == 1:
        return parts[0]
    flat: list[Part] = []
    row: list[Word] = []
    for part in itertools.chain.from_iterable(p.inner() if p.__class__ is Run else (p,) for p in parts):
        if part.__class__ is Word or part.__class__ is Row:
            row += part.asked()
        else:
            if row:
                flat.append(_row(row))
                row = []
            before = flat[-1] if flat else None
            if isinstance(part, Gap) and isinstance(before, Gap):
                flat[-1] = Gap(before.words + part.words)
            else:
                flat.append(part)
    if row:
        flat.append(_row(row))
    return flat[0] if len(flat) == 1 else Run(flat)


def _row(words: Sequence[Word]) -> Part:
    return words[0] if len(words) == 1 else Row(words)


def _choice(options: Sequence[Part]) -> Part:
    """One of several parts, neighbouring single words taken together."""
    flat: list[Part] = []
    words: list[Word] = []
    for part in itertools.chain.from_iterable(p.inner() if p.__class__ is Choice else (p,) for p in options):
        if isinstance(part, Word) and part.listed:
            words.append(part)
        else:
            if words:
                flat.append(_one_of(words))
                words = []
            flat.append(part)
    if words:
        flat.append(_one_of(words))
    return flat[0] if len(flat) == 1 else Choice(flat)


def _one_of(words: Sequence[Word]) -> Word:
    return words[0] if len(words) == 1 else _word(frozenset().union(*(w.words for w in words)))


@lru_cache(maxsize=1_000)
def _prefix(text: str) -> Word:
    return Word(prefix=text)


_NUMBER = Word(_NUMBERS, digits=True)
_FIXED: dict[str, Part] = {
    "...": Gap(), "_": Word(any=True), "#": _NUMBER, "<number>": _NUMBER, "^": Edge(first=True), "$": Edge(first=False),
}  # fmt: skip


class Compiler:
    """Compiles phrases; what they share is worked out once.

    Parameters
    ----------
    words
        Gives the normal forms of a text, as ``Language.words``.
    lists
        The word lists that ``<name>`` may refer to.
    """

    def __init__(self, words: Words, lists: Lists) -> None:
        self._words = words
        self._lists = lists
        self._known: dict[str, Part] = {}

    def compile(self, text: str) -> Phrase:
        """Compile one phrase.

        Raises
        ------
        PhraseError
            Where the text does not follow the phrase language.
        """
        part = _Parser(text, self._said).parse()
        if part.empty:
            raise PhraseError("all of it may be absent")
        return Phrase(text, part)

    def _said(self, token: str) -> Part:
        """What a word or the name of a list stands for."""
        part = self._known.get(token)
        if part is None:
            part = self._known[token] = self._list(token[1:-1]) if token.startswith("<") else self._word(token)
        return part

    def _word(self, token: str) -> Part:
        if token.endswith("*"):
            return _prefix(token[:-1].lower())
        normal = self._words(token)
        if not normal:
            raise PhraseError(f"{token!r} has no word in it (fillers such as 'um' are passed over)")
        return _literal(normal)

    def _list(self, name: str) -> Part:
        try:
            entries = self._lists[name]
        except KeyError:
            known = ", ".join(sorted(self._lists))
            raise PhraseError(f"there is no word list {name!r}; the lists are {known}") from None
        return _choice([_literal(words) for words in map(self._words, entries) if words])


class _Parser:
    def __init__(self, text: str, said: Callable[[str], Part]) -> None:
        self._said = said
        self._tokens = self._split(text)
        self._at = 0

    @staticmethod
    def _split(text: str) -> list[str]:
        tokens: list[str] = []
        at = 0
        text = text.strip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise PhraseError(f"cannot read it from {text[at : at + 12]!r} on")
            tokens.append(match[1])
            at = match.end()
        if not tokens:
            raise PhraseError("it is empty")
        return tokens

    def _peek(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def parse(self) -> Part:
        part = self._options()
        if self._peek() is not None:
            raise PhraseError("there is a ')' too many")
        return part

    def _options(self) -> Part:
        options = [self._run()]
        while self._peek() == "|":
            self._at += 1
            options.append(self._run())
        return options[0] if len(options) == 1 else _choice(options)

    def _run(self) -> Part:
        parts: list[Part] = []
        while (token := self._peek()) not in (None, "|", ")"):
            assert token is not None
            self._at += 1
            part = self._element(token)
            if self._peek() == "?":
                self._at += 1
                part = Maybe(part)
            parts.append(part)
        if not parts:
            raise PhraseError("an alternative is empty")
        return _run(parts)

    def _element(self, token: str) -> Part:
        if token == "(":
            part = self._options()
            if self._peek() != ")":
                raise PhraseError("a '(' is not closed")
            self._at += 1
            return part
        if token == "?":
            raise PhraseError("a '?' has nothing before it")
        if token in _FIXED:
            return _FIXED[token]
        return self._said(token)


def compile_phrase(text: str, *, words: Words, lists: Lists) -> Phrase:
    """Compile one phrase; see ``Compiler``."""
    return Compiler(words, lists).compile(text)
