"""Tone against the moment, and the customer's path over the call."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyser import tone as tones
from analyser.behaviours.rows import Rows
from analyser.errors import ConfigurationError
from analyser.language import Language
from analyser.pipeline import Analyser
from analyser.polarity import paths
from analyser.records import Role, Transcript, Turn
from analyser.resources import data_dir
from tests.conftest import say

LANGUAGE, SENTIMENT = Language(), tones.Sentiment()
START = ("A: good morning harbour energy this is ann how can i help",)


def moments(analyser: Analyser, *lines: str) -> list[tuple[str, int]]:
    return [(m.kind, m.turn) for m in analyser.analyse(say(*START, *lines)).tone.moments]


ANGRY = "C: this is an absolute disgrace i am furious with you people you have ruined my week"
SAD = "C: i'm so upset my husband passed away on sunday and i don't know how i'll cope"


HEAT = "A: calm down it's only a boiler you should have read the email we sent you and stop shouting at me"


def test_heat_answered_with_heat(analyser: Analyser) -> None:
    assert ("heat_for_heat", 3) in moments(analyser, ANGRY, HEAT, "C: what", "A: well there's nothing else i can do")


def test_harm_done_to_sadness_is_no_heat_for_heat(analyser: Analyser) -> None:
    found = moments(analyser, SAD, HEAT, "C: what", "A: well there's nothing else i can do")
    assert "heat_for_heat" not in dict(found)


@pytest.mark.parametrize(
    "answer", ["fantastic so what is the account number", "okay lovely and the meter reading please"]
)
def test_cheer_after_bad_news(analyser: Analyser, answer: str) -> None:
    assert ("cheer_after_bad_news", 3) in moments(analyser, SAD, f"A: {answer}", "C: five five one")


def test_bad_news_told_evenly_is_bad_news(analyser: Analyser) -> None:
    lines = ["C: it's about the account of my father he passed away in may", "A: perfect what is the account number"]
    assert ("cheer_after_bad_news", 3) in moments(analyser, *lines, "C: five five one")


@pytest.mark.parametrize("answer", ["what is the account number", "right name please"])
def test_flatness_before_distress(analyser: Analyser, answer: str) -> None:
    assert ("flat_before_distress", 3) in moments(analyser, SAD, f"A: {answer}", "C: five five one")


@pytest.mark.parametrize(
    "lines",
    [
        [SAD, "A: oh i'm so sorry to hear that it must be dreadful for you", "C: it is"],
        [SAD, "A: mm", "C: it was so sudden", "A: i'm so sorry for your loss", "C: thank you"],
        ["C: what time do you close tonight", "A: brilliant question at six", "C: thanks"],
        ["C: i'd like to pay my bill", "A: account number", "C: five five one"],
    ],
)
def test_what_fits_the_moment_is_left_alone(analyser: Analyser, lines: list[str]) -> None:
    assert moments(analyser, *lines) == []


def test_the_customers_path_has_its_low_point_and_its_shift(analyser: Analyser) -> None:
    report = analyser.analyse(
        say(*START, "C: hello there", ANGRY, "A: i'm so sorry that must be infuriating let me put it right today",
            "C: okay", "A: that is done and i have taken the fee off for you as well",
            "C: oh brilliant thank you so much you've been wonderful")
    )  # fmt: skip
    tone = report.tone
    assert tone.customer_low_turn == 3
    assert tone.customer_low is not None
    assert tone.customer_end is not None
    assert tone.customer_start is not None
    assert tone.customer_low < -0.4
    assert tone.customer_low <= tone.customer_start
    assert tone.customer_end > 0.3
    assert tone.customer_shift == round(tone.customer_end - tone.customer_start, 3)
    assert tone.customer_end_label == "positive"


def test_without_evidence_there_is_no_figure(analyser: Analyser) -> None:
    report = analyser.analyse(say("A: the parcel is in the blue box", "C: the number is six", "A: it is on the third shelf",
                                  "C: the third", "A: by the door"))  # fmt: skip
    assert {t.turn: t.score for t in report.tone.turns}[2] is None
    assert report.tone.customer_low is None


def test_a_lexicon_without_its_lists_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lexicons").mkdir()
    shutil.copy(data_dir() / "lexicons" / "words.yaml", tmp_path / "lexicons")
    (tmp_path / "lexicons" / "tone.yaml").write_text("mask: [no problem]\n", encoding="utf-8")
    monkeypatch.setattr(tones, "data_dir", lambda: tmp_path)
    with pytest.raises(ConfigurationError, match="tone lexicon"):
        tones.Sentiment()


_POLAR = "good bad no not never so very kind of but least at great awful sort without doubt the x this or nor don't shit".split()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([*_POLAR, "café", "bad ass", "upper hand", "won't", ":)"]), max_size=14))
def test_polarity_is_vaders_own(words: list[str]) -> None:
    text = " ".join(words)
    sentiment = tones.Sentiment()
    assert sentiment._compound(text) == sentiment._vader.polarity_scores(text)["compound"]


_SAID = st.lists(
    st.sampled_from([*_POLAR, "but", "no problem", "help", "critical illness", "parcel", "bus", "stop"]), max_size=12
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_SAID, min_size=1, max_size=5), st.integers(0, 31))
def test_polarity_of_many_turns_is_that_of_each(said: list[list[str]], wanted: int) -> None:
    call = LANGUAGE.parse(Transcript("c", tuple(Turn(Role.AGENT, " ".join(words)) for words in said)))
    asked = np.array([bool(wanted >> i & 1) for i in range(len(said))])
    found = SENTIMENT.scores(Rows.of([call]), call.turns, asked).tolist()
    expected = [SENTIMENT.score(turn) if its else None for turn, its in zip(call.turns, asked, strict=True)]
    assert [None if np.isnan(x) else x for x in found] == expected


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.tuples(st.sampled_from([1, 0, -1]), st.none() | st.floats(-1, 1)), max_size=9), max_size=4))
def test_the_path_of_a_call_is_what_a_plain_reading_says(calls: list[list[tuple[int, float | None]]]) -> None:
    scores = np.array([np.nan if s is None else s for call in calls for _, s in call])
    role = np.array([r for call in calls for r, _ in call], dtype=np.int8)
    bounds = np.cumsum([0, *map(len, calls)]).astype(np.int64)
    for path, call in zip(paths(scores, role, bounds), calls, strict=True):
        agent = [s for r, s in call if r == 1 and s is not None]
        customer = [(i, s) for i, (r, s) in enumerate(call) if r == 0 and s is not None]
        assert path[0] == pytest.approx(np.mean(agent) if agent else np.nan, nan_ok=True)
        if not customer:
            assert np.isnan(path[1:]).all()
            continue
        third = -(-len(customer) // 3)
        low_turn, low = min(customer, key=lambda c: (c[1], c[0]))
        start, end = (np.mean([s for _, s in part]) for part in (customer[:third], customer[-third:]))
        assert path[1:].tolist() == pytest.approx([start, low, low_turn, end])
