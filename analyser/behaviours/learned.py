"""The learned detector: a linear model a behaviour over sparse features, and a second look in the light of the call.

The first look scores each turn by its words and near context (``features.TurnFeatures``; linear support vectors).
What has to be judged, such as harm and distress, depends on the whole call as well: the second look is a boosted-tree
model over the first look's scores of the turn, of its neighbours and of the call, and what is answered is the mean of
both. Both are calibrated on out-of-fold scores.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import ThreadpoolController

from analyser.behaviours.features import Prepared, TurnFeatures
from analyser.behaviours.matrices import Array
from analyser.behaviours.names import AGENT, ALL, CUSTOMER, HARMS
from analyser.records import Role

ANY_HARM = "any_harm"
_HARM_COLUMNS = np.array([ALL.index(h) for h in HARMS])
_CLIP = 3.0
_ABSENT = -1.5  # the score of a neighbour that is not there


@dataclass
class BehaviourModel:
    """What is learned of behaviours; every array's first axis follows ``ALL``.

    Parameters
    ----------
    features
        The fitted features of a turn.
    coef, intercept
        The first look, shapes (behaviours, features) and (behaviours,).
    slope, offset
        Calibration: probability = 1 / (1 + exp(-(slope * score + offset))).
    threshold
        Probability from which a behaviour is found.
    second
        The second look, by target: a behaviour or ``any_harm``.
    harm_threshold
        Probability of any harm from which a turn can be found harmful.
    """

    features: TurnFeatures
    coef: Array
    intercept: Array
    slope: Array
    offset: Array
    threshold: Array
    second: dict[str, HistGradientBoostingClassifier] = field(default_factory=dict)
    harm_threshold: float = 0.5

    def blocks(self) -> list[Array]:
        """Weighted coefficients of each block of features, shapes (columns, behaviours), laid out for products."""
        known: list[Array] | None = self.__dict__.get("_blocks")
        if known is None:
            cuts = np.cumsum(self.features.sizes())[:-1]
            parts = np.split(self.coef, cuts, axis=1)
            known = [
                np.ascontiguousarray((part * weight).T, dtype=np.float32)
                for part, weight in zip(parts, self.features.weights, strict=True)
            ]
            self._blocks = known
        return known


def roles_of(calls: Sequence[Prepared]) -> Array:
    """1 for the agent's turns, 0 for the customer's, -1 for others; shape (turns,)."""
    code = {Role.AGENT: 1, Role.CUSTOMER: 0}
    return np.array([code.get(t.turn.role, -1) for p in calls for t in p.call.turns], dtype=np.int8)


IS_AGENT = np.array([name in AGENT for name in ALL])


def own_side(roles: Array) -> Array:
    """Whether a behaviour can hold for a turn's speaker, shape (turns, behaviours)."""
    return np.asarray(np.where(IS_AGENT[None, :], roles[:, None] == 1, roles[:, None] == 0))


def first_look(model: BehaviourModel, calls: Sequence[Prepared]) -> Array:
    """Raw scores, shape (turns, behaviours); meaningless where ``own_side`` is False.

    The same as ``features.transform(calls) @ coef.T + intercept``, block by block: what a neighbouring turn adds is
    worked out once for that turn and looked up, so no wide matrix is built.
    """
    words, chars, before, after, own, echo, place, rules = model.blocks()
    parts = model.features.parts(calls)
    scores = np.asarray(parts.words @ words) + parts.chars @ chars + parts.rules @ rules
    scores += parts.echo @ echo + parts.place @ place + model.intercept
    for weights, rows in ((before, parts.before), (after, parts.after), (own, parts.own)):
        padded = np.vstack([parts.pairs @ weights, np.zeros((1, len(ALL)), dtype=np.float32)])
        scores += padded[rows]
    return np.asarray(scores)


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -40, 40))))


def probabilities(model: BehaviourModel, calls: Sequence[Prepared]) -> tuple[Array, Array]:
    """Probability of every behaviour (turns, behaviours), 0 where the speaker cannot show it; and of any harm (turns,)."""
    return second_look(model, calls, first_look(model, calls))


