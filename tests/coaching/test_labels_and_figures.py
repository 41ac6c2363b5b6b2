"""Labels as users write them, figures by hand, and what training refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from analyser.behaviours.names import AGENT, CUSTOMER
from analyser.coaching.figures import Agreement, calibration_error, figures
from analyser.coaching.labels import Label, check_against, read_labels
from analyser.coaching.splits import check_enough, folds
from analyser.coaching.train import best_threshold
from analyser.errors import LabelError
from analyser.evaluation import Example, read_labelled
from analyser.records import Transcript
from analyser.resources import data_dir
from tests.conftest import say

GOOD = {
    "id": "a",
    "agent": {"1": ["greeting"]},
    "customer": {"2": ["distress"]},
    "openings": {"2": "taken"},
    "coach": 1,
}


def write(path: Path, *records: object) -> Path:
    path.write_text("".join(json.dumps(r) + "\n" for r in records))
    return path


def test_a_record_is_read(tmp_path: Path) -> None:
    label = read_labels(write(tmp_path / "l.jsonl", GOOD))["a"]
    assert label.turns == {1: {"greeting"}, 2: {"distress"}}
    assert not label.to_coach


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"agent": {"1": ["greting"]}}, "is no behaviour"),
        ({"customer": {"2": ["greeting"]}}, "is no behaviour"),
        ({"openings": {"2": "lost"}}, "outcome"),
        ({"coach": 4}, "0 to 3"),
        ({"agent_tone": "sour"}, "agent_tone"),
        ({"reasons": ["because"]}, "no reason"),
    ],
)
def test_a_wrong_record_is_named_with_its_line(tmp_path: Path, change: dict[str, object], message: str) -> None:
    path = write(tmp_path / "l.jsonl", GOOD, {**GOOD, "id": "b", **change})
    with pytest.raises(LabelError, match=message) as caught:
        read_labels(path)
    assert caught.value.line == 2


def test_twice_and_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match="twice"):
        read_labels(write(tmp_path / "l.jsonl", GOOD, GOOD))
    with pytest.raises(LabelError, match="no labels"):
        read_labels(write(tmp_path / "e.jsonl"))


@pytest.mark.parametrize(
    ("text", "coach"),
    [
        ("call_id,coach\na,yes\nb,no\n", [True, False]),
        ("call_id;coach\na;1\nb;0\n", [True, False]),
        ("\ufeffCall_ID,Coach\na,3\nb,1\n", [True, False]),
    ],
)
def test_a_users_own_table(tmp_path: Path, text: str, coach: list[bool]) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    assert [label.to_coach for label in read_labels(path).values()] == coach


def test_a_table_may_name_the_agent_by_whom_calls_are_grouped(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("call_id,coach,agent\na,yes,Ann\nb,no,Ann\nc,no,\n", encoding="utf-8")
    labels = read_labels(path)
    examples = [Example(say("A: hi", "C: hello", call_id=name), labels[name], "mine", True) for name in "abc"]
    assert [e.group for e in examples] == ["agent Ann", "agent Ann", "c"]
    named = Example(Transcript("a", (), agent="Bea"), labels["a"], "mine", True)
    assert named.group == "agent Bea"  # what the call itself says goes first


def test_records_hold_0_to_3_even_where_all_are_0_or_1(tmp_path: Path) -> None:
    path = write(tmp_path / "l.jsonl", {"id": "a", "coach": 1}, {"id": "b", "coach": 0}, {"id": "c", "coach": True})
    assert [label.coach for label in read_labels(path).values()] == [1, 0, 2]


def test_a_label_must_fit_its_call() -> None:
    call = say("A: hello", "C: hi")
    with pytest.raises(LabelError, match="no turn 3"):
        check_against(call, Label("call", 0, {3: frozenset({"closing"})}))
    with pytest.raises(LabelError, match="not the agent"):
        check_against(call, Label("call", 0, {2: frozenset({"closing"})}))


def test_too_few_labels_are_refused_with_what_is_needed() -> None:
    labels = [Label(str(i), 2 if i < 5 else 0) for i in range(60)]
    with pytest.raises(LabelError, match="8 or more"):
        check_enough(labels)
    check_enough([Label(str(i), 2 if i < 20 else 0) for i in range(60)])


def test_no_group_is_in_two_parts() -> None:
    groups = [f"agent {i % 7}" for i in range(50)]
    for train, test in folds(groups, 5):
        assert not {groups[i] for i in train} & {groups[i] for i in test}


def test_thresholds_hold_their_precision() -> None:
    p = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    y = np.array([1, 1, 0, 1, 0, 1], dtype=bool)
    assert best_threshold(p, y) <= 0.4
    assert best_threshold(p, y, precision=0.75) == pytest.approx(0.55)
    assert best_threshold(p, np.zeros(6, dtype=bool)) == 0.99


def test_agreement_adds_and_a_call_without_report_counts_against() -> None:
    a = Agreement(3, 1, 2) + Agreement(1, 0, 0)
    assert (a.support, a.precision, a.recall) == (6, 0.8, pytest.approx(4 / 6))
    result = figures([Label("x", 2, {1: frozenset({"greeting"})}, {2: "taken"})], {})
    assert result.behaviours["greeting"] == Agreement(0, 0, 1)
    assert result.accuracy("openings") == 0.0


def test_calibration_error_by_hand() -> None:
    p, y = np.array([0.1, 0.1, 0.9, 0.9]), np.array([False, False, True, False])
    assert calibration_error(p, y) == pytest.approx(0.5 * 0.1 + 0.5 * 0.4)


def test_the_labelled_calls_that_ship_are_sound() -> None:
    examples = read_labelled(data_dir() / "labelled")
    assert len(examples) >= 520 + 360
    assert len({e.transcript.call_id for e in examples}) == len(examples)
    for e in examples:
        distress = {n for n, names in (e.label.turns or {}).items() if "distress" in names}
        assert distress == set(e.label.openings), e.transcript.call_id
        assert all(names <= set(AGENT) | set(CUSTOMER) for names in (e.label.turns or {}).values())
        assert e.trainable
