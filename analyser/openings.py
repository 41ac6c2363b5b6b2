"""Openings for empathy: every customer turn of distress, and what the agent did with it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import numpy as np
from pydantic import BaseModel, ConfigDict

from analyser.answers import answered
from analyser.behaviours.names import ALL, CARE, HARMS
from analyser.behaviours.register import Column
from analyser.behaviours.resolve import Heard, Hearing
from analyser.behaviours.schema import read_strict
from analyser.behaviours.turns import any_of
from analyser.judges import Array, Judge
from analyser.records import Finding, Opening, Outcome
from analyser.resources import data_dir

_BACK_CHANNEL_WORDS = 2
_ANSWERS = ("empathy", "sympathy", "apology", "ownership", "patience", "rapport", "active_listening", "alternative",
            "extra_mile", "gratitude", "refusal", "need_question", "set_expectations")  # fmt: skip
_ANSWER_COLUMNS, _HARM_COLUMNS, _CARE_COLUMNS = (
    np.array([ALL.index(name) for name in names]) for names in (_ANSWERS, HARMS, CARE)
)
_DISTRESS, _PLEASED = ALL.index("distress"), ALL.index("pleased")
_KINDNESS = np.array([1.0 if name in CARE or name == "patience" else 0.5 * (name == "ownership") for name in ALL])
LIKELY = 0.2  # a customer turn below this probability of distress is no opening worth weighing
ANSWER_CLASSES: tuple[str, ...] = ("taken", "missed", "dismissed")
_OUTCOMES = [Outcome(name) for name in ANSWER_CLASSES]
FEATURES: tuple[str, ...] = (
    *(f"{name} in answer {n}" for n in (1, 2) for name in _ANSWERS),
    *(f"{name} in answers" for name in HARMS),
    "any harm in answer 1", "any harm in answer 2", "care in answers", "one answer only", "distress",
    "distress again after", "pleased after", "words of answers",
)  # fmt: skip


class _Feelings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    kinds: dict[str, tuple[str, ...]]


class Kinds:
    """What says which distress it is."""

    def __init__(self) -> None:
        kinds = read_strict(_Feelings, data_dir() / "lexicons" / "feelings.yaml", what="lexicon of feelings").kinds
        self._names = tuple(kinds)
        phrases = [(k, tuple(phrase.split())) for k, its in enumerate(kinds.values()) for phrase in its]
        self._by_longest: dict[str, list[tuple[int, int, tuple[str, ...]]]] = {}  # kind, place of the word, all words
        for k, words in phrases:
            longest = max(words, key=len)
            self._by_longest.setdefault(longest, []).append((k, words.index(longest), words))
        self.telling = Column(dict.fromkeys(self._by_longest, 1))  # whether a word is the longest of a phrase

    def of(self, words: tuple[str, ...]) -> str | None:
        """The kind of distress that a turn's words name (of several the first in the lexicon); None for none."""
        named = len(self._names)
        for i, word in enumerate(words):
            for k, at, phrase in self._by_longest.get(word, ()):
                if k < named and i >= at and words[i - at : i - at + len(phrase)] == phrase:
                    named = k
        return self._names[named] if named < len(self._names) else None


class Answers:
    """How the agent answered some turns of customers.

    Parameters
    ----------
    hearing
        The calls.
    turns
        Rows of the turns, in order.
    agent_turns
        How many answers to a turn may count. Turns of one split message are one answer; back-channels are none.

    Attributes
    ----------
    features
        Named by ``FEATURES``, shape (turns, features).
    answered
        Whether there is an answer, shape (turns,).
    kindest, harshest
        Rows of the answering turns that took or dismissed it where any did, shapes (turns,); -1 without an answer.
    """

    def __init__(self, hearing: Hearing, turns: Array, agent_turns: int) -> None:
        rows, judged = hearing.chunk.rows, hearing.judged
        self.turns = turns
        self.features, self._group, self._begin, best = answered(
            turns, rows.calls, rows.role, rows.lengths, hearing.any_found, judged.probability, judged.harm,
            _ANSWER_COLUMNS, _HARM_COLUMNS, _CARE_COLUMNS, _KINDNESS, _DISTRESS, _PLEASED, agent_turns,
            _BACK_CHANNEL_WORDS,
        )  # fmt: skip
        self.kindest, self.harshest = best.T
        self.answered = self.kindest >= 0

    def groups(self, number: int) -> list[list[int]]:
        """The answers to one of the turns: rows of the turns of each."""
        its = self._group[self._begin[number] : self._begin[number + 1]].tolist()
        return [[row for row, _ in group] for _, group in groupby(its, key=lambda pair: pair[1])]


@dataclass(frozen=True, slots=True)
class Met:
    """How the likely openings of several calls were met.

    Parameters
    ----------
    answers
        To the likely openings and to all that were found.
    probability
        Of ``ANSWER_CLASSES``, shape (turns, classes).
    """

    answers: Answers
    probability: Array


def meet(hearing: Hearing, judge: Judge, *, agent_turns: int) -> Met:
    """Judge how the likely openings of several calls were met."""
    likely = hearing.judged.probability[:, _DISTRESS] >= LIKELY
    likely[hearing.findings.row[hearing.findings.column == _DISTRESS]] = True
    answers = Answers(hearing, np.flatnonzero(likely & (hearing.chunk.rows.role == 0)), agent_turns)
    return Met(answers, judge.probabilities(answers.features))


def new_judge() -> Judge:
    """An unfitted judge of outcomes."""
    return Judge(FEATURES, ANSWER_CLASSES)


def openings(hearing: Hearing, met: Met, kinds: Kinds) -> list[tuple[Opening, ...]]:
    """The openings of each call, in order of turns."""
    answers, rows = met.answers, hearing.chunk.rows
    telling = any_of(kinds.telling.values(), rows.numbers, rows.bounds).tolist()
    place = {row: i for i, row in enumerate(answers.turns.tolist())}
    outcome = met.probability.argmax(axis=1).tolist()
    return [
        tuple(
            _opening(
                h,
                f,
                answers,
                (at := place[h.begin + f.turn - 1]),
                outcome[at],
                kinds if telling[h.begin + f.turn - 1] else None,
            )
            for f in h.found("distress")
        )
        for h in hearing
    ]


def _opening(heard: Heard, finding: Finding, answers: Answers, at: int, judged: int, kinds: Kinds | None) -> Opening:
    turns = heard.prepared.call.turns
    kind = kinds.of(turns[finding.turn - 1].words) if kinds else None
    if not answers.answered[at]:
        return Opening(finding.turn, Outcome.NONE_POSSIBLE, None, finding.quote, kind)
    outcome = _OUTCOMES[judged]
    if outcome is Outcome.MISSED:
        return Opening(finding.turn, outcome, None, finding.quote, kind)
    answer = int((answers.harshest if outcome is Outcome.DISMISSED else answers.kindest)[at]) - heard.begin
    said, reply = turns[finding.turn - 1].turn.end_s, turns[answer].turn.start_s
    delay = None if said is None or reply is None else round(reply - said, 2)
    return Opening(finding.turn, outcome, answer + 1, finding.quote, kind, delay)
