"""Sparse features: the numbers of scikit-learn's vectoriser, and independent of what else is in the batch."""

from __future__ import annotations

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from analyser.behaviours.features import ECHO_NAMES, PLACE_NAMES, Chunk, Prepared, TurnFeatures
from analyser.pipeline import Preparation
from analyser.settings import Settings
from tests.conftest import say

PREPARATION = Preparation(Settings())
CALLS = [
    say("A: hello how can i help", "C: my parcel is late", "A: sorry to hear that", "C: it was due monday"),
    say("A: hello there", "C: hello my order is late again", "A: i am sorry to hear that what is the order number"),
    say("A: good morning", "C: hi", "A: sorry about that", "C: thanks"),
]
PREPARED: list[Prepared] = [PREPARATION.prepare(c) for c in CALLS]


def test_word_block_equals_scikit_learns() -> None:
    features = TurnFeatures(min_df=2).fit(PREPARED)
    lines = [" ".join(t.words) for p in PREPARED for t in p.call.turns]
    theirs = TfidfVectorizer(ngram_range=(1, 3), min_df=2, sublinear_tf=True, token_pattern=r"\S+")
    expected = theirs.fit_transform(lines).toarray()
    ours = features.transform(PREPARED).toarray()
    names = theirs.get_feature_names_out()
    columns = {features.describe(i).strip("'\""): i for i in range(sum(len(g) for g in features.grams_))}
    inside = [n for n in names if n in columns]
    # n-grams here need all their words known, so theirs may have a few more
    assert len(inside) == len(columns)
    mine = ours[:, [columns[n] for n in inside]]
    same_set = expected[:, [list(names).index(n) for n in inside]]
    scale = np.linalg.norm(same_set, axis=1, keepdims=True)
    np.testing.assert_allclose(mine, same_set / np.where(scale == 0, 1, scale), atol=1e-5)


def test_a_calls_features_do_not_depend_on_its_batch() -> None:
    features = TurnFeatures(min_df=1, rule_names=PREPARATION.rules.names).fit(PREPARED)
    together = features.transform(PREPARED).toarray()
    alone = np.vstack([features.transform([p]).toarray() for p in PREPARED])
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_unknown_words_and_empty_turns_are_no_trouble() -> None:
    features = TurnFeatures(min_df=1).fit(PREPARED)
    odd = PREPARATION.prepare(say("A: ...", "C: zyxwv qqq", "S: press one", "?: who"))
    assert features.transform([odd]).shape[0] == 4


def test_echoes_tell_listening_from_asking_again() -> None:
    heard = PREPARATION.prepare(
        say("A: hello", "C: the blue kettle leaks everywhere", "A: so your blue kettle leaks", "C: yes", "A: and when")
    )
    features = TurnFeatures(min_df=1).fit([heard])
    rows = features.dense(Chunk.of([heard]).rows)
    near = ECHO_NAMES.index("share from the turn before")
    assert rows[2][near] > 0.9
    assert rows[4][near] == 0.0


def test_every_column_has_a_name() -> None:
    features = TurnFeatures(min_df=1, rule_names=("a/b",)).fit(PREPARED)
    n = features.transform(PREPARED).shape[1]
    assert features.describe(n - 1) == "rule a/b"
    assert features.describe(n - 2) == PLACE_NAMES[-1]
