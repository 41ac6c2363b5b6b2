"""What a call's tone is judged from once its turns are scored, and the two learned judges of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analyser.behaviours.names import AGENT_TONES, ALL, CARE, CUSTOMER_ENDS, HARMS
from analyser.behaviours.register import Column
from analyser.behaviours.resolve import Hearing
from analyser.behaviours.turns import any_of
from analyser.judges import Array, Judge

_DISTRESS, _PLEASED, _CLOSING, _GREETING, _REFUSAL = (
    ALL.index(name) for name in ("distress", "pleased", "closing", "greeting", "refusal")
)
_KIND = ("empathy", "sympathy", "apology", "patience", "rapport", "extra_mile", "gratitude", "ownership")
_CARE_COLUMNS, _HARM_COLUMNS, _KIND_COLUMNS = ([ALL.index(name) for name in names] for names in (CARE, HARMS, _KIND))
_THANKING = Column(dict.fromkeys(["thanks", "thank", "cheers", "ta"], 1))

AGENT_FEATURES: tuple[str, ...] = (
    "mean score", "lowest score", "highest score", "any harm, highest", "any harm, share", "harmful turns",
    *(f"{h}, highest" for h in HARMS), *(f"{k}, share" for k in _KIND), *(f"{k}, highest" for k in _KIND),
    "greeting", "closing", "distress share", "few turns", "words a turn",
)  # fmt: skip
END_FEATURES: tuple[str, ...] = (
    *(f"{what} in last customer turn but {n}" for n in range(3) for what in ("score", "distress", "pleased")),
    "distress share", "pleased share", "any harm in the last agent turns", "care in the last agent turns",
    "closing", "thanks at the end", "customer has the last word", "harmful turns", "refusal share",
)  # fmt: skip


def _per_call(calls: Array, values: Array, n: int) -> tuple[Array, Array, Array]:
    """Mean, lowest and highest of the values of each call; 0 where it has none."""
    count = np.bincount(calls, minlength=n)
    mean = np.bincount(calls, weights=values, minlength=n) / np.maximum(count, 1)
    low, high = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(low, calls, values)
    np.maximum.at(high, calls, values)
    return mean, np.where(count > 0, low, 0.0), np.where(count > 0, high, 0.0)


def agent_rows(hearing: Hearing, scores: Array) -> Array:
    """What the agents' tones are judged from, named by ``AGENT_FEATURES``, shape (calls, features).

    Parameters
    ----------
    scores
        See ``tone.Sounds``.
    """
    rows, harm = hearing.chunk.rows, hearing.judged.harm
    n, call = len(hearing), rows.call
    agents = np.flatnonzero(rows.role == 1)
    scored = agents[~np.isnan(scores[agents])]
    harm_mean, _, worst = _per_call(call[agents], harm[agents], n)
    count = np.bincount(call[agents], minlength=n)
    words, _, _ = _per_call(call[agents], rows.lengths[agents], n)
    top, mean = hearing.top[:, 1], hearing.mean[:, 1]
    return np.column_stack(
        [
            *_per_call(call[scored], scores[scored], n), worst, harm_mean,
            np.minimum(np.bincount(call[agents], weights=harm[agents], minlength=n), 6.0),
            top[:, _HARM_COLUMNS], mean[:, _KIND_COLUMNS], top[:, _KIND_COLUMNS], top[:, _GREETING], top[:, _CLOSING],
            hearing.mean[:, 0, _DISTRESS], count <= 4, words / 30,
        ]
    )  # fmt: skip


def end_rows(hearing: Hearing, scores: Array) -> Array:
    """What the customers' ends are judged from, named by ``END_FEATURES``; see ``agent_rows``."""
    rows, p, harm = hearing.chunk.rows, hearing.judged.probability, hearing.judged.harm
    n, call = len(hearing), rows.call
    result = np.zeros((n, len(END_FEATURES)))
    for k in range(3):
        last = np.flatnonzero((rows.role == 0) & (rows.own_from_end == k))
        result[call[last], 3 * k] = np.nan_to_num(scores[last])
        result[call[last], 3 * k + 1] = p[last, _DISTRESS]
        result[call[last], 3 * k + 2] = p[last, _PLEASED]
    result[:, 9:11] = hearing.mean[:, 0, [_DISTRESS, _PLEASED]]
    last = np.flatnonzero((rows.role == 1) & (rows.own_from_end < 3))
    for column, values in ((11, harm[last]), (12, p[last][:, _CARE_COLUMNS].max(axis=1)), (13, p[last, _CLOSING])):
        np.maximum.at(result[:, column], call[last], values)
    thanked = any_of(_THANKING.values(), rows.numbers, rows.bounds) > 0
    final = [np.flatnonzero((rows.role == side) & (rows.own_from_end == 0)) for side in (0, 1)]
    result[call[final[0]], 14] = thanked[final[0]]
    said_last = np.full((2, n), -1)
    for side in (0, 1):
        said_last[side, call[final[side]]] = final[side]
    result[:, 15] = (said_last[1] >= 0) & (said_last[0] > said_last[1])
    agents = np.flatnonzero(rows.role == 1)
    result[:, 16] = np.minimum(np.bincount(call[agents], weights=harm[agents], minlength=n), 6.0)
    result[:, 17] = hearing.mean[:, 1, _REFUSAL]
    return result


class ToneJudges:
    """The two learned judgements on a call's tone."""

    def __init__(self, agent: Judge | None = None, end: Judge | None = None) -> None:
        self.agent = agent or Judge(AGENT_FEATURES, AGENT_TONES)
        self.end = end or Judge(END_FEATURES, CUSTOMER_ENDS)

    def fit(self, agent_rows: Array, end_rows: Array, agent: Sequence[str], end: Sequence[str]) -> ToneJudges:
        """Learn from calls' features (see ``Sounds``) and their labels."""
        self.agent.fit(agent_rows, agent)
        self.end.fit(end_rows, end)
        return self
