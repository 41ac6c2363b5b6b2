"""The turns of several calls as rows: speakers, places, neighbours, words by number; what all detectors read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analyser.behaviours.context import QUESTION_WORDS
from analyser.behaviours.matrices import Array
from analyser.behaviours.register import REGISTER
from analyser.behaviours.scoring import neighbours
from analyser.behaviours.turns import placed, questions
from analyser.language import CLAUSE_WORDS, ParsedCall
from analyser.records import Role


@dataclass(frozen=True, slots=True)
class Rows:
    """The turns of several calls, a row a turn, one call after the other.

    Parameters
    ----------
    calls
        Where each call begins, length calls + 1.
    role
        1 for the agent's turns, 0 for the customer's, -1 for others, shape (turns,).
    near
        See ``scoring.neighbours``.
    own_from_start, own_from_end
        How many turns of its own speaker come before and after each; a new agent (by name) starts again.
    from_start, from_end
        The same by either speaker (bots and menus not counted). Shapes (turns,), 0 for turns of others.
    asks
        Whether each turn asks something.
    numbers, bounds
        The words' numbers in the register, and where each turn's begin (length turns + 1).
    breaks, break_bounds
        The words of each turn before which there is a mark, and where each turn's begin.
    """

    calls: Array
    role: Array
    near: Array
    own_from_start: Array
    own_from_end: Array
    from_start: Array
    from_end: Array
    asks: Array
    numbers: Array
    bounds: Array
    breaks: Array
    break_bounds: Array

    @classmethod
    def of(cls, calls: Sequence[ParsedCall]) -> Rows:
        """The turns of parsed calls; words' numbers are good until the next time."""
        its = [call.turns for call in calls]
        at = np.zeros(len(calls) + 1, dtype=np.int64)
        np.cumsum([len(turns) for turns in its], out=at[1:])
        numbers, bounds = REGISTER.numbers([turn.words for turns in its for turn in turns])
        (code, own, last, start, end, marked), breaks, break_bounds = placed(its, Role.AGENT, Role.CUSTOMER)
        asks = questions(numbers, bounds, breaks, break_bounds, marked, QUESTION_WORDS.values(), CLAUSE_WORDS)
        role = code.astype(np.int8)
        return cls(at, role, neighbours(role, at), own, last, start, end, asks, numbers, bounds, breaks, break_bounds)

    @property
    def lengths(self) -> Array:
        """How many words each turn has."""
        return np.diff(self.bounds).astype(np.int32)

    @property
    def before(self) -> Array:
        """Rows of the other side's turn before each; -1 for none."""
        return np.asarray(self.near[0])

    @property
    def after(self) -> Array:
        """Rows of the other side's turn after each; -1 for none."""
        return np.asarray(self.near[1])

    @property
    def own(self) -> Array:
        """Rows of the turn just before each where that is its own speaker's (a split message); -1 for none."""
        return np.where(self.near[2] > self.near[0], self.near[2], np.int32(-1))

    @property
    def call(self) -> Array:
        """Which call each turn is of."""
        return np.repeat(np.arange(len(self.calls) - 1), np.diff(self.calls))
