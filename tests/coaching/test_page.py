"""An evaluation as a page and a table: the figures by hand, and nothing from outside or of a call's words."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from analyser.behaviours.names import ALL
from analyser.coaching.card import threshold_table
from analyser.coaching.figures import GROUPS, Agreement, Disagreement, Figures, figures, worst
from analyser.coaching.labels import Label
from analyser.coaching.page import page, precision_recall, reliability_dots
from analyser.pipeline import Analyser
from analyser.records import CallReport, Flag, Reason, Transcript

COUNTS = dict.fromkeys([*ALL, *GROUPS], Agreement())
P = (0.95, 0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1, 0.05)
Y = (1, 1, 0, 1, 0, 0, 1, 0, 0, 0)
NO_CLASSES: dict[str, list[tuple[str, str | None]]] = {"openings": [], "agent_tone": [], "customer_end": []}
TEN = Figures(10, COUNTS, {}, NO_CLASSES, [(p, p >= 0.5, bool(y)) for p, y in zip(P, Y, strict=True)])
NONE_TO_COACH = replace(TEN, flag=[(p, p >= 0.5, False) for p in P])


def draw(f: Figures, listed: tuple[Disagreement, ...] = ()) -> str:
    return page(f, [], {}, by_source={"mine": f}, how="By hand.", caveat="Read with care.", worst=listed)


@pytest.mark.parametrize(
    ("share", "found", "precision", "first"),
    [(0.1, 0.25, 1.0, 0.95), (0.2, 0.5, 1.0, 0.9), (0.4, 0.75, 0.75, 0.7), (0.6, 0.75, 0.5, 0.4)],
)
def test_reading_a_share_finds_what_a_count_by_hand_finds(
    share: float, found: float, precision: float, first: float
) -> None:
    row = next(r for r in threshold_table(TEN) if r["share_read"] == share)
    assert (row["share_found"], row["precision"], row["probability_from"]) == (found, precision, first)


def test_precision_recall_runs_from_the_surest_call_to_all_of_them() -> None:
    pairs = precision_recall(TEN)
    assert pairs[0] == (0.0, 1.0)
    assert pairs[-1] == (1.0, pytest.approx(0.4))
    recalls = [r for r, _ in pairs]
    assert recalls == sorted(recalls)
    many = replace(TEN, flag=[(i / 5000, False, i % 3 == 0) for i in range(5000)])
    assert len(precision_recall(many)) <= 802


def test_the_page_needs_nothing_from_outside_and_shows_its_counts() -> None:
    text = draw(TEN)
    assert not re.search(r"<script|https?:|\bsrc=|url\(|@import", text)
    assert text.count("<svg") == 2
    dots = reliability_dots(TEN)
    assert sum(d.calls for d in dots) == 10
    for dot in dots:
        assert f"{dot.calls} calls: predicted {dot.mean:.3f}, to coach {dot.share:.3f}" in text
    assert "<td>50\u202f%</td>" in text  # what reading 20 % of the calls finds


@pytest.mark.parametrize("f", [NONE_TO_COACH, replace(TEN, calls=0, flag=())])
def test_the_page_can_do_without_calls_to_coach(f: Figures) -> None:
    text = draw(f)
    assert "How much to read" not in text
    assert threshold_table(f) == []


def test_a_strange_call_id_stays_text() -> None:
    text = draw(TEN, (Disagreement("<b>x</b>", 2, 0.1, "listened"),))
    assert "&lt;b&gt;x&lt;/b&gt;" in text
    assert "<b>x" not in text


def _report(report: CallReport, name: str, probability: float) -> CallReport:
    reasons = (
        Reason("poor_listening", "did not listen", 3, "SECRET WORDS", 0.7),
        Reason("dismissive_or_rude", "was hostile", 1, "SECRET WORDS", 1.5),
        Reason("good_empathy", "showed that they cared", 5, "SECRET WORDS", -2.0),
    )
    return replace(report, call_id=name, flag=Flag(probability, probability >= 0.5, 0.5, reasons, base=0.0, other=0.0))


def test_the_worst_come_first_with_the_reason_of_the_flags_side(analyser: Analyser, kind: Transcript) -> None:
    one = analyser.analyse(kind)
    reports = {n: _report(one, n, p) for n, p in (("a", 0.9), ("b", 0.02), ("c", 0.97), ("d", 0.3))}
    reports["e"] = replace(one, call_id="e", flag=None, scored=False)
    labels = [Label("a", 1), Label("b", 3), Label("c", 2), Label("d", 0), Label("e", 2), Label("unknown", 2)]
    listed = worst(labels, reports, 3)
    assert [(d.call_id, d.coach) for d in listed] == [("b", 3), ("a", 1), ("d", 0)]
    assert [d.why for d in listed] == [
        "showed that they cared (turn 5)",
        "was hostile (turn 1)",
        "was hostile (turn 1)",
    ]
    assert "SECRET" not in draw(TEN, tuple(listed))


def test_labels_of_whole_calls_count_for_the_flag_alone(analyser: Analyser, rude: Transcript) -> None:
    report = analyser.analyse(rude)
    assert report.findings
    assert report.flag
    f = figures([Label("rude", 2)], {"rude": report})
    assert f.pooled == Agreement()
    assert set(f.missing.values()) == {Agreement()}
    assert list(f.flag) == [(report.flag.probability, report.flag.flagged, True)]
