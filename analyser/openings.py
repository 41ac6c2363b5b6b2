"""Openings for empathy: every customer turn of distress, and what the agent did with it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from analyser.behaviours.names import ALL, CARE, HARMS
from analyser.behaviours.resolve import Heard
from analyser.behaviours.schema import read_strict
from analyser.judges import Array, Judge
from analyser.records import Finding, Opening, Outcome, Role
from analyser.resources import data_dir

_BACK_CHANNEL_WORDS = 2
_ANSWERS = ("empathy", "sympathy", "apology", "ownership", "patience", "rapport", "active_listening", "alternative",
            "extra_mile", "gratitude", "refusal", "need_question", "set_expectations")  # fmt: skip
_ANSWER_COLUMNS, _HARM_COLUMNS, _CARE_COLUMNS = (
    np.array([ALL.index(name) for name in names]) for names in (_ANSWERS, HARMS, CARE)
)
_NOTHING = np.zeros(len(ALL))
ANSWER_CLASSES: tuple[str, ...] = ("taken", "missed", "dismissed")
FEATURES: tuple[str, ...] = (
    *(f"{name} in answer {n}" for n in (1, 2) for name in _ANSWERS),
    *(f"{name} in answers" for name in HARMS),
    "any harm in answer 1", "any harm in answer 2", "care in answers", "one answer only", "distress",
    "distress again after", "pleased after", "words of answers",
)  # fmt: skip


class _Feelings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    kinds: dict[str, tuple[str, ...]]


@lru_cache(maxsize=2)
def _kinds(path: Path) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """What says which distress it is, in ``ParsedTurn.line``; the first kind that is found counts."""
    kinds = read_strict(_Feelings, path, what="lexicon of feelings").kinds
    return tuple(
        (name, re.compile("(?:" + "|".join(" " + re.escape(p) for p in phrases) + ")(?= )"))
        for name, phrases in kinds.items()
    )


def kind_of(line: str) -> str | None:
    """The kind of distress that a turn's words name; None where they name none."""
    kinds = _kinds(data_dir() / "lexicons" / "feelings.yaml")
    return next((name for name, pattern in kinds if pattern.search(line)), None)


def windows(heard: Heard, turn: int, agent_turns: int) -> list[list[int]]:
    """The agent's answers to a customer turn: up to ``agent_turns`` groups of turn indices.

    Parameters
    ----------
    turn
        Index of the customer's turn.
    agent_turns
        How many answers may count. Turns of one split message are one answer; back-channels are none.
    """
    turns = heard.prepared.call.turns
    groups: list[list[int]] = []
    running = False
    for i in range(turn + 1, len(turns)):
        role = turns[i].turn.role
        if role is Role.AGENT:
            if len(turns[i].words) <= _BACK_CHANNEL_WORDS and not heard.any_found[i]:
                continue
            if running:
                groups[-1].append(i)
            elif len(groups) == agent_turns:
                break
            else:
                groups.append([i])
                running = True
        elif role is Role.CUSTOMER:
            running = False
    return groups


def row(heard: Heard, turn: int, groups: Sequence[Sequence[int]]) -> list[float]:
    """Features of how an opening was answered, named by ``FEATURES``."""
    p, harm = heard.judged.probability, heard.judged.harm
    first, second = (p[groups[n]].max(axis=0) if n < len(groups) else _NOTHING for n in range(2))
    everything = [i for group in groups for i in group]
    whole = np.maximum(first, second) if len(groups) <= 2 else p[everything].max(axis=0)
    result: list[float] = np.concatenate(
        [first[_ANSWER_COLUMNS], second[_ANSWER_COLUMNS], whole[_HARM_COLUMNS]]
    ).tolist()
    result += [float(harm[groups[n]].max()) if n < len(groups) else 0.0 for n in range(2)]
    distress, pleased = heard.probability("distress"), heard.probability("pleased")
    customers = heard.customer.rows
    after = bisect_right(customers, turn)
    customers = customers[after : after + 2]
    words = sum(len(heard.prepared.call.turns[i].words) for i in everything)
    result += [
        float(whole[_CARE_COLUMNS].max()),
        float(len(groups) == 1),
        float(distress[turn]),
        float(distress[customers].max()) if customers else 0.0,
        float(pleased[customers].max()) if customers else 0.0,
        min(words, 80) / 80,
    ]
    return result


def answered(heard: Heard, turn: int, agent_turns: int) -> tuple[list[list[int]], list[float]]:
    """``windows`` and ``row`` of a customer turn; worked out once a call."""
    known = heard.answered.get((turn, agent_turns))
    if known is None:
        groups = windows(heard, turn, agent_turns)
        known = heard.answered[turn, agent_turns] = groups, row(heard, turn, groups)
    return known


def new_judge() -> Judge:
    """An unfitted judge of outcomes."""
    return Judge(FEATURES, ANSWER_CLASSES)


def openings(heard: Heard, judge: Judge, *, agent_turns: int) -> tuple[Opening, ...]:
    """The openings of one call, in order of turns."""
    found = heard.found("distress")
    if not found:
        return ()
    answers = [answered(heard, f.turn - 1, agent_turns) for f in found]
    probabilities = judge.probabilities(np.array([features for _, features in answers]))
    return tuple(
        _opening(heard, finding, groups, probability)
        for finding, (groups, _), probability in zip(found, answers, probabilities, strict=True)
    )


def _opening(heard: Heard, finding: Finding, groups: Sequence[Sequence[int]], probability: Array) -> Opening:
    turns = heard.prepared.call.turns
    kind = kind_of(turns[finding.turn - 1].line)
    if not groups:
        return Opening(finding.turn, Outcome.NONE_POSSIBLE, None, finding.quote, kind)
    outcome = Outcome(ANSWER_CLASSES[int(probability.argmax())])
    answered = None if outcome is Outcome.MISSED else _answer(heard, groups, outcome)
    delay = None
    if answered is not None:
        said, reply = turns[finding.turn - 1].turn.end_s, turns[answered].turn.start_s
        delay = None if said is None or reply is None else round(reply - said, 2)
    return Opening(finding.turn, outcome, None if answered is None else answered + 1, finding.quote, kind, delay)


def _answer(heard: Heard, groups: Sequence[Sequence[int]], outcome: Outcome) -> int:
    """Index of the agent turn that took or dismissed the opening."""
    everything = [i for group in groups for i in group]
    if outcome is Outcome.DISMISSED:
        return max(everything, key=lambda i: (float(heard.judged.harm[i]), -i))
    care = sum(heard.probability(name) for name in (*CARE, "patience")) + 0.5 * heard.probability("ownership")
    return max(everything, key=lambda i: (float(care[i]), -i))
