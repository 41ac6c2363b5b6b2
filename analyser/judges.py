"""Small judges of a few classes over readable, named features: how an opening was met, how a side sounded."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

Array = np.ndarray[Any, np.dtype[Any]]


class Judge:
    """A multinomial logistic regression over standardised features.

    Parameters
    ----------
    names
        The features' names, in order.
    classes
        The classes that may be answered.
    strength
        Inverse of the regularisation, as scikit-learn's C.
    """

    def __init__(self, names: Sequence[str], classes: Sequence[str], *, strength: float = 0.3) -> None:
        self.names = tuple(names)
        self.classes = tuple(classes)
        self.strength = strength

    def fit(self, rows: Array, answers: Sequence[str], *, balance: float = 0.5) -> Judge:
        """Learn from rows (n, features) and their answers.

        Parameters
        ----------
        balance
            0 leaves the classes as frequent as they are, 1 makes them count alike, 0.5 lies between.
        """
        rows = np.asarray(rows, dtype=float)
        self.mean_ = rows.mean(axis=0)
        self.scale_ = rows.std(axis=0) + 1e-6
        counts = {c: max(1, list(answers).count(c)) for c in set(answers)}
        weights = np.array([(len(answers) / counts[a]) ** balance for a in answers])
        self.__dict__.pop("_columns", None)
        self.model_ = LogisticRegression(C=self.strength, max_iter=2000)
        self.model_.fit((rows - self.mean_) / self.scale_, list(answers), sample_weight=weights)
        return self

    def probabilities(self, rows: Array) -> Array:
        """Probability of each class, shape (n, classes), in the order of ``classes``; 0 for one never seen."""
        rows = np.asarray(rows, dtype=float).reshape(-1, len(self.names))
        # scikit-learn's predict_proba without its checks, which cost more than the sums on one call's row
        logits = (rows - self.mean_) / self.scale_ @ self.model_.coef_.T + self.model_.intercept_
        if logits.shape[1] == 1:
            logits = np.hstack([np.zeros_like(logits), logits])
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        given = odds / odds.sum(axis=1, keepdims=True)
        result = np.zeros((len(rows), len(self.classes)))
        result[:, self._columns] = given
        return result

    @cached_property
    def _columns(self) -> list[int]:
        """Where each of the fitted model's classes stands in ``classes``."""
        return [self.classes.index(str(c)) for c in self.model_.classes_]

    def answers(self, rows: Array) -> list[str]:
        """The likeliest class of each row."""
        return [self.classes[int(i)] for i in self.probabilities(rows).argmax(axis=1)]

    def state(self) -> dict[str, Any]:
        """Plain parts, for saving."""
        return {
            "names": list(self.names), "classes": list(self.classes), "strength": self.strength,
            "mean": self.mean_, "scale": self.scale_, "model": self.model_,
        }  # fmt: skip

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Judge:
        """The reverse of ``state``."""
        judge = cls(state["names"], state["classes"], strength=state["strength"])
        judge.mean_, judge.scale_, judge.model_ = state["mean"], state["scale"], state["model"]
        return judge
