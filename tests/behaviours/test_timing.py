"""Talk figures, against times set by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyser.behaviours.timing import talk
from analyser.language import Language
from analyser.records import Role, Transcript, Turn

Said = tuple[str, float | None, float | None, str]
LONG = ("C", 0.0, 20.0, "my parcel never came and then they said that it was left at the back door which it was not")


def timed(*turns: Said) -> Transcript:
    roles = {"A": Role.AGENT, "C": Role.CUSTOMER, "S": Role.SYSTEM}
    return Transcript("t", tuple(Turn(roles[r], text, a, b) for r, a, b, text in turns))


@pytest.mark.parametrize(
    ("turns", "count"),
    [
        ([LONG, ("A", 19.0, 22.0, "what is the number")], 1),
        ([LONG, ("A", 19.6, 22.0, "what is the number")], 0),  # 0.4 s
        ([LONG, ("A", 20.0, 22.0, "what is the number")], 0),
        ([LONG, ("A", 5.0, 6.0, "mm hmm")], 0),
        ([LONG, ("A", 5.0, 6.0, "okay right yeah i see")], 1),  # five words: the floor is taken
        ([LONG, ("A", 5.0, 6.0, "right okay")], 0),
        ([LONG, ("A", 5.0, 6.0, "calm down")], 1),
        ([LONG, ("A", 5.0, 5.3, "calm down")], 0),  # 0.3 s over the customer, though it begins long before its end
        # a back-channel between must not hide what the customer is still saying
        ([LONG, ("A", 5.0, 5.8, "mm"), ("A", 12.0, 14.0, "just the number please")], 1),
        ([LONG, ("A", 5.0, 5.8, "mm"), ("C", 21.0, 22.0, "so"), ("A", 21.2, 23.0, "right what number is it")], 1),
        # who speaks first is not the one who interrupts
        ([("A", 0.0, 10.0, "let me read it all to you"), ("C", 8.0, 12.0, "no that is wrong")], 0),
        ([("C", 8.0, 12.0, "no that is wrong"), ("A", 0.0, 10.0, "let me read it all to you")], 0),
        ([LONG, ("S", 5.0, 9.0, "this call is recorded for training"), ("A", 20.5, 22.0, "what is the number")], 0),
    ],
)
def test_interruptions(language: Language, turns: list[Said], count: int) -> None:
    assert talk(language.parse(timed(*turns)), overlap_s=0.5).interruptions == count


ASK = ("C", 0.0, 4.0, "where is my parcel")
HOLD = ("A", 5.0, 7.0, "bear with me one moment")


@pytest.mark.parametrize(
    ("turns", "held", "seconds"),
    [
        ([ASK, ("A", 11.5, 13.0, "it is here")], frozenset(), 7.5),
        ([ASK, ("A", 3.0, 5.0, "it is here")], frozenset(), 0.0),
        ([ASK, HOLD, ("C", 7.5, 8.0, "okay"), ("A", 60.0, 62.0, "here it is")], {2}, 1.0),  # the wait was announced
        ([ASK, HOLD, ("C", 7.5, 8.0, "okay"), ("C", 9.0, 9.5, "no rush"), ("A", 60.0, 62.0, "here it is")], {2}, 1.0),
        ([ASK, HOLD, ("C", 7.5, 8.0, "okay"), ("A", 60.0, 62.0, "here it is")], frozenset(), 52.0),
        ([ASK, HOLD, ("A", 60.0, 62.0, "here it is")], frozenset(), 1.0),  # after the agent's own words
        (
            [ASK, ("A", 4.5, 6.0, "it is here"), ("C", 40.0, 41.0, "found it")],
            frozenset(),
            0.5,
        ),  # the customer's silence
        ([LONG, ("A", 5.0, 5.5, "mm"), ("C", 6.0, 6.5, "yes"), ("A", 24.0, 25.0, "i see it here")], frozenset(), 4.0),
        ([("A", 0.0, 1.0, "hello"), ("C", 1.0, 2.0, "bye")], frozenset(), None),
    ],
)
def test_the_longest_silence_after_a_customers_turn(
    language: Language, turns: list[Said], held: frozenset[int], seconds: float | None
) -> None:
    found = talk(language.parse(timed(*turns)), overlap_s=0.5, held=frozenset(held)).longest_silence_s
    assert found == seconds


def test_share_and_rate_by_hand(language: Language) -> None:
    call = timed(("A", 0.0, 6.0, "one two three four five six"), ("C", 6.0, 8.0, "seven eight"))
    figures = talk(language.parse(call), overlap_s=0.5)
    assert (figures.agent_share, figures.words_per_minute) == (0.75, 60.0)


@pytest.mark.parametrize("missing", [0, 1])
def test_a_turn_without_its_times_leaves_all_figures_null(language: Language, missing: int) -> None:
    turns: list[Said] = [ASK, ("A", 5.0, 7.0, "it is here")]
    turns[missing] = (turns[missing][0], None, None, turns[missing][3])
    figures = talk(language.parse(timed(*turns)), overlap_s=0.5)
    assert (figures.agent_share, figures.interruptions, figures.longest_silence_s) == (None, None, None)


_TIMES = st.lists(
    st.tuples(st.sampled_from("AC"), st.floats(0, 100), st.floats(0, 30), st.sampled_from(["mm", "it is here now"])),
    max_size=12,
)


@settings(max_examples=100, deadline=None)
@given(_TIMES, st.floats(0, 5), st.floats(0, 5))
def test_figures_are_in_their_ranges_and_a_longer_overlap_is_rarer(
    language: Language, turns: list[tuple[str, float, float, str]], one: float, other: float
) -> None:
    call = language.parse(timed(*((r, a, a + d, t) for r, a, d, t in turns)))
    low, high = (talk(call, overlap_s=s) for s in sorted((one, other)))
    assert low.agent_share is None or 0 <= low.agent_share <= 1
    assert low.longest_silence_s is None or low.longest_silence_s >= 0
    assert (low.interruptions or 0) >= (high.interruptions or 0)
