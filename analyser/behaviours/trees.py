"""Boosted trees as plain arrays: scikit-learn's answers without its objects, which take long to load and to ask.

Fitted by ``HistGradientBoostingClassifier``; a tree of a few leaves is asked in nanoseconds when its nodes lie side by
side (see ``scoring.grow``), where scikit-learn spends longer on the call itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from analyser.behaviours.matrices import Array
from analyser.behaviours.names import CUSTOMER
from analyser.behaviours.scoring import grow


@dataclass(frozen=True)
class Trees:
    """The trees of several targets.

    Parameters
    ----------
    names
        The targets, those of the agent's turns before those of the customer's.
    base
        The log-odds that each target begins with, shape (targets,).
    root, target
        Each tree's first node and its target, shapes (trees,); those of one target together, in order.
    feature, threshold, left, value
        A row goes to ``left`` where its feature is at most the threshold, else to the node after; a leaf leads to
        itself and adds its value. Shapes (nodes,).
    """

    names: tuple[str, ...]
    base: Array
    root: Array
    target: Array
    feature: Array
    threshold: Array
    left: Array
    value: Array

    @classmethod
    def of(cls, fitted: Mapping[str, HistGradientBoostingClassifier]) -> Trees:
        """The trees of fitted classifiers of two classes, by target."""
        names = sorted(fitted, key=lambda name: name in CUSTOMER)
        root: list[int] = []
        target: list[int] = []
        nodes: list[tuple[int, float, int, float]] = []
        for k, name in enumerate(names):
            for (tree,) in fitted[name]._predictors:  # no public name gives the nodes; a test compares the answers
                root.append(len(nodes))
                target.append(k)
                _append(tree.nodes, nodes)
        feature, threshold, left, value = zip(*nodes, strict=True) if nodes else ((), (), (), ())
        return cls(
            names=tuple(names),
            base=np.array([fitted[name]._baseline_prediction.item() for name in names], dtype=np.float64),
            root=np.array(root, dtype=np.int32),
            target=np.array(target, dtype=np.int32),
            feature=np.array(feature, dtype=np.int32),
            threshold=_at_most(np.array(threshold, dtype=np.float64)),
            left=np.array(left, dtype=np.int32),
            value=np.array(value, dtype=np.float64),
        )

    def odds(self, rows: Array, role: Array) -> tuple[tuple[str, ...], Array]:
        """The targets and their log-odds, shape (rows, targets); 0 for turns that are not of the target's side.

        Parameters
        ----------
        rows
            What the trees ask, shape (rows, features), single precision.
        role
            1 for the agent's turns, 0 for the customer's.
        """
        result = np.zeros((len(rows), len(self.names)))
        of_customer = np.array([name in CUSTOMER for name in self.names], dtype=bool)
        middle = int(np.searchsorted(of_customer[self.target], True)) if len(self.target) else 0
        for side, first, past in ((1, 0, middle), (0, middle, len(self.root))):
            chosen = np.flatnonzero(role == side).astype(np.int32)
            result[chosen] = np.where(of_customer == (side == 0), self.base, 0.0)
            grow(
                rows, chosen, self._nodes, self.value, self._bounds, self.target, first, past, result,
            )  # fmt: skip
        return self.names, result

    @cached_property
    def _nodes(self) -> Array:
        return np.stack([self.feature, self.threshold.view(np.int32), self.left], axis=1)

    @cached_property
    def _bounds(self) -> Array:
        return np.append(self.root, np.int32(len(self.value)))

    def state(self) -> dict[str, Any]:
        """As plain parts, for saving."""
        return {**{f.name: getattr(self, f.name) for f in fields(self)}, "names": list(self.names)}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Trees:
        """The reverse of ``state``."""
        return cls(**{**{f.name: state[f.name] for f in fields(cls)}, "names": tuple(state["names"])})


def _append(tree: Array, nodes: list[tuple[int, float, int, float]]) -> None:
    """Append one tree's nodes, both branches of each side by side."""
    begin = len(nodes)
    order = [0]
    for old in order:
        node = tree[old]
        if node["is_leaf"]:
            nodes.append((0, np.inf, len(nodes), float(node["value"])))
        else:
            nodes.append((int(node["feature_idx"]), float(node["num_threshold"]), begin + len(order), 0.0))
            order += [int(node["left"]), int(node["right"])]


def _at_most(threshold: Array) -> Array:
    """The largest single-precision number that is at most each threshold: it parts such numbers alike."""
    single = threshold.astype(np.float32)
    return np.asarray(np.where(single > threshold, np.nextafter(single, np.float32(-np.inf)), single))
