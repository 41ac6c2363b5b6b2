"""Scorecards: YAML questions over what was found, N/A out of the denominator, auto-fail, bands."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from analyser.behaviours.register import Column, bits
from analyser.behaviours.resolve import Heard, Hearing
from analyser.behaviours.schema import load_behaviours, read_strict
from analyser.behaviours.turns import any_of
from analyser.errors import RuleError
from analyser.records import Answer, Finding, Opening, Outcome, Score, ScoreItem
from analyser.resources import data_dir


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Expects(_Strict):
    """Answered yes where one of the behaviours was found; na where the question does not apply."""

    any_of: Annotated[tuple[str, ...], Field(min_length=1)]
    applies: Literal["always", "opening", "closing", "problem", "refusal", "promise"] = "always"


class Avoids(_Strict):
    """Answered no where one of the behaviours was found."""

    any_of: Annotated[tuple[str, ...], Field(min_length=1)]
    at_confidence: Annotated[float, Field(ge=0, le=1)] = 0.0


class ByOpenings(_Strict):
    """Answered by the share of openings for empathy that were taken; na without openings."""

    taken_at_least: Annotated[float, Field(gt=0, le=1)] = 0.5


class Question(_Strict):
    """One question; it says in exactly one way how it is answered."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    section: Literal["greeting", "determining", "responding", "concluding", "future", "respect"]
    text: Annotated[str, Field(min_length=1)]
    weight: Annotated[float, Field(ge=0, le=1000)]
    auto_fail: bool = False
    expects: Expects | None = None
    avoids: Avoids | None = None
    openings: ByOpenings | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Question:
        if sum(way is not None for way in (self.expects, self.avoids, self.openings)) != 1:
            raise ValueError("a question has exactly one of expects, avoids, openings")
        return self


class _Asked:
    """A question as it is answered for many calls.

    Attributes
    ----------
    bare
        The item of each answer that rests on no turn.
    """

    def __init__(self, question: Question) -> None:
        way = question.expects or question.avoids
        self.behaviours = way.any_of if way else ()
        self.least = question.avoids.at_confidence if question.avoids else 0.0
        self.wanted = question.avoids is None
        self.applies = question.expects.applies if question.expects else "always"
        self.by_openings = question.openings
        self.weight, self.auto_fail = question.weight, question.auto_fail
        self._fields = question.text, question.section
        self.bare = {answer: self.item(answer, ()) for answer in Answer}

    def item(self, answer: Answer, turns: tuple[int, ...]) -> ScoreItem:
        """The answer with the turns that it rests on."""
        text, section = self._fields
        return ScoreItem(text, answer, self.weight, turns, section)


class Band(_Strict):
    """A name for scores from a floor on."""

    name: Annotated[str, Field(min_length=1)]
    floor: Annotated[int, Field(ge=0, le=100, alias="from")]


