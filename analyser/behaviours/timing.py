"""What only the clock tells: interruptions, silences, share of talk. Null where the transcript has no times."""

from __future__ import annotations

from analyser.behaviours.resolve import Hearing
from analyser.language import ParsedCall, ParsedTurn
from analyser.records import Role, Talk

# "mm hmm", "okay right": listening, not interrupting; a few of these and nothing else
_BACK_CHANNEL = frozenset("mm mhm hmm hm uh huh ah oh okay ok yes yeah yep right sure see i of course no go on".split())
_BACK_CHANNEL_WORDS = 4
_SPOKEN = (Role.AGENT, Role.CUSTOMER)


def is_back_channel(turn: ParsedTurn) -> bool:
    """Whether a turn only shows that its speaker listens."""
    return len(turn.words) <= _BACK_CHANNEL_WORDS and _BACK_CHANNEL.issuperset(turn.words)


def talk(call: ParsedCall, *, overlap_s: float, held: frozenset[int] = frozenset()) -> Talk:
    """The talk figures of a call.

    Parameters
    ----------
    overlap_s
        Speech over the other speaker for longer than this many seconds is an interruption.
    held
        Numbers of turns that announce a wait; the silence after them is not counted.
    """
    spoken = [t for t in call.turns if t.turn.role in _SPOKEN]
    timed = [
        (t, t.turn.start_s, t.turn.end_s) for t in spoken if t.turn.start_s is not None and t.turn.end_s is not None
    ]
    if not timed or len(timed) < len(spoken):
        return Talk(None, None, None, None)
    seconds = dict.fromkeys(_SPOKEN, 0.0)
    words = interruptions = 0
    silence: float | None = None
    quiet_from = 0.0  # the end of all that was said so far
    customer: tuple[float, float] | None = None  # the customer's latest words: those that end last
    agent: ParsedTurn | None = None
    before: Role | None = None
    for turn, start, end in timed:
        role = turn.turn.role
        seconds[role] += max(0.0, end - start)
        if role is Role.AGENT:
            words += len(turn.words)
            if customer and customer[0] < start and min(end, customer[1]) - start > overlap_s:
                interruptions += not is_back_channel(turn)
            if before is Role.CUSTOMER and not (agent and agent.number in held):
                silence = max(silence or 0.0, start - quiet_from)
            agent = turn
        elif customer is None or end >= customer[1]:
            customer = start, end
        quiet_from = max(quiet_from, end)
        before = role
    total = sum(seconds.values())
    agent_s = seconds[Role.AGENT]
    return Talk(
        agent_share=round(agent_s / total, 3) if total else None,
        interruptions=interruptions,
        longest_silence_s=None if silence is None else round(silence, 2),
        words_per_minute=round(60 * words / agent_s, 1) if agent_s > 1 else None,
    )


def talks(hearing: Hearing, *, overlap_s: float) -> list[Talk]:
    """The talk figures of several calls; silence after an announced wait is not counted."""
    return [
        talk(heard.prepared.call, overlap_s=overlap_s, held=frozenset(f.turn for f in heard.found("hold_courtesy")))
        for heard in hearing
    ]
