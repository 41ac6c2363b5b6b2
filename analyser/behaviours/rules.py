"""The rule detector: behaviour files, compiled once, and tried on the turns of many calls at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from analyser.behaviours.context import Place
from analyser.behaviours.matrices import Array
from analyser.behaviours.phrases import Compiler, Phrase, PhraseError, Words
from analyser.behaviours.programs import Matcher
from analyser.behaviours.schema import Rule, Strength, behaviours_dir, load_behaviours, word_lists
from analyser.errors import RuleError
from analyser.language import ParsedCall, ParsedTurn
from analyser.records import Role

CONFIDENCE = {Strength.SURE: 0.95, Strength.LIKELY: 0.75, Strength.HINT: 0.4}

# Words that hand speech to somebody else; a match soon after one of them is reported, not said.
_REPORTING = frozenset(["said", "says", "told", "saying", "tells", "telling"])
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
class Scene:
    """A parsed call with its turns' places and whether each asks something (lists of length n turns)."""

    call: ParsedCall
    places: list[Place | None]
    questions: list[bool]


@dataclass(frozen=True, slots=True)
class _Named:
    """A rule with its behaviour."""

    behaviour: str
    role: Role
    rule: Rule
    name: str


class _Uses:
    """Which rules use which phrases in one of their conditions.

    Parameters
    ----------
    phrases
        The numbers of each rule's phrases.
    count
        How many phrases there are.
    """

    def __init__(self, phrases: Sequence[Sequence[int]], count: int) -> None:
        self._n_rules = len(phrases)
        pairs = [(phrase, rule) for rule, its in enumerate(phrases) for phrase in its]
        self.phrase, self.rule = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        self._order = np.argsort(self.phrase, kind="stable")
        self._begin = np.searchsorted(self.phrase[self._order], np.arange(count + 1))

    def of(self, phrases: Array) -> tuple[Array, Array]:
        """For each of some phrases and each use of it: the position in ``phrases``, and the use's number."""
        begin, counts = self._begin[phrases], np.diff(self._begin)[phrases]
        where = np.repeat(np.arange(len(phrases)), counts)
        step = np.arange(len(where)) - np.repeat(np.cumsum(counts) - counts, counts)
        return where, self._order[np.repeat(begin, counts) + step]

    def met(self, phrase: Array, row: Array, rule: Array, at: Array, n_turns: int) -> Array:
        """Whether one of a rule's phrases matches a turn, for pairs of them, given which phrases match which rows.

        The row -1, of no turn, is never met.
        """
        where, use = self.of(phrase)
        table = np.zeros((self._n_rules, n_turns + 1), dtype=bool)
        table[self.rule[use], row[where]] = True
        return np.asarray(table[rule, at])


