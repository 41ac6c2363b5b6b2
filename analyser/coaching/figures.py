"""Figures: how far reports agree with labels, by behaviour, opening, tone and flag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from analyser.behaviours.names import ALL, CARE, HARMS
from analyser.coaching.labels import Label
from analyser.records import CallReport

GROUPS: Mapping[str, tuple[str, ...]] = {
    "any_negative": HARMS,
    "sorry (apology or sympathy)": ("apology", "sympathy"),
    "care (empathy, sympathy or apology)": CARE,
}
ENOUGH = 15  # labels that a behaviour needs to count in the mean


@dataclass(frozen=True, slots=True)
class Agreement:
    """Counts of right, false and missed; they add."""

    right: int = 0
    false: int = 0
    missed: int = 0

    def __add__(self, other: Agreement) -> Agreement:
        return Agreement(self.right + other.right, self.false + other.false, self.missed + other.missed)

    @property
    def support(self) -> int:
        """How many there were to find."""
        return self.right + self.missed

    @property
    def precision(self) -> float:
        """Share of what was found that is right; 0 where nothing was found."""
        return self.right / (self.right + self.false) if self.right + self.false else 0.0

    @property
    def recall(self) -> float:
        """Share of what was there that was found; 0 where nothing was there."""
        return self.right / self.support if self.support else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 where there is nothing."""
        total = 2 * self.right + self.false + self.missed
        return 2 * self.right / total if total else 0.0


def _agreement(gold: set[int], found: set[int]) -> Agreement:
    return Agreement(len(gold & found), len(found - gold), len(gold - found))


@dataclass(frozen=True)
class Figures:
    """All figures of one evaluation.

    Parameters
    ----------
    behaviours
        By behaviour and group; each turn counts once.
    classes
        ``openings``, ``agent_tone``, ``customer_end``: pairs (label, answer).
    flag
        Triples (probability, flagged, to coach), one a call.
    """

    calls: int
    behaviours: Mapping[str, Agreement]
    missing: Mapping[str, Agreement]
    classes: Mapping[str, Sequence[tuple[str, str | None]]]
    flag: Sequence[tuple[float, bool, bool]] = field(default_factory=tuple)

    @property
    def pooled(self) -> Agreement:
        """All behaviours together."""
        return sum((self.behaviours[name] for name in ALL), Agreement())

    @property
    def mean_f1(self) -> float:
        """Mean F1 over the behaviours with 15 labels or more."""
        f1s = [self.behaviours[n].f1 for n in ALL if self.behaviours[n].support >= ENOUGH]
        return float(np.mean(f1s)) if f1s else 0.0

    def accuracy(self, name: str) -> float:
        """Share of right answers in one of ``classes``."""
        pairs = self.classes[name]
        return sum(a == b for a, b in pairs) / len(pairs) if pairs else 0.0

    def macro_f1(self, name: str) -> float:
        """Mean F1 over the classes that occur among the labels."""
        pairs = self.classes[name]
        f1s = [
            _agreement(
                {i for i, (g, _) in enumerate(pairs) if g == c}, {i for i, (_, p) in enumerate(pairs) if p == c}
            ).f1
            for c in sorted({g for g, _ in pairs})
        ]
        return float(np.mean(f1s)) if f1s else 0.0

    def flag_figures(self) -> dict[str, float | None]:
        """Ranking, calibration and decision of the flag; None where only one kind of call is there."""
        p = np.array([x[0] for x in self.flag])
        y = np.array([x[2] for x in self.flag], dtype=bool)
        figures = ranking(p, y)
        agreed = _agreement({i for i, x in enumerate(self.flag) if x[2]}, {i for i, x in enumerate(self.flag) if x[1]})
        figures |= {"precision": agreed.precision, "recall": agreed.recall, "f1": agreed.f1}
        return figures


