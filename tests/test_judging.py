"""Tone, openings, talk figures and scorecards."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analyser.behaviours.timing import talk
from analyser.errors import RuleError
from analyser.language import Language
from analyser.openings import Answers
from analyser.pipeline import Analyser
from analyser.records import Answer, Role, Transcript, Turn
from analyser.scorecard import load_scorecard, score
from analyser.tone import Sentiment
from tests.conftest import say

SENTIMENT = Sentiment()


@pytest.mark.parametrize(
    "text", ["critical illness cover", "i'll put you through to the fraud team", "no problem at all", "the free credit"]
)
def test_domain_words_carry_no_tone(language: Language, text: str) -> None:
    turn = language.parse(say(f"A: {text}")).turns[0]
    assert SENTIMENT.score(turn) in (None, 0.0)


def test_care_is_not_punished_for_the_words_it_names(analyser: Analyser) -> None:
    call = say(
        "A: hello this is ann how can i help",
        "C: my flight was cancelled and i missed the funeral i'm devastated",
        "A: i'm so sorry that must have been really awful",
        "C: it was",
        "A: let me sort this out for you",
    )
    report = analyser.analyse(call)
    scores = {t.turn: t.score for t in report.tone.turns}
    assert (scores[3] or 0) > 0.2
    assert (scores[2] or 0) < -0.2


def test_short_turns_shrink_toward_neutral(language: Language) -> None:
    short, long = (
        language.parse(say(f"C: {t}")).turns[0] for t in ("awful", "that was an awful thing to go through today")
    )
    assert abs(SENTIMENT.score(short) or 0) < abs(SENTIMENT.score(long) or 0) + 0.05
    assert SENTIMENT.score(language.parse(say("C: the parcel is blue")).turns[0]) is None


def test_back_channels_and_split_turns_do_not_use_up_the_window(analyser: Analyser) -> None:
    call = say(
        "C: i am furious about this", "A: mm", "A: okay", "C: three weeks now", "A: right let me look at that",
        "A: one moment while i open it", "C: go on", "A: it says it was sent monday", "C: no", "A: i see it here now",
    )  # fmt: skip
    groups = Answers(analyser.hear(analyser.preparation.chunk([call])), np.array([0]), 2).groups(0)
    assert groups[0][0] in (1, 4)
    assert [4, 5] in groups
    assert len(groups) == 2


def test_an_opening_with_nothing_after_it_is_none_possible(analyser: Analyser) -> None:
    report = analyser.analyse(
        say("A: hello", "C: hi", "A: how can i help", "A: hello", "C: i'm absolutely furious this is a disgrace")
    )
    assert [o.outcome.value for o in report.openings] == ["none_possible"]
    assert report.openings[0].answered_by is None


def timed(*turns: tuple[str, float, float, str]) -> Transcript:
    roles = {"A": Role.AGENT, "C": Role.CUSTOMER}
    return Transcript("t", tuple(Turn(roles[r], text, a, b) for r, a, b, text in turns))


def test_talk_figures(language: Language) -> None:
    call = language.parse(
        timed(
            ("A", 0.0, 4.0, "hello this is ann"), ("C", 4.0, 10.0, "hi my parcel never came and"),
            ("A", 9.0, 11.0, "what is the number of it"), ("C", 10.5, 12.0, "six"), ("A", 11.2, 12.0, "mm hmm"),
            ("C", 12.5, 13.0, "there"), ("A", 27.0, 28.0, "here it is"),
        )
    )  # fmt: skip
    figures = talk(call, overlap_s=0.5)
    assert figures.interruptions == 1  # the back-channel is none, and the customer's is not the agent's
    assert figures.longest_silence_s == 14.0
    assert figures.agent_share == pytest.approx(7.8 / 15.8, abs=0.001)
    assert talk(call, overlap_s=0.5, held=frozenset({5})).longest_silence_s != 14.0


def test_without_times_talk_figures_are_null(language: Language, kind: Transcript) -> None:
    figures = talk(language.parse(kind), overlap_s=0.5)
    assert (figures.agent_share, figures.interruptions, figures.longest_silence_s) == (None, None, None)


CARD = """
name: small
title: Small
bands: [{name: good, from: 50}, {name: coach, from: 0}]
questions:
  - {id: greeting, section: greeting, text: "Greeted?", weight: 10, expects: {any_of: [greeting], applies: opening}}
  - {id: empathy, section: responding, text: "Empathy?", weight: 30, openings: {taken_at_least: 0.5}}
  - {id: civil, section: respect, text: "Civil?", weight: 10, auto_fail: true, avoids: {any_of: [hostile, dismissive]}}
"""


def card(folder: Path, text: str = CARD) -> Path:
    path = folder / "small.yaml"
    path.write_text(text)
    return path


def test_what_does_not_apply_leaves_the_denominator(tmp_path: Path, analyser: Analyser) -> None:
    call = say("A: good morning this is ann", "C: my postcode please", "A: it is w one", "C: okay", "A: bye now")
    heard = analyser.hear(analyser.preparation.chunk([call]))[0]
    result = score(heard, (), load_scorecard(card(tmp_path)), open_end=False)
    answers = {i.question: i.answer for i in result.items}
    assert answers["Empathy?"] is Answer.NA
    assert answers["Greeted?"] is Answer.YES
    assert result.score == 100
    assert result.band == "good"


def test_auto_fail_sets_the_score_to_0(tmp_path: Path, analyser: Analyser, rude: Transcript) -> None:
    report = analyser.analyse(rude)
    heard = analyser.hear(analyser.preparation.chunk([rude]))[0]
    result = score(heard, report.openings, load_scorecard(card(tmp_path)), open_end=False)
    assert result.auto_failed
    assert (result.score, result.band) == (0, "coach")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("weight: 30", "weight: -1", "weight"),
        ("taken_at_least: 0.5", "taken: 1", "unknown key"),
        ("[hostile, dismissive]", "[hostil]", "which there is not"),
        ("from: 0}", "from: 10}", "bands"),
        ("id: civil", "id: greeting", "share an id"),
        (", openings: {taken_at_least: 0.5}", "", "exactly one"),
    ],
)
def test_a_wrong_scorecard_is_named_with_file_and_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in CARD
    with pytest.raises(RuleError, match=message) as caught:
        load_scorecard.__wrapped__(card(tmp_path, CARD.replace(old, new)))
    assert caught.value.line is not None
