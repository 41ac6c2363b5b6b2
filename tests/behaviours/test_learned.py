"""The compiled parts of the learned detector against plain numpy and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier

from analyser.behaviours.features import ECHO_NAMES, Chunk, Prepared, TurnFeatures
from analyser.behaviours.learned import BehaviourModel, context_features, first_look, own_side
from analyser.behaviours.matrices import Array
from analyser.behaviours.names import AGENT, ALL
from analyser.behaviours.trees import Trees
from analyser.behaviours.wordtable import _FIGURES, _STOP
from analyser.pipeline import Preparation
from analyser.records import Role
from analyser.settings import Settings
from tests.conftest import say

PREPARATION = Preparation(Settings())
_WORDS = st.sampled_from(["hello", "sorry", "parcel", "late", "one", "7", "order", "order", "the", "is", "zyx", "why"])
_TURN = st.tuples(st.sampled_from("AACCS"), st.lists(_WORDS, max_size=8))
_CALLS = st.lists(st.lists(_TURN, max_size=8), min_size=1, max_size=4)


def prepared(calls: list[list[tuple[str, list[str]]]]) -> list[Prepared]:
    return [PREPARATION.prepare(say(*(f"{who}: {' '.join(words)}" for who, words in turns))) for turns in calls]


@settings(max_examples=150, deadline=None)
@given(_CALLS)
def test_the_first_look_is_the_product_of_features_and_coefficients(calls: list[list[tuple[str, list[str]]]]) -> None:
    its = prepared(calls)
    features = TurnFeatures(min_df=1, rule_names=PREPARATION.rules.names).fit(its)
    rng = np.random.default_rng(0)
    coef = rng.normal(size=(len(ALL), sum(features.sizes()))).astype(np.float32)
    model = BehaviourModel(
        features, coef, rng.normal(size=len(ALL)), np.ones(len(ALL)), np.zeros(len(ALL)), np.full(len(ALL), 0.5)
    )
    chunk = Chunk.of(its)
    expected = features.transform(its) @ coef.T + model.intercept
    expected = np.where(own_side(chunk.rows.role), expected, 0.0)
    np.testing.assert_allclose(first_look(model, chunk), expected, atol=2e-4)


def echoes(call: Prepared) -> list[list[float]]:
    """Echoes as the guide to the features says, by sets of words."""
    turns = call.call.turns
    content = [set(t.words) - _STOP for t in turns]
    rows = []
    spoken = [t.turn.role in (Role.AGENT, Role.CUSTOMER) for t in turns]
    for i, turn in enumerate(turns):
        if not spoken[i]:
            rows.append([0.0] * len(ECHO_NAMES))
            continue
        earlier = [j for j in range(i) if spoken[j]]
        own = [j for j in earlier if turns[j].turn.role is turn.turn.role]
        other_before = max((j for j in earlier if j not in own), default=None)
        mine = content[i]
        others = set().union(*(content[j] for j in earlier if j not in own))
        before = content[other_before] if other_before is not None else set()
        n = max(1, len(mine))
        figures = sum(w in _FIGURES or w[0].isdigit() for w in mine & before)
        like = {j: len(mine & content[j]) / len(mine | content[j]) for j in own if len(mine) >= 2}
        again = [share for j, share in like.items() if call.questions[i] and call.questions[j]]
        said = others.union(*(content[j] for j in own))
        rows.append(
            [min(len(mine & before), 6) / 6, len(mine & before) / n, min(len(mine & others), 10) / 10,
             len(mine & others) / n, min(figures, 5) / 5, len(mine - said) / n, max(like.values(), default=0.0),
             max(again, default=0.0)]
        )  # fmt: skip
    return rows


@settings(max_examples=150, deadline=None)
@given(_CALLS)
def test_echoes_are_what_sets_of_words_say(calls: list[list[tuple[str, list[str]]]]) -> None:
    its = prepared(calls)
    features = TurnFeatures(min_df=1).fit(its)
    found = features.dense(Chunk.of(its).rows)[:, : len(ECHO_NAMES)]
    expected = np.array([row for call in its for row in echoes(call)]).reshape(-1, len(ECHO_NAMES))
    np.testing.assert_allclose(found, expected, atol=1e-6)


@settings(max_examples=100, deadline=None)
@given(_CALLS, st.integers(0, 5))
def test_the_context_is_what_plain_numpy_says(calls: list[list[tuple[str, list[str]]]], seed: int) -> None:
    its = prepared(calls)
    rows = Chunk.of(its).rows
    scores = np.random.default_rng(seed).normal(scale=3, size=(len(rows.role), len(ALL))).astype(np.float32)
    found = context_features(scores, rows)
    clipped = np.where(own_side(rows.role), np.clip(scores, -3, 3), -1.5).astype(np.float32)
    n = len(ALL)
    for i in np.flatnonzero(rows.role >= 0):
        call = int(np.searchsorted(rows.calls, i, side="right")) - 1
        its_rows = np.arange(rows.calls[call], rows.calls[call + 1])
        np.testing.assert_array_equal(found[i, :n], clipped[i])
        near = _nearest(rows.role, its_rows, i)
        for k, j in enumerate(near, 1):
            np.testing.assert_array_equal(found[i, k * n : (k + 1) * n], -1.5 if j is None else clipped[j])
        for side, columns in ((1, range(len(AGENT))), (0, range(len(AGENT), n))):
            of_side = its_rows[rows.role[its_rows] == side]
            for column in columns:
                part = np.sort(clipped[of_side, column])
                mean, top = (part.mean(), part[-2:].mean()) if len(part) else (-1.5, -1.5)
                np.testing.assert_allclose(found[i, [5 * n + column, 6 * n + column]], [mean, top], atol=1e-5)


def _nearest(role: Array, its: Array, i: int) -> list[int | None]:
    earlier, later = [j for j in its[::-1] if j < i], [j for j in its if j > i]
    return [
        next((int(j) for j in among if role[j] == side), None)
        for side in (1 - role[i], role[i])
        for among in (earlier, later)
    ]


@pytest.mark.parametrize("leaves", [2, 6, 31])
def test_trees_answer_as_scikit_learns_do(leaves: int) -> None:
    rng = np.random.default_rng(leaves)
    x = np.round(rng.normal(size=(600, 8)), 1).astype(np.float32)  # rounded: many rows lie on a threshold
    fitted = {
        name: HistGradientBoostingClassifier(max_iter=12, max_leaf_nodes=leaves, random_state=0).fit(x, x[:, k] > noise)
        for k, (name, noise) in enumerate({"empathy": 0.0, "distress": 0.4, "any_harm": rng.normal(size=600)}.items())
    }
    role = rng.integers(-1, 2, size=600)
    names, columns = Trees.from_state(Trees.of(fitted).state()).odds(x, role)
    odds = dict(zip(names, columns.T, strict=True))
    assert set(odds) == set(fitted)
    for name, model in fitted.items():
        side = role == (0 if name == "distress" else 1)
        np.testing.assert_array_equal(odds[name], np.where(side, model.decision_function(x), 0.0))


def test_no_trees_say_nothing() -> None:
    names, columns = Trees.of({}).odds(np.zeros((3, 2), dtype=np.float32), np.ones(3))
    assert (names, columns.shape) == ((), (3, 0))
