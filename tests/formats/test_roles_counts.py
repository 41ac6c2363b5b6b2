"""The compiled look for the role judge's features, against plain readings."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyser.formats.roles_counts import side, words_of
from analyser.formats.roles_words import features, grams, known

SAID = (
    "how can i help you today",
    "I've been on hold 45 minutes, my bill?",
    "thank you for calling",
    "is there anything else",
    "MY order no. ٤٢ never came!",
    "",
    "bear with me a moment please",
)
TURNS = st.lists(st.one_of(st.sampled_from(SAID), st.text(max_size=40)), max_size=80)
NAMES = sorted(grams(SAID) | grams(SAID[::-1]))


def plain_words(text: str) -> list[str]:
    """Words by a regular expression."""
    return re.findall(r"[^\W_]+", re.sub(r"\d", "0", text[:1500].lower()))


@given(st.text(max_size=60), st.integers(0, 40))
def test_words_are_those_of_the_expression(text: str, times: int) -> None:
    assert words_of(text * times) == plain_words(text * times)


@given(TURNS, st.lists(st.sampled_from(NAMES), unique=True))
def test_counts_are_those_of_all_grams_where_they_are_wanted(turns: list[str], names: list[str]) -> None:
    found = known(turns, features(names))
    plain = grams(turns)
    assert {names[at]: count for at, count in found.items()} == {n: plain[n] for n in names if n in plain}


@given(st.dictionaries(st.integers(0, 9), st.integers(1, 50)), st.lists(st.floats(0.1, 9), min_size=10, max_size=10))
def test_a_side_scores_as_a_vector_of_unit_length(counts: dict[int, int], rarity: list[float]) -> None:
    weight = np.linspace(-2, 3, 10)
    values = np.zeros(10)
    for at, count in counts.items():
        values[at] = (1 + math.log(count)) * rarity[at]
    expected = values @ weight / (np.linalg.norm(values) or 1)
    assert side(counts, np.array(rarity), weight) == pytest.approx(expected, abs=1e-12)


def test_all_kinds_of_features_are_counted() -> None:
    names = list(grams(SAID))
    found = [names[at] for at in known(SAID, features(names))]
    for kind in ("F:", "L:", "^ ", "F:^ ", "?", "agent/", "customer/"):
        assert any(name.startswith(kind) for name in found), kind
    assert len(found) == len(names)
