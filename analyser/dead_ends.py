"""Dead ends: where the customer was left without a way on, a time, an apology in time, or an answer that counted.

Told from what was found (refusal, alternative, apology ...) and the phrases of ``data/lexicons/dead_ends.yaml``; nothing
is learned. Rather few and right than many.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from analyser import asking
from analyser.behaviours.matrices import Array
from analyser.behaviours.names import ALL
from analyser.behaviours.phrases import Phrase, PhraseError, Words, compile_phrase
from analyser.behaviours.programs import Matcher
from analyser.behaviours.register import Column, bits
from analyser.behaviours.resolve import Heard, Hearing
from analyser.behaviours.rows import Rows
from analyser.behaviours.schema import read_strict, word_lists
from analyser.behaviours.turns import any_of
from analyser.errors import RuleError
from analyser.language import CLAUSE_WORDS, OPENERS, ParsedTurn
from analyser.records import Finding, Moment, Opening, Outcome, Role
from analyser.resources import data_dir

KINDS: tuple[str, ...] = ("bare_refusal", "promise_without_time", "late_apology", "asked_again")
_WHY = {
    "bare_refusal": "refused, and gave neither a reason nor another way by the next answer",
    "promise_without_time": "promised that somebody would come back, and did not say when in this or the next two answers",
    "late_apology": "was sorry only now, long after the customer's distress had gone unanswered",
    "asked_again": "asked what the customer had already answered",
}
_BACK_CHANNEL_WORDS = 2
_REFUSED = 0.5  # a refusal less sure than this is not held against anybody
_WAY_ON = tuple(map(ALL.index, ("alternative", "extra_mile", "ownership", "set_expectations")))
_EASED = 0.25  # a probability of another way from which the customer is not left with a bare no
_SORRY = tuple(map(ALL.index, ("apology", "sympathy", "empathy")))
_UPSET = 0.5  # distress less sure than this is not held against anybody
_CARED = 0.35  # a probability of care from which the customer was not left alone before
_ANSWERS_LATE = 3  # an apology in this answer or a later one, counted from the distress, is late
_SHARED = 2  # words that two questions must share at the least
_ALIKE = 0.75
_BARE_WORDS = 5  # "and the postcode": a question without the form of one


_Phrases = Annotated[tuple[str, ...], Field(min_length=1)]


class _Lexicon(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    promise: _Phrases
    not_promise: _Phrases
    when: _Phrases
    reason: _Phrases
    way_on: _Phrases
    empty: _Phrases
    asked_for: _Phrases
    another: _Phrases


@lru_cache(maxsize=4)
def _lexicon(path: Path) -> _Lexicon:
    return read_strict(_Lexicon, path, what="lexicon of dead ends")


def _compiled(phrase: str, words: Words, lists: Mapping[str, Sequence[str]], path: Path) -> Phrase:
    try:
        return compile_phrase(phrase, words=words, lists=lists)
    except PhraseError as error:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        line = next((n for n, text in enumerate(lines, 1) if phrase in text), None)
        raise RuleError(f"a phrase of the lexicon of dead ends is wrong: {error}", where=path, line=line) from None


class DeadEnds:
    """Finds dead ends.

    Parameters
    ----------
    words
        Gives the normal forms of a text, as ``Language.words``.

    Raises
    ------
    RuleError
        Where the lexicon or one of its phrases is wrong.
    """

    def __init__(self, words: Words, path: Path | None = None) -> None:
        path = path or data_dir() / "lexicons" / "dead_ends.yaml"
        lexicon, lists = _lexicon(path), word_lists()

        def compiled(phrases: Sequence[str]) -> _Sought:
            return _Sought(_compiled(p, words, lists, path) for p in phrases)

        self._not_promise = compiled(lexicon.not_promise)
        self._when, self._reason, self._way_on = (compiled(p) for p in (lexicon.when, lexicon.reason, lexicon.way_on))
        promises = [_compiled(p, words, lists, path) for p in lexicon.promise]
        self._promises = Matcher(promises, ((), range(len(promises))))
        needed = [phrase.rarest(1)[0] for phrase in promises]
        self._any_promises = not all(needed)  # one of them may be of any words
        kinds = bits([*_BITS, (asking.ITEM, lexicon.asked_for), *((asking.PROMISING, words) for words in needed)])
        kinds = {word: its | asking.FIGURE * _is_figure(word) for word, its in kinds.items()}
        self._kinds = Column(kinds, lambda word: asking.FIGURE * _is_figure(word))
        self._empty, self._another = frozenset(lexicon.empty), frozenset(lexicon.another)
        self._items = {stem: i for i, stem in enumerate(lexicon.asked_for, 1)}  # numbers of stems: these first
        self._stems = dict(self._items)
        self._telling = Column({}, self._stem)
        self._asked_for = frozenset(self._items.values())
        self._in_figures = frozenset(self._items[word] for word in _IN_FIGURES & self._items.keys())

    def _stem(self, word: str) -> int:
        """The number of a word's stem; 0 for one that does not tell what is asked."""
        if word in self._empty or word[0].isdigit():
            return 0
        stem = word if word in self._items else _stem(word)
        return self._stems.setdefault(stem, len(self._stems) + 1)

    def find(self, hearing: Hearing, openings: Sequence[Sequence[Opening]]) -> list[tuple[Moment, ...]]:
        """The dead ends of each call, in order of turns."""
        rows = hearing.chunk.rows
        kinds = any_of(self._kinds.values(), rows.numbers, rows.bounds)
        agent = rows.role == 1
        promised = self._promised(rows, agent & ((kinds & asking.PROMISING > 0) | self._any_promises))
        questions = asking.asked(
            np.flatnonzero(agent & (kinds & _LEADS > 0)), rows.numbers, rows.bounds, rows.breaks, rows.break_bounds,
            self._kinds.values(), self._telling.values(), CLAUSE_WORDS, _BARE_WORDS,
        )  # fmt: skip
        given = [
            (row, content)
            for row in np.flatnonzero((rows.role == 0) & (kinds & asking.ITEM > 0)).tolist()
            for content in self._given(hearing.turns[row])
        ]
        spoken = _spoken(hearing)
        asks, gives = iter([*questions, None]), iter([*given, None])
        question, gift = next(asks), next(gives)
        result = []
        for heard, its in zip(hearing, openings, strict=True):
            end = heard.begin + len(heard.prepared.call.turns)
            own_questions, own_gifts = [], []
            while question is not None and question[0] < end:
                own_questions.append(question)
                question = next(asks)
            while gift is not None and gift[0] < end:
                own_gifts.append(gift)
                gift = next(gives)
            spans = (
                {row - heard.begin: promised[row] for row in promised.keys() & range(heard.begin, end)}
                if promised
                else {}
            )
            found: list[Moment] = []
            if spans or "refusal" in heard.by_behaviour or (its and "apology" in heard.by_behaviour):
                answers = _answers(spoken[heard.begin : end])
                found += self._bare_refusals(heard, answers)
                found += self._without_time(heard, answers, spans) if spans else ()
                found += _late_apologies(heard, answers, its)
            if own_questions:
                found += self._asked_again(heard, own_questions, own_gifts)
            result.append(tuple(sorted(found, key=lambda m: (m.turn, KINDS.index(m.kind)))) if found else ())
        return result

    def _promised(self, rows: Rows, looked_at: Array) -> dict[int, tuple[int, int]]:
        """The turns with a promise, by row: the first and last word of the first match of any phrase."""
        side = np.where(looked_at, 1, -1).astype(np.int8)
        found = self._promises.matches(rows.numbers, rows.bounds, side)
        # the first phrase in its first place comes last, and stays
        return {row: (first, last) for _, row, first, last in sorted(found.tolist(), reverse=True)}

    def _bare_refusals(self, heard: Heard, answers: Sequence[Sequence[int]]) -> Iterator[Moment]:
        turns = heard.prepared.call.turns
        last = -2
        for finding in heard.found("refusal"):
            at = _answer_of(answers, finding.turn - 1)
            if at is None or finding.confidence < _REFUSED or at - last <= 1:
                continue
            after = [i for answer in answers[at : at + 2] for i in answer]
            if heard.any_of(_WAY_ON, after) >= _EASED:
                continue
            if any(self._reason.any(turns[i]) or self._way_on.any(turns[i]) for i in after):
                continue
            last = at
            yield _of(finding, "bare_refusal")

    def _without_time(
        self, heard: Heard, answers: Sequence[Sequence[int]], promised: Mapping[int, tuple[int, int]]
    ) -> Iterator[Moment]:
        turns = heard.prepared.call.turns
        held = {f.turn - 1 for f in heard.found("hold_courtesy")}
        routine = {f.turn - 1 for f in heard.found("further_help", "closing", "greeting")}  # "... today", "a good day"
        done = -1
        for at, answer in enumerate(answers):
            if at <= done:
                continue
            for i in answer:
                if i not in promised or i in held or self._not_promise.any(turns[i]):
                    continue
                following = [j for later in answers[max(0, at - 1) : at + 3] for j in later]
                if any(self._when.any(turns[j]) for j in following if j == i or j not in routine):
                    break
                start, end = turns[i].span(*promised[i])
                yield Moment("promise_without_time", i + 1, start, end, turns[i].turn.text[start:end],
                             _WHY["promise_without_time"])  # fmt: skip
                done = at + 2
                break

    def _asked_again(
        self, heard: Heard, questions: Sequence[_Question], given: Sequence[tuple[int, frozenset[int]]]
    ) -> Iterator[Moment]:
        """Questions for what was asked and answered, or given unasked, before."""
        turns = heard.prepared.call.turns
        routine = {f.turn - 1 for f in heard.found("further_help", "offer_of_help", "greeting", "closing")}
        known: list[tuple[frozenset[int], int]] = []  # what was asked and answered or given unasked, and where
        gifts = iter([*given, None])
        gift = next(gifts)
        for row, its in groupby(questions, key=itemgetter(0)):
            while gift is not None and gift[0] < row:
                known.append((gift[1], gift[0] - heard.begin))
                gift = next(gifts)
            i = row - heard.begin
            if i in routine:
                continue
            turn, here = turns[i], list(its)
            for _, first, past, content in here if self._another.isdisjoint(turn.words) else ():
                figures = not content.isdisjoint(self._in_figures)
                if any(self._same(c, content) and self._answered(heard, at, i, figures=figures) for c, at in known):
                    start, end = turn.span(first, past - 1)
                    quote = turn.turn.text[start:end]
                    yield Moment("asked_again", i + 1, start, end, quote, _WHY["asked_again"])
                    break
            known += [(content, i) for *_, content in here]

    def _given(self, turn: ParsedTurn) -> Iterator[frozenset[int]]:
        """What a customer gives unasked: something asked for, soon followed by figures ("the reference is 412")."""
        for at, word in enumerate(turn.words):
            if word in self._items and any(_is_figure(w) for w in turn.words[at + 1 : at + 4]):
                yield frozenset(stem for w in turn.words[max(0, at - 1) : at + 1] if (stem := self._stem(w)))

    def _same(self, known: frozenset[int], asked: frozenset[int]) -> bool:
        """Whether a question asks for what is known, or repeats a question of several words."""
        if asked & self._asked_for:
            return asked <= known
        return len(asked) >= _SHARED and len(asked & known) >= _ALIKE * len(asked | known)

    def _answered(self, heard: Heard, asked: int, again: int, *, figures: bool) -> bool:
        """Whether the customer gave it in that turn, or in the first telling turn after the question."""
        prepared = heard.prepared
        if prepared.call.turns[asked].turn.role is Role.CUSTOMER:
            return True
        for i in range(asked + 1, again):
            turn = prepared.call.turns[i]
            if turn.turn.role is Role.CUSTOMER and any(w not in self._empty for w in turn.words):
                return (
                    not prepared.questions[i]
                    and _UNSURE.isdisjoint(turn.words)
                    and (not figures or any(map(_is_figure, turn.words)))
                )
        return False


