"""Rule files, their schema, their own examples, and how rules read context."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyser.behaviours.examples import check
from analyser.behaviours.names import ALL
from analyser.behaviours.rows import Rows
from analyser.behaviours.rules import RuleDetector
from analyser.behaviours.schema import load_behaviours
from analyser.errors import RuleError
from analyser.language import Language
from analyser.records import Transcript
from tests.conftest import say

HEAD = "name: {name}\nrole: agent\nstage: responding\npolarity: good\ntitle: T\ndefinition: D\nrules:\n"
RULE = "  - id: one\n    any: [{phrase}]\n    why: because\n    hits: [{hit}]\n"


def write(folder: Path, extra: str = "", *, phrase: str = "take your time", hit: str = "take your time") -> Path:
    text = HEAD.format(name="patience") + RULE.format(phrase=phrase, hit=hit) + extra
    (folder / "patience.yaml").write_text(text)
    return folder


def hits(folder: Path | None, language: Language, *lines: str) -> list[list[str]]:
    found = RuleDetector(language.words, folder).detect(Rows.of([language.parse(say(*lines))]))
    return [[h.name for h in turn] for turn in found]


def test_every_rule_that_ships_does_what_its_examples_say(language: Language) -> None:
    assert [f"{f.rule}: {f.example}" for f in check(RuleDetector(language.words), language)] == []


def test_every_behaviour_of_the_guide_has_a_file_with_rules() -> None:
    behaviours = {b.name: b for b in load_behaviours()}
    assert set(ALL) <= set(behaviours)
    assert [n for n in ALL if len(behaviours[n].rules) < 2] == []


def test_a_failing_example_is_told(tmp_path: Path, language: Language) -> None:
    write(tmp_path, hit="hurry up")
    failures = list(check(RuleDetector(language.words, tmp_path), language))
    assert [(f.rule, f.should_hit) for f in failures] == [("patience/one", True)]


@pytest.mark.parametrize(
    ("extra", "message", "line"),
    [
        ("    colour: red\n", "unknown key", 12),
        ("    strength: certain\n", "strength", 12),
        ("    first_turns: 0\n", "first_turns", 12),
        ("  - id: Two\n", "id", 12),
        ("   bad indent: [\n", "not valid YAML", 13),
    ],
)
def test_a_mistake_is_named_with_file_and_line(tmp_path: Path, extra: str, message: str, line: int) -> None:
    with pytest.raises(RuleError, match=message) as caught:
        load_behaviours.__wrapped__(write(tmp_path, extra))
    assert caught.value.where is not None
    assert caught.value.where.endswith("patience.yaml")
    assert caught.value.line is not None
    assert abs(caught.value.line - line) <= 1


def test_a_wrong_phrase_is_named(tmp_path: Path, language: Language) -> None:
    with pytest.raises(RuleError, match="is not closed"):
        RuleDetector(language.words, write(tmp_path, phrase='"(take your time"'))


@pytest.mark.parametrize(
    ("extra", "lines", "found"),
    [
        ("", ["A: take your time"], True),
        ("", ["C: take your time"], False),
        ("", ["A: he told me to take your time"], False),
        ("    reported: true\n", ["A: he told me to take your time"], True),
        ("    unless: [but hurry]\n", ["A: take your time but hurry"], False),
        ("    first_turns: 1\n", ["A: take your time"], True),
        ("    first_turns: 1\n", ["A: hello", "A: take your time"], False),
        ("    last_turns: 1\n", ["A: take your time", "A: bye"], False),
        ("    after: [wait]\n", ["C: can you wait", "A: take your time"], True),
        ("    after: [wait]\n", ["C: hello", "A: take your time"], False),
        ("    not_after: [wait]\n", ["C: can you wait", "A: take your time"], False),
        ("    near: {any: [please], words: 3}\n", ["A: please take your time"], True),
        ("    near: {any: [please], words: 3}\n", ["A: please do this for me now and take your time"], False),
        ("    max_words: 3\n", ["A: take your time with that"], False),
        ("    question: true\n", ["A: take your time"], False),
        ("    question: true\n", ["A: can you take your time"], True),
    ],
)
def test_conditions(tmp_path: Path, language: Language, extra: str, lines: list[str], found: bool) -> None:
    assert bool(hits(write(tmp_path, extra), language, *lines)[-1 if "first" in extra or "after" in extra else 0]) is (
        found
    )


def test_a_new_agent_begins_again(tmp_path: Path, language: Language) -> None:
    call = say("A: hello", "C: hi", "A: one moment", "A: take your time")
    turns = [t._replace(speaker="Ann") for t in call.turns[:3]] + [call.turns[3]._replace(speaker="Bob")]
    parsed = language.parse(Transcript("x", tuple(turns)))
    detector = RuleDetector(language.words, write(tmp_path, "    first_turns: 1\n"))
    assert detector.detect(Rows.of([parsed]))[3]
