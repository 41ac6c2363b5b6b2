"""The one policy that joins the detectors: what becomes a finding, with which quote and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import overload

import numpy as np

from analyser.behaviours import finding
from analyser.behaviours.features import Chunk, Prepared
from analyser.behaviours.learned import BehaviourModel, word_weights
from analyser.behaviours.matrices import Array
from analyser.behaviours.names import ALL, HARMS
from analyser.behaviours.rules import CONFIDENCE, Hits
from analyser.behaviours.schema import Strength
from analyser.language import CLAUSE_WORDS, OPENERS
from analyser.records import Finding, Role

_HARM_COLUMNS = np.array([ALL.index(h) for h in HARMS])
_IS_HARM = np.isin(np.arange(len(ALL)), _HARM_COLUMNS)
_OTHER_COLUMNS = np.array([i for i, name in enumerate(ALL) if name not in HARMS])

# A sure rule stands unless the learned detector is this confident of the contrary.
SURE_FLOOR = 0.25
_QUOTE_WORDS = 3  # how many weighing words an explanation names


@dataclass(frozen=True, slots=True)
class Judged:
    """What the detectors say of several calls together.

    Parameters
    ----------
    probability
        Of every behaviour, shape (turns of all calls, behaviours).
    harm
        Of any harm, shape (turns,).
    found
        What the policy takes for a finding, shape (turns, behaviours).
    """

    probability: Array
    harm: Array
    found: Array


def decide(model: BehaviourModel, hits: Hits, probability: Array, harm: Array) -> Judged:
    """Apply the policy to probabilities, see ``Judged``."""
    found = np.zeros(probability.shape, dtype=bool)
    found[:, _OTHER_COLUMNS] = probability[:, _OTHER_COLUMNS] >= model.threshold[_OTHER_COLUMNS]
    harmful = harm >= model.harm_threshold
    kinds = probability[:, _HARM_COLUMNS]
    relative = kinds / model.threshold[_HARM_COLUMNS]
    chosen = (relative >= 1) | (relative == relative.max(axis=1, keepdims=True))
    found[:, _HARM_COLUMNS] = chosen & harmful[:, None] & (kinds > 0)
    columns = hits.rules.alone[hits.rule]
    rows, columns = hits.row[columns >= 0], columns[columns >= 0]
    stands = probability[rows, columns] >= SURE_FLOOR * model.threshold[columns]
    found[rows[stands], columns[stands]] = True
    return Judged(probability, harm, found)


_COLUMN = {name: i for i, name in enumerate(ALL)}


@dataclass(frozen=True, slots=True)
class Findings:
    """The findings of several calls.

    Parameters
    ----------
    of_calls
        Each call's, in order of turns; ``quote == text[start:end]`` for each.
    row, column, confidence
        Turn, behaviour and confidence of each that the model knows of, shapes (findings,).
    """

    of_calls: list[tuple[Finding, ...]]
    row: Array
    column: Array
    confidence: Array


def findings(model: BehaviourModel, chunk: Chunk, judged: Judged) -> Findings:
    """Quotes and reasons of all that was found."""
    turns = chunk.turns
    hits, rules = chunk.hits, chunk.hits.rules
    rows, columns = map(np.ascontiguousarray, np.nonzero(judged.found & (chunk.rows.lengths > 0)[:, None]))
    confidence = judged.probability[rows, columns]
    confidence = np.where(_IS_HARM[columns], np.minimum(confidence, judged.harm[rows]), confidence)
    confidence = finding.rounded(confidence, 3)
    best = finding.best_hits(rows, columns, hits.rule, hits.first, hits.bounds, rules.column, rules.rank)
    by_words = best < 0
    weights = iter(word_weights(model, chunk.rows, rows[by_words], columns[by_words]))
    found = finding.all_of(
        Finding, turns, ALL, rules.listed, rows, columns, confidence, best, hits.rule, hits.first, hits.last, weights,
        OPENERS, CLAUSE_WORDS, _QUOTE_WORDS,
    )  # fmt: skip
    at = np.searchsorted(rows, chunk.rows.calls).tolist()
    of_calls = [tuple(found[a:b]) for a, b in pairwise(at)]
    if (rules.column[hits.rule] < 0).any():
        of_calls = [
            tuple(sorted((*its, *_added(p)), key=lambda f: f.turn))
            for its, p in zip(of_calls, chunk.calls, strict=True)
        ]
    return Findings(of_calls, rows, columns, confidence)


def _added(prepared: Prepared) -> Iterator[Finding]:
    """Findings of behaviours that a QA team added; the model knows nothing of them."""
    for turn, hits in zip(prepared.call.turns, prepared.hits, strict=True):
        seen: set[str] = set()
        for hit in hits:
            if hit.behaviour in _COLUMN or hit.behaviour in seen or hit.rule.strength is Strength.HINT:
                continue
            seen.add(hit.behaviour)
            sure = CONFIDENCE[hit.rule.strength]
            yield finding.from_rule(Finding, turn, hit.behaviour, hit.first, hit.last, sure, hit.name, hit.rule.why)


class Heard:
    """One call with all that was found in it.

    Parameters
    ----------
    judged
        What is said of all calls that it was heard with.
    findings
        Those of this call.
    begin
        The row of its first turn.
    """

    def __init__(self, prepared: Prepared, judged: Judged, findings: tuple[Finding, ...], begin: int) -> None:
        self.prepared, self.findings, self.begin = prepared, findings, begin
        self._judged = judged

    def found(self, *behaviours: str) -> Sequence[Finding]:
        """The findings of these behaviours, in order."""
        if len(behaviours) == 1:
            return self.by_behaviour.get(behaviours[0], ())
        return [f for f in self.findings if f.behaviour in behaviours]

    @cached_property
    def by_behaviour(self) -> Mapping[str, list[Finding]]:
        """The findings of each behaviour that was found, in order."""
        found: dict[str, list[Finding]] = {}
        for one in self.findings:
            found.setdefault(one.behaviour, []).append(one)
        return found

    @cached_property
    def agent(self) -> list[int]:
        """Indices of the agent's turns."""
        return self.prepared.call.of(Role.AGENT)

    @cached_property
    def customer(self) -> list[int]:
        """Indices of the customer's turns."""
        return self.prepared.call.of(Role.CUSTOMER)

    def any_of(self, columns: Sequence[int], turns: Sequence[int]) -> float:
        """The highest probability of some behaviours (places in ``names.ALL``) in some turns; 0 without turns."""
        p, begin = self._judged.probability, self.begin
        return max([p.item(begin + i, k) for i in turns for k in columns], default=0.0)


