"""The card: rates by group, what is not known of them, the models set side by side, and what it is not for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analyser.coaching.card import NO_VARIETY, NOT_FOR, card, fairness, readme
from analyser.coaching.compare import Compared
from analyser.coaching.figures import figures
from analyser.coaching.labels import Label
from analyser.coaching.modelfile import load
from analyser.evaluation import Example, by_source
from analyser.pipeline import Analyser
from analyser.records import CallReport, Flag, Transcript
from analyser.resources import models_dir
from tests.conftest import say

WRITTEN = say("A: Good morning, Ann speaking.", "C: Hello. It's late!", "A: I see.", "C: Yes?", "A: Bye.")
SPOKEN = say("A: good morning ann speaking", "C: hello it's late", "A: i see", "C: yes", "A: bye")


def example(name: str, call: Transcript, coach: int, *, source: str = "one", **meta: str) -> Example:
    return Example(replace(call, call_id=name, meta=meta), Label(name, coach), source, True)


EXAMPLES = [
    example("a", WRITTEN, 2), example("b", WRITTEN, 0), example("c", WRITTEN, 0), example("d", SPOKEN, 3, source="two"),
    example("e", SPOKEN, 0, source="two"), example("f", SPOKEN, 1, source="two"),
]  # fmt: skip
FLAGGED = {"a": True, "b": True, "c": False, "d": False, "e": False, "f": False}


@pytest.fixture(scope="module")
def reports(analyser: Analyser) -> dict[str, CallReport]:
    one = analyser.analyse(WRITTEN)
    return {
        e.transcript.call_id: replace(
            one, call_id=e.transcript.call_id, transcript=e.transcript,
            flag=Flag(0.9 if FLAGGED[e.transcript.call_id] else 0.1, FLAGGED[e.transcript.call_id], 0.5),
        )
        for e in EXAMPLES
    }  # fmt: skip


def test_rates_by_group_are_those_of_a_count_by_hand(reports: dict[str, CallReport]) -> None:
    rates = fairness(EXAMPLES, reports)
    assert rates["style: written"] == {
        "calls": 3, "to_coach": 0.333, "flagged": 0.667, "false_flags": 0.5, "missed": 0.0,
    }  # fmt: skip
    assert rates["style: recognised"]["missed"] == 1.0
    assert rates["source: two"]["false_flags"] == 0.0
    assert rates["length: 12 turns or fewer"]["calls"] == 6


def test_styles_are_also_compared_within_sources_that_have_both(reports: dict[str, CallReport]) -> None:
    assert not any(name.startswith("style, in") for name in fairness(EXAMPLES, reports))
    many = [example(f"{e.transcript.call_id}", e.transcript, e.label.coach) for e in EXAMPLES for _ in range(4)]
    many += [example("a", WRITTEN, 2, source="only written") for _ in range(20)]
    rates = fairness(many, reports)
    assert rates["style, in sources with both: written"]["calls"] == 12
    assert rates["style: written"]["calls"] == 32


def test_a_rate_of_nothing_is_none_and_not_0(reports: dict[str, CallReport]) -> None:
    assert fairness(EXAMPLES[:1], reports)["source: one"]["false_flags"] is None
    assert fairness(EXAMPLES[1:2], reports)["source: one"]["missed"] is None


def _card(examples: list[Example], reports: dict[str, CallReport]) -> str:
    labels = [e.label for e in examples]
    overall = figures(labels, reports)
    shown = {"roc_auc": 0.91, "average_precision": 0.9, "recall_at_30%": 0.66, "ece": 0.03}
    compared = [
        Compared("linear, signs held (ships)", True, True, shown),
        Compared("boosted trees", False, False, shown),
    ]
    facts = card(
        examples, load(models_dir() / "default"), (overall, by_source(examples, reports), labels, reports),
        compared=compared,
    )  # fmt: skip
    return readme(facts)


def test_the_card_says_what_it_does_not_know_and_what_it_is_not_for(reports: dict[str, CallReport]) -> None:
    text = _card(EXAMPLES, reports)
    assert NO_VARIETY in text
    assert "| source: two | 3 | 33% | 0% | 0% | 100% |" in text
    assert "| boosted trees | no | no | 0.91 | 0.9 | 0.66 | 0.03 |" in text
    assert "| mean probability of these calls | share to coach | calls |" in text
    assert all(f"- {words}" in text for words in NOT_FOR)


def test_where_calls_name_a_variety_of_english_its_rates_stand_there(reports: dict[str, CallReport]) -> None:
    named = [replace(e, transcript=replace(e.transcript, meta={"accent": "Scots" if i % 2 else "Irish"}))
             for i, e in enumerate(EXAMPLES)]  # fmt: skip
    text = _card(named, reports)
    assert NO_VARIETY not in text
    assert "variety of English: Scots | 3 |" in text
