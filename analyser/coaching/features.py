"""A call as readable, named numbers: what the flag is judged from, and where in the call each came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analyser.behaviours.finding import highest
from analyser.behaviours.names import ALL, CARE, HARMS
from analyser.behaviours.resolve import Hearing
from analyser.judges import Array
from analyser.openings import LIKELY, Met
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
class FlagRows:
    """Several calls' features.

    Parameters
    ----------
    values
        Named by ``FEATURES``, shape (calls, features).
    turns
        The turn (from 1) that each most rests on, the same shape; 0 for absences and figures of the whole call.
    """

    values: Array
    turns: Array


def flag_rows(hearing: Hearing, met: Met, agent_tone: Array, customer_end: Array, talks: Sequence[Talk]) -> FlagRows:
    """Work out the features of several calls.

    Parameters
    ----------
    met
        How their openings were met.
    agent_tone, customer_end
        Probabilities of the classes of ``names.AGENT_TONES`` and ``names.CUSTOMER_ENDS``, shapes (calls, 4) and (calls, 3).
    talks
        Their talk figures.
    """
    rows, p, harm = hearing.chunk.rows, hearing.judged.probability, hearing.judged.harm
    n, call = len(hearing), rows.call
    agents, customers = np.flatnonzero(rows.role == 1), np.flatnonzero(rows.role == 0)
    nowhere = np.zeros(n, dtype=np.int64)

    def top(name: str, side: int = 1) -> tuple[Array, Array]:
        return hearing.top[:, side, _COLUMN[name]], hearing.where[:, side, _COLUMN[name]] + 1

    def share(name: str, side: int = 1) -> Array:
        return hearing.mean[:, side, _COLUMN[name]]

    def first_of(pairs: Sequence[tuple[Array, Array]]) -> tuple[Array, Array]:
        """Of each call the pair with the highest value, the first of equals."""
        values, turns = np.stack([v for v, _ in pairs]), np.stack([t for _, t in pairs])
        best = values.argmax(axis=0)
        return values[best, np.arange(n)], turns[best, np.arange(n)]

    def absent(name: str) -> tuple[Array, Array]:
        return 1 - top(name)[0], nowhere

    worst_harm, worst = highest(harm, (rows.role == 1).astype(np.uint8), rows.calls)
    worst += 1
    (missed, dismissed, taken, weight), worst_missed = _met(hearing, met)
    care = first_of([top(name) for name in CARE])
    step_values = [top("set_expectations"), top("recap")]
    count = np.bincount(call[agents], minlength=n) + np.bincount(call[customers], minlength=n)
    last = np.zeros(n, dtype=np.int64)
    last[call[customers]] = customers - rows.calls[call[customers]] + 1  # the last one stays
    ending = np.zeros(n)
    final = customers[rows.own_from_end[customers] < 2]
    np.maximum.at(ending, call[final], p[final, _DISTRESS])
    interruptions = np.array([float(talk.interruptions or 0) for talk in talks])
    pairs: list[tuple[Array, Array]] = [
        (np.minimum(np.bincount(call[agents], weights=harm[agents], minlength=n), 6.0), worst),
        (worst_harm, worst),
        *(top(name) for name in HARMS),
        (np.minimum(missed, 5.0), worst_missed),
        (np.divide(missed, weight, out=np.zeros(n), where=weight > 0), worst_missed),
        (np.minimum(dismissed, 4.0), worst_missed),
        (np.minimum(taken, 4.0), care[1]),
        absent("greeting"),
        absent("introduction"),
        absent("closing"),
        absent("further_help"),
        top("refusal"),
        _dead_ends(hearing, agents, call),
        top("alternative"),
        care,
        (share("ownership"), top("ownership")[1]),
        top("ownership"),
        first_of(step_values),
        top("future_reference"),
        (share("active_listening"), top("active_listening")[1]),
        top("extra_mile"),
        (share("rapport"), top("rapport")[1]),
        top("patience"),
        (share("gratitude"), nowhere),
        (share("need_question"), nowhere),
        (agent_tone[:, 0], nowhere),
        (agent_tone[:, 2] + agent_tone[:, 3], worst),
        (share("distress", 0), top("distress", 0)[1]),
        (ending, last),
        (customer_end[:, 0], last),
        (customer_end[:, 2], last),
        top("pleased", 0),
        (np.minimum(interruptions, 5.0), nowhere),
        (np.minimum(count, 60) / 60, nowhere),
        (count <= 8, nowhere),
    ]
    return FlagRows(np.column_stack([v for v, _ in pairs]).astype(float), np.column_stack([t for _, t in pairs]))


def _met(hearing: Hearing, met: Met) -> tuple[Array, Array]:
    """Expected numbers of openings missed, dismissed, taken and in all, and the turn that was most surely unmet.

    Shapes (4, calls) and (calls,).
    """
    rows = hearing.chunk.rows
    distress = hearing.judged.probability[met.answers.turns, _DISTRESS]
    its = np.flatnonzero((distress >= LIKELY) & met.answers.answered)
    distress, turns = distress[its], met.answers.turns[its]
    call, n = rows.call[turns], len(hearing)
    taken, missed, dismissed = (met.probability[its] * distress[:, None]).T
    unmet = np.zeros(len(rows.role))
    chosen = np.zeros(len(rows.role), dtype=np.uint8)
    unmet[turns], chosen[turns] = missed + dismissed, 1
    sums = np.stack([np.bincount(call, weights=w, minlength=n) for w in (missed, dismissed, taken, distress)])
    return sums, highest(unmet, chosen, rows.calls)[1] + 1


_COLUMN = {name: i for i, name in enumerate(ALL)}
_DISTRESS, _REFUSAL = _COLUMN["distress"], _COLUMN["refusal"]
_EASING = [_COLUMN[name] for name in ("alternative", "empathy", "extra_mile", "ownership")]


def _dead_ends(hearing: Hearing, agents: Array, call: Array) -> tuple[Array, Array]:
    """The surest refusal that neither its own turn nor the agent's next eases with another way, care or ownership."""
    rows, p = hearing.chunk.rows, hearing.judged.probability
    easing = p[agents][:, _EASING].max(axis=1)
    following = np.append(easing, 0.0)[1:]
    following[rows.own_from_end[agents] == 0] = 0.0
    value = np.zeros(len(rows.role))
    value[agents] = p[agents, _REFUSAL] * (1 - np.maximum(easing, following))
    best, where = highest(value, (rows.role == 1).astype(np.uint8), rows.calls)
    return best, np.where(best > 0, where + 1, 0)
