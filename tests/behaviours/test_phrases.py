"""The phrase language."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyser.behaviours.phrases import Phrase, PhraseError, compile_phrase
from analyser.behaviours.programs import Matcher
from analyser.behaviours.register import REGISTER
from analyser.language import Language

WORDS = Language().words
LISTS = {"bad": ("awful", "a nightmare"), "day": ("monday", "tuesday")}


def phrase(text: str) -> Phrase:
    return compile_phrase(text, words=WORDS, lists=LISTS)


def line(text: str) -> str:
    return f" {' '.join(WORDS(text))} "


def matches(p: Phrase, turns: list[tuple[str, ...]]) -> list[tuple[int, int, int]]:
    """Turn, first and last word of every match, as the compiled matcher finds them in all turns together."""
    found = Matcher([p], [[0], []]).matches(*REGISTER.numbers(turns), np.zeros(len(turns)))
    return [(turn, first, last) for _, turn, first, last in found.tolist()]


def matches_by_regex(p: Phrase, turns: list[tuple[str, ...]]) -> list[tuple[int, int, int]]:
    """The same by a regular expression on one turn after the other."""
    found = []
    for number, words in enumerate(turns):
        text = f" {' '.join(words)} "
        match = p.find(text)
        while match is not None:
            first = text.count(" ", 0, match.start() + 1) - 1
            found.append((number, first, max(first, text.count(" ", 0, match.end()) - 1)))
            match = p.find(text, match.start() + 1)
    return found


@pytest.mark.parametrize(
    ("text", "hits", "misses"),
    [
        ("i'm (so|really)? sorry", ["I'm sorry", "im so sorry", "I am really, sorry"], ["so sorry", "i was sorry"]),
        ("apolog*", ["my apologies", "I apologise"], ["logs"]),
        ("that must ... <bad>", ["that must have been a nightmare", "that must be awful"], ["that must be fun"]),
        ("^ hello", ["hello there"], ["oh hello"]),
        ("bye $", ["okay bye", "bye bye"], ["bye now"]),
        ("in? <number> (day|days)", ["in 3 days", "five days", "a day 2 days"], ["some days"]),
        ("(call|ring) _ back", ["call us back"], ["call back", "call us right back"]),
        ("a b? c", ["a c", "a b c"], ["a d c"]),
    ],
)
def test_phrases(text: str, hits: list[str], misses: list[str]) -> None:
    p = phrase(text)
    for example in hits:
        assert p.find(line(example)), example
        assert matches(p, [WORDS(example)]), example
    for example in misses:
        assert not p.find(line(example)), example
        assert not matches(p, [WORDS(example)]), example


@pytest.mark.parametrize("text", ["", "(a|b", "a)", "?", "a || b", "<nolist>", "um", "a?", "...", "()", "(a?|b)? c?"])
def test_mistakes_are_refused(text: str) -> None:
    with pytest.raises(PhraseError):
        phrase(text)


_ATOMS = st.sampled_from(
    ["a", "b", "c d", "b?", "(a|c)", "(a b|d)?", "_", "...", "^", "$", "<day>", "(b?|d) c", "(a b|a|b c|b)", "(... b|c)",
     "m*", "#", "_?", "(a|<bad>|c d) _", "(^|b) a", "(c|d $)"]
)  # fmt: skip
_SAID = st.sampled_from(["a", "b", "c", "d", "x", "monday", "a", "b", "3rd", "awful"])


@settings(max_examples=500, deadline=None)
@given(st.lists(_ATOMS, min_size=1, max_size=5), st.lists(st.lists(_SAID, max_size=9), min_size=1, max_size=6))
def test_all_turns_at_once_match_as_a_regular_expression_on_each(atoms: list[str], said: list[list[str]]) -> None:
    try:
        p = phrase(" ".join(atoms))
    except PhraseError:
        return
    turns = [tuple(words) for words in said]
    assert matches(p, turns) == matches_by_regex(p, turns)


def test_words_beyond_the_memory_are_still_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyser.behaviours.register._MEMORY", 0)
    assert matches(phrase("apolog* _"), [("my", "apologies", "sir"), ("apologise",), ("logs", "x")]) == [(0, 1, 2)]


def test_many_phrases_at_once_match_as_each_alone() -> None:
    phrases = [phrase(text) for text in ("a b?", "(a|c d) $", "^ ... b", "m* _", "_ b", "# (a|b)", "a ... ... b")]
    turns = [tuple(words.split()) for words in ("a b c d", "b", "", "may a 3 b", "x x x a x x x x x x b", "mad", "c d")]
    wanted = [[0, 2, 4, 6], [1, 3, 5, 6]]
    side = np.array([0, 1, 0, 1, 0, -1, 1])
    found = sorted(map(tuple, Matcher(phrases, wanted).matches(*REGISTER.numbers(turns), side).tolist()))
    alone = [
        (number, turn, first, last)
        for number, p in enumerate(phrases)
        for turn, first, last in matches(p, turns)
        if side[turn] >= 0 and number in wanted[side[turn]]
    ]
    assert found == sorted(alone)
    assert found


def test_a_phrase_of_many_gaps_is_tried_in_little_time() -> None:
    p = phrase("a ... ... ... ... ... ... ... ... b")
    assert matches(p, [("a", *["x"] * 32, "b")]) == [(0, 0, 33)]
    assert matches(p, [("a", *["x"] * 2000)]) == []
