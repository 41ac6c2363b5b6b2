"""The one policy that joins the detectors: what becomes a finding, with which quote and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analyser.behaviours.features import Chunk, Prepared
from analyser.behaviours.learned import BehaviourModel, WordWeights
from analyser.behaviours.matrices import Array
from analyser.behaviours.names import ALL, HARMS
from analyser.behaviours.rules import CONFIDENCE, Hit, Hits, NamedRule
from analyser.behaviours.schema import Strength
from analyser.language import ParsedTurn
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

    def slice(self, start: int, end: int) -> Judged:
        """The part of one call."""
        return Judged(self.probability[start:end], self.harm[start:end], self.found[start:end])


def decide(model: BehaviourModel, hits: Hits, probability: Array, harm: Array) -> Judged:
    """Apply the policy to probabilities, see ``Judged``."""
    found = np.zeros(probability.shape, dtype=bool)
    found[:, _OTHER_COLUMNS] = probability[:, _OTHER_COLUMNS] >= model.threshold[_OTHER_COLUMNS]
    harmful = harm >= model.harm_threshold
    kinds = probability[:, _HARM_COLUMNS]
    relative = kinds / model.threshold[_HARM_COLUMNS]
    chosen = (relative >= 1) | (relative == relative.max(axis=1, keepdims=True))
    found[:, _HARM_COLUMNS] = chosen & harmful[:, None] & (kinds > 0)
    column = np.array([_sure_column(rule) for rule in hits.rules], dtype=np.int64)
    columns = column[hits.rule] if len(column) else hits.rule
    rows, columns = hits.row[columns >= 0], columns[columns >= 0]
    stands = probability[rows, columns] >= SURE_FLOOR * model.threshold[columns]
    found[rows[stands], columns[stands]] = True
    return Judged(probability, harm, found)


def _sure_column(rule: NamedRule) -> int:
    """The column of the behaviour that a rule alone can find; -1 where it cannot."""
    sure = rule.rule.strength is Strength.SURE and rule.behaviour not in HARMS
    return _COLUMN.get(rule.behaviour, -1) if sure else -1


_COLUMN = {name: i for i, name in enumerate(ALL)}
_STRENGTH_ORDER = {Strength.SURE: 0, Strength.LIKELY: 1, Strength.HINT: 2}


def findings(chunk: Chunk, judged: Judged, weights: WordWeights) -> list[tuple[Finding, ...]]:
    """The findings of each call, in order of turns; ``quote == text[start:end]`` for each."""
    turns = [turn for p in chunk.calls for turn in p.call.turns]
    hits = chunk.hits
    rows, columns = np.nonzero(judged.found)
    confidence = judged.probability[rows, columns]
    confidence = np.where(_IS_HARM[columns], np.minimum(confidence, judged.harm[rows]), confidence)
    chosen = [
        (row, column, sure, _best_hit(hits[row], ALL[column]))
        for row, column, sure in zip(rows.tolist(), columns.tolist(), confidence.tolist(), strict=True)
        if turns[row].words
    ]
    by_words = [(row, column) for row, column, _, best in chosen if best is None]
    weighed = iter(weights.of_many([turns[row].words for row, _ in by_words], [column for _, column in by_words]))
    found: dict[int, list[Finding]] = {}
    for row, column, sure, best in chosen:
        turn = turns[row]
        finding = _from_words(turn, column, sure, next(weighed)) if best is None else _from_rule(turn, best, sure)
        found.setdefault(row, []).append(finding)
    result, at = [], 0
    for prepared in chunk.calls:
        its: list[Finding] = []
        for row, turn in enumerate(prepared.call.turns, at):
            its += found.get(row, ())
            its += _added(turn, hits[row])
        result.append(tuple(its))
        at += len(prepared.call.turns)
    return result


def _added(turn: ParsedTurn, hits: Sequence[Hit]) -> Iterator[Finding]:
    """Findings of behaviours that a QA team added; the model knows nothing of them."""
    seen: set[str] = set()
    for hit in hits:
        if hit.behaviour in _COLUMN or hit.behaviour in seen or hit.rule.strength is Strength.HINT:
            continue
        seen.add(hit.behaviour)
        yield _from_rule(turn, hit, CONFIDENCE[hit.rule.strength])


def _best_hit(hits: Sequence[Hit], behaviour: str) -> Hit | None:
    best, rank = None, (len(_STRENGTH_ORDER), 0)
    for hit in hits:
        if hit.behaviour == behaviour:
            its = _STRENGTH_ORDER[hit.rule.strength], hit.first
            if best is None or its < rank:
                best, rank = hit, its
    return best


def _from_rule(turn: ParsedTurn, hit: Hit, confidence: float) -> Finding:
    start, end = turn.span(hit.first, hit.last)
    said = turn.turn
    return Finding(
        hit.behaviour, turn.number, said.role, start, end, said.text[start:end], round(confidence, 3), "rules",
        hit.name, hit.rule.why,
    )  # fmt: skip


def _from_words(turn: ParsedTurn, column: int, confidence: float, weight: list[float]) -> Finding:
    clauses = turn.clauses()
    first, past = clauses[0] if len(clauses) == 1 else max(clauses, key=lambda c: (sum(weight[c[0] : c[1]]), -c[0]))
    start, end = turn.span(first, past - 1)
    order = sorted((-w, i) for i, w in enumerate(weight[first:past], first))
    strongest = sorted(i for w, i in order[:_QUOTE_WORDS] if w < 0)
    words = list(dict.fromkeys(turn.turn.text[turn.starts[i] : turn.ends[i]] for i in strongest))
    why = (
        "wording learned from labelled calls; it weighed most on: " + ", ".join(words)
        if words
        else "its place and what was said around it, learned from labelled calls"
    )
    return Finding(
        ALL[column], turn.number, turn.turn.role, start, end, turn.turn.text[start:end], round(confidence, 3),
        "learned", None, why,
    )  # fmt: skip


class Side:
    """One speaker's turns in sum.

    Parameters
    ----------
    rows
        Indices of the speaker's turns.
    probability
        Of all turns of the call, shape (turns, behaviours).
    """

    def __init__(self, rows: list[int], probability: Array) -> None:
        self.rows = rows
        part = probability[rows] if rows else np.zeros((1, len(ALL)))
        self._top = part.max(axis=0).tolist()
        self._where = part.argmax(axis=0).tolist()
        self._mean = part.mean(axis=0).tolist()

    def top(self, behaviour: str) -> float:
        """The highest probability of a behaviour; 0 without turns."""
        return float(self._top[_COLUMN[behaviour]])

    def where(self, behaviour: str) -> int | None:
        """Number of the turn with the highest probability (the first of equals); None without turns."""
        return self.rows[self._where[_COLUMN[behaviour]]] + 1 if self.rows else None

    def mean(self, behaviour: str) -> float:
        """The mean probability of a behaviour; 0 without turns."""
        return float(self._mean[_COLUMN[behaviour]])


class Heard:
    """One call with all that was found in it: what openings, tone, scorecard and flag are judged from."""

    def __init__(self, prepared: Prepared, judged: Judged, findings: tuple[Finding, ...]) -> None:
        self.prepared, self.judged, self.findings = prepared, judged, findings
        self.agent = Side(prepared.call.of(Role.AGENT), judged.probability)
        self.customer = Side(prepared.call.of(Role.CUSTOMER), judged.probability)
        self.answered: dict[tuple[int, int], tuple[list[list[int]], list[float]]] = {}  # see ``openings.answered``
        self._rows: list[list[float]] | None = None
        self.harm: list[float] = judged.harm.tolist()  # probability of any harm by turn
        self.open_end: bool | None = None  # see ``scorecard``; None until asked for
        self.any_found: list[bool] = np.asarray(judged.found.any(axis=1)).tolist()

    def found(self, *behaviours: str) -> list[Finding]:
        """The findings of these behaviours, in order."""
        return [f for f in self.findings if f.behaviour in behaviours]

    @property
    def rows(self) -> list[list[float]]:
        """Each turn's probabilities of all behaviours, as plain numbers: a call is too small for numpy to be quick."""
        if self._rows is None:
            self._rows = self.judged.probability.tolist()
        return self._rows

    def probability(self, behaviour: str) -> Array:
        """The behaviour's probability by turn, shape (turns,)."""
        return self.judged.probability[:, _COLUMN[behaviour]]


def hear(
    model: BehaviourModel, weights: WordWeights, chunk: Chunk, probability: Array, harm: Array
) -> list[Heard]:
    """Several calls with what the policy finds in them, from the probabilities of all their turns."""
    judged = decide(model, chunk.hits, probability, harm)
    result, at = [], 0
    for prepared, found in zip(chunk.calls, findings(chunk, judged, weights), strict=True):
        end = at + len(prepared.call.turns)
        result.append(Heard(prepared, judged.slice(at, end), found))
        at = end
    return result
