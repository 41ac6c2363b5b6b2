"""The flag's model: an additive one whose signs are held, so that its reasons are its parts and add up.

Log-odds = base + sum of one part a feature. Where more of a feature may only speak for coaching (or only against),
a fitted weight of the other sign is put to 0 and the rest fitted again, so more harm never lowers the flag.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from analyser.coaching.features import FEATURES, REASON_WORDS, SIGNS, FlagRow
from analyser.judges import Array
from analyser.records import Flag, Reason

_GROUPS = {r: [i for i, f in enumerate(FEATURES) if f.reason == r] for r in dict.fromkeys(f.reason for f in FEATURES)}
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


def explain(model: FlagModel, row: FlagRow, quotes: Sequence[str], *, threshold: float | None = None) -> Flag:
    """The flag of one call with its reasons, strongest first.

    Parameters
    ----------
    quotes
        The text of each turn of the call, to quote from.
    threshold
        In place of the model's own.
    """
    limit = model.threshold if threshold is None else threshold
    base, parts = model.parts(np.array([row.values]))
    part = parts[0].tolist()
    log_odds = base + float(parts[0].sum())
    probability = float(1 / (1 + np.exp(-log_odds)))
    reasons = _reasons(part, row.turns, quotes)
    listed = sum(r.contribution for r in reasons)
    return Flag(
        probability=round(probability, 4),
        flagged=probability >= limit,
        threshold=limit,
        reasons=reasons,
        base=round(base, 4),
        other=round(log_odds - listed - round(base, 4), 4),
    )


def _reasons(part: Sequence[float], turns: Sequence[int | None], quotes: Sequence[str]) -> tuple[Reason, ...]:
    """The strongest reasons of one call, from each feature's contribution and the turn that it rests on."""
    grouped = ((name, [i for i in members if part[i]]) for name, members in _GROUPS.items())
    summed = [(sum(part[i] for i in members), name, members) for name, members in grouped if members]
    reasons = []
    for total, name, members in sorted(summed, key=lambda s: (-abs(s[0]), s[1]))[:_REASONS]:
        leading = (max if total > 0 else min)(members, key=part.__getitem__)
        turn = turns[leading]
        quote = None if turn is None else quotes[turn - 1]
        reasons.append(Reason(name, _words(name, leading, total), turn, quote, round(total, 4)))
    return tuple(reasons)
