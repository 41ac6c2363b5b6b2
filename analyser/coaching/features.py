"""A call as readable, named numbers: what the flag is judged from, and where in the call each came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analyser.behaviours.names import ALL, CARE, HARMS
from analyser.behaviours.resolve import Heard
from analyser.judges import Array, Judge
from analyser.openings import LIKELY, answered
from analyser.records import Talk


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature of the flag.

    Parameters
    ----------
    sign
        1 where more of it may only raise the flag, -1 only lower it, 0 either.
    reason
        The guide's reason that it speaks for, or a good moment.
    words
        What the feature says where it speaks for coaching, where that is more exact than ``REASON_WORDS``.
    """

    name: str
    sign: int
    reason: str
    words: str


_HARM_REASON = {
    "not_listening": ("poor_listening", "did not listen"),
    "pushy_upsell": ("pressure_selling", "pressed a sale"),
    "passes_the_buck": ("no_ownership", "passed the customer on"),
    "dismissive": ("dismissive_or_rude", "waved the customer away"),
    "imposition": ("dismissive_or_rude", "made the customer feel a bother"),
    "rushing": ("dismissive_or_rude", "hurried the customer"),
    "condescending": ("dismissive_or_rude", "talked down to the customer"),
    "defensive": ("dismissive_or_rude", "was defensive"),
    "blames_customer": ("dismissive_or_rude", "blamed the customer"),
    "hostile": ("dismissive_or_rude", "was hostile"),
}
# What a reason says where it speaks for coaching, and where it speaks against.
REASON_WORDS: dict[str, tuple[str, str]] = {
    "dismissive_or_rude": ("treated the customer badly", "treated the customer with respect"),
    "missed_empathy": ("did not answer the customer's distress", "passed over no distress in silence"),
    "poor_listening": ("showed little sign of listening", "listened"),
    "pressure_selling": ("pressed a sale", "did not press a sale"),
    "no_ownership": ("did not take the matter on", "took the matter on"),
    "dead_end_refusal": ("refused, and offered no other way", "refused nothing without a way on"),
    "unclear_next_step": ("left the next step unclear", "said what happens next"),
    "missing_greeting": ("did not greet or introduce themself", "greeted and introduced themself"),
    "missing_closing": ("did not close the call properly", "closed the call properly"),
    "unresolved": ("the customer was unhappy, or left so", "the customer was not unhappy"),
    "other": ("the length of the call", "the length of the call"),
    "good_empathy": ("showed little care", "showed that they cared"),
    "good_alternative": ("offered no other way", "offered another way"),
    "good_extra_mile": ("did no more than was asked", "did more than was asked"),
    "good_rapport": ("built little rapport", "built rapport"),
    "good_patience": ("showed little patience", "gave the customer time"),
    "good_gratitude": ("thanked the customer in an odd measure", "thanked the customer"),
    "good_warmth": ("did not sound warm", "sounded warm"),
    "good_ending": ("the customer did not leave pleased", "the customer left pleased"),
}
_MISSED = ("missed_empathy", "did not answer the customer's distress")
_UNRESOLVED = ("unresolved", "the customer was left unhappy")
_NEXT = ("unclear_next_step", "left the next step unclear")
_OWN = ("no_ownership", "did not take the matter on")

FEATURES: tuple[Feature, ...] = (
    Feature("harmful turns", 1, "dismissive_or_rude", "treated the customer badly more than once"),
    Feature("worst turn", 1, "dismissive_or_rude", "treated the customer badly"),
    *(Feature(f"{name}, strongest", 1, *_HARM_REASON[name]) for name in HARMS),
    Feature("openings missed", 1, *_MISSED),
    Feature("share of openings missed", 1, *_MISSED),
    Feature("openings dismissed", 1, "dismissive_or_rude", "dismissed the customer's distress"),
    Feature("openings taken", -1, "good_empathy", "met the customer's distress"),
    Feature("greeting missing", 1, "missing_greeting", "did not greet the customer"),
    Feature("introduction missing", 1, "missing_greeting", "did not introduce themself"),
    Feature("closing missing", 1, "missing_closing", "did not end courteously"),
    Feature("further help missing", 1, "missing_closing", "did not ask whether anything else was needed"),
    Feature("refusal, strongest", 1, "dead_end_refusal", "refused what was asked"),
    Feature("refusal without a way on", 1, "dead_end_refusal", "refused, and offered no other way"),
    Feature("alternative, strongest", -1, "good_alternative", "offered another way"),
    Feature("care, strongest", -1, "good_empathy", "showed that they cared"),
    Feature("ownership, share", -1, *_OWN),
    Feature("ownership, strongest", -1, *_OWN),
    Feature("next step said, strongest", -1, *_NEXT),
    Feature("points ahead, strongest", -1, *_NEXT),
    Feature("active listening, share", -1, "poor_listening", "showed little sign of listening"),
    Feature("extra mile, strongest", -1, "good_extra_mile", "did more than was asked"),
    Feature("rapport, share", -1, "good_rapport", "was warm"),
    Feature("patience, strongest", -1, "good_patience", "gave the customer time"),
    Feature("gratitude, share", 0, "good_gratitude", "thanked the customer"),
    Feature("questions of need, share", 0, "poor_listening", "asked little about the need"),
    Feature("agent sounds warm", -1, "good_warmth", "sounded warm"),
    Feature("agent sounds cold or hostile", 1, "dismissive_or_rude", "sounded cold"),
    Feature("distress, share", 1, *_UNRESOLVED),
    Feature("distress at the end", 1, *_UNRESOLVED),
    Feature("ends negative", 1, *_UNRESOLVED),
    Feature("ends positive", -1, "good_ending", "the customer left pleased"),
    Feature("pleased, strongest", -1, "good_ending", "the customer was pleased"),
    Feature("interruptions", 1, "poor_listening", "interrupted the customer"),
    Feature("long call", 0, "other", "the length of the call"),
    Feature("short call", 0, "other", "the length of the call"),
)