class Hearing(Sequence[Heard]):
    """Several calls with all that was found in them: what openings, tone, scorecard and flag are judged from.

    Attributes
    ----------
    turns
        All turns.
    top, where, mean
        What each side's turns of each call come to: see ``finding.sides``.
    """

    def __init__(self, chunk: Chunk, judged: Judged, found: Findings) -> None:
        self.turns = chunk.turns
        self.chunk, self.judged, self.findings = chunk, judged, found
        self.any_found: Array = np.asarray(judged.found.any(axis=1), dtype=np.uint8)
        self.top, self.where, self.mean = finding.sides(judged.probability, chunk.rows.role, chunk.rows.calls)
        begin = chunk.rows.calls[:-1].tolist()
        self._calls = [
            Heard(prepared, judged, its, at)
            for prepared, its, at in zip(chunk.calls, found.of_calls, begin, strict=True)
        ]

    @overload
    def __getitem__(self, number: int) -> Heard: ...
    @overload
    def __getitem__(self, number: slice) -> list[Heard]: ...
    def __getitem__(self, number: int | slice) -> Heard | list[Heard]:
        return self._calls[number]

    def __len__(self) -> int:
        return len(self._calls)


def hear(model: BehaviourModel, chunk: Chunk, probability: Array, harm: Array) -> Hearing:
    """Several calls with what the policy finds in them, from the probabilities of all their turns."""
    judged = decide(model, chunk.hits, probability, harm)
    return Hearing(chunk, judged, findings(model, chunk, judged))
