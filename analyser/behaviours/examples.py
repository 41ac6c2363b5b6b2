"""The rules' own examples, run as the tests that they are: every hit must hit, every look-alike must miss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from analyser.behaviours.rows import Rows
from analyser.behaviours.rules import RuleDetector
from analyser.behaviours.schema import Example
from analyser.language import Language
from analyser.records import Role, Transcript, Turn

_PADDING = 12  # turns around an example, so that "middle" is far from both edges
_TOGETHER = 64  # examples tried together


@dataclass(frozen=True, slots=True)
class Failure:
    """An example that did not do what it should."""

    rule: str
    example: str
    should_hit: bool


def staged(example: Example, role: Role) -> tuple[Transcript, int]:
    """A small call with the example in its place, and the example's index in it."""
    other = Role.CUSTOMER if role is Role.AGENT else Role.AGENT
    before = [Turn(other, example.after)] if example.after is not None else []
    turn = Turn(role, example.says)
    padding = [Turn(role if i % 2 else other, "noted") for i in range(_PADDING)]
    if example.place == "opening":
        turns = [*before, turn, *padding]
        at = len(before)
    elif example.place == "closing":
        turns = [*padding, *before, turn]
        at = len(turns) - 1
    else:
        turns = [*padding, *before, turn, *padding]
        at = _PADDING + len(before)
    return Transcript("example", tuple(turns)), at


def check(detector: RuleDetector, language: Language) -> Iterator[Failure]:
    """Run all examples of all rules; yields those that fail."""
    staged_all = (
        (f"{behaviour.name}/{rule.id}", example, should, *staged(example, Role(behaviour.role)))
        for behaviour in detector.behaviours
        for rule in behaviour.rules
        for example, should in [*((e, True) for e in rule.hits), *((e, False) for e in rule.misses)]
    )
    while some := list(islice(staged_all, _TOGETHER)):
        calls = [language.parse(transcript) for *_, transcript, _ in some]
        rows = Rows.of(calls)
        hits = detector.detect(rows)
        for (name, example, should, _, at), begin in zip(some, rows.calls.tolist(), strict=False):
            if any(hit.name == name for hit in hits[begin + at]) is not should:
                yield Failure(name, example.says, should)


def count(detector: RuleDetector) -> tuple[int, int]:
    """How many rules and examples there are."""
    rules = [r for b in detector.behaviours for r in b.rules]
    return len(rules), sum(len(r.hits) + len(r.misses) for r in rules)
