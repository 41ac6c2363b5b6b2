"""How labelled calls are split, and how many there must be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.model_selection import GroupKFold

from analyser.coaching.labels import Label
from analyser.errors import LabelError
from analyser.judges import Array

MIN_CALLS, MIN_OF_A_CLASS = 30, 8
PART = 0.5  # a part of a cross-validation may be this much smaller


def enough(labels: Sequence[Label], *, share: float = 1.0) -> bool:
    """Whether there are labels enough of each kind to learn from, see ``check_enough``."""
    yes = sum(label.to_coach for label in labels)
    return len(labels) >= share * MIN_CALLS and min(yes, len(labels) - yes) >= share * MIN_OF_A_CLASS


def check_enough(labels: Sequence[Label], *, share: float = 1.0) -> None:
    """Refuse what is too little to learn from.

    Parameters
    ----------
    share
        Of the usual minimum, for a part of a cross-validation.

    Raises
    ------
    LabelError
        Saying what is needed.
    """
    if not enough(labels, share=share):
        yes = sum(label.to_coach for label in labels)
        no = len(labels) - yes
        raise LabelError(
            f"{len(labels)} labelled calls ({yes} to coach, {no} not) are too few to learn from",
            hint=f"label at least {round(max(1, share) * MIN_CALLS)} calls with "
            f"{round(max(1, share) * MIN_OF_A_CLASS)} or more of each kind",
        )


def folds(groups: Sequence[str], n: int, seed: int = 0) -> list[tuple[Array, Array]]:
    """Splits into n parts with no group in two of them; fewer parts where there are fewer groups.

    Raises
    ------
    LabelError
        Where all calls are of one group.
    """
    parts = max(2, min(n, len(set(groups))))
    if len(set(groups)) < parts:
        raise LabelError(
            "the labelled calls are all of one agent or source, and cannot be split", hint="label calls of others too"
        )
    splitter = GroupKFold(parts, shuffle=True, random_state=seed)
    return [(np.asarray(a), np.asarray(b)) for a, b in splitter.split(np.zeros(len(groups)), groups=list(groups))]
