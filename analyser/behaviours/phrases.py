"""The phrase language of the rule files, compiled to regular expressions over a turn's line of normal words.

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

Every phrase knows its anchors: words, or pairs of neighbouring words, of which at least one is in any turn that it can
match. Phrases are looked up by them, so a turn is only tried against the few that could hit; spaCy's Matcher, which
tries all, runs 600 patterns at 1.8k turns a second.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Words = Callable[[str], tuple[str, ...]]
Lists = Mapping[str, Sequence[str]]

_TOKEN = re.compile(r"\s*(\.\.\.|[()|?^$#]|<[a-z_]+>|_(?![\w'])|[\w'’.:\-/&+]+\*?)")
_GAP = r"(?: \S+){0,4}?"
_NUMBER_WORDS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    "eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|half|couple|few"
)
_NUMBER = rf" (?:\d\S*|{_NUMBER_WORDS})"

# Words in so many turns that they make poor anchors; the cost is roughly how often they occur in a thousand turns.
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


class PhraseError(ValueError):
    """A phrase does not follow the phrase language; the message says why."""


@dataclass(slots=True)
class Phrase:
    """A phrase, checked; its expression is compiled when it is first tried, since most never are in a short run.

    Parameters
    ----------
    text
        As written in the rule file.
    regex
        Matches in ``ParsedTurn.line``.
    anchors
        Words and word pairs ("i am") of which at least one must be in the turn; empty where none can be named.
    needs
        Further such sets, of each of which at least one must be in the turn.
    """

    text: str
    regex: str
    anchors: frozenset[str]
    needs: tuple[frozenset[str], ...] = ()
    _pattern: re.Pattern[str] | None = None

    def find(self, line: str, start: int = 0) -> re.Match[str] | None:
        """The first match in a line of normal words."""
        if self._pattern is None:
            self._pattern = re.compile(self.regex)
        return self._pattern.search(line, start)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a phrase: its expression, and what must be in a turn for it to match.

    ``needs`` are sets of words or word pairs, one of each of which must occur; ``starts`` and ``ends`` are the words
    that it can begin and end with, None where that is open; ``optional`` pieces need nothing.
    """

    regex: str
    needs: tuple[frozenset[str], ...] = ()
    starts: frozenset[str] | None = None
    ends: frozenset[str] | None = None
    optional: bool = False


_PAIRS = 80  # more pairs than this between two parts are not worth keeping


def _cost(needed: frozenset[str]) -> float:
    """Roughly how many of a thousand turns have one of these words or pairs."""
    total = 0.0
    for entry in needed:
        first, _, second = entry.partition(" ")
        cost = float(_COMMON.get(first, 1))
        total += cost * _COMMON.get(second, 1) / 1000 if second else cost
    return total


def _literal(words: Sequence[str]) -> _Piece:
    regex = "".join(" " + re.escape(w) for w in words)
    singles = [frozenset({w}) for w in words] if len(words) == 1 else []
    pairs = [frozenset({f"{a} {b}"}) for a, b in itertools.pairwise(words)]
    return _Piece(regex, tuple(singles + pairs), frozenset({words[0]}), frozenset({words[-1]}))


def _sequence(pieces: Sequence[_Piece]) -> _Piece:
    if len(pieces) == 1:
        return pieces[0]
    needs = [need for p in pieces if not p.optional for need in p.needs]
    for i, piece in enumerate(pieces):
        if piece.optional or piece.ends is None:
            continue
        following = _starts(pieces[i + 1 :])
        if following is not None and len(piece.ends) * len(following) <= _PAIRS:
            needs.append(frozenset(f"{a} {b}" for a in piece.ends for b in following))
    return _Piece(
        "".join(p.regex for p in pieces), tuple(dict.fromkeys(needs)), _starts(pieces), _ends(pieces),
        all(p.optional for p in pieces),
    )  # fmt: skip


def _starts(pieces: Sequence[_Piece]) -> frozenset[str] | None:
    """The words that a run of pieces can begin with; None where that is open, or all may be absent."""
    found: set[str] = set()
    for piece in pieces:
        if piece.starts is None:
            return None
        found |= piece.starts
        if not piece.optional:
            return frozenset(found)
    return None


