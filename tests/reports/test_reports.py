"""What each report holds, in which order, and what a program may rely on."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
import re
import time
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

from analyser.errors import ConfigurationError
from analyser.records import CallReport, Flag, Reason, Source
from analyser.reports import REPORTS, Report, RunSummary, by_name, csv_rows, html
from analyser.reports.bars import bars
from analyser.reports.terminal import render_call
from tests.reports.made_calls import nasty, plain, report, summary

GOLDEN = Path(__file__).with_name("golden.jsonl")
CALLS = [
    report("b", probability=0.2),
    report("c"),
    report("a"),
    report("u", probability=None),
    report("z", probability=0.9),
]


def written(name: str, calls: list[CallReport]) -> str:
    out = io.StringIO()
    by_name(name).write(iter(calls), lambda: summary(calls, failed=2), out)
    return out.getvalue()


@pytest.mark.parametrize("row", REPORTS, ids=lambda r: r.name)
def test_every_report_can_be_named_and_written_twice_alike_as_utf8(row: Report) -> None:
    name = row.name
    assert by_name(name) is row
    for calls in ([], [nasty()], CALLS):
        text = written(name, calls)
        assert text == written(name, calls)
        text.encode("utf-8")


def test_an_unknown_report_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ConfigurationError, match="table, jsonl, csv, html"):
        by_name("pdf")


def test_json_lines_are_the_golden_ones() -> None:
    assert written("jsonl", [report(), report("unscored", probability=None)]) == GOLDEN.read_text(encoding="utf-8")


def test_json_lines_are_one_line_a_call_in_the_order_given_with_the_published_keys_first() -> None:
    lines = written("jsonl", [*CALLS, nasty()]).splitlines()
    loaded = [json.loads(line) for line in lines]
    assert [c["call_id"] for c in loaded[:5]] == ["b", "c", "a", "u", "z"]
    published = (
        "call_id source scored not_scored_because findings openings missing tone talk scorecard flag problems stamp"
    )
    assert all(list(c)[:13] == published.split() for c in loaded)
    assert loaded[3]["flag"] is loaded[3]["scorecard"] is loaded[3]["missing"] is None
    assert all(
        f["quote"] == nasty().transcript.turns[f["turn"] - 1].text[f["start"] : f["end"]] for f in loaded[5]["findings"]
    )


def test_csv_holds_a_row_a_call_with_counts_of_behaviours() -> None:
    rows = list(csv.DictReader(io.StringIO(written("csv", CALLS))))
    assert [r["call_id"] for r in rows] == ["b", "c", "a", "u", "z"]
    first = rows[0]
    assert (first["openings"], first["taken"], first["missed"], first["dismissed"]) == ("2", "1", "0", "1")
    assert (first["reason_1"], first["reason_1_turn"]) == ("was defensive", "3")
    assert first["empathy"] == "1"
    assert first["refusal"] == "0"
    assert rows[3]["probability"] == rows[3]["flagged"] == rows[3]["score"] == ""
    assert rows[3]["not_scored_because"] == "only the agent speaks"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "  =", "\t=", "\r=", "＝", "\n@"])
def test_csv_cells_never_start_a_formula(start: str) -> None:
    call = plain(f"{start}1+1", ["hello"])
    call = dataclasses.replace(call, transcript=dataclasses.replace(call.transcript, source=Source(f"{start}cmd")))
    row = next(csv.DictReader(io.StringIO(written("csv", [call]), newline="")))
    for name in ("call_id", "path", "agent", "team"):
        assert row[name].startswith("'"), name


def test_csv_leaves_numbers_and_harmless_text_as_they_are() -> None:
    assert csv_rows.guarded(-0.5) == -0.5
    assert csv_rows.guarded("harbour-1") == "harbour-1"


def test_the_table_is_in_order_of_need_with_ties_by_id_and_unscored_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    text = written("table", CALLS)
    assert re.findall(r"(?:\d+%|–)  ([a-z]) ", text) == ["z", "a", "c", "b", "u"]
    assert "was defensive (turn 3)" in text
    assert "not scored: only the agent speaks" in text
    assert text.splitlines()[-1] == (
        "5 calls, 3 flagged, 1 not scored (1: only the agent speaks), 2 failed, 3,500 turns a second"
    )


@pytest.mark.parametrize("columns", [60, 72, 100, 160])
def test_the_table_keeps_to_its_columns_and_is_plain_in_a_pipe(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("FORCE_COLOR", "1")
    text = written("table", [*CALLS, nasty()])
    assert "\x1b" not in text
    lines = text.splitlines()[:-1]
    assert max(len(line) for line in lines) <= columns
    assert len(lines) == 2 + 2 * 6 + 1


def test_a_run_without_calls_says_so() -> None:
    assert written("table", []) == "0 calls, 0 flagged, 0 not scored, 2 failed, 0 turns a second\n"
    assert RunSummary(calls=1, flagged=0).line() == "1 call, 0 flagged, 0 not scored, 0 failed"


class _Strict(HTMLParser):
    """Tags balance, ids are there once, references within the page lead somewhere, and nothing leads out."""

    VOID = frozenset(["meta", "input", "line", "polyline", "br"])

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        assert tag not in {"link", "img", "iframe", "object", "base", "embed", "image", "use"}
        for name, value in attrs:
            assert name not in {"src", "srcset", "action", "formaction", "xlink:href", "data", "ping"}
            assert not name.startswith("on")
            if name == "id":
                self.ids.append(value or "")
            elif name == "href":
                assert value
                assert value.startswith("#")
                self.references.append(value[1:])
            elif name in {"aria-describedby", "aria-labelledby"}:
                self.references += (value or "").split()
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_sound_and_asks_for_nothing_from_outside() -> None:
    text = written("html", [*CALLS, nasty()])
    parser = _Strict()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    assert parser.scripts == 2
    assert len(parser.ids) == len(set(parser.ids))
    assert set(parser.references) <= set(parser.ids)
    style = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert "default-src 'none'" in unescape(text)


def test_the_page_says_what_a_coach_must_know() -> None:
    text = written("html", CALLS)
    for words in (
        "language-model annotators",
        "model card",
        "What went well",
        "probability 77%",
        "✗✗",
        "taken",
        "+1.22",
    ):
        assert words in text, words
    assert text.index("What went well") < text.index("Why this probability")


def test_past_500_calls_the_page_holds_those_most_in_need_and_says_how_many_it_left_out() -> None:
    flagged = [report(f"f{i:03}", probability=0.6 + i / 10_000) for i in range(40)]
    calm = [report(f"c{i:03}", probability=0.1) for i in range(540)]
    unscored = [report(f"u{i:03}", probability=None) for i in range(20)]
    started = time.perf_counter()
    text = written("html", [*unscored, *calm, *flagged])
    assert time.perf_counter() - started < 10
    ids = re.findall(r'<a href="#call-\d+"><bdi>(\w+)</bdi>', text)
    assert len(ids) == html.MOST_CALLS
    assert ids[:40] == [f"f{i:03}" for i in reversed(range(40))]
    assert ids[40:] == [f"c{i:03}" for i in range(460)]
    assert "100 calls were left out" in text


@pytest.mark.parametrize("contributions", [(1.004, 0.334, -0.336), (0.005,) * 8, (-2.0,), ()])
def test_bars_add_up_as_shown_to_the_probability(contributions: tuple[float, ...]) -> None:
    total = -0.2 + sum(contributions) + 0.003
    reasons = tuple(Reason("other", "words", None, None, c) for c in contributions)
    flag = Flag(1 / (1 + math.exp(-total)), True, 0.5, reasons, base=-0.2, other=0.003)
    *shares, last = bars(flag)
    assert round(sum(b.value for b in shares), 2) == last.value
    assert 1 / (1 + math.exp(-last.value)) == pytest.approx(flag.probability, abs=0.002)
    assert all(0 <= b.left <= 100 and b.left + b.width <= 101 for b in (*shares, last))


def test_a_call_in_the_terminal_shows_flag_words_openings_and_scorecard() -> None:
    out = io.StringIO()
    render_call(report(), Console(file=out, width=100))
    text = out.getvalue()
    for words in (
        "Flagged for coaching – probability 77%",
        "What went well",
        "Opening for empathy (worry): dismissed, turn 3",
        "+so sorry, that must be dreadful",
        "56 of 100, coach",
        "✗ no",
        "Bare refusal, turn 3",
        "⊣ Dead end: refused",
        "+1.22",
    ):
        assert words in text, words
