"""Findings and sums: the compiled parts against what plain Python says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyser.behaviours.features import Chunk
from analyser.behaviours.finding import best_hits, from_words, highest, rounded, sides
from analyser.behaviours.learned import word_weights
from analyser.behaviours.names import ALL
from analyser.language import CLAUSE_WORDS, OPENERS, Language
from analyser.pipeline import Analyser
from analyser.records import Finding, Role, Transcript, Turn
from tests.conftest import say

LANGUAGE = Language()
_CALLS = st.lists(st.lists(st.sampled_from([1, 0, -1]), max_size=8), min_size=1, max_size=4)


@settings(max_examples=300)
@given(st.lists(st.floats(-2, 2) | st.decimals(-1, 1, places=4).map(float), max_size=20), st.integers(2, 4))
def test_rounding_is_pythons_own(values: list[float], digits: int) -> None:
    assert rounded(np.array(values), digits).tolist() == [round(x, digits) for x in values]
    assert np.isnan(rounded(np.array([np.nan]), digits)).all()


@settings(max_examples=100)
@given(_CALLS, st.integers(0, 9))
def test_sides_come_to_what_numpy_says(calls: list[list[int]], seed: int) -> None:
    role = np.array([r for call in calls for r in call], dtype=np.int8)
    bounds = np.cumsum([0, *map(len, calls)]).astype(np.int64)
    p = np.random.default_rng(seed).integers(0, 4, size=(len(role), 5)) / 4  # so that many are equal
    top, where, mean = sides(p, role, bounds)
    for c, call in enumerate(calls):
        for side in (0, 1):
            its = [i for i, r in enumerate(call) if r == side]
            part = p[bounds[c] + np.array(its, dtype=int)]
            if not its:
                assert not top[c, side].any()
                assert (where[c, side] == -1).all()
                assert not mean[c, side].any()
                continue
            assert top[c, side].tolist() == part.max(axis=0).tolist()
            assert where[c, side].tolist() == [its[k] for k in part.argmax(axis=0)]
            np.testing.assert_allclose(mean[c, side], part.mean(axis=0))
        chosen = (role == 1).astype(np.uint8)
        value, at = highest(np.ascontiguousarray(p[:, 0]), chosen, bounds)
        assert (value[c], at[c]) == (top[c, 1, 0], where[c, 1, 0])


_HIT = st.tuples(st.integers(0, 5), st.integers(0, 3))


@settings(max_examples=200)
@given(
    st.lists(st.lists(_HIT, max_size=4), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2))),
)
def test_the_surest_and_then_earliest_hit_speaks(
    hits: list[list[tuple[int, int]]], asked: list[tuple[int, int]]
) -> None:
    column_of, rank = np.array([0, 0, 1, 1, 2, -1], dtype=np.int32), np.array([1, 0, 2, 2, 0, 0], dtype=np.int32)
    asked = [(row % len(hits), column) for row, column in asked]
    flat = [hit for its in hits for hit in its]
    bounds = np.cumsum([0, *map(len, hits)]).astype(np.int64)
    rule, first = (np.array([hit[k] for hit in flat], dtype=np.int32) for k in (0, 1))
    rows, columns = (np.array([pair[k] for pair in asked], dtype=np.int64) for k in (0, 1))
    found = best_hits(rows, columns, rule, first, bounds, column_of, rank).tolist()
    for (row, column), best in zip(asked, found, strict=True):
        its = [k for k in range(bounds[row], bounds[row + 1]) if column_of[rule[k]] == column]
        assert best == min(its, key=lambda k: (rank[rule[k]], first[k], k), default=-1)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["but", "so", "a", "bee", "sea", "isn't", "d."]), st.integers(-3, 3)),
        min_size=1,
        max_size=16,
    )
)
def test_a_learned_finding_quotes_its_weightiest_clause(said: list[tuple[str, int]]) -> None:
    turn = LANGUAGE.parse(Transcript("c", (Turn(Role.AGENT, " ".join(word for word, _ in said)),))).turns[0]
    weight = np.array([said[k % len(said)][1] / 2 for k in range(len(turn.words))])
    found = from_words(Finding, turn, "empathy", 0.5, weight, OPENERS, CLAUSE_WORDS, 3)
    first, past = max(turn.clauses(), key=lambda c: (weight[c[0] : c[1]].sum(), -c[0]))
    assert (found.start, found.end) == turn.span(first, past - 1)
    assert found.quote == turn.turn.text[found.start : found.end]
    strongest = sorted(sorted((i for i in range(first, past) if weight[i] > 0), key=lambda i: (-weight[i], i))[:3])
    named = list(dict.fromkeys(turn.turn.text[turn.starts[i] : turn.ends[i]] for i in strongest))
    assert found.why.endswith(", ".join(named) if named else "learned from labelled calls")


@pytest.mark.parametrize("name", ["empathy", "greeting", "distress"])
def test_words_weigh_what_the_model_gives_their_n_grams(analyser: Analyser, name: str) -> None:
    text = "i am so sorry to hear that zzyx good morning how can i help i am so upset"
    role = "C" if name == "distress" else "A"
    chunk: Chunk = analyser.preparation.chunk([say("A: hello", "C: hi"), say(f"{role}: {text}")])
    model, column = analyser.model.behaviours, ALL.index(name)
    (found,) = word_weights(model, chunk.rows, np.array([2]), np.array([column]))
    features, words = model.features, chunk.turns[2].words
    names = {features.describe(k): k for k in range(sum(len(g) for g in features.grams_))}
    expected = np.zeros(len(words))
    for n in (1, 2, 3):
        for i in range(len(words) - n + 1):
            k = names.get(repr(" ".join(words[i : i + n])))
            if k is not None:
                expected[i : i + n] += float(model.coef[column, k]) * features.word_idf_[k] / n
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.abs(found).max() > 0.1
