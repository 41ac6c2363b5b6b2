"""Who is the agent: what the user says, then what the file says, then its labels, then the words of the call."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from analyser.errors import ConfigurationError
from analyser.formats.base import Draft, Piece, Pieces, ReadOptions
from analyser.formats.labels import read_label
from analyser.formats.roles_judge import Weights, judge, score
from analyser.formats.roles_model import load
from analyser.formats.roles_words import is_menu, known
from analyser.records import Problem, Role, Turn

_GLANCE_TURNS = 2  # of either side; where these agree with the file's roles, the rest is not asked
_GLANCE_LOGIT = 2.0
_MIXED_TURNS = 8
_MIXED_LOGIT = 9.0  # on labelled calls, 99 % of sides differ by less within themselves
_TELEPHONE = re.compile(r"\+?[\d\s().-]{6,20}")


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays which role in one call.

    Parameters
    ----------
    turns
        The turns with roles and names.
    agent
        The agent's name; None where it is not told.
    confidence
        Where roles were judged by the words: how sure, between 0 and 1.
    agents
        Names of all agents, in order of speaking, where they are told.
    """

    turns: tuple[Turn, ...]
    agent: str | None
    problems: tuple[Problem, ...]
    confidence: float | None
    agents: tuple[str, ...]


def key_of(piece: Piece) -> str | None:
    """What tells this speaker from the others: the label, else the channel."""
    return piece.label if piece.label is not None else piece.channel


def cast(draft: Draft, options: ReadOptions) -> Cast:
    """Give every turn its role.

    Raises
    ------
    ConfigurationError
        Where the agent pattern is no regular expression, or the role model is not whole.
    """
    pieces = draft.pieces
    overruled = _overrule(pieces, options)
    roles = [overruled.get(key_of(p)) or _told(p) for p in pieces]
    problems: list[Problem] = []
    confidence = None
    if any(r is None for r in roles):
        roles, confidence, found = _judged(pieces, roles)
        problems += found
    elif not overruled:
        roles, found = _checked(pieces, roles, swap=options.swap_roles)
        problems += found
    names = _names(pieces, roles)
    turns = tuple(
        Turn(role or Role.UNKNOWN, p.text, p.start_s, p.end_s, name)
        for p, role, name in zip(pieces, roles, names, strict=True)
    )
    agents = tuple(dict.fromkeys(n for p, r in zip(pieces, roles, strict=True) if r is Role.AGENT and (n := _name(p))))
    agent = draft.agent or (agents[0] if agents else None)
    return Cast(turns, agent, tuple(problems), confidence, () if draft.kind is Pieces.VERBATIM else agents)


def _told(piece: Piece) -> Role | None:
    if piece.role is not None:
        return piece.role
    return read_label(piece.label).role if piece.label is not None else None


def _name(piece: Piece) -> str | None:
    if piece.name is not None:
        return piece.name
    return read_label(piece.label).name if piece.label is not None else None


def _names(pieces: Sequence[Piece], roles: Sequence[Role | None]) -> list[str | None]:
    """Speakers' names; where several labels without names share a role, the labels, so that they stay apart."""
    by_role: dict[Role | None, set[str | None]] = {}
    for piece, role in zip(pieces, roles, strict=True):
        by_role.setdefault(role, set()).add(key_of(piece))
    return [
        _name(p) or (key_of(p) if len(by_role[role]) > 1 and role in {Role.AGENT, Role.CUSTOMER} else None)
        for p, role in zip(pieces, roles, strict=True)
    ]


def pattern_of(options: ReadOptions) -> re.Pattern[str] | None:
    """The agent pattern, compiled.

    Raises
    ------
    ConfigurationError
        Where it is no regular expression.
    """
    if options.agent_pattern is None:
        return None
    try:
        return re.compile(options.agent_pattern, re.IGNORECASE)
    except re.error as error:
        raise ConfigurationError(
            f"the agent pattern is no regular expression: {error.msg}", hint="such as '^agent' or '@company\\.com$'"
        ) from None


def _overrule(pieces: Sequence[Piece], options: ReadOptions) -> dict[str | None, Role]:
    """Roles by speaker as the user's channel, names or pattern give them; empty where they fit nobody."""
    pattern = pattern_of(options)
    if options.agent_channel is None and not options.agents and pattern is None:
        return {}
    channel = None if options.agent_channel is None else _plain(options.agent_channel)
    roster = [frozenset(_plain(a).split()) for a in options.agents if _plain(a)]
    # "0" may be a speaker or a channel; a file of one channel gives all speakers the same.
    labelled = channel is not None and any(p.label is not None and _plain(p.label) == channel for p in pieces)
    keys: dict[str | None, bool] = {}
    for piece in pieces:
        says = [s for s in (piece.label, piece.name, _name(piece)) if s]
        given = piece.label if labelled else piece.channel
        is_agent = (
            (channel is not None and given is not None and _plain(given) == channel)
            or any(_on(roster, s) for s in says)
            or (pattern is not None and any(pattern.search(s) for s in says))
        )
        key = key_of(piece)
        keys[key] = keys.get(key, False) or is_agent
    if not any(keys.values()):
        return {}
    told = {key_of(p): _told(p) for p in pieces}
    return {
        key: Role.AGENT if agent else (Role.SYSTEM if told[key] is Role.SYSTEM else Role.CUSTOMER)
        for key, agent in keys.items()
    }


