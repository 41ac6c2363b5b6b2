"""The rule detector: behaviour files, compiled once and looked up by a word that must occur."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analyser.behaviours.context import Place
from analyser.behaviours.phrases import Phrase, PhraseError, Words, compile_phrase
from analyser.behaviours.schema import Behaviour, Rule, Strength, behaviours_dir, load_behaviours, word_lists
from analyser.errors import RuleError
from analyser.language import ParsedCall, ParsedTurn
from analyser.records import Role

CONFIDENCE = {Strength.SURE: 0.95, Strength.LIKELY: 0.75, Strength.HINT: 0.4}

# Words that hand speech to somebody else; a match soon after one of them is reported, not said.
_REPORTING = frozenset(["said", "says", "told", "saying", "tells", "telling"])
_REPORT_REACH = 5
_SHORT, _MEMORY = 6, 50_000  # turns of so many words are remembered, so many at the most


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that matched a turn: the word range (first, last inclusive) that it matched."""

    behaviour: str
    rule: Rule
    index: int  # of the turn, from 0
    first: int
    last: int

    @property
    def name(self) -> str:
        """``behaviour/rule_id``."""
        return f"{self.behaviour}/{self.rule.id}"


@dataclass(frozen=True, slots=True)
class _Compiled:
    behaviour: str
    role: Role
    rule: Rule
    any: tuple[Phrase, ...]
    unless: tuple[Phrase, ...]
    near: tuple[Phrase, ...]
    after: tuple[Phrase, ...]
    not_after: tuple[Phrase, ...]


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
        lists = word_lists()
        self._rules = [
            _compile(behaviour, rule, words, lists, folder or behaviours_dir())
            for behaviour in self.behaviours
            for rule in behaviour.rules
        ]
        self._phrases = [(number, phrase) for number, c in enumerate(self._rules) for phrase in c.any]
        self._memory: dict[tuple[tuple[str, ...], Role], dict[int, list[Phrase]]] = {}
        self._index: dict[Role, dict[str, list[int]]] = {Role.AGENT: {}, Role.CUSTOMER: {}}
        self._always: dict[Role, list[int]] = {Role.AGENT: [], Role.CUSTOMER: []}
        for at, (number, phrase) in enumerate(self._phrases):
            role = self._rules[number].role
            for word in phrase.anchors:
                self._index[role].setdefault(word, []).append(at)
            if not phrase.anchors:
                self._always[role].append(at)

    @property
    def names(self) -> tuple[str, ...]:
        """``behaviour/rule_id`` of every rule, in order."""
        return tuple(f"{c.behaviour}/{c.rule.id}" for c in self._rules)

    def detect(self, call: ParsedCall, places: Sequence[Place | None], questions: Sequence[bool]) -> list[list[Hit]]:
        """The hits of every turn, outer length n; customer turns first, since agent rules may look at them."""
        hits: list[list[Hit]] = [[] for _ in call.turns]
        for role in (Role.CUSTOMER, Role.AGENT):
            for i, turn in enumerate(call.turns):
                place = places[i]
                if turn.turn.role is not role or place is None or not turn.words:
                    continue
                candidates = self._remembered(turn.words, role)
                line = turn.line if candidates else ""
                for number, phrases in candidates.items():
                    hit = self._try(self._rules[number], phrases, call, i, place, line, hits, questions[i])
                    if hit is not None:
                        hits[i].append(hit)
        return hits

    def _remembered(self, words: tuple[str, ...], role: Role) -> dict[int, list[Phrase]]:
        """As ``_candidates``; short turns ("okay thank you") come again and again and are looked up once."""
        if len(words) > _SHORT:
            return self._candidates(words, role)
        known = self._memory.get((words, role))
        if known is None:
            known = self._candidates(words, role)
            if len(self._memory) < _MEMORY:
                self._memory[words, role] = known
        return known

    def _candidates(self, words: Sequence[str], role: Role) -> dict[int, list[Phrase]]:
        """The phrases that a turn with these words could match, by rule, both in order."""
        index, always = self._index[role], self._always[role]
        there = {f"{a} {b}" for a, b in itertools.pairwise(words)}
        there.update(words)
        numbers = set(always)
        for entry in there:
            if entry in index:
                numbers.update(index[entry])
        phrases = self._phrases
        possible = []
        for at in numbers:
            for need in phrases[at][1].needs:
                if need.isdisjoint(there):
                    break
            else:
                possible.append(at)
        found: dict[int, list[Phrase]] = {}
        for at in sorted(possible):
            number, phrase = phrases[at]
            found.setdefault(number, []).append(phrase)
        return found

    def _try(
        self,
        c: _Compiled,
        phrases: Sequence[Phrase],
        call: ParsedCall,
        i: int,
        place: Place,
        line: str,
        hits: list[list[Hit]],
        asks: bool,
    ) -> Hit | None:
        rule, turn = c.rule, call.turns[i]
        if not _placed(rule, turn, place):
            return None
        span = _match(c, phrases, turn, line)
        if span is None:
            return None
        if any(p.find(line) for p in c.unless):
            return None
        if rule.question is not None and asks is not rule.question:
            return None
        if c.after or c.not_after or rule.after_behaviour:
            before = place.other_before
            said = call.turns[before].line if before is not None else " "
            if c.after and not any(p.find(said) for p in c.after):
                return None
            if any(p.find(said) for p in c.not_after):
                return None
            if rule.after_behaviour and not (
                before is not None and {h.behaviour for h in hits[before]} & set(rule.after_behaviour)
            ):
                return None
        return Hit(c.behaviour, rule, i, *span)