_Question = tuple[int, int, int, frozenset[int]]  # see ``asking.asked``
_BITS = (
    (asking.ASKING, "what which who whose when where why how".split()),
    (asking.INVERTED, "do does did is are was were have has".split()),
    (asking.OFFERING, "can could may would will".split()),  # also how an item is asked for: "can i take the postcode"
    (asking.SUBJECT, "you i we they he she it that this there your the".split()),
    (asking.LEAD_IN, "and so okay right well but now then yes yeah alright thanks thank great lovely".split()),
    (asking.SAYING, "is are was it i he she they we".split()),
    (asking.THANK, ["thank"]),
    (asking.YOU, ["you"]),
    (asking.OPENER, OPENERS),
)
_LEADS = asking.ITEM | asking.ASKING | asking.INVERTED | asking.OFFERING  # no question is without one of them
# Words of a customer who could not answer yet.
_UNSURE = frozenset("sure know think remember hang hold find wait idea maybe not".split())
_FIGURES = frozenset("zero one two three four five six seven eight nine double treble".split())
_IN_FIGURES = frozenset("number reference tracking postcode zip birth account policy order case claim".split())


def _is_figure(word: str) -> bool:
    return word[0].isdigit() or word in _FIGURES or (word[-1].isdigit() and len(word) > 1)


