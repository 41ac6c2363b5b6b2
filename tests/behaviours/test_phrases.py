"""The phrase language."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyser.behaviours.phrases import Phrase, PhraseError, compile_phrase
from analyser.language import Language

WORDS = Language().words
LISTS = {"bad": ("awful", "a nightmare"), "day": ("monday", "tuesday")}


def phrase(text: str) -> Phrase:
    return compile_phrase(text, words=WORDS, lists=LISTS)


def line(text: str) -> str:
    return f" {' '.join(WORDS(text))} "


def could_match(p: Phrase, text: str) -> bool:
    words = WORDS(text)
    there = {*words, *(f"{a} {b}" for a, b in itertools.pairwise(words))}
    return all(not need.isdisjoint(there) for need in (p.anchors, *p.needs) if need)


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


_ATOMS = st.sampled_from(["a", "b", "c d", "b?", "(a|c)", "(a b|d)?", "_", "...", "^", "$", "<day>", "(b?|d) c"])


@settings(max_examples=300, deadline=None)
@given(
    st.lists(_ATOMS, min_size=1, max_size=5),
    st.lists(st.sampled_from(["a", "b", "c", "d", "x", "monday"]), min_size=1, max_size=9),
)
def test_whatever_matches_has_the_words_it_is_looked_up_by(atoms: list[str], said: list[str]) -> None:
    try:
        p = phrase(" ".join(atoms))
    except PhraseError:
        return
    if p.find(line(" ".join(said))):
        assert could_match(p, " ".join(said))
