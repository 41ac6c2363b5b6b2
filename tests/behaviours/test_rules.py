"""Rule files, their schema, their own examples, and how rules read context."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyser.behaviours.examples import check
from analyser.behaviours.names import ALL
from analyser.behaviours.parts import GAP_WORDS as GAP
from analyser.behaviours.rows import Rows
from analyser.behaviours.rules import RuleDetector
from analyser.behaviours.schema import load_behaviours
from analyser.errors import RuleError
from analyser.language import Language, ParsedCall
from analyser.records import Role, Transcript
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


def test_behaviours_without_rules_hit_nothing(tmp_path: Path, language: Language) -> None:
    (tmp_path / "patience.yaml").write_text(HEAD.format(name="patience").replace("rules:", "rules: []"))
    assert hits(tmp_path, language, "A: take your time", "C: thanks", "?: no") == [[], [], []]


def test_a_new_agent_begins_again(tmp_path: Path, language: Language) -> None:
    call = say("A: hello", "C: hi", "A: one moment", "A: take your time")
    turns = [t._replace(speaker="Ann") for t in call.turns[:3]] + [call.turns[3]._replace(speaker="Bob")]
    parsed = language.parse(Transcript("x", tuple(turns)))
    detector = RuleDetector(language.words, write(tmp_path, "    first_turns: 1\n"))
    assert detector.detect(Rows.of([parsed]))[3]


# -- conditions, against a plain reading of each ---------------------------------------------------------------------

SPOKEN = {Role.AGENT, Role.CUSTOMER}
_CONDITIONS = {
    "first": "first_turns: 2", "last": "last_turns: 1", "late": "not_first_turns: 1", "early": "not_last_turns: 1",
    "short": "max_words: 4", "long": "min_words: 3", "asking": "question: true", "telling": "question: false",
    "unless": "unless: [bad, sea bee]", "near": "near: {any: [good], words: 2}", "after": "after: [bad, sea]",
    "not_after": "not_after: [sea]", "shown": "after_behaviour: [other]", "reported": "reported: true",
}  # fmt: skip
_TEMPLATE = """name: {name}
role: {role}
stage: responding
polarity: good
title: T
definition: D
rules:
"""


def _conditioned(folder: Path) -> RuleDetector:
    for name, role in (("mine", "agent"), ("other", "customer")):
        rules = [
            f"  - id: {k}\n    any: [ay bee, ay ... sea]\n    {v}\n" for k, v in _CONDITIONS.items() if name == "mine"
        ]
        rules.append("  - id: plain\n    any: [bee, sea]\n    after: [good]\n")
        tail = "    why: because\n    hits: [x]\n"
        text = _TEMPLATE.format(name=name, role=role) + "".join(rule + tail for rule in rules)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return RuleDetector(Language().words, folder)


@pytest.fixture(scope="module")
def conditioned(tmp_path_factory: pytest.TempPathFactory) -> RuleDetector:
    return _conditioned(tmp_path_factory.mktemp("rules"))


_SOME = ["ay", "bee", "sea", "ay", "bee", "good", "bad", "said", "what is it ?", "x", "y"]
_LINES = st.lists(st.tuples(st.sampled_from("AACCS"), st.lists(st.sampled_from(_SOME), max_size=10)), max_size=7)


def _has(words: tuple[str, ...], *phrases: str) -> list[tuple[int, int]]:
    found = []
    for phrase in phrases:
        if phrase == "ay ... sea":  # a gap of up to four words, the shortest first
            for i, word in enumerate(words):
                ends = [j for j in range(i + 1, min(len(words), i + GAP + 2)) if words[j] == "sea"]
                found += [(i, ends[0])] if word == "ay" and ends else []
        else:
            part = tuple(phrase.split())
            found += [(i, i + len(part) - 1) for i in range(len(words)) if words[i : i + len(part)] == part]
    return found


def _hits_by_reading(call: ParsedCall, asks: list[bool]) -> list[list[tuple[str, int]]]:
    result: list[list[tuple[str, int]]] = [[] for _ in call.turns]
    for side in (Role.CUSTOMER, Role.AGENT):
        own = call.of(side)
        for at, i in enumerate(own):
            words = call.turns[i].words
            before = next((j for j in range(i - 1, -1, -1) if call.turns[j].turn.role in SPOKEN - {side}), None)
            said = call.turns[before].words if before is not None else ()
            left = len(own) - 1 - at
            holds = {
                "first": at < 2, "last": left < 1, "late": at >= 1, "early": left >= 1, "short": len(words) <= 4,
                "long": len(words) >= 3, "asking": asks[i], "telling": not asks[i],
                "unless": not _has(words, "bad", "sea bee"), "near": True, "after": bool(_has(said, "bad", "sea")),
                "not_after": not _has(said, "sea"), "reported": True,
                "shown": before is not None and bool(result[before]),
            }  # fmt: skip
            for name in _CONDITIONS if side is Role.AGENT else ():
                for first, last in [*sorted(_has(words, "ay bee")), *sorted(_has(words, "ay ... sea"))]:
                    reported = "said" in words[max(0, first - 5) : first] and name != "reported"
                    near = any(a - last <= 2 and first - b <= 2 for a, b in _has(words, "good"))
                    if holds[name] and not reported and (near or name != "near"):
                        result[i].append((name, first))
                        break
            for first, _ in [*_has(words, "bee"), *_has(words, "sea")]:
                if _has(said, "good") and "said" not in words[max(0, first - 5) : first]:
                    result[i].append(("plain", first))
                    break
    return result


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_LINES, min_size=1, max_size=3))
def test_conditions_hold_as_a_plain_reading_says(
    conditioned: RuleDetector, calls: list[list[tuple[str, list[str]]]]
) -> None:
    language = Language()
    parsed = [language.parse(say(*(f"{who}: {' '.join(words)}" for who, words in lines))) for lines in calls]
    rows = Rows.of(parsed)
    found = conditioned.detect(rows)
    for begin, call in zip(rows.calls.tolist(), parsed, strict=False):
        n = len(call.turns)
        expected = _hits_by_reading(call, rows.asks[begin : begin + n].tolist())
        assert [[(h.rule.id, h.first) for h in hits] for hits in found[begin : begin + n]] == expected
