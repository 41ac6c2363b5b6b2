"""The learned detector: a linear model a behaviour over sparse features, and a second look in the light of the call.

The first look scores each turn by its words and near context (``features.TurnFeatures``; linear support vectors).
What has to be judged, such as harm and distress, depends on the whole call as well: the second look is a boosted-tree
model over the first look's scores of the turn, of its neighbours and of the call, and what is answered is the mean of
both. Both are calibrated on out-of-fold scores.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from analyser.behaviours import scoring
from analyser.behaviours.features import Chunk, TurnFeatures
from analyser.behaviours.matrices import Array
from analyser.behaviours.names import AGENT, ALL, HARMS
from analyser.behaviours.register import REGISTER
from analyser.behaviours.rows import Rows
from analyser.behaviours.trees import Trees

ANY_HARM = "any_harm"
_HARM_COLUMNS = np.array([ALL.index(h) for h in HARMS])
_CLIP = 3.0
_UNSUREST = 1e-5  # one look is taken to be no surer than this, whatever it says
_SUREST = float(np.log((1 - _UNSUREST) / _UNSUREST))  # the same as log-odds
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
    second: Trees = field(default_factory=lambda: Trees.of({}))
    harm_threshold: float = 0.5

    def lay_out(self) -> None:
        """Make ready what is otherwise made when first needed."""
        self.weights()
        self.features.table()

    def weights(self) -> Weights:
        """The first look's weights as the compiled scorer reads them; laid out when first asked for."""
        known: Weights | None = self.__dict__.get("_weights")
        if known is None:
            known = self._weights = Weights.of(self)
        return known


@dataclass
class Weights:
    """Coefficients times the weight of their block, laid out for ``scoring.first_look`` (which see)."""

    singles: Array
    pair_keys: Array
    pair_values: Array
    triple_keys: Array
    triple_values: Array
    customer: Array
    agent: Array
    own_before: Array
    triples: Array
    chars: Array
    dense: Array
    rules: Array
    intercept: Array
    char_idf: Array

    def __post_init__(self) -> None:
        self._sums, self._age = np.zeros((0, self.chars.shape[1] + 1), dtype=np.float32), -1

    def char_sums(self, begin: array[int], chars: array[int]) -> Array:
        """``scoring.char_sums`` of all words met so far, each worked out once."""
        if self._age != REGISTER.age:
            self._sums, self._age = self._sums[:0], REGISTER.age
        if len(self._sums) < len(begin) - 1:
            new = scoring.char_sums(begin, chars, self.char_idf, self.chars, len(self._sums))
            self._sums = np.concatenate([self._sums, new])
        return self._sums

    @classmethod
    def of(cls, model: BehaviourModel) -> Weights:
        """The weights of a model."""
        features = model.features
        parts = np.split(model.coef, np.cumsum(features.sizes())[:-1], axis=1)
        words, chars, before, after, own, echo, place, rules = (
            np.ascontiguousarray((part * weight).T, dtype=np.float32)
            for part, weight in zip(parts, features.weights, strict=True)
        )
        n_short = features.pair_columns()
        singles = np.full(len(features.words_) + 1, -1, dtype=np.int32)
        singles[features.grams_[0]] = np.arange(len(features.grams_[0]))
        _, pairs, triples = features.grams_
        n = len(AGENT)
        customer, agent = (
            np.hstack([words[:n_short, mine], before[:, other], after[:, other]])
            for mine, other in ((slice(n, None), slice(n)), (slice(n), slice(n, None)))
        )
        pair_keys, pair_values = scoring.hash_table(pairs)
        triple_keys, triple_values = scoring.hash_table(triples)
        return cls(
            singles, pair_keys, pair_values + np.int32(n_short - len(pairs)), triple_keys,
            triple_values + np.int32(n_short), customer, agent, own, words[n_short:], chars,
            np.vstack([echo, place]), rules, np.asarray(model.intercept, dtype=np.float32), features.char_idf_,
        )  # fmt: skip


IS_AGENT = np.array([name in AGENT for name in ALL])


def own_side(roles: Array) -> Array:
    """Whether a behaviour can hold for a turn's speaker, shape (turns, behaviours)."""
    return np.asarray(np.where(IS_AGENT[None, :], roles[:, None] == 1, roles[:, None] == 0))


def first_look(model: BehaviourModel, chunk: Chunk) -> Array:
    """Raw scores, shape (turns, behaviours); 0 where ``own_side`` is False, else those of

    ``features.transform(calls) @ coef.T + intercept``: what a neighbouring turn adds is worked out once for that turn,
    and no wide matrix is built.
    """
    features, w, rows = model.features, model.weights(), chunk.rows
    table = features.table()
    char_begin, chars = table.grams()
    at, column = features.rules(chunk.hits)
    return np.asarray(
        scoring.first_look(
            rows.numbers, rows.bounds, rows.role, np.stack([rows.before, rows.after, rows.own]), table.ids.values(),
            len(features.words_) + 1, w.singles, w.pair_keys, w.pair_values, w.triple_keys, w.triple_values,
            features.word_idf_, char_begin, chars, features.char_idf_, w.char_sums(char_begin, chars), w.customer, w.agent, w.own_before, w.triples, w.chars,
            features.dense(rows), w.dense, at, column, w.rules, w.intercept, len(AGENT),
        )
    )  # fmt: skip


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -40, 40))))


