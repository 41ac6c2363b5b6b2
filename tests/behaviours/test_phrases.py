"""The phrase language."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyser.behaviours.lines import Lines, Vocabulary
from analyser.behaviours.phrases import Phrase, PhraseError, compile_phrase
from analyser.language import Language

WORDS = Language().words
LISTS = {"bad": ("awful", "a nightmare"), "day": ("monday", "tuesday")}


def phrase(text: str) -> Phrase:
    return compile_phrase(text, words=WORDS, lists=LISTS)


def line(text: str) -> str:
    return f" {' '.join(WORDS(text))} "


def could_match(p: Phrase, text: str) -> bool:
    return not p.anchors or not p.anchors.isdisjoint(WORDS(text))


def matches(p: Phrase, turns: list[tuple[str, ...]]) -> list[tuple[int, int, int]]:
    """Turn, first and last word of every match, from the bit sets of all turns together."""
    lines = Lines(Vocabulary(p.part.asked()), turns)
    _, places = lines.spread([p.starts(lines)])
    found = [(int(lines.turn_of[i]), int(i - lines.begins[lines.turn_of[i]])) for i in places]
    return [(turn, first, p.end(turns[turn], first)) for turn, first in found]


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
        assert could_match(p, example), example
    for example in misses:
        assert not p.find(line(example)), example


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
    monkeypatch.setattr("analyser.behaviours.lines._MEMORY", 0)
    assert matches(phrase("apolog* _"), [("my", "apologies", "sir"), ("apologise",), ("logs", "x")]) == [(0, 1, 2)]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(_ATOMS, min_size=1, max_size=5),
    st.lists(_SAID, min_size=1, max_size=9),
)
def test_whatever_matches_has_the_words_it_is_looked_up_by(atoms: list[str], said: list[str]) -> None:
    try:
        p = phrase(" ".join(atoms))
    except PhraseError:
        return
    if p.find(line(" ".join(said))):
        assert could_match(p, " ".join(said))
