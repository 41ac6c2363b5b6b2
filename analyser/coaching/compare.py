"""The flag's model against others on the same features: what is given up, if anything, for reasons that add up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from analyser.behaviours.learned import one_thread
from analyser.coaching.features import SIGNS
from analyser.coaching.figures import ranking
from analyser.coaching.flag import fit_raw
from analyser.coaching.splits import check_enough, folds
from analyser.coaching.train import Labelled
from analyser.errors import LabelError
from analyser.judges import Array

Score = Callable[[Array], Array]
ENOUGH = 3.0  # times the least that training takes
_FREE = np.zeros(len(SIGNS), dtype=int)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A kind of model that could be the flag.

    Parameters
    ----------
    fit
        Learns from rows (calls, features) and answers (calls,); what it returns gives uncalibrated log-odds.
    monotone
        Whether more harm can never lower the flag.
    additive
        Whether its log-odds are a sum of one part a feature, so that reasons add up.
    """

    name: str
    fit: Callable[[Array, Array], Score]
    monotone: bool
    additive: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """A candidate's figures on calls that it has not seen, as ``figures.ranking`` names them."""

    name: str
    monotone: bool
    additive: bool
    figures: dict[str, float | None]


def _signed(rows: Array, y: Array) -> Score:
    model = fit_raw(rows, y)
    return lambda unseen: np.asarray(model.intercept + model.parts(unseen)[1].sum(axis=1))


def _linear(rows: Array, y: Array) -> Score:
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    model = LogisticRegression(C=0.05, max_iter=2000).fit((rows - mean) / scale, y)
    return lambda unseen: np.asarray(model.decision_function((unseen - mean) / scale))


def _boosted(signs: Array) -> Callable[[Array, Array], Score]:
    def fit(rows: Array, y: Array) -> Score:
        model = HistGradientBoostingClassifier(
            max_iter=120, learning_rate=0.05, max_leaf_nodes=6, min_samples_leaf=20, l2_regularization=5.0,
            max_features=0.5, monotonic_cst=signs, early_stopping=False, random_state=0,
        )  # fmt: skip
        model.fit(rows, y)
        return lambda unseen: np.asarray(model.decision_function(unseen))

    return fit


CANDIDATES: tuple[Candidate, ...] = (
    Candidate("linear, signs held (ships)", _signed, monotone=True, additive=True),
    Candidate("linear", _linear, monotone=False, additive=True),
    Candidate("boosted trees", _boosted(_FREE), monotone=False, additive=False),
    Candidate("boosted trees, monotone", _boosted(SIGNS), monotone=True, additive=False),
)


def compare(rows: Array, calls: Sequence[Labelled], *, n_folds: int = 5) -> list[Compared]:
    """Figures of all candidates by grouped cross-validation, each calibrated out of fold within its training part.

    Parameters
    ----------
    rows
        The flag's features, shape (calls, features), best said of calls as by one that has not seen them.

    Raises
    ------
    LabelError
        Where there are too few calls to tell models apart, or they cannot be split.
    """
    check_enough([c.label for c in calls], share=ENOUGH)
    y = np.array([c.label.to_coach for c in calls])
    groups = [c.group for c in calls]
    parts = folds(groups, n_folds)
    result = []
    with one_thread():
        for candidate in CANDIDATES:
            p = np.zeros(len(y))
            for seen, unseen in parts:
                score = candidate.fit(rows[seen], y[seen])
                raw = _unseen_scores(candidate, rows[seen], y[seen], [groups[i] for i in seen])
                platt = LogisticRegression(C=10.0).fit(raw[:, None], y[seen])
                p[unseen] = platt.predict_proba(score(rows[unseen])[:, None])[:, 1]
            result.append(Compared(candidate.name, candidate.monotone, candidate.additive, ranking(p, y)))
    return result


def _unseen_scores(candidate: Candidate, rows: Array, y: Array, groups: Sequence[str]) -> Array:
    raw = np.zeros(len(y))
    for seen, unseen in folds(groups, 5):
        if len(set(y[seen].tolist())) < 2:
            raise LabelError(
                "one agent has all the labelled calls to coach, or all that are not", hint="label calls of others too"
            )
        raw[unseen] = candidate.fit(rows[seen], y[seen])(rows[unseen])
    return raw
