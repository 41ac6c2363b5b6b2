"""The page of an evaluation: curves and tables in one self-contained file, without scripts or outside requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sklearn.metrics import precision_recall_curve

from analyser.behaviours.names import ALL
from analyser.coaching.card import NO_VARIETY, NOT_FOR, Known, fairness, threshold_table, variety
from analyser.coaching.compare import Compared
from analyser.coaching.figures import GROUPS, Disagreement, Figures, reliability
from analyser.records import CallReport

SIZE, LEFT, TOP = 320, 52, 14  # of a drawing's square, and the room left and above of it
_MOST = 400  # more points than this cannot be told apart at that size
_FLAG_WORDS = {
    "calls": "calls", "to_coach": "to coach by label", "roc_auc": "ROC-AUC", "average_precision": "average precision",
    "recall_at_20%": "found when 20 % are read", "recall_at_30%": "found when 30 % are read",
    "ece": "expected calibration error", "precision": "precision at the threshold", "recall": "recall at the threshold",
    "f1": "F1 at the threshold",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dot:
    """A bin of the reliability diagram.

    Parameters
    ----------
    x, y, r
        Place and radius in the drawing's units; the area grows with the calls.
    """

    x: float
    y: float
    r: float
    mean: float
    share: float
    calls: int


def _x(value: float) -> float:
    return round(LEFT + SIZE * value, 1)


def _y(value: float) -> float:
    return round(TOP + SIZE * (1 - value), 1)


def _points(pairs: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{_x(a)},{_y(b)}" for a, b in pairs)


def reliability_dots(figures: Figures) -> list[Dot]:
    """The bins of probability that have calls."""
    p, y = np.array([x[0] for x in figures.flag]), np.array([x[2] for x in figures.flag], dtype=bool)
    bins = reliability(p, y) if len(p) else []
    most = max((n for _, _, n in bins), default=1)
    return [Dot(_x(a), _y(b), round(4 + 10 * (n / most) ** 0.5, 1), a, b, n) for a, b, n in bins]


def precision_recall(figures: Figures) -> list[tuple[float, float]]:
    """(recall, precision) from the highest probability down; empty where no call is to coach."""
    y = [x[2] for x in figures.flag]
    if not any(y):
        return []
    precision, recall, _ = precision_recall_curve(y, [x[0] for x in figures.flag])
    pairs = list(zip(recall[::-1].tolist(), precision[::-1].tolist(), strict=True))
    step = max(1, len(pairs) // _MOST)
    return [*pairs[:-1:step], pairs[-1]]


def _behaviours(figures: Figures) -> list[tuple[str, int, float, float, float]]:
    counted = ((n, figures.behaviours[n]) for n in (*ALL, *GROUPS))
    rows = [(n.replace("_", " "), a.support, a.precision, a.recall, a.f1) for n, a in counted if a.support or a.false]
    if rows:
        a = figures.pooled
        rows.append(("all, pooled", a.support, a.precision, a.recall, a.f1))
    return rows


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).resolve().parent / "templates"), autoescape=True,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters["percent"] = lambda share: "–" if share is None else f"{share:.0%}".replace("%", "\u202f%")
    environment.filters["figure"] = lambda value: "–" if value is None else f"{value:.3f}"
    return environment


def page(
    figures: Figures,
    examples: Sequence[Known],
    reports: Mapping[str, CallReport],
    *,
    by_source: Mapping[str, Figures],
    how: str,
    caveat: str,
    worst: Sequence[Disagreement] = (),
    compared: Sequence[Compared] = (),
) -> str:
    """The whole page.

    Parameters
    ----------
    how
        How the reports came about, in a sentence.
    caveat
        What readers must bear in mind.
    worst
        Calls to list, by id; nothing that was said in them is shown.
    compared
        The flag's model beside others.
    """
    flag = figures.flag_figures() if figures.flag else {}
    words = [(_FLAG_WORDS.get(k, k), str(round(v)) if k in ("calls", "to_coach") else f"{v:.3f}")
             for k, v in flag.items() if v is not None]  # fmt: skip
    threshold = next((r.flag.threshold for r in reports.values() if r.flag), None)
    flagged = [x for x in figures.flag if x[1]]
    at = None
    if flagged and any(x[2] for x in figures.flag):
        right = sum(x[2] for x in flagged)
        recall, precision = right / sum(x[2] for x in figures.flag), right / len(flagged)
        at = (_x(recall), _y(precision), recall, precision)
    curve = precision_recall(figures)
    return _environment().get_template("evaluation.html").render(
        calls=figures.calls, how=how, caveat=caveat, flag=words, threshold=threshold, at=at,
        dots=reliability_dots(figures), curve=_points(curve), share=_share(figures),
        reading=threshold_table(figures), behaviours=_behaviours(figures),
        classes=[(n.replace("_", " "), len(v), figures.accuracy(n), figures.macro_f1(n))
                 for n, v in figures.classes.items() if v],
        sources=[(n, f, f.flag_figures()) for n, f in by_source.items()],
        fairness=fairness(examples, reports), worst=worst, not_for=NOT_FOR, compared=compared,
        no_variety=None if any(variety(e.transcript) for e in examples) else NO_VARIETY,
        size=SIZE, left=LEFT, top=TOP, ticks=[(v / 5, _x(v / 5), _y(v / 5)) for v in range(6)],
    )  # fmt: skip


def _share(figures: Figures) -> tuple[float, float]:
    """The share of calls to coach, and its height in the drawing: the precision of flagging blindly."""
    share = sum(x[2] for x in figures.flag) / max(1, len(figures.flag))
    return share, _y(share)
