"""Turns as rows: the compiled parts against what a plain reading of each call says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyser.behaviours import register
from analyser.behaviours.register import REGISTER, Column, bits
from analyser.behaviours.rows import Rows
from analyser.language import Language, ParsedTurn
from analyser.records import Role, Transcript, Turn

LANGUAGE = Language()
_SPEAKERS = st.sampled_from([None, None, "Ann", "Bob"])
_TURNS = st.tuples(st.sampled_from(list(Role)), _SPEAKERS)
_WORDS = st.lists(
    st.sampled_from("so well is it what the parcel do you not i but ? . okay and where ever can".split()), max_size=14
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(_TURNS, max_size=9), min_size=1, max_size=4))
def test_turns_stand_where_a_plain_count_puts_them(calls: list[list[tuple[Role, str | None]]]) -> None:
    parsed = [
        LANGUAGE.parse(Transcript("c", tuple(Turn(role, "hello there", speaker=name) for role, name in turns)))
        for turns in calls
    ]
    rows = Rows.of(parsed)
    at = 0
    for turns in calls:
        spoken = [i for i, (role, _) in enumerate(turns) if role in (Role.AGENT, Role.CUSTOMER)]
        for i, (role, name) in enumerate(turns):
            row = at + i
            own = [j for j in spoken if turns[j][0] is role]
            assert rows.role[row] == {Role.AGENT: 1, Role.CUSTOMER: 0}.get(role, -1)
            if i not in spoken:
                assert not any(
                    its[row] for its in (rows.own_from_start, rows.own_from_end, rows.from_start, rows.from_end)
                )
                continue
            assert rows.from_start[row] == spoken.index(i)
            assert rows.from_end[row] == len(spoken) - 1 - spoken.index(i)
            assert rows.own_from_end[row] == len(own) - 1 - own.index(i)
            assert rows.own_from_start[row] == _since_taking_over(turns, own, i, name)
            others = [j for j in spoken if j < i and j not in own]
            assert rows.before[row] == (at + others[-1] if others else -1)
        at += len(turns)
    assert rows.calls.tolist()[-1] == at == len(rows.role)


def _since_taking_over(turns: list[tuple[Role, str | None]], own: list[int], i: int, name: str | None) -> int:
    """How many turns of its speaker come before turn ``i``, from the last one on at which another name took over."""
    count, known = 0, None
    for j in own:
        said_by = turns[j][1]
        if said_by is not None and said_by != known:
            if known is not None:
                count = 0
            known = said_by
        if j == i:
            break
        count += 1
    return count


_ASKING = frozenset("what which who whose when where why how".split())
_INVERTED = frozenset("is are was were do does did have has had can could will would shall should may might".split())
_SUBJECTS = frozenset("you i we they he she it that this there your the a any anyone anything".split())
_LEAD_IN = frozenset("and so okay right well but now then sorry just hi hello yes yeah also oh alright great".split())


def asks(turn: ParsedTurn) -> bool:
    if turn.asks:
        return True
    for first, past in turn.clauses():
        words = list(turn.words[first:past])
        while words and words[0] in _LEAD_IN:
            words.pop(0)
        if len(words) >= 2 and (
            (words[0] in _ASKING and words[1] not in {"i", "a", "ever"})
            or (words[0] in _INVERTED and words[1] in _SUBJECTS | {"not"})
        ):
            return True
    return False


@settings(max_examples=400, deadline=None)
@given(st.lists(_WORDS, min_size=1, max_size=5))
def test_questions_are_told_by_mark_and_word_order(said: list[list[str]]) -> None:
    call = LANGUAGE.parse(Transcript("c", tuple(Turn(Role.AGENT, " ".join(words)) for words in said)))
    assert Rows.of([call]).asks.tolist() == [asks(turn) for turn in call.turns]


def test_calls_without_turns_are_no_trouble() -> None:
    rows = Rows.of([LANGUAGE.parse(Transcript("c", ()))] * 2)
    assert rows.calls.tolist() == [0, 0, 0]
    assert len(rows.role) == len(rows.numbers) == 0


def test_figures_of_words_are_those_of_their_numbers_even_after_all_were_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    column = Column(bits([(1, ["a", "b"]), (2, ["b"])]), otherwise=len)
    for memory in (100_000, 0, 0):
        monkeypatch.setattr(register, "_MEMORY", memory)
        numbers, bounds = REGISTER.numbers([("a", "seven"), (), ("b", "a")])
        assert column.values()[numbers].tolist() == [1, 5, 3, 1]
        assert bounds.tolist() == [0, 2, 2, 4]
        assert [REGISTER.words[n] for n in numbers] == ["a", "seven", "b", "a"]
