"""The flag: monotone, additive, and explained in parts that add up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyser.coaching.features import FEATURES, REASON_WORDS, SIGNS, FlagRows
from analyser.coaching.flag import FlagModel, explain, fit_raw
from analyser.coaching.modelfile import load
from analyser.resources import models_dir
from tests.conftest import say

SHIPPED = load(models_dir() / "default").flag
N = len(FEATURES)
_VALUES = st.lists(st.floats(0, 6, allow_nan=False), min_size=N, max_size=N)


@settings(max_examples=200, deadline=None)
@given(_VALUES, st.integers(0, N - 1), st.floats(0.01, 5))
def test_more_harm_never_lowers_the_flag_and_more_care_never_raises_it(
    values: list[float], at: int, more: float
) -> None:
    row = np.array(values)
    higher = row.copy()
    higher[at] += more
    before, after = SHIPPED.probability(np.array([row, higher]))
    if SIGNS[at] > 0:
        assert after >= before
    if SIGNS[at] < 0:
        assert after <= before


@settings(max_examples=200, deadline=None)
@given(_VALUES)
def test_contributions_sum_to_the_log_odds(values: list[float]) -> None:
    (flag,) = explain(SHIPPED, FlagRows(np.array([values]), np.zeros((1, N), dtype=int)), [say("A: hello")])
    total = flag.base + flag.other + sum(r.contribution for r in flag.reasons)
    base, part = SHIPPED.parts(np.array([values]))
    assert total == pytest.approx(base + part.sum(), abs=1e-2)
    assert flag.probability == pytest.approx(1 / (1 + np.exp(-total)), abs=1e-2)
    sizes = [abs(r.contribution) for r in flag.reasons]
    assert sizes == sorted(sizes, reverse=True)


def test_signs_hold_whatever_the_data_say() -> None:
    rng = np.random.default_rng(0)
    rows = rng.random((200, N))
    y = rows[:, 1] < 0.5  # in these data the worst turn speaks against coaching
    model = fit_raw(rows, y, strength=10.0)
    assert not ((SIGNS != 0) & (np.sign(model.weight) == -SIGNS)).any()
    assert model.weight[1] == 0


def test_every_reason_has_words_and_a_turn_is_quoted() -> None:
    assert {f.reason for f in FEATURES} <= set(REASON_WORDS)
    weight = np.zeros(N)
    weight[1] = 1.0
    model = FlagModel(weight, np.zeros(N), np.ones(N), -1.0, threshold=0.5)
    values = [0.0] * N
    values[1] = 3.0
    turns = np.zeros((1, N), dtype=int)
    turns[0, 1] = 2
    rows = FlagRows(np.array([values]), turns)
    call = say("C: hello", "A: calm down")
    (flag,) = explain(model, rows, [call])
    assert flag.flagged
    assert (flag.reasons[0].turn, flag.reasons[0].quote, flag.reasons[0].contribution) == (2, "calm down", 3.0)
    (other,) = explain(model, rows, [call], threshold=0.99)
    assert not other.flagged
