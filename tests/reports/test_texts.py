"""Highlights never change a turn's words, whatever spans overlap and whatever the text holds."""

from __future__ import annotations

import dataclasses
import io
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from analyser.records import CallReport, Finding, Role, Turn
from analyser.reports import html
from analyser.reports.spans import for_terminal, one_line, segments, shown
from analyser.reports.terminal import render_call
from tests.reports.made_calls import NASTY, finding, nasty, plain, summary

WORDS = st.text(max_size=60)
SPANS = st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=6)


class _Words(HTMLParser):
    """Collects the text of each turn, and the highlighted pieces with the notes that they name."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.turns: list[str] = []
        self.marked: list[tuple[str, str]] = []
        self._inside = False
        self._note: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "p" and given.get("class") == "words":
            self._inside = True
            self.turns.append("")
        elif tag == "mark":
            self._note = given["aria-describedby"]

    def handle_endtag(self, tag: str) -> None:
        self._inside &= tag != "p"
        if tag == "mark":
            self._note = None

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.turns[-1] += data
            if self._note:
                self.marked.append((data, self._note))


def page(calls: list[CallReport]) -> str:
    out = io.StringIO()
    html.write(iter(calls), lambda: summary(calls), out)
    return out.getvalue()


def read(text: str) -> _Words:
    parser = _Words()
    parser.feed(text)
    parser.close()
    return parser


def spanned(text: str, start: int, end: int) -> Finding:
    return Finding("empathy", 1, Role.AGENT, start, end, text[start:end], 0.5, "rules", "empathy/x", "why")


@given(WORDS, SPANS)
def test_segments_joined_are_the_text_and_cover_what_their_spans_cover(
    text: str, limits: list[tuple[int, int]]
) -> None:
    spans = [spanned(text, start, end) for start, end in limits]
    cut = segments(text, spans)
    assert "".join(s.text for s in cut) == text
    covered: dict[int, list[int]] = {}
    at = 0
    for segment in cut:
        for i in segment.covers:
            covered.setdefault(i, []).extend(range(at, at + len(segment.text)))
        at += len(segment.text)
    for i, (start, end) in enumerate(limits):
        inside = [n for n in range(len(text)) if start <= n < end]
        assert covered.get(i, []) == inside
        assert sum(i in s.begins for s in cut) == bool(inside)


@settings(max_examples=60, deadline=None)
@given(WORDS, SPANS)
def test_a_rendered_turn_reads_as_its_text(text: str, limits: list[tuple[int, int]]) -> None:
    call = plain("one", [text], [spanned(text, start, end) for start, end in limits])
    assert read(page([call])).turns == [shown(text)]


@given(st.text(alphabet=st.characters(), max_size=40))
def test_text_made_safe_keeps_its_length_and_can_be_written(text: str) -> None:
    for safe in (shown(text), for_terminal(text), one_line(text)):
        assert len(safe) == len(text)
        safe.encode("utf-8")
        assert not any((ord(c) < 32 and c not in "\t\n") or 0x7F <= ord(c) < 0xA0 for c in safe)
    assert len(one_line(text).splitlines()) <= 1


def test_each_highlight_names_the_note_of_its_finding() -> None:
    text = "i am so sorry that must have been awful"
    turns = [Turn(Role.AGENT, text)]
    found = [finding(turns, "apology", 1, "so sorry that"), finding(turns, "empathy", 1, "that must have been awful")]
    marked = read(page([plain("one", [text], found)])).marked
    assert marked == [
        ("so sorry ", "c1-n1-0"),
        ("that", "c1-n1-0 c1-n1-1"),
        (" must have been awful", "c1-n1-1"),
    ]


def test_nasty_texts_come_out_as_text() -> None:
    texts = [shown(t)[:20_000] for t in NASTY.values()]
    assert read(page([nasty()])).turns == texts


def test_a_turn_too_long_for_a_page_says_what_is_left_out() -> None:
    text = page([plain("one", ["word " * 5_000])])
    assert "5,000 more characters are not shown" in text
    assert len(read(text).turns[0]) == 20_000


def test_a_call_too_long_for_a_page_says_what_is_left_out() -> None:
    text = page([plain("one", ["yes"] * 2_003)])
    assert "The last 3 turns are not shown" in text
    assert len(read(text).turns) == 2_000


@pytest.mark.parametrize("colour", [True, False])
def test_the_terminal_shows_a_nasty_call_without_its_escapes(colour: bool) -> None:
    out = io.StringIO()
    render_call(
        nasty(), Console(file=out, width=100, force_terminal=colour, color_system="truecolor" if colour else None)
    )
    text = out.getvalue()
    assert "\x1b[31mred" not in text
    assert "\x9b" not in text
    assert "\u202e" not in text
    assert "escape␛[31m" in text
    assert "[bold red]not markup[/]" in text
    assert "{{ 7 * 7 }}" in text


def test_a_call_without_turns_can_be_shown() -> None:
    empty = plain("none", [])
    assert "There are no turns" in page([empty])
    render_call(dataclasses.replace(empty, not_scored_because="there are no turns"), Console(file=io.StringIO()))
