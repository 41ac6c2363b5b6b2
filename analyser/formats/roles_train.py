"""Trains the role judge: ``python -m analyser.formats.roles_train LABELLED --output DIR``.

The only importer of scikit-learn in this room.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import platform
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, diags, vstack

from analyser.errors import LabelError
from analyser.formats.roles_model import CARD, MODEL
from analyser.formats.roles_words import grams
from analyser.resources import models_dir

_MIN_CALLS = 6  # a word sequence of fewer calls is not learned
_INVERSE_PENALTY = 10.0
_FOLDS = 5
_ANSWER = 0.8
_SURE = 0.95
_CUTS = (("opening", 0, 2), ("first turns", 0, 6), ("middle", 4, 10))

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """The two sides of a call, or of a part of one.

    Parameters
    ----------
    agent, customer
        Counts as ``roles_words.grams`` gives them.
    part
        ``whole``, or which part.
    group
        Calls of one group are never on both sides of a fold.
    """

    agent: Counter[str]
    customer: Counter[str]
    source: str
    part: str
    group: str
    learnable: bool


def examples(calls: Sequence[Mapping[str, Any]]) -> list[Example]:
    """Examples of labelled calls: whole, and in parts, so that the confidence also holds for little text.

    Parameters
    ----------
    calls
        Records of ``calls.jsonl``; those without ``train_ok`` are only measured.
    """
    found = []
    for number, call in enumerate(calls):
        turns = call["turns"]
        source = str(call.get("source", "own"))
        group = source if source.startswith("authored") else f"{source}/{number}"  # an authored set has one writer
        parts = [("whole", turns)]
        parts += [(name, turns[a:b]) for name, a, b in _CUTS if len(turns) > b]
        for part, some in parts:
            agent = [t["text"] for t in some if t["role"] == "agent"]
            customer = [t["text"] for t in some if t["role"] == "customer"]
            if agent and customer:
                counts = grams(agent), grams(customer)
                found.append(Example(*counts, source, part, group, call.get("train_ok") is True))
    return found


@dataclass(frozen=True, slots=True)
class Space:
    """The features, in order, and their rarity (smoothed inverse document frequency), length f."""

    names: tuple[str, ...]
    rarity: Floats

    @classmethod
    def of(cls, some: Sequence[Example]) -> Space:
        """The features met in enough learnable calls."""
        whole = [e for e in some if e.part == "whole" and e.learnable]
        calls: Counter[str] = Counter()
        for example in whole:
            calls.update(example.agent.keys() | example.customer.keys())
        names = tuple(sorted(n for n, c in calls.items() if c >= _MIN_CALLS))
        rarity = np.array([math.log((1 + len(whole)) / (1 + calls[n])) + 1 for n in names])
        return cls(names, rarity)

    def rows(self, sides: Sequence[Counter[str]]) -> csr_matrix:
        """Sides as rows of unit length, shape (sides, f)."""
        index = {name: i for i, name in enumerate(self.names)}
        entries = [
            (row, at, (1 + math.log(count)) * self.rarity[at])
            for row, counts in enumerate(sides)
            for name, count in counts.items()
            if (at := index.get(name)) is not None
        ]
        rows, columns, values = zip(*entries, strict=True) if entries else ((), (), ())
        matrix = csr_matrix((values, (rows, columns)), shape=(len(sides), len(self.names)))
        length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
        length[length == 0] = 1
        return csr_matrix(diags(1 / length) @ matrix)


def _fit(differences: csr_matrix, importance: Floats) -> Floats:
    """Weights, length f, by which agent minus customer is above 0."""
    from sklearn.linear_model import LogisticRegression

    both = vstack([differences, -differences])
    truth = np.r_[np.ones(differences.shape[0]), np.zeros(differences.shape[0])]
    learner = LogisticRegression(C=_INVERSE_PENALTY, fit_intercept=False, max_iter=500)
    learner.fit(both, truth, sample_weight=np.r_[importance, importance])
    return np.asarray(learner.coef_[0], dtype=np.float64)


def _folds(some: Sequence[Example], groups: Sequence[str]) -> Iterator[tuple[Floats, Floats]]:
    """Indices to learn from and to measure on; what may not be learned from is measured once, from all the rest."""
    from sklearn.model_selection import GroupKFold

    learnable = np.array([i for i, e in enumerate(some) if e.learnable])
    for learn, measure in GroupKFold(_FOLDS).split(learnable, groups=[groups[i] for i in learnable]):
        yield learnable[learn], learnable[measure]
    others = np.array([i for i, e in enumerate(some) if not e.learnable], dtype=int)
    if len(others):
        yield learnable, others


def _slope(scores: Floats, known: Floats) -> tuple[float, float]:
    """Log-odds to a unit of score, fitted to scores of calls that were not learned from."""

    def loss(k: Floats) -> float:
        return float(np.mean(np.logaddexp(0, -scores * np.maximum(k[0] + k[1] * np.log1p(known), 0))))

    best = minimize(loss, np.array([1.0, 0.5]), method="Nelder-Mead").x
    return float(best[0]), float(best[1])


@dataclass(frozen=True, slots=True)
class Trained:
    """Weights and the figures that go with them; ``probabilities`` are of the truth, out of fold, length e."""

    space: Space
    weight: Floats
    slope: tuple[float, float]
    probabilities: Floats


def train(some: Sequence[Example]) -> Trained:
    """Learn from the learnable examples, calibrated and measured across groups.

    Raises
    ------
    LabelError
        Where there are too few groups.
    """
    if len({e.group for e in some if e.learnable}) < _FOLDS:
        raise LabelError("too few calls with both roles to learn from", hint=f"at least {_FOLDS} groups are needed")
    space = Space.of(some)
    differences = csr_matrix(space.rows([e.agent for e in some]) - space.rows([e.customer for e in some]))
    importance = np.array([1.0 if e.part == "whole" else 0.5 for e in some])
    groups = [e.group for e in some]
    scores = np.zeros(len(some))
    for learn, measure in _folds(some, groups):
        scores[measure] = differences[measure] @ _fit(differences[learn], importance[learn])
    there = frozenset(space.names)
    known = np.array([float(len(e.agent.keys() & there) + len(e.customer.keys() & there)) for e in some])
    learnable = np.array([e.learnable for e in some])
    slope = _slope(scores[learnable], known[learnable])
    logits = scores * np.maximum(slope[0] + slope[1] * np.log1p(known), 0)
    weight = _fit(differences[learnable], importance[learnable])
    return Trained(space, weight, slope, 1 / (1 + np.exp(-logits)))


def figures(some: Sequence[Example], probabilities: Floats) -> dict[str, dict[str, float]]:
    """Shares right, wrong and unsure, by source over whole calls, and by part over all sources."""

    def row(chosen: Callable[[Example], bool]) -> dict[str, float]:
        p = np.array([q for e, q in zip(some, probabilities, strict=True) if chosen(e)])
        right, wrong = float(np.mean(p >= _ANSWER)), float(np.mean(p <= 1 - _ANSWER))
        return {
            "calls": len(p),
            "right": round(right, 4),
            "wrong": round(wrong, 4),
            "unsure": round(1 - right - wrong, 4),
            "right_of_answered": round(right / (right + wrong), 4) if right + wrong else 0.0,
            "right_and_sure": round(float(np.mean(p >= _SURE)), 4),
            "wrong_and_sure": round(float(np.mean(p <= 1 - _SURE)), 4),
        }

    def of_source(source: str) -> Callable[[Example], bool]:
        return lambda e: e.source == source and e.part == "whole"

    def of_part(part: str) -> Callable[[Example], bool]:
        return lambda e: e.part == part

    table = {source: row(of_source(source)) for source in sorted({e.source for e in some})}
    there = {e.part for e in some}
    return table | {part: row(of_part(part)) for part in ("whole", *(name for name, _, _ in _CUTS)) if part in there}


def save(trained: Trained, some: Sequence[Example], calls: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Write the model and its card."""
    import skops.io

    kept = {
        "features": "\n".join(trained.space.names),
        "rarity": trained.space.rarity,
        "weight": trained.weight,
    }
    data = skops.io.dumps(kept, compression=8)  # deflated
    used = [c for c in calls if c.get("train_ok") is True]
    sources = Counter((str(c.get("source")), str(c.get("licence"))) for c in used)
    card = {
        "name": "roles",
        "purpose": "tells which speaker of a call is the agent, where the file does not say",
        "method": "logistic regression on the difference of two sides' word sequences and cues (roles_words.py)",
        "sha256": hashlib.sha256(data).hexdigest(),
        "features": len(trained.space.names),
        "slope": [round(v, 6) for v in trained.slope],
        "answer": _ANSWER,
        "sure": _SURE,
        "data": [{"source": s, "licence": licence, "calls": n} for (s, licence), n in sorted(sources.items())],
        "measured_only": sorted({str(c.get("source")) for c in calls if c.get("train_ok") is not True}),
        "figures": figures(some, trained.probabilities),
        "figures_are": "5-fold; an authored set (one writer) is never split; roles are those of the data, some of "
        "whose social threads are swapped upstream; the authored calls were written by a language model",
        "python": platform.python_version(),
        "numpy": np.__version__,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL).write_bytes(data)
    (folder / CARD).write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Train from labelled calls and write the model, printing its figures."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("labelled", type=Path, help="calls.jsonl with roles")
    parser.add_argument("--output", type=Path, default=models_dir() / "roles")
    given = parser.parse_args(arguments)
    with given.labelled.open(encoding="utf-8") as lines:
        calls = [json.loads(line) for line in lines]
    some = examples(calls)
    trained = train(some)
    save(trained, some, calls, given.output)
    for _name, _row in figures(some, trained.probabilities).items():
        pass


if __name__ == "__main__":
    main()
