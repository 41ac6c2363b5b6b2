"""Scorecards: what leaves the denominator, what was expected and not heard, and several side by side."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyser.behaviours.resolve import Heard
from analyser.errors import RuleError
from analyser.pipeline import Analyser
from analyser.records import Answer, Transcript
from analyser.reports.jsonl import as_line
from analyser.resources import data_dir
from analyser.scorecard import Band, Expects, Question, Scorecard, load_scorecard, missing, open_ends, score
from analyser.settings import Settings
from tests.conftest import say

EXPECTED = ("greeting", "introduction", "further_help", "closing")
STAGES = ("greeting", "determining", "responding", "concluding", "future", "respect")
START = ("A: good morning harbour energy this is ann how can i help", "C: hi it's about my bill it looks wrong to me")


def hear(analyser: Analyser, *lines: str) -> tuple[Heard, bool]:
    """A call, and whether it had no end to close."""
    hearing = analyser.hear(analyser.preparation.chunk([say(*START, *lines)]))
    return hearing[0], open_ends(hearing)[0]


@pytest.mark.parametrize(
    ("lines", "absent"),
    [
        (["A: i have put it right", "C: okay", "A: it is on the next bill"], ("further_help", "closing")),
        (["A: is there anything else i can help with", "C: no", "A: okay thank you for calling bye"], ()),
        # cut off, or the customer rang off
        (["A: what is the account number", "C: it's five five one and then"], ()),
        (["A: we cannot change it", "C: forget it i'll go elsewhere"], ()),
        # handed on
        (["A: that is for the billing team", "C: okay", "A: i'll put you through to them now"], ()),
        (["A: that is for the billing team", "C: okay", "A: i am transferring you now"], ()),
        # a wrong number
        (["A: we are the harbour office", "C: oh sorry i have the wrong number", "A: no problem"], ()),
        # spoken of, not done: somebody else put the customer through
        (["A: i see", "C: they put me through to you", "A: it is on the next bill"], ("further_help", "closing")),
    ],
)
def test_an_ending_is_missed_only_where_there_was_one_to_make(
    analyser: Analyser, lines: list[str], absent: tuple[str, ...]
) -> None:
    heard, open_end = hear(analyser, *lines)
    assert missing(heard, EXPECTED, open_end=open_end) == absent


def test_the_scorecards_closing_questions_do_not_apply_then(analyser: Analyser) -> None:
    heard, open_end = hear(
        analyser, "A: that is for the billing team", "C: okay", "A: i'll put you through to them now"
    )
    result = score(heard, (), load_scorecard(), open_end=open_end)
    assert {i.answer for i in result.items if i.section == "concluding"} == {Answer.NA}


def test_a_call_without_an_opening_is_not_judged_on_empathy(analyser: Analyser) -> None:
    heard, open_end = hear(analyser, "A: i have put it right", "C: okay", "A: bye now")
    empathy = next(i for i in score(heard, (), load_scorecard(), open_end=open_end).items if "openings" in i.question)
    assert (empathy.answer, empathy.turns) == (Answer.NA, ())


def test_the_card_that_ships_has_all_sections() -> None:
    assert {q.section for q in load_scorecard().questions} == set(STAGES)


SECOND = """
name: short
title: Short
bands: [{name: all, from: 0}]
questions: [{id: greeting, section: greeting, text: "Greeted?", weight: 1, expects: {any_of: [greeting], applies: opening}}]
"""


def test_several_stand_side_by_side(tmp_path: Path, kind: Transcript) -> None:
    path = tmp_path / "short.yaml"
    path.write_text(SECOND, encoding="utf-8")
    both = (data_dir() / "scorecards" / "default.yaml", path)
    report = Analyser(Settings(scorecards=both)).analyse(kind)
    assert [s.name for s in report.scorecards] == ["default", "short"]
    line = json.loads(as_line(report))
    assert line["scorecard"]["name"] == "default"
    assert [(s["name"], s["score"], s["band"]) for s in line["scorecards"]] == [("short", 100, "all")]


def test_an_unknown_behaviour_is_named_with_its_own_line(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(
        SECOND.replace("questions: [", "# greet them\nquestions: [").replace("any_of: [greeting]", "any_of: [greet]")
    )
    with pytest.raises(RuleError, match="greet, which there is not"):
        load_scorecard(path)


_QUESTIONS = st.lists(st.tuples(st.sampled_from(EXPECTED), st.floats(0.5, 50)), min_size=1, max_size=6)


@settings(max_examples=50, deadline=None)
@given(_QUESTIONS)
def test_a_score_lies_between_0_and_100_and_is_the_weighted_share(
    analyser: Analyser, weights: list[tuple[str, float]]
) -> None:
    heard, open_end = hear(analyser, "A: i have put it right", "C: okay", "A: it is on the next bill")
    questions = tuple(
        Question(id=f"q{i}", section="greeting", text="?", weight=w, expects=Expects(any_of=(name,)))
        for i, (name, w) in enumerate(weights)
    )
    card = Scorecard(name="x", title="X", bands=(Band(name="all", **{"from": 0}),), questions=questions)
    result = score(heard, (), card, open_end=open_end)
    yes = sum(w for name, w in weights if name in ("greeting", "introduction"))
    assert result.score == round(100 * yes / sum(w for _, w in weights))
    assert sum(i.answer is Answer.YES for i in result.items) == sum(
        n in ("greeting", "introduction") for n, _ in weights
    )