SIGNS = np.array([f.sign for f in FEATURES])


@dataclass(frozen=True, slots=True)
class FlagRow:
    """One call's features, and for each the turn (from 1) it most rests on, None for absences and whole-call figures."""

    values: tuple[float, ...]
    turns: tuple[int | None, ...]


def flag_row(
    heard: Heard, *, opening_judge: Judge, agent_turns: int, agent_tone: Array, customer_end: Array, talk: Talk
) -> FlagRow:
    """Work out the features of one call.

    Parameters
    ----------
    opening_judge
        Judges how an opening was met.
    agent_turns
        How many agent turns may answer an opening.
    agent_tone, customer_end
        Probabilities of the classes of ``names.AGENT_TONES`` and ``names.CUSTOMER_ENDS``, shapes (4,) and (3,).
    """
    side = heard.agent
    agents, customers = side.rows, heard.customer.rows
    harm = heard.harm
    share = side.mean

    def top(name: str) -> tuple[float, int | None]:
        return side.top(name), side.where(name)

    missed, dismissed, taken, weight, worst_missed = _met(heard, opening_judge, agent_turns)
    worst = max(agents, key=lambda i: (harm[i], -i), default=None)
    refusal = top("refusal")
    dead_end = _dead_end(heard, agents)
    care = max((top(name) for name in CARE), key=lambda c: c[0])
    count = len(agents) + len(customers)
    step = max(top("set_expectations"), top("recap"), key=lambda s: s[0])
    pairs: list[tuple[float, int | None]] = [
        (min(sum(harm[i] for i in agents), 6.0), None if worst is None else worst + 1),
        (0.0 if worst is None else harm[worst], None if worst is None else worst + 1),
        *(top(name) for name in HARMS),
        (min(missed, 5.0), worst_missed),
        (missed / weight if weight else 0.0, worst_missed),
        (min(dismissed, 4.0), worst_missed),
        (min(taken, 4.0), care[1]),
        (1 - top("greeting")[0], None),
        (1 - top("introduction")[0], None),
        (1 - top("closing")[0], None),
        (1 - top("further_help")[0], None),
        refusal,
        dead_end,
        top("alternative"),
        care,
        (share("ownership"), top("ownership")[1]),
        top("ownership"),
        step,
        top("future_reference"),
        (share("active_listening"), top("active_listening")[1]),
        top("extra_mile"),
        (share("rapport"), top("rapport")[1]),
        top("patience"),
        (share("gratitude"), None),
        (share("need_question"), None),
        (float(agent_tone[0]), None),
        (float(agent_tone[2] + agent_tone[3]), None if worst is None else worst + 1),
        (heard.customer.mean("distress"), heard.customer.where("distress")),
        (
            max((heard.rows[i][_DISTRESS] for i in customers[-2:]), default=0.0),
            customers[-1] + 1 if customers else None,
        ),
        (float(customer_end[0]), customers[-1] + 1 if customers else None),
        (float(customer_end[2]), customers[-1] + 1 if customers else None),
        (heard.customer.top("pleased"), heard.customer.where("pleased")),
        (min(float(talk.interruptions or 0), 5.0), None),
        (min(count, 60) / 60, None),
        (float(count <= 8), None),
    ]
    return FlagRow(tuple(v for v, _ in pairs), tuple(t for _, t in pairs))


def _met(heard: Heard, judge: Judge, agent_turns: int) -> tuple[float, float, float, float, int | None]:
    """Expected numbers of openings missed, dismissed, taken and in all, and the turn that was most surely missed."""
    taken = missed = dismissed = weight = 0.0
    worst: tuple[float, int | None] = (-1.0, None)
    for i in heard.customer.rows:
        distress = heard.rows[i][_DISTRESS]
        if distress < LIKELY:
            continue
        groups, (took, let_pass, waved_away) = answered(heard, i, judge, agent_turns)
        if not groups:
            continue
        taken += took * distress
        missed += let_pass * distress
        dismissed += waved_away * distress
        weight += distress
        unmet = let_pass * distress + waved_away * distress
        if unmet > worst[0]:
            worst = unmet, i + 1
    return missed, dismissed, taken, weight, worst[1]


_DISTRESS, _REFUSAL = ALL.index("distress"), ALL.index("refusal")
_EASING = [ALL.index(name) for name in ("alternative", "empathy", "extra_mile", "ownership")]


def _dead_end(heard: Heard, agents: Sequence[int]) -> tuple[float, int | None]:
    """The surest refusal that neither its own turn nor the agent's next eases with another way, care or ownership."""
    rows = heard.rows
    easing = [max(rows[i][k] for k in _EASING) for i in agents]
    best: tuple[float, int | None] = (0.0, None)
    for at, i in enumerate(agents):
        value = rows[i][_REFUSAL] * (1 - max(easing[at : at + 2]))
        if value > best[0]:
            best = (value, i + 1)
    return best