def _ends(pieces: Sequence[_Piece]) -> frozenset[str] | None:
    found: set[str] = set()
    for piece in reversed(pieces):
        if piece.ends is None:
            return None
        found |= piece.ends
        if not piece.optional:
            return frozenset(found)
    return None


def _alternation(options: Sequence[_Piece]) -> _Piece:
    regex = "(?:" + "|".join(o.regex for o in options) + ")"
    best = [min(o.needs, key=_cost, default=None) for o in options]
    needed = None if any(b is None for b in best) else frozenset().union(*[b for b in best if b])
    starts = None if any(o.starts is None for o in options) else frozenset().union(*[o.starts or () for o in options])
    ends = None if any(o.ends is None for o in options) else frozenset().union(*[o.ends or () for o in options])
    optional = any(o.optional for o in options)
    return _Piece(regex, () if needed is None or optional else (needed,), starts, ends, optional)


def _optional(piece: _Piece) -> _Piece:
    return _Piece(f"(?:{piece.regex})?", (), piece.starts, piece.ends, True)


class _Parser:
    def __init__(self, text: str, words: Words, lists: Lists) -> None:
        self._words = words
        self._lists = lists
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

    def parse(self) -> _Piece:
        piece = self._options()
        if self._peek() is not None:
            raise PhraseError("there is a ')' too many")
        return piece

    def _options(self) -> _Piece:
        options = [self._run()]
        while self._peek() == "|":
            self._at += 1
            options.append(self._run())
        return options[0] if len(options) == 1 else _alternation(options)

    def _run(self) -> _Piece:
        pieces: list[_Piece] = []
        while (token := self._peek()) not in (None, "|", ")"):
            assert token is not None
            self._at += 1
            piece = self._element(token)
            if self._peek() == "?":
                self._at += 1
                piece = _optional(piece)
            pieces.append(piece)
        if not pieces:
            raise PhraseError("an alternative is empty")
        return _sequence(pieces)

    def _element(self, token: str) -> _Piece:
        if token == "(":
            piece = self._options()
            if self._peek() != ")":
                raise PhraseError("a '(' is not closed")
            self._at += 1
            return piece
        if token == "?":
            raise PhraseError("a '?' has nothing before it")
        fixed = {"...": _GAP, "_": r" \S+", "#": _NUMBER, "<number>": _NUMBER, "^": "^(?= )", "$": "(?= $)"}.get(token)
        if fixed is not None:
            # the edges take no room: what is before and after them stands side by side
            edge = token in ("^", "$")
            return _Piece(fixed, (), frozenset() if edge else None, frozenset() if edge else None, edge)
        if token.startswith("<"):
            return self._list(token[1:-1])
        if token.endswith("*"):
            return _Piece(rf" {re.escape(token[:-1].lower())}\S*")
        normal = self._words(token)
        if not normal:
            raise PhraseError(f"{token!r} has no word in it (fillers such as 'um' are passed over)")
        return _literal(normal)

    def _list(self, name: str) -> _Piece:
        try:
            entries = self._lists[name]
        except KeyError:
            known = ", ".join(sorted(self._lists))
            raise PhraseError(f"there is no word list {name!r}; the lists are {known}") from None
        return _alternation([_literal(self._words(entry)) for entry in entries])


def compile_phrase(text: str, *, words: Words, lists: Lists) -> Phrase:
    """Compile one phrase.

    Parameters
    ----------
    text
        In the phrase language, see the module's docstring.
    words
        Gives the normal forms of a text, as ``Language.words``.
    lists
        The word lists that ``<name>`` may refer to.

    Raises
    ------
    PhraseError
        Where the text does not follow the phrase language.
    """
    piece = _Parser(text, words, lists).parse()
    if piece.optional:
        raise PhraseError("all of it may be absent")
    needs = sorted(piece.needs, key=_cost)
    phrase = Phrase(text, piece.regex + "(?= )", needs[0] if needs else frozenset(), tuple(needs[1:]))
    if not needs and phrase.find(" "):
        raise PhraseError("it matches an empty turn")
    return phrase