def second_look(model: BehaviourModel, calls: Sequence[Prepared], scores: Array) -> tuple[Array, Array]:
    """Probabilities from first-look scores, see ``probabilities``."""
    roles = roles_of(calls)
    possible = own_side(roles)
    first = calibrated(model, scores, possible)
    looked: dict[str, Array] = {}
    if model.second:
        context = context_features(calls, scores, roles)
        for name, look in model.second.items():
            rows = np.flatnonzero(roles == (0 if name in CUSTOMER else 1))
            if len(rows):
                odds = np.zeros(len(roles))
                with one_thread():
                    odds[rows] = look.decision_function(context[rows])
                looked[name] = odds
    return join_looks(first, looked, possible)


def calibrated(model: BehaviourModel, scores: Array, possible: Array) -> Array:
    """Probabilities of the first look alone, shape (turns, behaviours)."""
    return np.where(possible, _sigmoid(scores * model.slope + model.offset), 0.0)


def join_looks(first: Array, second: Mapping[str, Array], possible: Array) -> tuple[Array, Array]:
    """Probabilities from both looks, see ``probabilities``: the mean of their log-odds.

    The probability of any harm that the second look's is joined with is that of the kinds of harm together.

    Parameters
    ----------
    first
        Probabilities of the first look, shape (turns, behaviours).
    second
        Log-odds of the second by target, shapes (turns,).
    possible
        See ``own_side``.
    """
    result = first.copy()
    for name, odds in second.items():
        if name != ANY_HARM:
            k = ALL.index(name)
            result[:, k] = np.where(possible[:, k], _mean_odds(first[:, k], odds), 0.0)
    harm = 1 - np.prod(1 - result[:, _HARM_COLUMNS], axis=1)
    if ANY_HARM in second:
        harm = np.where(possible[:, _HARM_COLUMNS[0]], _mean_odds(harm, second[ANY_HARM]), 0.0)
    return result, harm


def _mean_odds(probability: Array, odds: Array) -> Array:
    inside = np.clip(probability, 1e-5, 1 - 1e-5)
    return _sigmoid((np.log(inside / (1 - inside)) + odds) / 2)


@lru_cache(maxsize=1)
def _threads() -> ThreadpoolController:
    return ThreadpoolController()


def one_thread() -> AbstractContextManager[object]:
    """Keeps trees and products to one thread: waiting for each other costs more than threads bring on so few rows.

    On a busy machine the spinning of two made a second look 40 times slower; parallel work is by processes.
    """
    limit: AbstractContextManager[object] = _threads().limit(limits=1)
    return limit


def _nearest(roles: Array, bounds: Array, *, forward: bool) -> tuple[Array, Array]:
    """Rows of the nearest turn of the other and of the own speaker, before or after; -1 for none."""
    n = len(roles)
    other = np.full(n, -1)
    own = np.full(n, -1)
    for a, b in itertools.pairwise(bounds):
        last = [-1, -1]
        for i in range(b - 1, a - 1, -1) if forward else range(a, b):
            role = roles[i]
            if role < 0:
                continue
            other[i], own[i] = last[1 - role], last[role]
            last[role] = i
    return other, own


def context_features(calls: Sequence[Prepared], scores: Array, roles: Array) -> Array:
    """What the second look sees of each turn, shape (turns, features).

    The scores of the turn, of the nearest turns of both speakers before and after, the mean and the two highest scores
    over the call's turns, the place and the length.
    """
    scores = np.where(own_side(roles), np.clip(scores, -_CLIP, _CLIP), _ABSENT).astype(np.float32)
    lengths = [len(p.call.turns) for p in calls]
    bounds = np.concatenate([[0], np.cumsum(lengths)]).astype(int)
    padded = np.vstack([scores, np.full((1, len(ALL)), _ABSENT, dtype=np.float32)])
    before_other, before_own = _nearest(roles, bounds, forward=False)
    after_other, after_own = _nearest(roles, bounds, forward=True)
    overall = np.empty((len(scores), 2 * len(ALL)), dtype=np.float32)
    place = np.zeros((len(scores), 5), dtype=np.float32)
    for p, a, b in zip(calls, bounds[:-1], bounds[1:], strict=True):
        summary = np.full(2 * len(ALL), _ABSENT, dtype=np.float32)
        for code, columns in ((1, IS_AGENT), (0, ~IS_AGENT)):
            part = scores[a:b][roles[a:b] == code][:, columns]
            if len(part):
                at = np.flatnonzero(columns)
                summary[at] = part.mean(axis=0)
                summary[at + len(ALL)] = np.sort(part, axis=0)[-2:].mean(axis=0)
        overall[a:b] = summary
        for i, where in enumerate(p.places):
            if where is not None:
                place[a + i] = (
                    where.own_from_start, min(where.own_from_end, 10), where.from_start, b - a,
                    len(p.call.turns[i].words),
                )  # fmt: skip
    neighbours = [padded[index] for index in (before_other, after_other, before_own, after_own)]
    return np.hstack([scores, *neighbours, overall, place])


