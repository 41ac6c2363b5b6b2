"""Where a turn stands in its call, worked out once a call and shared by all detectors."""

from __future__ import annotations

from typing import NamedTuple

from analyser.language import ParsedCall, ParsedTurn
from analyser.records import Role

_SPOKEN = (Role.AGENT, Role.CUSTOMER)


class Place(NamedTuple):
    """A turn's place.

    Parameters
    ----------
    from_start, from_end
        How many turns by either speaker come before and after it (bots and menus not counted).
    own_from_start, own_from_end
        The same among the turns of its own speaker; a new agent (by name) starts again.
    other_before
        Index of the other side's nearest turn before it, None if there is none.
    """

    from_start: int
    from_end: int
    own_from_start: int
    own_from_end: int
    other_before: int | None


def places(call: ParsedCall) -> list[Place | None]:
    """The place of each turn, length n; None for turns of bots and unknown speakers."""
    turns = call.turns
    roles = [t.turn.role for t in turns]
    total = {role: roles.count(role) for role in _SPOKEN}
    left = total[Role.AGENT] + total[Role.CUSTOMER]
    order = 0
    own_seen = dict.fromkeys(_SPOKEN, 0)
    done = dict.fromkeys(_SPOKEN, 0)
    last_speaker: dict[Role, str | None] = dict.fromkeys(_SPOKEN, None)
    last_of: dict[Role, int | None] = dict.fromkeys(_SPOKEN, None)
    result: list[Place | None] = []
    for i, role in enumerate(roles):
        if role not in total:
            result.append(None)
            continue
        speaker = turns[i].turn.speaker
        if speaker is not None and speaker != last_speaker[role]:
            if last_speaker[role] is not None:
                own_seen[role] = 0
            last_speaker[role] = speaker
        done[role] += 1
        left -= 1
        result.append(
            Place(
                order, left, own_seen[role], total[role] - done[role],
                last_of[Role.CUSTOMER if role is Role.AGENT else Role.AGENT],
            )
        )  # fmt: skip
        own_seen[role] += 1
        last_of[role] = i
        order += 1
    return result


_ASKING = frozenset("what which who whose when where why how".split())
_INVERTED = frozenset("is are was were do does did have has had can could will would shall should may might".split())
_LEADS = _ASKING | _INVERTED
_SUBJECTS = frozenset("you i we they he she it that this there your the a any anyone anything".split())
_LEAD_IN = frozenset("and so okay right well but now then sorry just hi hello yes yeah also oh alright great".split())


def is_question(turn: ParsedTurn) -> bool:
    """Whether a turn asks something: by its mark, or by the word order of any of its clauses."""
    if turn.asks:
        return True
    words = turn.words
    if _LEADS.isdisjoint(words):
        return False
    for first, end in turn.clauses():
        at = first
        while at < end and words[at] in _LEAD_IN:
            at += 1
        if at >= end - 1:
            continue
        word, following = words[at], words[at + 1]
        if word in _ASKING and following not in {"i", "a", "ever"}:
            return True
        if word in _INVERTED and (following in _SUBJECTS or following == "not"):
            return True
    return False