def _stem(word: str) -> str:
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) > len(ending) + 3:
            return word[: -len(ending)]
    return word


def _of(finding: Finding, kind: str) -> Moment:
    return Moment(kind, finding.turn, finding.start, finding.end, finding.quote, _WHY[kind])


class _Sought:
    """Phrases that are looked for in single turns, each only where a word is there that it cannot do without."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._phrases = [(phrase, phrase.rarest(1)[0]) for phrase in phrases]
        self.needed = frozenset(word for _, needed in self._phrases for word in needed)
        self.always = not all(needed for _, needed in self._phrases)

    def _matches(self, turn: ParsedTurn) -> Iterator[re.Match[str]]:
        if self.needed.isdisjoint(turn.words) and not self.always:
            return
        line, words = turn.line, frozenset(turn.words)
        for phrase, needed in self._phrases:
            if not needed or not needed.isdisjoint(words):
                match = phrase.find(line)
                if match:
                    yield match

    def any(self, turn: ParsedTurn) -> bool:
        """Whether any of them matches."""
        return next(self._matches(turn), None) is not None


def _spoken(hearing: Hearing) -> list[int]:
    """What each turn is: 1 for an answer of the agent, 0 for the customer's, -1 for others and for back-channels."""
    rows = hearing.chunk.rows
    silent = (rows.role == 1) & (rows.lengths <= _BACK_CHANNEL_WORDS) & (hearing.any_found == 0)
    spoken: list[int] = np.where(silent, -1, rows.role).tolist()
    return spoken