class WordWeights:
    """How much each word of a turn weighed for a behaviour, to quote the clause that carried a learned finding."""

    def __init__(self, model: BehaviourModel) -> None:
        self._model = model
        features = model.features
        self._ids = {str(w): i for i, w in enumerate(features.words_, 1)}
        self._starts = np.cumsum([0, *(len(g) for g in features.grams_)])
        self._base = len(features.words_) + 1

    def of_many(self, turns: Sequence[Sequence[str]], behaviours: Sequence[int]) -> list[Array]:
        """Weights of each turn's words for the behaviour at its side, shapes (words,); n-grams share theirs."""
        features = self._model.features
        lengths = np.array([len(words) for words in turns], dtype=np.int64)
        bounds = np.concatenate([[0], np.cumsum(lengths)])
        get = self._ids.get
        ids = np.array([get(w, 0) for words in turns for w in words], dtype=np.int64)
        turn_of = np.repeat(np.arange(len(turns)), lengths)
        column_of = np.asarray(behaviours, dtype=np.int64)
        weights = np.zeros(len(ids))
        key, known = np.zeros(len(ids), dtype=np.int64), np.ones(len(ids), dtype=bool)
        for n, keys in enumerate(features.grams_, 1):
            last = len(ids) - n + 1
            if last <= 0 or not len(keys):
                break
            part = ids[n - 1 :]
            key = key[:last] * self._base + part
            known = known[:last] & (part > 0) & (turn_of[:last] == turn_of[n - 1 :])
            at = np.flatnonzero(known)
            found = np.minimum(np.searchsorted(keys, key[at]), len(keys) - 1)
            right = keys[found] == key[at]
            there, column = at[right], self._starts[n - 1] + found[right]
            share = self._model.coef[column_of[turn_of[there]], column] * features.word_idf_[column] / n
            for step in range(n):
                weights[there + step] += share
        return np.split(weights, bounds[1:-1])


def stack_state(model: BehaviourModel) -> dict[str, Any]:
    """The model as plain parts, for saving."""
    f = model.features
    return {
        "words": f.words_, "grams": list(f.grams_), "chars": f.chars_, "word_idf": f.word_idf_,
        "char_idf": f.char_idf_, "min_df": f.min_df, "char_range": list(f.char_range), "weights": list(f.weights),
        "rule_names": list(f.rule_names), "coef": model.coef, "intercept": model.intercept, "slope": model.slope,
        "offset": model.offset, "threshold": model.threshold, "second": model.second,
        "harm_threshold": model.harm_threshold, "behaviours": list(ALL),
    }  # fmt: skip


def unstack_state(state: dict[str, Any]) -> BehaviourModel:
    """The reverse of ``stack_state``."""
    features = TurnFeatures(
        min_df=state["min_df"],
        char_range=(state["char_range"][0], state["char_range"][1]),
        weights=tuple(state["weights"]),
        rule_names=tuple(state["rule_names"]),
    )
    features.words_ = state["words"]
    features.grams_ = state["grams"]
    features.chars_ = state["chars"]
    features.word_idf_ = state["word_idf"]
    features.char_idf_ = state["char_idf"]
    return BehaviourModel(
        features, state["coef"], state["intercept"], state["slope"], state["offset"], state["threshold"],
        state["second"], state["harm_threshold"],
    )  # fmt: skip
