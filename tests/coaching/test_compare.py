"""The flag's model beside others, on rows made by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from analyser.behaviours.features import Prepared
from analyser.behaviours.learned import one_thread
from analyser.behaviours.rules import Hits, Rules
from analyser.coaching.compare import CANDIDATES, compare
from analyser.coaching.features import FEATURES, SIGNS
from analyser.coaching.labels import Label
from analyser.coaching.train import Labelled
from analyser.errors import LabelError
from analyser.language import Language
from tests.conftest import say

N = 240


@pytest.fixture(scope="module")
def made(language: Language) -> tuple[np.ndarray, list[Labelled]]:
    """Rows in which the worst turn decides, with noise, and two calls an agent."""
    rng = np.random.default_rng(1)
    rows = rng.random((N, len(FEATURES)))
    y = rows[:, 1] + 0.3 * rng.random(N) > 0.75
    call = language.parse(say("A: hello", "C: hi"))
    nothing = np.zeros(0, dtype=np.int32)
    prepared = Prepared(call, Hits(Rules(), nothing, nothing, nothing, np.zeros(3, dtype=np.int64)), [False, False])
    return rows, [Labelled(prepared, Label(f"c{i}", 2 if y[i] else 0), f"agent {i // 2}") for i in range(N)]


def test_each_candidate_is_measured_on_calls_it_has_not_seen(made: tuple[np.ndarray, list[Labelled]]) -> None:
    rows, calls = made
    compared = compare(rows, calls, n_folds=2)
    assert [c.name for c in compared] == [c.name for c in CANDIDATES]
    assert all(c.figures["calls"] == N and (c.figures["roc_auc"] or 0) > 0.85 for c in compared)
    rng = np.random.default_rng(2)
    shuffled = [Labelled(c.prepared, calls[i].label, c.group) for c, i in zip(calls, rng.permutation(N), strict=True)]
    assert all(abs((c.figures["roc_auc"] or 0) - 0.5) < 0.15 for c in compare(rows, shuffled, n_folds=2))


def test_a_monotone_candidate_holds_its_signs_whatever_the_data_say() -> None:
    rng = np.random.default_rng(3)
    rows = rng.random((N, len(FEATURES)))
    y = rows[:, 1] < 0.5  # in these data the worst turn speaks against coaching
    low, high = rows.copy(), rows.copy()
    low[:, 1], high[:, 1] = 0.0, 1.0
    assert SIGNS[1] > 0
    for candidate in CANDIDATES:
        with one_thread():
            score = candidate.fit(rows, y)
        holds = bool((score(high) >= score(low) - 1e-9).all())
        assert holds is candidate.monotone, candidate.name


def _of_one_kind(calls: Sequence[Labelled]) -> list[Labelled]:
    return [Labelled(c.prepared, c.label, "bad" if c.label.to_coach else f"good {i}") for i, c in enumerate(calls)]


def test_too_few_calls_and_one_agents_failings_are_refused(made: tuple[np.ndarray, list[Labelled]]) -> None:
    rows, calls = made
    with pytest.raises(LabelError, match="too few") as caught:
        compare(rows[:60], calls[:60])
    assert "90 calls with 24" in (caught.value.hint or "")
    with pytest.raises(LabelError, match="one agent has all"):
        compare(rows, _of_one_kind(calls))