def ranking(p: np.ndarray, y: np.ndarray) -> dict[str, float | None]:
    """How well probabilities rank calls and mean what they say; None where only one kind of call is there."""
    both = bool(y.any() and not y.all())
    order = np.argsort(-p, kind="stable")
    figures: dict[str, float | None] = {
        "calls": float(len(y)),
        "to_coach": float(y.sum()),
        "roc_auc": float(roc_auc_score(y, p)) if both else None,
        "average_precision": float(average_precision_score(y, p)) if both else None,
    }
    for share in (0.2, 0.3):
        top = order[: max(1, round(share * len(y)))]
        figures[f"recall_at_{share:.0%}"] = float(y[top].sum() / y.sum()) if y.any() else None
    figures["ece"] = calibration_error(p, y)
    return figures


def reliability(p: np.ndarray, y: np.ndarray, bins: int = 10) -> list[tuple[float, float, int]]:
    """Mean probability, share to coach and number of calls, for each bin of equal width that has calls."""
    at = np.minimum((p * bins).astype(int), bins - 1)
    return [
        (float(p[at == b].mean()), float(y[at == b].mean()), int((at == b).sum()))
        for b in range(bins)
        if (at == b).any()
    ]


def calibration_error(p: np.ndarray, y: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error over bins of equal width."""
    return sum(n / len(y) * abs(mean - rate) for mean, rate, n in reliability(p, y, bins))


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A call whose flag and label disagree.

    Parameters
    ----------
    coach
        The label, 0 to 3.
    why
        The strongest reason on the flag's side, with its turn where it has one; never a quote.
    """

    call_id: str
    coach: int
    probability: float
    why: str


def worst(labels: Sequence[Label], reports: Mapping[str, CallReport], count: int) -> list[Disagreement]:
    """The scored calls where probability and label lie furthest apart, furthest first; ties as the labels come."""
    found: list[tuple[float, Disagreement]] = []
    for label in labels:
        report = reports.get(label.call_id)
        if report is None or report.flag is None:
            continue
        side = -1 if label.to_coach else 1  # a missed call is explained by what spoke against coaching
        reasons = [r for r in report.flag.reasons if r.contribution * side > 0]
        best = max(reasons, key=lambda r: abs(r.contribution), default=None)
        why = "no single reason" if best is None else best.words + (f" (turn {best.turn})" if best.turn else "")
        p = report.flag.probability
        found.append((abs(p - label.to_coach), Disagreement(label.call_id, label.coach, p, why)))
    return [d for _, d in sorted(found, key=lambda f: -f[0])[:count]]


def figures(labels: Sequence[Label], reports: Mapping[str, CallReport]) -> Figures:
    """Compare reports with labels; a call without a report counts against it.

    Labels of whole calls count for the flag alone.
    """
    counts = dict.fromkeys([*ALL, *GROUPS], Agreement())
    absent = dict.fromkeys(("greeting", "closing"), Agreement())
    classes: dict[str, list[tuple[str, str | None]]] = {"openings": [], "agent_tone": [], "customer_end": []}
    flags: list[tuple[float, bool, bool]] = []
    for label in labels:
        report = reports.get(label.call_id)
        gold: dict[str, set[int]] = {}
        for turn, names in (label.turns or {}).items():
            for name in names:
                gold.setdefault(name, set()).add(turn)
        found: dict[str, set[int]] = {}
        for finding in report.findings if report else ():
            found.setdefault(finding.behaviour, set()).add(finding.turn)
        for name in counts if label.turns is not None else ():
            members = GROUPS.get(name, (name,))
            counts[name] += _agreement(
                set().union(*(gold.get(m, set()) for m in members)),
                set().union(*(found.get(m, set()) for m in members)),
            )
        for name in absent if label.turns is not None else ():
            truth, said = name not in gold, name not in found
            absent[name] += Agreement(int(truth and said), int(said and not truth), int(truth and not said))
        outcomes = {o.turn: o.outcome.value for o in report.openings} if report else {}
        classes["openings"] += [(outcome, outcomes.get(turn)) for turn, outcome in label.openings.items()]
        if label.agent_tone:
            classes["agent_tone"].append((label.agent_tone, report.tone.agent_label if report else None))
        if label.customer_end:
            classes["customer_end"].append((label.customer_end, report.tone.customer_end_label if report else None))
        flag = report.flag if report else None
        flags.append((flag.probability if flag else 0.0, bool(flag and flag.flagged), label.to_coach))
    return Figures(len(labels), counts, absent, classes, flags)