def _answers(spoken: Sequence[int]) -> list[list[int]]:
    """The agent's turns in a call, those of one split message together; back-channels are left out (see ``_spoken``)."""
    groups: list[list[int]] = []
    running = False
    for i, who in enumerate(spoken):
        if who == 0:
            running = False
        elif who == 1:
            if running:
                groups[-1].append(i)
            else:
                groups.append([i])
                running = True
    return groups


def _answer_of(answers: Sequence[Sequence[int]], turn: int) -> int | None:
    return next((at for at, answer in enumerate(answers) if turn in answer), None)


def _late_apologies(heard: Heard, answers: Sequence[Sequence[int]], openings: Sequence[Opening]) -> Iterator[Moment]:
    sure = {f.turn for f in heard.found("distress") if f.confidence >= _UPSET}
    unmet = next((o for o in openings if o.turn in sure and o.outcome in (Outcome.MISSED, Outcome.DISMISSED)), None)
    first = next(iter(heard.found("apology")), None)
    if unmet is None or first is None or first.turn < unmet.turn:
        return
    between = [i for answer in answers for i in answer if i < first.turn - 1]
    cared = heard.any_of(_SORRY, between)
    since = sum(1 for answer in answers if unmet.turn <= answer[0] < first.turn)
    if since >= _ANSWERS_LATE and cared < _CARED:
        yield _of(first, "late_apology")
