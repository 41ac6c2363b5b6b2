"""The flag's model: an additive one whose signs are held, so that its reasons are its parts and add up.

Log-odds = base + sum of one part a feature. Where more of a feature may only speak for coaching (or only against),
a fitted weight of the other sign is put to 0 and the rest fitted again, so more harm never lowers the flag.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from analyser.behaviours.finding import rounded
from analyser.coaching.features import FEATURES, REASON_WORDS, SIGNS, FlagRows
from analyser.judges import Array
from analyser.records import Flag, Reason, Transcript

_GROUPS = {r: [i for i, f in enumerate(FEATURES) if f.reason == r] for r in sorted({f.reason for f in FEATURES})}
_NAMES = tuple(_GROUPS)
_REASONS = 8  # how many are listed; the rest is summed


@dataclass
class FlagModel:
    """Weights over standardised features, and the calibration of their sum.

    Parameters
    ----------
    weight, mean, scale
        Shape (features,), in the order of ``features.FEATURES``.
    intercept
        Log-odds of a call with mean features.
    slope, offset
        Calibration: log-odds = slope * raw + offset.
    threshold
        Probability from which a call is flagged by default.
    """

    weight: Array
    mean: Array
    scale: Array
    intercept: float
    slope: float = 1.0
    offset: float = 0.0
    threshold: float = 0.5

    def parts(self, rows: Array) -> tuple[float, Array]:
        """Base and each feature's contribution to the log-odds, shapes () and (calls, features)."""
        part = (np.asarray(rows, dtype=float) - self.mean) / self.scale * self.weight * self.slope
        return self.slope * self.intercept + self.offset, part

    def probability(self, rows: Array) -> Array:
        """Probability that a coach should look, shape (calls,)."""
        base, part = self.parts(rows)
        return np.asarray(1 / (1 + np.exp(-(base + part.sum(axis=1)))))


def fit_raw(rows: Array, y: Array, *, strength: float = 0.05) -> FlagModel:
    """Fit the weights (uncalibrated) under the signs of ``features.FEATURES``."""
    rows = np.asarray(rows, dtype=float)
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    z = (rows - mean) / scale
    keep = np.ones(rows.shape[1], dtype=bool)
    while True:
        model = LogisticRegression(C=strength, max_iter=2000).fit(z[:, keep], y)
        weight = np.zeros(rows.shape[1])
        weight[keep] = model.coef_[0]
        wrong = (SIGNS != 0) & (np.sign(weight) == -SIGNS)
        if not wrong.any():
            return FlagModel(weight, mean, scale, float(model.intercept_[0]))
        keep &= ~wrong


def _words(reason: str, leading: int, total: float) -> str:
    if total < 0:
        return REASON_WORDS[reason][1]
    feature = FEATURES[leading]
    return feature.words if feature.sign > 0 else REASON_WORDS[reason][0]


def explain(
    model: FlagModel, rows: FlagRows, calls: Sequence[Transcript], *, threshold: float | None = None
) -> list[Flag]:
    """The flags of several calls with their reasons, strongest first.

    Parameters
    ----------
    calls
        To quote from.
    threshold
        In place of the model's own.
    """
    limit = model.threshold if threshold is None else threshold
    base, parts = model.parts(rows.values)
    log_odds = base + parts.sum(axis=1)
    probability = 1 / (1 + np.exp(-log_odds))
    shown = rounded(probability, 4).tolist()
    base = round(base, 4)
    reasons = _reasons(parts, rows.turns, calls)
    return [
        Flag(
            probability=shown[i],
            flagged=bool(probability[i] >= limit),
            threshold=limit,
            reasons=its,
            base=base,
            other=round(float(log_odds[i]) - sum(r[4] for r in its) - base, 4),
        )
        for i, its in enumerate(reasons)
    ]


def _reasons(parts: Array, turns: Array, calls: Sequence[Transcript]) -> list[tuple[Reason, ...]]:
    """The strongest reasons of each call, from each feature's contribution and the turn that it rests on."""
    each = np.arange(len(parts))[:, None]
    total = np.column_stack([parts[:, its].sum(axis=1) for its in _GROUPS.values()])
    some = np.column_stack([(parts[:, its] != 0).any(axis=1) for its in _GROUPS.values()])
    for_it, against = (
        np.column_stack([np.array(its)[pick(parts[:, its], axis=1)] for its in _GROUPS.values()])
        for pick in (np.argmax, np.argmin)
    )
    order = np.argsort(np.where(some, -np.abs(total), np.inf), axis=1, kind="stable")[:, :_REASONS]
    leading = np.where(total > 0, for_it, against)[each, order]
    shown = rounded(total[each, order].ravel(), 4).reshape(order.shape)
    columns: list[list[Any]] = [
        np.asarray(its).tolist()
        for its in (order, leading, turns[each, leading], total[each, order], shown, some.sum(axis=1))
    ]
    result = []
    for call, groups, features, at, sums, contributions, count in zip(calls, *columns, strict=True):
        its = call.turns
        result.append(
            tuple(
                Reason(_NAMES[g], _words(_NAMES[g], f, s), t or None, its[t - 1].text if t else None, c)
                for g, f, t, s, c, _ in zip(groups, features, at, sums, contributions, range(count), strict=False)
            )
        )
    return result