def probabilities(model: BehaviourModel, chunk: Chunk) -> tuple[Array, Array]:
    """Probability of every behaviour (turns, behaviours), 0 where the speaker cannot show it; and of any harm (turns,)."""
    rows = chunk.rows
    scores = first_look(model, chunk)
    first = calibrated(model, scores)
    return join_looks(first, *model.second.odds(context_features(scores, rows), rows.role), own_side(rows.role))


def calibrated(model: BehaviourModel, scores: Array) -> Array:
    """Log-odds of the first look alone, shape (turns, behaviours)."""
    return np.asarray(scores * model.slope + model.offset)


def join_looks(first: Array, names: Sequence[str], second: Array, possible: Array) -> tuple[Array, Array]:
    """Probabilities from both looks, see ``probabilities``: the mean of their log-odds.

    The probability of any harm that the second look's is joined with is that of the kinds of harm together.

    Parameters
    ----------
    first
        Log-odds of the first look, shape (turns, behaviours).
    names, second
        The targets of the second, and its log-odds, shape (turns, targets).
    possible
        See ``own_side``.
    """
    odds = first.copy()
    its = [i for i, name in enumerate(names) if name != ANY_HARM]
    columns = [ALL.index(names[i]) for i in its]
    odds[:, columns] = (np.clip(odds[:, columns], -_SUREST, _SUREST) + second[:, its]) / 2
    result = np.where(possible, _sigmoid(odds), 0.0)
    harm = 1 - np.prod(1 - result[:, _HARM_COLUMNS], axis=1)
    if ANY_HARM in names:
        inside = np.clip(harm, _UNSUREST, 1 - _UNSUREST)
        joined = _sigmoid((np.log(inside / (1 - inside)) + second[:, names.index(ANY_HARM)]) / 2)
        harm = np.where(possible[:, _HARM_COLUMNS[0]], joined, 0.0)
    return result, harm


@lru_cache(maxsize=1)
def _threads() -> ThreadpoolController:
    return ThreadpoolController()


def one_thread() -> AbstractContextManager[object]:
    """Keeps trees and products to one thread: waiting for each other costs more than threads bring on so few rows.

    On a busy machine the spinning of two made a second look 40 times slower; parallel work is by processes.
    """
    limit: AbstractContextManager[object] = _threads().limit(limits=1)
    return limit


def context_features(scores: Array, rows: Rows) -> Array:
    """What the second look sees of each turn, shape (turns, features).

    The scores of the turn, of the nearest turns of both speakers before and after, the mean and the two highest scores
    over the call's turns, the place and the length.
    """
    lengths = np.diff(rows.calls)
    place = np.stack(
        [
            rows.own_from_start, np.minimum(rows.own_from_end, 10), rows.from_start, np.repeat(lengths, lengths),
            rows.lengths,
        ], axis=1,
    )  # fmt: skip
    return np.asarray(
        scoring.context(
            np.asarray(scores, dtype=np.float32), rows.role, rows.calls, rows.near, place.astype(np.float32),
            len(AGENT), _CLIP, _ABSENT,
        )
    )  # fmt: skip


def word_weights(model: BehaviourModel, rows: Rows, turns: Array, behaviours: Array) -> list[Array]:
    """How much each word of some turns weighed for a behaviour, to quote the clause that carried a learned finding.

    Parameters
    ----------
    turns, behaviours
        Rows of the turns, and the behaviour that is asked of each, shapes (n,).
    """
    features, w = model.features, model.weights()
    return scoring.word_weights(
        turns, behaviours, rows.numbers, rows.bounds, features.table().ids.values(), len(features.words_) + 1,
        w.singles, w.pair_keys, w.pair_values, w.triple_keys, w.triple_values, features.word_idf_, w.customer, w.agent, w.triples,
        len(AGENT),
    )  # fmt: skip


def stack_state(model: BehaviourModel) -> dict[str, Any]:
    """The model as plain parts, for saving."""
    f = model.features
    return {
        "words": f.words_, "grams": list(f.grams_), "chars": f.chars_, "word_idf": f.word_idf_,
        "char_idf": f.char_idf_, "min_df": f.min_df, "char_range": list(f.char_range), "weights": list(f.weights),
        "rule_names": list(f.rule_names), "coef": model.coef, "intercept": model.intercept, "slope": model.slope,
        "offset": model.offset, "threshold": model.threshold, "second": model.second.state(),
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
        Trees.from_state(state["second"]), state["harm_threshold"],
    )  # fmt: skip