class Scorecard(_Strict):
    """One scorecard file."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
    title: str
    bands: Annotated[tuple[Band, ...], Field(min_length=1)]
    questions: Annotated[tuple[Question, ...], Field(min_length=1)]

    @cached_property
    def plan(self) -> list[_Asked]:
        """The questions, each with all that does not depend on the call."""
        return [_Asked(q) for q in self.questions]

    @model_validator(mode="after")
    def _sound(self) -> Scorecard:
        floors = [b.floor for b in self.bands]
        if floors != sorted(set(floors), reverse=True) or floors[-1] != 0:
            raise ValueError("bands go from the highest floor to one from 0")
        ids = [q.id for q in self.questions]
        if len(set(ids)) < len(ids):
            raise ValueError("two questions share an id")
        if not sum(q.weight for q in self.questions):
            raise ValueError("at least one question needs a weight above 0")
        return self


@lru_cache(maxsize=16)
def load_scorecard(path: Path | None = None, behaviours: Path | None = None) -> Scorecard:
    """Read a scorecard (default: the one that ships).

    Raises
    ------
    RuleError
        With file and line, where it does not follow the schema or names an unknown behaviour.
    """
    path = path or data_dir() / "scorecards" / "default.yaml"
    card = read_strict(Scorecard, path, what="scorecard")
    known = {b.name for b in load_behaviours(behaviours)}
    for question in card.questions:
        way = question.expects or question.avoids
        for name in way.any_of if way else ():
            if name not in known:
                line = next(
                    (
                        n
                        for n, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
                        if re.search(rf"\b{re.escape(name)}\b", text)
                    ),
                    None,
                )
                raise RuleError(
                    f"question {question.id} names the behaviour {name}, which there is not", where=path, line=line,
                    hint="`analyser behaviours list` shows the names",
                )  # fmt: skip
    return card


# In ``ParsedTurn.line``: the agent hands the caller on; the caller reached somebody else than they meant to.
_HANDS_ON = re.compile(
    r" (?:put|putting|pop|popping|pass|passing) (?:you|him|her) (?:straight |right |now |back )?(?:through|over|across|on to)(?= )"
    r"| (?:transfer|transferring|connect|connecting) (?:you|your call|the call|him|her)(?= )"
)
_REACHED_ANOTHER = re.compile(
    r" wrong (?:number|company|shop|place|person)(?= )"
    r"| (?:meant|wanted|trying|meaning) to (?:call|ring|phone|reach) (?:the|my|your|somebody|someone|another)(?= )"
)
# The words that each begins with: most turns have none of them.
_HANDING = "put putting pop popping pass passing transfer transferring connect connecting".split()
_ANOTHER = "wrong meant wanted trying meaning".split()
_HANDS, _REACHED = 1, 2
_TELLING = Column(bits([(_HANDS, _HANDING), (_REACHED, _ANOTHER)]))
_LAST_TURNS = 2


def open_ends(hearing: Hearing) -> list[bool]:
    """Whether each agent had no call to close: it was cut off, handed on, a wrong number, or the customer ended it."""
    rows = hearing.chunk.rows
    kinds = any_of(_TELLING.values(), rows.numbers, rows.bounds)
    handing = (kinds & _HANDS > 0) & (rows.role == 1) & (rows.own_from_end < _LAST_TURNS)
    looked_for = [(_HANDS_ON, row) for row in np.flatnonzero(handing).tolist()]
    looked_for += [(_REACHED_ANOTHER, row) for row in np.flatnonzero(kinds & _REACHED > 0).tolist()]
    found = [row for pattern, row in looked_for if pattern.search(hearing.turns[row].line)]
    handed = set(rows.call[found].tolist())
    return [i in handed or _left_by_customer(heard) for i, heard in enumerate(hearing)]


def _left_by_customer(heard: Heard) -> bool:
    """Whether the customer speaks last and nobody has begun to close: the line went, or they rang off."""
    agent, customer = heard.agent, heard.customer
    if not customer or (agent and agent[-1] > customer[-1]):
        return False
    last = {i + 1 for i in sorted(agent[-4:] + customer[-4:])[-4:]}
    return not any(f.turn in last for f in heard.found("closing", "further_help", "pleased"))


def _applies(found: Collection[str], when: str, openings: Sequence[Opening], *, open_end: bool) -> bool:
    if when in ("always", "opening"):
        return True
    if when == "closing":
        return not open_end
    if when == "problem":
        return bool(openings) or any(name in found for name in ("apology", "refusal", "ownership"))
    if when == "refusal":
        return "refusal" in found
    return any(name in found for name in ("ownership", "alternative", "set_expectations"))


def missing(heard: Heard, expected: Sequence[str], *, open_end: bool) -> tuple[str, ...]:
    """The expected behaviours that applied and did not occur; see ``open_ends``."""
    found = heard.by_behaviour
    closing = {"further_help", "closing"}
    return tuple(name for name in expected if name not in found and not (open_end and name in closing))


def score(heard: Heard, openings: Sequence[Opening], card: Scorecard, *, open_end: bool) -> Score:
    """Answer a scorecard's questions for one call; see ``open_ends``."""
    found = heard.by_behaviour
    items: list[ScoreItem] = []
    earned = possible = 0.0
    failed = False
    for asked in card.plan:
        if asked.by_openings is not None:
            answer, turns = _by_openings(openings, asked.by_openings)
        elif asked.applies != "always" and not _applies(found, asked.applies, openings, open_end=open_end):
            answer, turns = Answer.NA, ()
        else:
            its = [found[name] for name in asked.behaviours if name in found]
            turns = _turns(its, asked.least) if its else ()
            answer = Answer.YES if bool(turns) is asked.wanted else Answer.NO
        items.append(asked.item(answer, turns) if turns else asked.bare[answer])
        if answer is Answer.NA:
            continue
        possible += asked.weight
        if answer is Answer.YES:
            earned += asked.weight
        elif asked.auto_fail:
            failed = True
    if not possible:
        return Score(card.name, None, None, tuple(items), failed)
    value = 0 if failed else round(100 * earned / possible)
    band = next(b.name for b in card.bands if value >= b.floor)
    return Score(card.name, value, band, tuple(items), failed)


def _turns(found: Sequence[Sequence[Finding]], least: float) -> tuple[int, ...]:
    """The turns of findings with at least this confidence, in order."""
    if len(found) == 1:
        return tuple([f.turn for f in found[0] if f.confidence >= least])
    return tuple(sorted({f.turn for one in found for f in one if f.confidence >= least}))


def _by_openings(openings: Sequence[Opening], way: ByOpenings) -> tuple[Answer, tuple[int, ...]]:
    judged = [o for o in openings if o.outcome is not Outcome.NONE_POSSIBLE]
    if not judged:
        return Answer.NA, ()
    taken = [o for o in judged if o.outcome is Outcome.TAKEN]
    enough = len(taken) / len(judged) >= way.taken_at_least
    shown = taken if enough else [o for o in judged if o.outcome is not Outcome.TAKEN]
    return (Answer.YES if enough else Answer.NO), tuple(o.turn for o in shown)
