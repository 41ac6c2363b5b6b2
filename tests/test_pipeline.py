"""The one path: what holds for every report."""

from __future__ import annotations

import gc
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyser.batch.stream import analyse_stream
from analyser.pipeline import Analyser
from analyser.records import Role, Transcript, Turn
from analyser.reports.jsonl import as_dict
from analyser.settings import Settings
from tests.conftest import say

_TEXT = st.text(max_size=80) | st.sampled_from(
    ["calm down", "i'm so sorry to hear that", "thanks for calling bye", "this is a disgrace", "is there anything else",
     "it's not my department", "İstanbul’s <b>sorry</b>", "hello this is ann how can i help", "\x00\u2028", "👍🏽 ok"]
)  # fmt: skip
_TURN = st.builds(Turn, st.sampled_from([Role.AGENT, Role.CUSTOMER, Role.SYSTEM]), _TEXT)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(_TURN, max_size=12), min_size=1, max_size=3))
def test_every_finding_quotes_its_turn(analyser: Analyser, calls: list[list[Turn]]) -> None:
    transcripts = [Transcript(f"c{i}", tuple(turns)) for i, turns in enumerate(calls)]
    for report in analyser.analyse_many(transcripts):
        for finding in (*report.findings, *report.tone.moments, *report.dead_ends):
            text = report.transcript.turns[finding.turn - 1].text
            assert finding.quote == text[finding.start : finding.end]
            assert finding.quote
        assert (report.flag is None) is (not report.scored)
        if report.flag is not None:
            total = report.flag.base + report.flag.other + sum(r.contribution for r in report.flag.reasons)
            assert 1 / (1 + 2.718281828459045**-total) == pytest.approx(report.flag.probability, abs=2e-3)


def test_many_give_the_same_as_one_by_one(analyser: Analyser, rude: Transcript, kind: Transcript) -> None:
    together = [as_dict(r) for r in analyser.analyse_many([rude, kind])]
    assert together == [as_dict(analyser.analyse(rude)), as_dict(analyser.analyse(kind))]
    assert together == [as_dict(r) for r in analyser.analyse_many([rude, kind])]


def test_a_rude_call_is_flagged_and_a_kind_one_is_not(analyser: Analyser, rude: Transcript, kind: Transcript) -> None:
    bad, good = analyser.analyse_many([rude, kind])
    assert bad.flag is not None
    assert good.flag is not None
    assert bad.flag.flagged
    assert not good.flag.flagged
    assert bad.flag.probability > good.flag.probability + 0.4
    assert {o.outcome.value for o in bad.openings} & {"missed", "dismissed"}
    assert {"greeting", "introduction", "offer_of_help", "gratitude"} <= {
        f.behaviour for f in good.findings if f.turn == 1
    }
    assert good.missing == ()
    assert "closing" in (bad.missing or ())
    assert good.tone.agent_label == "warm"
    assert bad.tone.agent_label in {"cold", "hostile"}


@pytest.mark.parametrize(
    ("lines", "because"),
    [
        ([], "no turns"),
        (["A: hello", "A: are you there", "A: hello", "A: bye"], "only the agent"),
        (["C: hello", "C: are you there"], "only the customer"),
        (["A: hello", "C: hi", "A: bye"], "fewer than 3"),
        (["?: hello", "?: hi", "?: bye", "?: bye"], "who is the agent"),
        (["A: guten tag hier ist anna wie kann ich ihnen helfen", "C: ja guten tag meine heizung ist kaputt und ich friere"
          , "A: das tut mir leid wann ist das passiert", "C: gestern abend gegen acht uhr", "A: wir schicken jemanden"],
         "English"),
    ],
)  # fmt: skip
def test_what_cannot_be_judged_says_so(analyser: Analyser, lines: list[str], because: str) -> None:
    report = analyser.analyse(say(*lines))
    assert not report.scored
    assert because in (report.not_scored_because or "")
    assert report.flag is None
    assert report.scorecards == ()
    assert report.missing is None
    assert any(p.code == "not_scored" for p in report.problems)


def test_a_very_long_turn_is_read_up_to_its_limit_and_said(analyser: Analyser, kind: Transcript) -> None:
    long = replace(kind, turns=(*kind.turns, Turn(Role.CUSTOMER, "and then " * 250_000)))
    report = analyser.analyse(long)
    assert any(p.code == "long_turn" for p in report.problems)
    assert report.scored


def test_threshold_decides_the_flag(kind: Transcript) -> None:
    report = Analyser(Settings(threshold=0.0)).analyse(kind)
    assert report.flag is not None
    assert report.flag.flagged
    assert report.flag.threshold == 0.0


@pytest.mark.parametrize("young", [0, 700, 2_000_000])
def test_garbage_is_still_looked_for_where_it_was(young: int) -> None:
    before = gc.get_threshold()
    try:
        gc.set_threshold(young, 10, 10)
        assert len(list(analyse_stream([say("A: hello how can i help", "C: my parcel is late")], Settings()))) == 1
        assert gc.isenabled()
        assert gc.get_threshold() == (young and max(young, 500_000), 10, 10)
    finally:
        gc.set_threshold(*before)