def _placed(rule: Rule, turn: ParsedTurn, place: Place) -> bool:
    """Whether the turn's place and length suit the rule."""
    count = len(turn.words)
    return not (
        (rule.first_turns is not None and place.own_from_start >= rule.first_turns)
        or (rule.last_turns is not None and place.own_from_end >= rule.last_turns)
        or (rule.not_first_turns is not None and place.own_from_start < rule.not_first_turns)
        or (rule.not_last_turns is not None and place.own_from_end < rule.not_last_turns)
        or (rule.min_words is not None and count < rule.min_words)
        or (rule.max_words is not None and count > rule.max_words)
    )


def _word_range(line: str, start: int, end: int) -> tuple[int, int]:
    """The words (first, last inclusive) between two positions of a line; every match starts at a space."""
    first = line.count(" ", 0, start + 1) - 1
    last = line.count(" ", 0, end) - 1
    return first, max(first, last)


def _match(c: _Compiled, phrases: Sequence[Phrase], turn: ParsedTurn, line: str) -> tuple[int, int] | None:
    """The first match of any phrase that is not reported speech and has its neighbour near."""
    reporting = not _REPORTING.isdisjoint(turn.words)
    for phrase in phrases:
        match = phrase.find(line)
        while match is not None:
            first, last = _word_range(line, match.start(), match.end())
            first, last = min(first, len(turn.words) - 1), min(last, len(turn.words) - 1)
            reported = (
                reporting
                and not c.rule.reported
                and not _REPORTING.isdisjoint(turn.words[max(0, first - _REPORT_REACH) : first])
            )
            if not reported and (not c.near or _is_near(c, line, first, last)):
                return first, last
            match = phrase.find(line, match.start() + 1)
    return None


def _is_near(c: _Compiled, line: str, first: int, last: int) -> bool:
    assert c.rule.near is not None
    reach = c.rule.near.words
    for phrase in c.near:
        match = phrase.find(line)
        while match is not None:
            a, b = _word_range(line, match.start(), match.end())
            if a - last <= reach and first - b <= reach:
                return True
            match = phrase.find(line, match.start() + 1)
    return False


def _compile(
    behaviour: Behaviour, rule: Rule, words: Words, lists: dict[str, tuple[str, ...]], folder: Path
) -> _Compiled:
    def all_of(phrases: Sequence[str]) -> tuple[Phrase, ...]:
        found = []
        for text in phrases:
            try:
                found.append(compile_phrase(text, words=words, lists=lists))
            except PhraseError as error:
                raise RuleError(
                    f"the phrase {text!r} of rule {behaviour.name}/{rule.id} is wrong: {error}",
                    where=folder / f"{behaviour.name}.yaml",
                ) from None
        return tuple(found)

    return _Compiled(
        behaviour=behaviour.name,
        role=Role(behaviour.role),
        rule=rule,
        any=all_of(rule.any),
        unless=all_of(rule.unless),
        near=all_of(rule.near.any) if rule.near else (),
        after=all_of(rule.after),
        not_after=all_of(rule.not_after),
    )
