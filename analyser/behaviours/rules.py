"""The rule detector: behaviour files, compiled once, and tried on the turns of many calls at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, overload

import numpy as np

from analyser.behaviours.matching import (
    BEHAVIOUR,
    FIRST_TURNS,
    LAST_TURNS,
    LIMITS,
    MAX_WORDS,
    MIN_WORDS,
    NEAR_WORDS,
    NOT_FIRST_TURNS,
    NOT_LAST_TURNS,
    QUESTION,
    REPORTED,
    ROLE,
    hits,
)
from analyser.behaviours.matrices import Array
from analyser.behaviours.names import ALL, HARMS
from analyser.behaviours.phrases import Compiler, Phrase, PhraseError, Words
from analyser.behaviours.programs import Matcher
from analyser.behaviours.register import Column
from analyser.behaviours.rows import Rows
from analyser.behaviours.schema import Rule, Strength, behaviours_dir, load_behaviours, word_lists
from analyser.errors import RuleError
from analyser.records import Role

CONFIDENCE = {Strength.SURE: 0.95, Strength.LIKELY: 0.75, Strength.HINT: 0.4}

_STRENGTHS = (Strength.SURE, Strength.LIKELY, Strength.HINT)

# Words that hand speech to somebody else; a match soon after one of them is reported, not said.
_REPORTING = Column(dict.fromkeys(["said", "says", "told", "saying", "tells", "telling"], 1))
_REPORT_REACH = 5
_MANY = 1_000_000_000  # more than any count of turns or words
_CODE = {Role.AGENT: 1, Role.CUSTOMER: 0}


class Hit(NamedTuple):
    """A rule that matched a turn.

    Parameters
    ----------
    name
        ``behaviour/rule_id``.
    first, last
        The first and the last word that it matched.
    """

    behaviour: str
    rule: Rule
    name: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class NamedRule:
    """A rule with its behaviour, and its name: ``behaviour/rule_id``."""

    behaviour: str
    role: Role
    rule: Rule
    name: str


class Rules(Sequence[NamedRule]):
    """All rules, and what the policy asks of each.

    Attributes
    ----------
    listed
        The rules.
    column
        Its behaviour's place in ``names.ALL``; -1 for one that a QA team added.
    rank
        How far it can be trusted, 0 the furthest.
    alone
        ``column`` where it can find the behaviour by itself, else -1.
    """

    def __init__(self, rules: Sequence[NamedRule] = ()) -> None:
        self.listed = list(rules)
        place = {name: i for i, name in enumerate(ALL)}
        self.column = np.array([place.get(r.behaviour, -1) for r in rules], dtype=np.int32)
        self.rank = np.array([_STRENGTHS.index(r.rule.strength) for r in rules], dtype=np.int32)
        sure = [r.rule.strength is Strength.SURE and r.behaviour not in HARMS for r in rules]
        self.alone = np.where(np.array(sure, dtype=bool), self.column, -1)

    @overload
    def __getitem__(self, number: int) -> NamedRule: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[NamedRule]: ...
    def __getitem__(self, number: int | slice) -> NamedRule | Sequence[NamedRule]:
        return self.listed[number]

    def __len__(self) -> int:
        return len(self.listed)


@dataclass(frozen=True, slots=True)
class Hits(Sequence[list[Hit]]):
    """The hits of every turn of one or several calls; item i are those of turn i, in the order of the rules.

    Parameters
    ----------
    rules
        All rules.
    rule, first, last
        The rule of each hit, and the first and last word that it matched; shapes (hits,).
    bounds
        Where each turn's begin (length turns + 1).
    """

    rules: Rules
    rule: Array
    first: Array
    last: Array
    bounds: Array

    def __len__(self) -> int:
        return len(self.bounds) - 1

    @overload
    def __getitem__(self, turn: int) -> list[Hit]: ...
    @overload
    def __getitem__(self, turn: slice) -> Hits: ...
    def __getitem__(self, turn: int | slice) -> list[Hit] | Hits:
        if isinstance(turn, slice):
            begin, end, step = turn.indices(len(self))
            assert step == 1
            bounds = self.bounds[begin : max(begin, end) + 1]
            part = slice(bounds[0], bounds[-1])
            return Hits(self.rules, self.rule[part], self.first[part], self.last[part], bounds - bounds[0])
        turn = range(len(self))[turn]
        its = range(self.bounds[turn], self.bounds[turn + 1])
        rules = (self.rules[self.rule[k]] for k in its)
        return [
            Hit(r.behaviour, r.rule, r.name, int(self.first[k]), int(self.last[k]))
            for r, k in zip(rules, its, strict=True)
        ]

    @classmethod
    def joined(cls, parts: Sequence[Hits]) -> Hits:
        """The hits of several calls, one after the other."""
        bounds = np.concatenate([np.zeros(1, dtype=np.int64), *(np.diff(p.bounds) for p in parts)]).cumsum()
        rule, first, last = (
            np.concatenate([np.zeros(0, dtype=np.int32), *(getattr(p, name) for p in parts)])
            for name in ("rule", "first", "last")
        )
        return cls(parts[0].rules if parts else Rules(), rule, first, last, bounds)

    @property
    def row(self) -> Array:
        """The turn of each hit."""
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.bounds))


def _lists(items: Sequence[Sequence[int]]) -> tuple[Array, Array]:
    """Where each list begins (length lists + 1), and all items one after the other."""
    begin = np.zeros(len(items) + 1, dtype=np.int64)
    np.cumsum([len(its) for its in items], out=begin[1:])
    return begin, np.array([item for its in items for item in its], dtype=np.int32)


class RuleDetector:
    """Finds behaviours by rules.

    Parameters
    ----------
    words
        Gives the normal forms of a text, as ``Language.words``.
    folder
        The behaviour files; those that ship where None.

    Raises
    ------
    RuleError
        Where a file or a phrase is wrong.
    """

    def __init__(self, words: Words, folder: Path | None = None) -> None:
        self.behaviours = load_behaviours(folder)
        self._rules = Rules(
            [NamedRule(b.name, Role(b.role), rule, f"{b.name}/{rule.id}") for b in self.behaviours for rule in b.rules]
        )
        rules = [r.rule for r in self._rules]
        numbers = _Numbers(words, folder or behaviours_dir())
        wanted, unless, near, after, not_after = (
            [numbers.of(named, texts) for named, texts in zip(self._rules, every, strict=True)]
            for every in (
                [r.any for r in rules], [r.unless for r in rules], [r.near.any if r.near else () for r in rules],
                [r.after for r in rules], [r.not_after for r in rules],
            )
        )  # fmt: skip
        names = {b.name: i for i, b in enumerate(self.behaviours)}
        shows = [[names.get(name, -1) for name in r.after_behaviour] for r in rules]
        sides: tuple[set[int], set[int]] = (set(), set())  # the phrases to look for in the turns of each
        for k, named in enumerate(self._rules):
            own = _CODE[named.role]
            sides[own].update(wanted[k], unless[k], near[k])
            sides[1 - own].update(after[k], not_after[k])
        self._matcher = Matcher(numbers.phrases, sides)
        self._lists = [_lists(its) for its in (unless, near, after, not_after, shows)]
        _, phrase = _lists(wanted)
        self._rule_of = np.repeat(np.arange(len(rules), dtype=np.int32), [len(its) for its in wanted])
        self._uses = np.argsort(phrase, kind="stable").astype(np.int32)
        self._uses_begin = np.searchsorted(phrase[self._uses], np.arange(len(numbers.phrases) + 1))
        self._limits = np.array([_limits(named, names) for named in self._rules], dtype=np.int32).reshape(-1, LIMITS)

    @property
    def names(self) -> tuple[str, ...]:
        """``behaviour/rule_id`` of every rule, in order."""
        return tuple(named.name for named in self._rules)

    def detect(self, rows: Rows) -> Hits:
        """The hits of every turn of several calls."""
        found = self._matcher.matches(rows.numbers, rows.bounds, rows.role)
        found, bounds = hits(
            found, self._uses_begin, self._uses, self._rule_of, self._limits, self._lists, rows.role, rows.before,
            rows.own_from_start, rows.own_from_end, rows.asks, rows.numbers, rows.bounds, _REPORTING.values(),
            _REPORT_REACH,
        )  # fmt: skip
        rule, first, last = found.T.copy()
        return Hits(self._rules, rule, first, last, bounds)


def _limits(named: NamedRule, names: Mapping[str, int]) -> list[int]:
    """What a rule asks of a turn, as ``matching.hits`` reads it."""
    rule = named.rule
    asked: dict[int, int | None] = {
        ROLE: _CODE[named.role], FIRST_TURNS: rule.first_turns, LAST_TURNS: rule.last_turns,
        NOT_FIRST_TURNS: rule.not_first_turns or 0, NOT_LAST_TURNS: rule.not_last_turns or 0,
        MIN_WORDS: rule.min_words or 0, MAX_WORDS: rule.max_words, QUESTION: -1 if rule.question is None else rule.question,
        REPORTED: rule.reported, NEAR_WORDS: -1 if rule.near is None else rule.near.words,
        BEHAVIOUR: names[named.behaviour],
    }  # fmt: skip
    return [_MANY if (value := asked[k]) is None else int(value) for k in range(LIMITS)]


class _Numbers:
    """Compiles phrases, each text once."""

    def __init__(self, words: Words, folder: Path) -> None:
        self._compiler, self._folder = Compiler(words, word_lists()), folder
        self._known: dict[str, int] = {}
        self.phrases: list[Phrase] = []

    def of(self, named: NamedRule, texts: Sequence[str]) -> list[int]:
        """The number of each phrase."""
        return [self._number(named, text) for text in texts]

    def _number(self, named: NamedRule, text: str) -> int:
        number = self._known.get(text)
        if number is None:
            try:
                self.phrases.append(self._compiler.compile(text))
            except PhraseError as error:
                raise RuleError(
                    f"the phrase {text!r} of rule {named.name} is wrong: {error}",
                    where=self._folder / f"{named.behaviour}.yaml",
                ) from None
            number = self._known[text] = len(self.phrases) - 1
        return number
