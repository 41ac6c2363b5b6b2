"""Openings for empathy: what may answer one, how long it took, and what kind of distress it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analyser import openings as rooms
from analyser.behaviours.names import ALL, CARE, HARMS
from analyser.behaviours.resolve import Hearing
from analyser.errors import RuleError
from analyser.language import Language
from analyser.openings import FEATURES, Answers, Kinds
from analyser.pipeline import Analyser
from analyser.records import Outcome, Role, Transcript, Turn
from tests.conftest import say


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I'm absolutely furious about this", "anger"),
        ("im sick and tired of ringing you", "anger"),
        ("i'm worried sick about my mum", "worry"),
        ("I haven't slept, I'm shaking.", "worry"),
        ("my husband passed away on sunday", "sadness"),
        ("she's in tears here", "sadness"),
        ("we can't afford that and there's no heating", "hardship"),
        ("i'm so disappointed in you", "disappointment"),
        ("i have been waiting three weeks again", None),
        ("it is still not here and i lost the receipt", None),
    ],
)
def test_the_kind_of_distress_where_the_words_say_so(language: Language, text: str, kind: str | None) -> None:
    assert Kinds().of(language.words(text)) == kind


@pytest.mark.parametrize(
    ("lines", "groups"),
    [
        (["A: right what is the number", "C: six", "A: and the postcode", "C: n one", "A: so sorry"], [[1], [3]]),
        (["A: mm", "A: okay", "C: it is", "A: what is the number", "C: six", "A: and the name"], [[4], [6]]),
        (["A: right what is the number", "A: on the letter i mean", "C: six", "A: and the name"], [[1, 2], [4]]),
        (["C: and another thing", "A: right what is the number"], [[2]]),
        ([], []),
        (["A: mm", "C: hello"], []),
    ],
)
def test_what_may_answer_an_opening(analyser: Analyser, lines: list[str], groups: list[list[int]]) -> None:
    call = say("C: i am at the end of my tether", *lines)
    hearing = analyser.hear(analyser.preparation.chunk([call]))
    assert Answers(hearing, np.array([0]), 2).groups(0) == groups


def test_a_taken_opening_names_its_turn_and_how_long_it_took(analyser: Analyser) -> None:
    said = (
        (Role.AGENT, 0.0, 3.0, "good morning harbour energy this is ann how can i help"),
        (Role.CUSTOMER, 3.5, 9.0, "my husband died on sunday and i'm devastated i don't know what to do"),
        (Role.AGENT, 11.5, 16.0, "oh i'm so sorry for your loss that must be heartbreaking"),
        (Role.CUSTOMER, 16.5, 18.0, "thank you"),
        (Role.AGENT, 18.5, 22.0, "let me look after all of this for you"),
    )
    call = Transcript("t", tuple(Turn(role, text, a, b) for role, a, b, text in said))
    (opening,) = analyser.analyse(call).openings
    assert (opening.turn, opening.outcome, opening.answered_by, opening.kind) == (2, Outcome.TAKEN, 3, "sadness")
    assert opening.delay_s == 2.5


def test_a_missed_opening_has_no_answer_and_no_delay(analyser: Analyser) -> None:
    report = analyser.analyse(
        say("A: hello harbour energy", "C: i'm so upset i've been crying all day about this bill",
            "A: what is the account number", "C: five five one", "A: and the postcode", "C: n one")
    )  # fmt: skip
    first = report.openings[0]
    assert (first.turn, first.outcome, first.answered_by, first.delay_s) == (2, Outcome.MISSED, None, None)


def test_a_wrong_lexicon_of_feelings_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lexicons").mkdir()
    (tmp_path / "lexicons" / "feelings.yaml").write_text("kinds: {anger: [cross]}\nkind: {}\n", encoding="utf-8")
    monkeypatch.setattr(rooms, "data_dir", lambda: tmp_path)
    with pytest.raises(RuleError, match="unknown key") as caught:
        Kinds()
    assert caught.value.line == 2


def answer_features(hearing: Hearing, turn: int, groups: list[list[int]]) -> list[float]:
    """What the judge sees of how a turn of the first call was answered, by a plain reading."""
    p, harm = hearing.judged.probability, hearing.judged.harm
    turns = hearing[0].prepared.call.turns
    everything = [i for group in groups for i in group]
    customers = [i for i in hearing[0].customer if i > turn][:2]

    def top(rows: list[int], name: str) -> float:
        return max((p[i, ALL.index(name)] for i in rows), default=0.0)

    by_name = {
        **{
            f"{name} in answer {n + 1}": top(groups[n] if n < len(groups) else [], name)
            for n in range(2)
            for name in ALL
        },
        **{f"{name} in answers": top(everything, name) for name in HARMS},
        **{
            f"any harm in answer {n + 1}": max((harm[i] for i in (groups[n : n + 1] or [[]])[0]), default=0.0)
            for n in range(2)
        },
        "care in answers": max((top(everything, name) for name in CARE), default=0.0),
        "one answer only": float(len(groups) == 1),
        "distress": top([turn], "distress"),
        "distress again after": top(customers, "distress"),
        "pleased after": top(customers, "pleased"),
        "words of answers": min(sum(len(turns[i].words) for i in everything), 80) / 80,
    }
    return [by_name[name] for name in FEATURES]


def test_the_judge_sees_what_was_answered(analyser: Analyser, rude: Transcript, kind: Transcript) -> None:
    for call in (rude, kind):
        hearing = analyser.hear(analyser.preparation.chunk([call]))
        turns = hearing[0].customer
        answers = Answers(hearing, np.array(turns), 2)
        for at, turn in enumerate(turns):
            groups = answers.groups(at)
            np.testing.assert_allclose(answers.features[at], answer_features(hearing, turn, groups))
            everything = [i for group in groups for i in group]
            harm = hearing.judged.harm
            assert answers.harshest[at] == max(everything, key=lambda i: (harm[i], -i), default=-1)
            assert answers.answered[at] == bool(groups)
