"""Dead ends: a bare no, a promise without a time, an apology too late, a question asked again."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyser import asking
from analyser.behaviours.register import Column, bits
from analyser.behaviours.rows import Rows
from analyser.dead_ends import KINDS, DeadEnds
from analyser.errors import RuleError
from analyser.language import CLAUSE_WORDS, OPENERS, Language, ParsedTurn
from analyser.pipeline import Analyser
from analyser.records import Role, Transcript, Turn
from analyser.resources import data_dir
from tests.conftest import say

LEXICON = data_dir() / "lexicons" / "dead_ends.yaml"
START = ("A: good morning harbour energy this is ann how can i help",)


def kinds(analyser: Analyser, *lines: str) -> list[tuple[str, int]]:
    return [(m.kind, m.turn) for m in analyser.analyse(say(*START, *lines)).dead_ends]


def test_a_no_with_neither_reason_nor_another_way_is_a_dead_end(analyser: Analyser) -> None:
    ask = "C: can you take the late fee off please"
    no = "A: unfortunately we are unable to waive the fee"
    assert kinds(analyser, ask, no, "C: is that it then", "A: that's it") == [("bare_refusal", 3)]


@pytest.mark.parametrize(
    "lines",
    [
        ["A: unfortunately we are unable to waive the fee because it was taken off last month already", "C: oh", "A: yes"],
        ["A: unfortunately we are unable to waive the fee", "C: why", "A: because it was waived once already"],
        ["A: unfortunately we are unable to waive the fee", "C: oh", "A: what i can do is spread it over three months"],
        ["A: unfortunately we are unable to waive the fee", "A: but i can put half of it back for you", "C: right"],
    ],
)  # fmt: skip
def test_a_reason_or_another_way_by_the_next_answer_is_none(analyser: Analyser, lines: list[str]) -> None:
    assert "bare_refusal" not in dict(kinds(analyser, "C: can you take the late fee off please", *lines))


def test_the_way_on_may_not_come_later_than_the_next_answer(analyser: Analyser) -> None:
    lines = ["C: can you waive the fee", "A: unfortunately we are unable to waive the fee", "C: really",
             "A: that's right", "C: that's harsh", "A: because it was waived once already"]  # fmt: skip
    assert ("bare_refusal", 3) in kinds(analyser, *lines)


@pytest.mark.parametrize(
    ("promise", "found"),
    [
        ("somebody will call you", True),
        ("the team will get back to you as soon as possible", True),
        ("They'll be in touch shortly.", True),
        ("somebody will call you by noon", False),
        ("i'll ring you tomorrow with the answer", False),
        ("the driver will ring you when he's outside", False),
        ("if we get cut off i'll call you", False),
        ("bear with me i'll be right with you", False),
        ("when will they call you", False),
    ],
)
def test_a_promise_needs_a_time(analyser: Analyser, promise: str, found: bool) -> None:
    lines = ["C: my meter is broken and nobody came", f"A: {promise}", "C: right", "A: is there anything else today"]
    assert (("promise_without_time", 3) in kinds(analyser, *lines)) is found


def test_the_time_may_come_in_the_next_two_answers_but_no_later(analyser: Analyser) -> None:
    before = [
        "C: my meter is broken and nobody came",
        "A: somebody will call you",
        "C: right",
        "A: i have written it down",
    ]
    when = "A: they ring on friday"
    assert "promise_without_time" not in dict(kinds(analyser, *before, "C: when", when))
    late = [*before, "C: hm", "A: it is all in the notes", "C: when though", when]
    assert ("promise_without_time", 3) in kinds(analyser, *late)


UPSET = "C: i am absolutely furious this is a disgrace you have left us without heating for three weeks"


def test_an_apology_long_after_the_distress_is_late(analyser: Analyser) -> None:
    lines = [UPSET, "A: what is the account number", "C: five five one two", "A: and the postcode", "C: n one two b c",
             "A: and is the meter inside", "C: yes", "A: i do apologise for the delay"]  # fmt: skip
    assert ("late_apology", 9) in kinds(analyser, *lines)
    soon = [UPSET, "A: i do apologise for the delay that must be awful", "C: it is", "A: what is the account number",
            "C: five five one two", "A: and the postcode", "C: n one", "A: once more i do apologise for the delay"]  # fmt: skip
    assert "late_apology" not in dict(kinds(analyser, *soon))


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["A: can i take your account number please", "C: it is five five one two", "A: thank you", "C: right",
          "A: and what is your account number"], 6),
        (["C: the reference is 00412 and it is still not here", "A: What is the reference?"], 3),
        (["A: when did the boiler stop working", "C: on monday morning it just died", "A: i see",
          "C: yes", "A: and when did the boiler stop working"], 6),
        (["A: can i take your account number please", "C: hang on i can't find it", "A: what is your account number"], None),
        (["A: can i take your account number please", "C: five five one two", "A: and the other account number"], None),
        (["A: can i take your account number please", "C: five five one two", "A: and your postcode"], None),
        (["A: is there anything else", "C: no my heating is off", "A: is there anything else"], None),
    ],
)  # fmt: skip
def test_a_question_asked_again_after_its_answer(analyser: Analyser, lines: list[str], found: int | None) -> None:
    # the lines begin at turn 2
    assert dict(kinds(analyser, *lines)).get("asked_again") == found


def test_kind_calls_have_none(analyser: Analyser) -> None:
    report = analyser.analyse(
        say("A: hello this is ann how can i help", "C: what time do you close", "A: at six tonight", "C: thanks",
            "A: you're welcome bye now")
    )  # fmt: skip
    assert report.dead_ends == ()


def test_each_kind_says_why(analyser: Analyser) -> None:
    report = analyser.analyse(say(*START, "C: can you waive the fee", "A: unfortunately we are unable to waive the fee",
                                  "C: is that it then", "A: that's it", "C: and my bill", "A: somebody will call you"))  # fmt: skip
    assert {m.kind for m in report.dead_ends} == {"bare_refusal", "promise_without_time"}
    assert all(m.kind in KINDS and len(m.why) > 20 for m in report.dead_ends)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [("promise:", "promises:", "promise"), ("  - (would | do) you", "  - (would | do you", "phrase")],
)
def test_a_wrong_lexicon_is_named(tmp_path: Path, language: Language, old: str, new: str, message: str) -> None:
    text = LEXICON.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "dead_ends.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RuleError, match=message) as caught:
        DeadEnds(language.words, path)
    assert caught.value.line is not None


_BITS = (
    (asking.ASKING, ["what"]), (asking.INVERTED, ["is", "have"]), (asking.OFFERING, ["can"]),
    (asking.SUBJECT, ["i", "the"]), (asking.LEAD_IN, ["and", "okay", "thank"]), (asking.SAYING, ["is", "it"]),
    (asking.FIGURE, ["six"]), (asking.ITEM, ["postcode"]), (asking.THANK, ["thank"]), (asking.YOU, ["you"]),
    (asking.OPENER, OPENERS),
)  # fmt: skip
_OF = bits(_BITS)
_TELLING = ["postcode", "parcel", "delivery"]
_ASKED = [*_OF, "parcel", "delivery", "x", "?", "."]


def asked(turn: ParsedTurn) -> list[tuple[int, int, set[str]]]:
    """The questions of a turn, by a plain reading."""
    marks = [0, *turn.breaks, len(turn.words)]
    parts = list(itertools.pairwise(marks)) if turn.breaks else turn.clauses()
    found = []
    for first, past in parts:
        words = turn.words[first:past]
        if not words:
            continue
        item = "postcode" in words
        at = 0
        while at < len(words) - 1 and (
            words[at] in ("and", "okay", "thank") or (words[at] == "you" and at and words[at - 1] == "thank")
        ):
            at += 1
        inverted = words[at] in ("is", "have") or (item and words[at] == "can")
        asks = words[at] == "what" or (inverted and at + 1 < len(words) and words[at + 1] in ("i", "the"))
        bare = item and len(words) <= 5 and not {"is", "it", "six"} & set(words)
        if (asks or bare) and (telling := set(words) & set(_TELLING)):
            found.append((first, past, telling))
    return found


@settings(max_examples=400, deadline=None)
@given(st.lists(st.lists(st.sampled_from(_ASKED), max_size=14), min_size=1, max_size=4))
def test_questions_are_found_as_a_plain_reading_finds_them(said: list[list[str]]) -> None:
    call = Language().parse(Transcript("c", tuple(Turn(Role.AGENT, " ".join(words)) for words in said)))
    rows = Rows.of([call])
    stems = Column({word: k for k, word in enumerate(_TELLING, 1)})
    found = asking.asked(
        np.arange(len(said)), rows.numbers, rows.bounds, rows.breaks, rows.break_bounds, Column(_OF).values(),
        stems.values(), CLAUSE_WORDS, 5,
    )  # fmt: skip
    expected = [(i, *its) for i, turn in enumerate(call.turns) for its in asked(turn)]
    assert [(i, a, b, {_TELLING[k - 1] for k in its}) for i, a, b, its in found] == expected
