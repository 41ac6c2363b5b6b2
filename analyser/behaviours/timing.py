"""What only the clock tells: interruptions, silences, share of talk. Null where the transcript has no times."""

from __future__ import annotations

from analyser.language import ParsedCall
from analyser.records import Role, Talk

_BACK_CHANNEL_WORDS = 2  # "mm hmm", "okay": listening, not interrupting
_SPOKEN = (Role.AGENT, Role.CUSTOMER)


def talk(call: ParsedCall, *, overlap_s: float, held: frozenset[int] = frozenset()) -> Talk:
    """The talk figures of a call.

    Parameters
    ----------
    overlap_s
        Speech over the other speaker for longer than this many seconds is an interruption.
    held
        Numbers of turns that announce a wait; the silence after them is not counted.
    """
    timed = [
        (t, t.turn.start_s, t.turn.end_s)
        for t in call.turns
        if t.turn.role in _SPOKEN and t.turn.start_s is not None and t.turn.end_s is not None
    ]
    if not timed or len(timed) < sum(t.turn.role in _SPOKEN for t in call.turns):
        return Talk(None, None, None, None)
    seconds = dict.fromkeys(_SPOKEN, 0.0)
    words = 0
    interruptions = 0
    silence: float | None = None
    for i, (turn, start, end) in enumerate(timed):
        assert start is not None
        assert end is not None
        seconds[turn.turn.role] += max(0.0, end - start)
        words += len(turn.words) if turn.turn.role is Role.AGENT else 0
        if not i:
            continue
        before, _, previous_end = timed[i - 1]
        assert previous_end is not None
        if before.turn.role is turn.turn.role:
            continue
        gap = start - previous_end
        if turn.turn.role is Role.AGENT:
            if -gap > overlap_s and len(turn.words) > _BACK_CHANNEL_WORDS:
                interruptions += 1
            if before.number not in held and _no_hold_before(timed[i - 1][0].number, held):
                silence = max(silence or 0.0, gap)
    total = sum(seconds.values())
    agent_s = seconds[Role.AGENT]
    return Talk(
        agent_share=round(agent_s / total, 3) if total else None,
        interruptions=interruptions,
        longest_silence_s=None if silence is None else round(silence, 2),
        words_per_minute=round(60 * words / agent_s, 1) if agent_s > 1 else None,
    )


def _no_hold_before(number: int, held: frozenset[int]) -> bool:
    """Whether the agent's words just before the customer's turn announced no wait."""
    return number - 1 not in held
