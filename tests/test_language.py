"""Normal words and their offsets."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analyser.errors import ConfigurationError
from analyser.language import CLAUSE_WORDS, OPENERS, Language, ParsedTurn
from analyser.records import Role, Transcript, Turn

LANGUAGE = Language()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I'm um so so sorry.", "i am so sorry"),
        ("im sorry", "i am sorry"),
        ("That’s not right", "that is not right"),
        ("thats not right", "that is not right"),
        ("we cant, we won't", "we can not we will not"),
        ("Thankyou, bye bye!", "thank you bye"),
        ("OK u r gonna", "okay you r going to"),
        ("didn't you say", "did not you say"),
        ("...", ""),
        ("uh er um", ""),
    ],
)
def test_spellings_read_the_same(text: str, words: str) -> None:
    assert " ".join(LANGUAGE.words(text)) == words


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200) | st.text(alphabet="abci'’ .,?!-<>&\n\t", max_size=200))
def test_every_word_has_its_place_in_the_text(text: str) -> None:
    turn = LANGUAGE.parse(Transcript("x", (Turn(Role.AGENT, text),))).turns[0]
    assert len(turn.words) == len(turn.starts) == len(turn.ends)
    assert all(0 <= a < b <= len(text) for a, b in zip(turn.starts, turn.ends, strict=True))
    assert list(turn.starts) == sorted(turn.starts)
    assert all(" " not in w and w for w in turn.words)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="abist'’ .,?!-()&\n1$", max_size=120))
def test_stretch_by_stretch_reads_as_all_at_once(text: str) -> None:
    # all at once, spaCy takes an apostrophe and an "s" after a space for one of its own exceptions
    assume(not re.search(r"['’]\s+['’]?s", text))
    whole = Language()
    whole._by_stretch = False
    call = Transcript("x", (Turn(Role.AGENT, text),))
    assert LANGUAGE.parse(call) == whole.parse(call) == LANGUAGE.parse(call)


def test_what_is_remembered_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyser.language._MEMORY", 3)
    language = Language()
    assert language.words("one two three four five six") == tuple("one two three four five six".split())
    assert len(language._known) <= 3


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="abso ut.?!", max_size=120))
def test_clauses_cover_all_words_once(text: str) -> None:
    turn = LANGUAGE.parse(Transcript("x", (Turn(Role.AGENT, text),))).turns[0]
    covered = [i for a, b in turn.clauses() for i in range(a, b)]
    assert covered == list(range(len(turn.words)))


def test_unmarked_speech_is_split_at_joining_words() -> None:
    text = "oh that must have been awful but let me have a look at that for you okay so what happened then"
    turn = LANGUAGE.parse(Transcript("x", (Turn(Role.AGENT, text),))).turns[0]
    assert [turn.words[a] for a, _ in turn.clauses()] == ["oh", "but", "okay"]


def test_text_past_the_limit_is_not_parsed() -> None:
    turn = Language(max_chars=10).parse(Transcript("x", (Turn(Role.AGENT, "word " * 100),))).turns[0]
    assert turn.words == ("word",)  # two words, and the second is a stammer of the first


def test_a_pipeline_that_is_not_installed_is_a_clear_error() -> None:
    with pytest.raises(ConfigurationError, match="is not installed"):
        Language("xx_no_such_pipeline")


def test_a_quote_never_ends_within_a_word() -> None:
    call = Transcript("x", (Turn(Role.AGENT, "No she isn't, and I'll say it's not."),))
    turn = LANGUAGE.parse(call).turns[0]

    def quote(first: int, last: int) -> str:
        return turn.turn.text[slice(*turn.span(first, last))]

    is_at, will_at = turn.words.index("is"), turn.words.index("will")
    assert quote(0, is_at) == "No she isn't"
    assert quote(will_at, will_at + 1) == "I'll say"
    assert quote(0, 0) == "No"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(alphabet="abist'’.,?!-()&1$éİ😀", max_size=24), max_size=12))
def test_new_words_read_together_read_as_each_alone(texts: list[str]) -> None:
    turns = tuple(Turn(Role.AGENT, text) for text in texts)
    together = Language()
    (call,) = together.parse_many([Transcript("c", turns)])
    for turn, parsed in zip(turns, call.turns, strict=True):
        (alone,) = Language().parse(Transcript("c", (turn,))).turns
        assert parsed._replace(number=1) == alone
    for stretch, reading in together._known.items():
        assert Language()._read(stretch) == reading


@pytest.mark.parametrize("stretches", [["’", "s.'a"], ["s.'a", "’"], ["x'", "'s,a)"], ["a’", "s.", "'s"]])
def test_what_stretches_are_read_with_does_not_matter(stretches: list[str]) -> None:
    together = Language()
    together._read_all(stretches)
    assert dict(together._known.items()) == {stretch: Language()._read(stretch) for stretch in stretches}


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(["but", "so", "and", "a", "b", "c"]), max_size=24), st.sets(st.integers(1, 23)))
def test_clauses_begin_at_marks_and_joining_words(words: list[str], marks: set[int]) -> None:
    n = len(words)
    breaks = tuple(sorted(m for m in marks if m < n))
    begins = [0] if words else []
    for i in range(1, n):
        long_enough = i - begins[-1] >= CLAUSE_WORDS and n - i >= CLAUSE_WORDS
        if i in breaks or (words[i] in OPENERS and long_enough):
            begins.append(i)
    places = tuple(range(n))
    turn = ParsedTurn(Turn(Role.AGENT, ""), 1, tuple(words), places, places, breaks, asks=False)
    assert turn.clauses() == list(itertools.pairwise([*begins, n]))
