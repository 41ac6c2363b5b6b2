"""Who is the agent: what the user says, then what the file says, then what its labels say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from analyser.errors import ConfigurationError
from analyser.formats.base import Draft, Piece, ReadOptions
from analyser.formats.labels import read_label
from analyser.records import Problem, Role, Turn


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays which role in one call.

    Parameters
    ----------
    turns
        The turns with roles and names.
    agent
        The agent's name; None where it is not told.
    """

    turns: tuple[Turn, ...]
    agent: str | None
    problems: tuple[Problem, ...]


def key_of(piece: Piece) -> str | None:
    """What tells this speaker from the others: the label, else the channel."""
    return piece.label if piece.label is not None else piece.channel


def cast(draft: Draft, options: ReadOptions) -> Cast:
    """Give every turn its role.

    Raises
    ------
    ConfigurationError
        Where the agent pattern is no regular expression.
    """
    overruled = _overrule(draft.pieces, options)
    roles = [overruled.get(key_of(p)) or _told(p) for p in draft.pieces]
    problems = _problems(draft.pieces, roles)
    turns = tuple(
        Turn(role or Role.UNKNOWN, p.text, p.start_s, p.end_s, _name(p))
        for p, role in zip(draft.pieces, roles, strict=True)
    )
    agents = [t.speaker for t in turns if t.role is Role.AGENT and t.speaker]
    return Cast(turns, draft.agent or (agents[0] if agents else None), problems)


def _told(piece: Piece) -> Role | None:
    if piece.role is not None:
        return piece.role
    return read_label(piece.label).role if piece.label is not None else None


def _name(piece: Piece) -> str | None:
    if piece.name is not None:
        return piece.name
    return read_label(piece.label).name if piece.label is not None else None


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
    roster = {_plain(a) for a in options.agents}
    keys: dict[str | None, bool] = {}
    for piece in pieces:
        says = [s for s in (piece.label, piece.name, _name(piece)) if s]
        is_agent = (
            (channel is not None and channel in {_plain(s) for s in (piece.label, piece.channel) if s is not None})
            or any(_plain(s) in roster for s in says)
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


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _problems(pieces: Sequence[Piece], roles: Sequence[Role | None]) -> tuple[Problem, ...]:
    if all(r is not None for r in roles):
        return ()
    if len({key_of(p) for p in pieces}) == 1:
        return (Problem("one_label", "the file does not tell the speakers apart"),)
    if {Role.AGENT, Role.CUSTOMER} <= set(roles):
        return (Problem("speaker_unknown", "a further speaker's role is not known"),)
    return (Problem("roles_unknown", "the file does not say who the agent is; name a channel or the agents"),)