def _on(roster: Sequence[frozenset[str]], name: str) -> bool:
    """Whether a name is one of the roster's, in any order of its parts, or the first of them alone."""
    parts = frozenset(_plain(name).split())
    return bool(parts) and any(parts <= known for known in roster)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _judged(
    pieces: Sequence[Piece], roles: Sequence[Role | None]
) -> tuple[list[Role | None], float | None, list[Problem]]:
    """Roles of those whose role is not told, by their words; what is too unsure stays unknown."""
    said: dict[Hashable, list[str]] = {}
    fixed: dict[Hashable, Role] = {}
    for piece, role in zip(pieces, roles, strict=True):
        key: Hashable = key_of(piece) if role is None else ("told", role)
        said.setdefault(key, []).append(piece.text)
        if role is not None:
            fixed[key] = role
    for key, texts in said.items():
        if key not in fixed and is_menu(texts):
            fixed[key] = Role.SYSTEM
    people = {k: t for k, t in said.items() if fixed.get(k) is not Role.SYSTEM}
    callers = frozenset(k for k in people if isinstance(k, str) and _TELEPHONE.fullmatch(k.strip()))
    if len(people) == 1 and not fixed:
        return list(roles), None, [Problem("one_label", "the file does not tell the speakers apart")]
    verdict = None
    if len(people) > 1 and not people.keys() <= fixed.keys():
        weights = load()
        sides = {k: r for k, r in fixed.items() if k in people}
        verdict = judge(people, weights, fixed=sides, callers=callers if len(callers) < len(people) else frozenset())
        if verdict is not None and verdict.confidence >= weights.answer:
            fixed |= verdict.roles
    made = [r if r is not None else fixed.get(key_of(p)) for p, r in zip(pieces, roles, strict=True)]
    sure = None if verdict is None else round(verdict.confidence, 3)
    if all(r is not None for r in made):
        return made, sure, []
    if {Role.AGENT, Role.CUSTOMER} <= set(made):
        return made, None, [Problem("speaker_unknown", "a further speaker's role is not known")]
    guess = f" (the likeliest guess is {sure:.2f} sure)" if sure is not None else ""
    message = f"it is not clear who the agent is{guess}; name a channel or the agents"
    return made, None, [Problem("roles_unknown", message)]


def _checked(
    pieces: Sequence[Piece], roles: list[Role | None], *, swap: bool
) -> tuple[list[Role | None], list[Problem]]:
    """Roles as told, unless the words plainly contradict them."""
    agent = [p.text for p, r in zip(pieces, roles, strict=True) if r is Role.AGENT]
    customer = [p.text for p, r in zip(pieces, roles, strict=True) if r is Role.CUSTOMER]
    if not agent or not customer:
        return _one_sided(agent or customer, roles)
    weights = load()
    if _lean(agent[:_GLANCE_TURNS], customer[:_GLANCE_TURNS], weights) > _GLANCE_LOGIT:
        return roles, []
    if _lean(agent, customer, weights) > -_logit(weights.sure):
        return roles, []
    if not swap:
        message = "agent and customer look swapped in the file; --swap-roles exchanges them"
        return roles, [Problem("roles_look_swapped", message)]
    other: dict[Role | None, Role | None] = {Role.AGENT: Role.CUSTOMER, Role.CUSTOMER: Role.AGENT}
    return [other.get(r, r) for r in roles], [Problem("roles_swapped", "agent and customer were exchanged, as asked")]


def _lean(agent: Sequence[str], customer: Sequence[str], weights: Weights) -> float:
    return score(known(agent, weights.features), known(customer, weights.features), weights)


def _one_sided(texts: Sequence[str], roles: list[Role | None]) -> tuple[list[Role | None], list[Problem]]:
    """One role for all: where every other turn speaks as the agent and the rest as a customer, both are under it."""
    if len(texts) < _MIXED_TURNS:
        return roles, []
    if abs(_lean(texts[0::2], texts[1::2], load())) < _MIXED_LOGIT:
        return roles, []
    known: list[Role | None] = [r if r is Role.SYSTEM else None for r in roles]
    return known, [Problem("one_label", "one label seems to stand for both speakers")]


def _logit(probability: float) -> float:
    return math.log(probability / (1 - probability))