@dataclass(frozen=True, slots=True)
class _Turns:
    """What rules ask of turns, each of shape (turns,); a turn that no rule may hit has the role -1."""

    role: Array
    own_from_start: Array
    own_from_end: Array
    before: Array  # row of the other side's turn before; -1 for none
    words: Array
    asks: Array

    @classmethod
    def of(cls, scenes: Sequence[Scene]) -> _Turns:
        rows: list[tuple[int, int, int, int, int, bool]] = []
        for scene in scenes:
            begin = len(rows)
            for turn, place, asks in zip(scene.call.turns, scene.places, scene.questions, strict=True):
                if place is None or not turn.words:
                    rows.append((-1, 0, 0, -1, 0, False))
                    continue
                before = -1 if place.other_before is None else begin + place.other_before
                rows.append(
                    (_CODE[turn.turn.role], place.own_from_start, place.own_from_end, before, len(turn.words), asks)
                )
        return cls(*np.array(rows, dtype=np.int64).reshape(-1, 6).T)


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
        self._rules = [
            _Named(b.name, Role(b.role), rule, f"{b.name}/{rule.id}") for b in self.behaviours for rule in b.rules
        ]
        rules = [r.rule for r in self._rules]
        numbers = _Numbers(words, folder or behaviours_dir())
        conditions = [
            [numbers.of(named, texts) for named, texts in zip(self._rules, every, strict=True)]
            for every in (
                [r.any for r in rules], [r.unless for r in rules], [r.near.any if r.near else () for r in rules],
                [r.after for r in rules], [r.not_after for r in rules],
            )
        ]  # fmt: skip
        self._any, self._unless, self._near, self._after, self._not_after = (
            _Uses(its, len(numbers.phrases)) for its in conditions
        )
        self._matcher = Matcher(numbers.phrases, [self._of_side(role) for role in (Role.CUSTOMER, Role.AGENT)])
        self._limits = _Limits.of(self._rules)

    def _of_side(self, role: Role) -> set[int]:
        """The phrases that rules look for in the turns of one side."""
        own = np.array([named.role is role for named in self._rules], dtype=bool)
        pairs = [(uses, own) for uses in (self._any, self._unless, self._near)]
        pairs += [(uses, ~own) for uses in (self._after, self._not_after)]
        return {phrase for uses, its in pairs for phrase in uses.phrase[its[uses.rule]].tolist()}

    @property
    def names(self) -> tuple[str, ...]:
        """``behaviour/rule_id`` of every rule, in order."""
        return tuple(named.name for named in self._rules)

    def detect(self, call: ParsedCall, places: list[Place | None], questions: list[bool]) -> list[list[Hit]]:
        """The hits of every turn of one call, outer length n."""
        return self.detect_many([Scene(call, places, questions)])[0]

    def detect_many(self, scenes: Sequence[Scene]) -> list[list[list[Hit]]]:
        """The hits of every turn of several calls; the same as one by one, sooner."""
        hits: list[list[list[Hit]]] = [[[] for _ in s.call.turns] for s in scenes]
        parsed = [turn for s in scenes for turn in s.call.turns]
        if parsed:
            found = [turn for call in hits for turn in call]
            self._detect(_Turns.of(scenes), parsed, found)
        return hits

    def _detect(self, turns: _Turns, parsed: Sequence[ParsedTurn], found: Sequence[list[Hit]]) -> None:
        """Append the hits of all turns to ``found``: the customers' first, since the agents' rules may look at them."""
        phrase, row, first, last = self._matcher.matches([turn.words for turn in parsed], turns.role)
        where, use = self._any.of(phrase)
        rule, at = self._any.rule[use], row[where]
        keep = np.flatnonzero(self._limits.allow(rule, at, turns))
        rule, at, use, word, past = rule[keep], at[keep], use[keep], first[where[keep]], last[where[keep]]
        keep = np.flatnonzero(
            ~self._unless.met(phrase, row, rule, at, len(parsed))
            & (~self._limits.after[rule] | self._after.met(phrase, row, rule, turns.before[at], len(parsed)))
            & ~self._not_after.met(phrase, row, rule, turns.before[at], len(parsed))
        )
        keep = keep[np.lexsort((word[keep], use[keep], at[keep], turns.role[at[keep]]))]
        near = self._near_words(phrase, row, first, last, rule[keep], at[keep])
        before = turns.before[at[keep]].tolist()
        telling = {a for a, turn in enumerate(parsed) if not _REPORTING.isdisjoint(turn.words)}
        done = (-1, -1)
        for r, a, f, e, b in zip(
            rule[keep].tolist(), at[keep].tolist(), word[keep].tolist(), past[keep].tolist(), before, strict=True
        ):
            named = self._rules[r]
            if (
                (r, a) == done
                or (
                    a in telling
                    and not named.rule.reported
                    and not _REPORTING.isdisjoint(parsed[a].words[max(0, f - _REPORT_REACH) : f])
                )
                or (named.rule.near is not None and not _is_near(near.get((r, a), ()), f, e, named.rule.near.words))
                or (named.rule.after_behaviour and not _shows(found[b] if b >= 0 else (), named.rule.after_behaviour))
            ):
                continue
            done = r, a
            found[a].append(Hit(named.behaviour, named.rule, named.name, f, e))

    def _near_words(
        self, phrase: Array, row: Array, first: Array, last: Array, rule: Array, at: Array
    ) -> dict[tuple[int, int], list[tuple[int, int]]]:
        """Where the phrases stand that must be near a match: word ranges (first, last) by rule and turn."""
        ranges: dict[tuple[int, int], list[tuple[int, int]]] = {}
        where, use = self._near.of(phrase)
        wanted = np.zeros((len(self._rules), 1 + int(at.max(initial=0))), dtype=bool)
        wanted[rule, at] = True
        there = np.flatnonzero(row[where] < wanted.shape[1])
        there = there[wanted[self._near.rule[use[there]], row[where[there]]]]
        where, use = where[there], use[there]
        for r, a, f, e in zip(
            self._near.rule[use].tolist(), row[where].tolist(), first[where].tolist(), last[where].tolist(), strict=True
        ):
            ranges.setdefault((r, a), []).append((f, e))
        return ranges


def _is_near(ranges: Sequence[tuple[int, int]], first: int, last: int, reach: int) -> bool:
    return any(a - last <= reach and first - b <= reach for a, b in ranges)


def _shows(hits: Sequence[Hit], behaviours: Sequence[str]) -> bool:
    return any(hit.behaviour in behaviours for hit in hits)


@dataclass(frozen=True, slots=True)
class _Limits:
    """What each rule asks of a turn, each of shape (rules,)."""

    role: Array
    first_turns: Array
    last_turns: Array
    not_first_turns: Array
    not_last_turns: Array
    min_words: Array
    max_words: Array
    question: Array  # 1, 0, or -1 for either
    after: Array

    @classmethod
    def of(cls, rules: Sequence[_Named]) -> _Limits:
        def each(name: str, absent: int) -> Array:
            values = (getattr(named.rule, name) for named in rules)
            return np.array([absent if v is None else int(v) for v in values], dtype=np.int64)

        return cls(
            np.array([_CODE[named.role] for named in rules]), each("first_turns", _MANY), each("last_turns", _MANY),
            each("not_first_turns", 0), each("not_last_turns", 0), each("min_words", 0), each("max_words", _MANY),
            each("question", -1), np.array([bool(named.rule.after) for named in rules]),
        )  # fmt: skip

    def allow(self, rule: Array, row: Array, turns: _Turns) -> Array:
        """Whether a turn's speaker, place and length suit a rule, for pairs of them."""
        own, left, words, question = (
            turns.own_from_start[row],
            turns.own_from_end[row],
            turns.words[row],
            self.question[rule],
        )
        return np.asarray(
            (turns.role[row] == self.role[rule])
            & (own < self.first_turns[rule]) & (own >= self.not_first_turns[rule])
            & (left < self.last_turns[rule]) & (left >= self.not_last_turns[rule])
            & (words >= self.min_words[rule]) & (words <= self.max_words[rule])
            & ((question < 0) | (question == turns.asks[row]))
        )  # fmt: skip


class _Numbers:
    """Compiles phrases, each text once."""

    def __init__(self, words: Words, folder: Path) -> None:
        self._compiler, self._folder = Compiler(words, word_lists()), folder
        self._known: dict[str, int] = {}
        self.phrases: list[Phrase] = []

    def of(self, named: _Named, texts: Sequence[str]) -> list[int]:
        """The number of each phrase."""
        return [self._number(named, text) for text in texts]

    def _number(self, named: _Named, text: str) -> int:
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
