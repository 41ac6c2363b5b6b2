"""Both speakers' tone over the turns, as points of a drawing, as a row of blocks, and in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analyser.records import Role, Tone, TurnTone

WIDTH, HEIGHT, PAD = 560, 150, 10
GUTTER = 48  # on the left, for the words beside the axis
_MOST = 240  # more points than this cannot be told apart at that width
_BLOCKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Line:
    """One speaker's curve in the drawing's units.

    Parameters
    ----------
    points
        As an SVG polyline takes them.
    dots
        (x, y, what a pointer over it reads) of each turn.
    """

    role: str
    points: str
    dots: tuple[tuple[float, float, str], ...]


def _scored(turns: Sequence[TurnTone], role: Role) -> list[tuple[float, float]]:
    """(turn, score) of a speaker; means of neighbours where there are very many."""
    known = [(float(t.turn), t.score) for t in turns if t.role is role and t.score is not None]
    size = -(-len(known) // _MOST) or 1
    groups = [known[i : i + size] for i in range(0, len(known), size)]
    return [(sum(x for x, _ in g) / len(g), sum(y for _, y in g) / len(g)) for g in groups]


def lines(tone: Tone) -> tuple[Line, ...]:
    """The curves that can be drawn: of agent and customer, where any turn was judged."""
    first = min((t.turn for t in tone.turns), default=1)
    span = max((t.turn for t in tone.turns), default=1) - first
    result = []
    for role in (Role.AGENT, Role.CUSTOMER):
        dots = []
        for turn, score in _scored(tone.turns, role):
            x = GUTTER + (WIDTH - GUTTER - PAD) * ((turn - first) / span if span else 0.5)
            y = PAD + (HEIGHT - 2 * PAD) * (1 - max(-1.0, min(1.0, score))) / 2
            dots.append((round(x, 1), round(y, 1), f"{role.capitalize()}, turn {turn:.0f}: {signed(score)}"))
        if dots:
            result.append(Line(str(role), " ".join(f"{x},{y}" for x, y, _ in dots), tuple(dots)))
    return tuple(result)


def signed(value: float) -> str:
    """A figure with its sign: +0.25, −0.40, 0.00."""
    text = f"{abs(value):.2f}"
    if float(text) == 0:
        return text
    return f"+{text}" if value > 0 else f"−{text}"


def in_words(tone: Tone) -> tuple[str, ...]:
    """What the curves say, a sentence a speaker."""
    agent = f"The agent sounded {tone.agent_label}" if tone.agent_label else "The agent’s tone could not be judged"
    if tone.agent_score is not None:
        agent += f" ({signed(tone.agent_score)} on average)"
    if tone.customer_start is None or tone.customer_end is None:
        customer = "The customer’s path could not be judged"
    else:
        customer = f"The customer went from {signed(tone.customer_start)} to {signed(tone.customer_end)}"
        if tone.customer_low is not None and tone.customer_low_turn is not None:
            customer += f", lowest at turn {tone.customer_low_turn} ({signed(tone.customer_low)})"
    if tone.customer_end_label:
        customer += f", and ended {tone.customer_end_label}"
    return (agent + ".", customer + ".")


def sparkline(tone: Tone, role: Role, width: int = 60) -> str:
    """A speaker's tone as blocks, low to high; empty where no turn was judged."""
    scores = [y for _, y in _scored(tone.turns, role)]
    size = -(-len(scores) // width) or 1
    means = [sum(scores[i : i + size]) / len(scores[i : i + size]) for i in range(0, len(scores), size)]
    top = len(_BLOCKS) - 1
    return "".join(_BLOCKS[round((max(-1.0, min(1.0, m)) + 1) / 2 * top)] for m in means)
