"""The digest: its counts, its order, and that it holds no words of a call."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyser.nightly.digest import (
    Digest,
    Tally,
    as_html,
    as_payload,
    as_text,
    in_short,
    most_frequent,
    rate_words,
    subject,
    usual_rate,
)  # fmt: skip
from analyser.records import CallReport, Opening, Outcome
from tests.reports.made_calls import NASTY, TURNS, nasty, report


def call(call_id: str, probability: float | None, agent: str | None = "Petra") -> CallReport:
    return report(call_id, probability=probability, agent=agent)


def digest(tally: Tally, **given: Any) -> Digest:
    values: dict[str, Any] = {
        "run_id": "7", "date": "2026-03-04", "ended_at": "2026-03-05T02:10:00+00:00", "calls": tally.calls,
        "flagged": tally.flagged, "skipped": 2, "failed": 0, "waiting": 0, "turns": tally.turns, "seconds": 3.0,
        "not_scored": most_frequent(tally.not_scored), "failures": (), "usual_rate": None, "compared": 0,
        "to_coach": tally.to_coach(), "agents": tally.agents(), "least_calls": tally.least_calls,
        "moments": tally.moments(), "stopped_because": None,
    }  # fmt: skip
    return Digest(**values | given)


def tally_of(*calls: CallReport, **options: int) -> Tally:
    tally = Tally(**options)
    assert list(tally.watch(calls)) == list(calls)
    return tally


def test_counts() -> None:
    told = digest(tally_of(call("a", 0.9), call("b", 0.1), call("c", None)))
    assert (told.calls, told.flagged, told.scored, told.rate) == (3, 1, 2, 0.5)
    assert told.not_scored == (("only the agent speaks", 1),)
    assert told.turns == 3 * len(TURNS)


@given(st.lists(st.floats(0, 1), max_size=120), st.integers(1, 12))
def test_the_neediest_flagged_calls_come_first(probabilities: list[float], most: int) -> None:
    made = [call(f"call-{i}", p) for i, p in enumerate(probabilities)]
    expected = sorted((-p, f"call-{i}") for i, p in enumerate(probabilities) if p >= 0.5)[:most]
    assert [c.call_id for c in tally_of(*made, most=most).to_coach()] == [name for _, name in expected]


def test_reasons_come_strongest_first_with_their_turn_and_only_those_for_coaching() -> None:
    (first,) = tally_of(call("a", 0.9)).to_coach()
    assert [r.replace("\N{NO-BREAK SPACE}", " ") for r in first.reasons] == [
        "was defensive (turn 3)",
        "did not answer the customer's distress (turn 2)",
        "did not ask whether anything else was needed",
    ]


def test_agents_are_compared_only_where_there_are_enough_scored_calls() -> None:
    calls = [call(f"few-{i}", 0.9, "Few") for i in range(4)]
    calls += [call(f"unscored-{i}", None, "Unscored") for i in range(9)]
    calls += [call(f"half-{i}", 0.9 if i % 2 else 0.1, "Half") for i in range(6)]
    calls += [call(f"well-{i}", 0.1, "Well") for i in range(6)]
    calls += [call(f"most-{i}", 0.9 if i else 0.1, "Most") for i in range(5)]
    shown = [(a.agent, a.flagged, a.calls) for a in tally_of(*calls, least_calls=5).agents()]
    assert shown == [("Most", 4, 5), ("Half", 3, 6)]


def test_a_good_moment_answers_an_opening_and_comes_once_an_agent() -> None:
    calls = [call("a", 0.1, "Petra"), call("b", 0.2, "Petra"), call("c", 0.1, "Omar"), call("d", 0.9, "Rude")]
    moments = tally_of(*calls).moments()
    assert [(m.agent, m.call_id, m.turn) for m in moments] == [("Petra", "a", 5), ("Omar", "c", 5)]
    assert "answered what troubled the customer" in moments[0].because
    missed = replace(calls[0], openings=(Opening(2, Outcome.MISSED, None, "quote"),))
    assert "answered" not in tally_of(missed).moments()[0].because


@pytest.mark.parametrize(
    ("before", "expected"),
    [([], (None, 0)), ([(0, 0)], (None, 0)), ([(1, 10), (0, 0), (3, 10)], (0.2, 2)), ([(0, 5)], (0.0, 1))],
)
def test_the_usual_rate_leaves_out_runs_without_scored_calls(
    before: list[tuple[int, int]], expected: tuple[float | None, int]
) -> None:
    assert usual_rate(before) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("usual", "compared", "says"),
    [
        (None, 0, "50.0% of the scored calls"),
        (0.4, 7, "50.0% of the scored calls, 10.0 points above the mean of the last 7 runs (40.0%)"),
        (0.625, 1, "50.0% of the scored calls, 12.5 points below the mean of the last run (62.5%)"),
        (0.5, 3, "50.0% of the scored calls, as in the mean of the last 3 runs"),
    ],
)
def test_the_flag_rate_is_set_against_the_usual_one(usual: float | None, compared: int, says: str) -> None:
    told = digest(tally_of(call("a", 0.9), call("b", 0.1)), usual_rate=usual, compared=compared)
    assert rate_words(told) == says
    assert says in as_text(told)


def test_a_night_without_calls_says_so() -> None:
    told = digest(tally_of())
    assert subject(told) == "Calls of 2026-03-04: nothing new"
    assert "COACH FIRST" not in as_text(told)
    assert "Coach first" not in as_html(told)


def test_failures_and_an_early_stop_stand_in_subject_and_text() -> None:
    failures = (("no format recognised", 2), ("the file is empty", 1))
    told = digest(tally_of(call("a", 0.9)), failed=3, failures=failures, stopped_because="the time limit is reached")
    assert subject(told) == "Calls of 2026-03-04: 1 analysed, 1 to coach, 3 failed [stopped early]"
    for form in (as_text(told), as_html(told)):
        assert "Stopped early: the time limit is reached" in form
        assert "2: no format recognised" in form


def test_reasons_of_failures_are_told_in_short_and_the_rarest_together() -> None:
    reasons = {
        "no format recognised (tried csv, vtt); name one with --input-format": 2,
        "no format recognised (tried csv)": 3,
        "the file is empty": 4,
    }
    assert in_short(reasons) == (("no format recognised", 5), ("the file is empty", 4))
    many = in_short(reasons | {f"call {i} could not be analysed; please report it": 1 for i in range(100)})
    assert many[:2] == (("no format recognised", 5), ("the file is empty", 4))
    assert many[-1] == ("other reasons", 94)
    assert sum(n for _, n in many) == 109


def test_no_form_holds_words_of_a_call() -> None:
    told = digest(tally_of(call("a", 0.9), call("b", 0.1), call("c", None), least_calls=1))
    forms = [as_text(told), as_html(told), json.dumps(as_payload(told), ensure_ascii=False), subject(told)]
    said = [text[i : i + 12] for _, text in TURNS for i in range(len(text) - 12)]
    for form in forms:
        assert "Petra" in form or form == subject(told)  # what it may hold is there
        assert [words for words in said if words in form] == []


def test_nasty_names_are_escaped_and_stay_on_their_line() -> None:
    flagged = [call(text[:60], 0.9, text[:60]) for text in NASTY.values() if text]
    told = digest(tally_of(*flagged, nasty(), least_calls=1, most=50), stopped_because=None)
    page, text = as_html(told), as_text(told)
    assert "<script" not in page
    assert "<img" not in page
    assert "\x1b" not in text
    assert len([line for line in text.splitlines() if line.endswith("%") and ". " in line[:4]]) == len(flagged)
    page.encode("utf-8")
    text.encode("utf-8")
    json.dumps(as_payload(told)).encode("utf-8")


def test_the_payload_is_plain_json_with_named_counts() -> None:
    told = digest(tally_of(call("a", 0.9), call("b", None), least_calls=1), failed=1, failures=(("bad", 1),))
    sent = json.loads(json.dumps(as_payload(told), allow_nan=False))
    assert (sent["kind"], sent["version"], sent["run_id"]) == ("analyser.nightly", 1, "7")
    assert sent["failures"] == [{"reason": "bad", "count": 1}]
    assert sent["rate"] == 1.0
    assert sent["to_coach"][0]["call_id"] == "a"
    assert sent["agents"] == [{"agent": "Petra", "calls": 1, "flagged": 1, "share": 1.0}]
