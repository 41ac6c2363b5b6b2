"""Where a turn stands in its call, worked out once a call and shared by all detectors."""

from __future__ import annotations

from dataclasses import dataclass

from analyser.language import ParsedCall, ParsedTurn
from analyser.records import Role

_SPOKEN = (Role.AGENT, Role.CUSTOMER)


@dataclass(frozen=True, slots=True)
class Place:
    """A turn's place.

    Parameters
    ----------
    from_start, from_end
        How many turns by either speaker come before and after it (bots and menus not counted).
    own_from_start, own_from_end
        The same among the turns of its own speaker; a new agent (by name) starts again.
    other_before
        Index of the other side's nearest turn before it, None if there is none.
    own_before
        Index of the turn just before it, where that is its own speaker's (a split message).
    """

    from_start: int
    from_end: int
    own_from_start: int
    own_from_end: int
    other_before: int | None
    own_before: int | None


def places(call: ParsedCall) -> list[Place | None]:
    """The place of each turn, length n; None for turns of bots and unknown speakers."""
    turns = call.turns
    spoken = [i for i, t in enumerate(turns) if t.turn.role in _SPOKEN]
    result: list[Place | None] = [None] * len(turns)
    own_seen: dict[Role, int] = dict.fromkeys(_SPOKEN, 0)
    last_speaker: dict[Role, str | None] = dict.fromkeys(_SPOKEN, None)
    last_of: dict[Role, int | None] = dict.fromkeys(_SPOKEN, None)
    total = {role: sum(turns[i].turn.role is role for i in spoken) for role in _SPOKEN}
    done = dict.fromkeys(_SPOKEN, 0)
    for order, i in enumerate(spoken):
        turn = turns[i].turn
        role = turn.role
        other = Role.CUSTOMER if role is Role.AGENT else Role.AGENT
        if turn.speaker is not None and turn.speaker != last_speaker[role]:
            if last_speaker[role] is not None:
                own_seen[role] = 0
            last_speaker[role] = turn.speaker
        previous = spoken[order - 1] if order else None
        own_before = previous if previous is not None and turns[previous].turn.role is role else None
        done[role] += 1
        result[i] = Place(
            from_start=order,
            from_end=len(spoken) - 1 - order,
            own_from_start=own_seen[role],
            own_from_end=total[role] - done[role],
            other_before=last_of[other],
            own_before=own_before,
        )
        own_seen[role] += 1
        last_of[role] = i
    return result


_ASKING = frozenset("what which who whose when where why how".split())
_INVERTED = frozenset("is are was were do does did have has had can could will would shall should may might".split())
_SUBJECTS = frozenset("you i we they he she it that this there your the a any anyone anything".split())
_LEAD_IN = frozenset("and so okay right well but now then sorry just hi hello yes yeah also oh alright great".split())


def is_question(turn: ParsedTurn) -> bool:
    """Whether a turn asks something: by its mark, or by the word order of any of its clauses."""
    if turn.asks:
        return True
    words = turn.words
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
