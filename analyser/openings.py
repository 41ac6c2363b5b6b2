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
from analyser.judges import Judge
from analyser.records import Finding, Opening, Outcome, Role
from analyser.resources import data_dir

_BACK_CHANNEL_WORDS = 2
_ANSWERS = ("empathy", "sympathy", "apology", "ownership", "patience", "rapport", "active_listening", "alternative",
            "extra_mile", "gratitude", "refusal", "need_question", "set_expectations")  # fmt: skip
_ANSWER_COLUMNS, _HARM_COLUMNS, _CARE_COLUMNS = (
    [ALL.index(name) for name in names] for names in (_ANSWERS, HARMS, CARE)
)
_DISTRESS, _PLEASED = ALL.index("distress"), ALL.index("pleased")
_CARING, _OWNERSHIP = [*_CARE_COLUMNS, ALL.index("patience")], ALL.index("ownership")
_NOTHING = [0.0] * len(ALL)
LIKELY = 0.2  # a customer turn below this probability of distress is no opening worth weighing
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
def _kinds(data: Path) -> tuple[tuple[str, frozenset[str], re.Pattern[str]], ...]:
    """What says which distress it is, in ``ParsedTurn.line``, and the words of which it needs one; the first counts."""
    kinds = read_strict(_Feelings, data / "lexicons" / "feelings.yaml", what="lexicon of feelings").kinds
    return tuple(
        (
            name,
            frozenset(phrase.split()[0] for phrase in phrases),
            re.compile("(?:" + "|".join(" " + re.escape(p) for p in phrases) + ")(?= )"),
        )
        for name, phrases in kinds.items()
    )


def kind_of(line: str) -> str | None:
    """The kind of distress that a turn's words name; None where they name none."""
    words = line.split()
    return next(
        (name for name, needed, pattern in _kinds(data_dir()) if not needed.isdisjoint(words) and pattern.search(line)),
        None,
    )


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
    p, harm = heard.rows, heard.harm
    answers = [_highest([p[i] for i in group]) for group in groups]
    first, second = (answers[n] if n < len(answers) else _NOTHING for n in range(2))
    whole = _highest(answers) if answers else _NOTHING
    result = [first[k] for k in _ANSWER_COLUMNS]
    result += [second[k] for k in _ANSWER_COLUMNS]
    result += [whole[k] for k in _HARM_COLUMNS]
    result += [max(harm[i] for i in groups[n]) if n < len(groups) else 0.0 for n in range(2)]
    customers = heard.customer.rows
    after = bisect_right(customers, turn)
    customers = customers[after : after + 2]
    words = sum(len(heard.prepared.call.turns[i].words) for group in groups for i in group)
    result += [
        max(whole[k] for k in _CARE_COLUMNS),
        float(len(groups) == 1),
        p[turn][_DISTRESS],
        max((p[i][_DISTRESS] for i in customers), default=0.0),
        max((p[i][_PLEASED] for i in customers), default=0.0),
        min(words, 80) / 80,
    ]
    return result


def _highest(rows: Sequence[list[float]]) -> list[float]:
    """The highest of each column."""
    return rows[0] if len(rows) == 1 else list(map(max, *rows))


def answered(heard: Heard, turn: int, judge: Judge, agent_turns: int) -> tuple[list[list[int]], list[float]]:
    """The answers to a customer turn, and the probabilities of ``ANSWER_CLASSES``; worked out once a call."""
    if (turn, agent_turns) not in heard.answered:
        _judge([(heard, turn)], judge, agent_turns)
    return heard.answered[turn, agent_turns]


def judge_answers(calls: Sequence[Heard], judge: Judge, *, agent_turns: int) -> None:
    """Work out ``answered`` for all likely openings of several calls, sooner than one by one."""
    _judge([(h, i) for h in calls for i in h.customer.rows if h.rows[i][_DISTRESS] >= LIKELY], judge, agent_turns)


def _judge(turns: Sequence[tuple[Heard, int]], judge: Judge, agent_turns: int) -> None:
    if not turns:
        return
    groups = [windows(heard, turn, agent_turns) for heard, turn in turns]
    rows = np.array([row(heard, turn, its) for (heard, turn), its in zip(turns, groups, strict=True)])
    for (heard, turn), its, probability in zip(turns, groups, judge.probabilities(rows).tolist(), strict=True):
        heard.answered[turn, agent_turns] = its, probability


def new_judge() -> Judge:
    """An unfitted judge of outcomes."""
    return Judge(FEATURES, ANSWER_CLASSES)


def openings(heard: Heard, judge: Judge, *, agent_turns: int) -> tuple[Opening, ...]:
    """The openings of one call, in order of turns."""
    found = heard.found("distress")
    if not found:
        return ()
    return tuple(_opening(heard, f, *answered(heard, f.turn - 1, judge, agent_turns)) for f in found)


def _opening(heard: Heard, finding: Finding, groups: Sequence[Sequence[int]], probability: list[float]) -> Opening:
    turns = heard.prepared.call.turns
    kind = kind_of(turns[finding.turn - 1].line)
    if not groups:
        return Opening(finding.turn, Outcome.NONE_POSSIBLE, None, finding.quote, kind)
    outcome = Outcome(ANSWER_CLASSES[probability.index(max(probability))])
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
        return max(everything, key=lambda i: (heard.harm[i], -i))
    rows = heard.rows
    care = {i: sum(rows[i][k] for k in _CARING) + 0.5 * rows[i][_OWNERSHIP] for i in everything}
    return max(everything, key=lambda i: (care[i], -i))
