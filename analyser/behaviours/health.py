"""Rule health: per rule how often it hits and how often it is right, what only it finds, overlap and conflict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from analyser.behaviours.features import Prepared
from analyser.records import Role


@dataclass(slots=True)
class RuleHealth:
    """One rule on labelled calls.

    Parameters
    ----------
    right, wrong
        Turns it hit with and without the behaviour's label.
    alone
        Right turns that no other rule of its behaviour hits.
    overlap
        Turns that another rule of its behaviour hits as well.
    conflict
        Turns where it hits without the label and a rule of another behaviour hits with its label.
    """

    name: str
    right: int = 0
    wrong: int = 0
    alone: int = 0
    overlap: int = 0
    conflict: int = 0

    @property
    def hits(self) -> int:
        """Turns that it hit."""
        return self.right + self.wrong

    @property
    def precision(self) -> float | None:
        """Share of right hits; None for a dead rule."""
        return self.right / self.hits if self.hits else None


def health(names: Iterable[str], calls: Iterable[tuple[Prepared, Mapping[int, frozenset[str]]]]) -> list[RuleHealth]:
    """Measure rules on labelled calls; dead rules first, then the least precise.

    Parameters
    ----------
    names
        All rules, ``behaviour/rule_id``.
    calls
        Prepared calls, each with its behaviours by turn number.
    """
    table = {name: RuleHealth(name) for name in names}
    for prepared, labels in calls:
        for i, hits in enumerate(prepared.hits):
            if prepared.call.turns[i].turn.role not in (Role.AGENT, Role.CUSTOMER):
                continue
            gold = labels.get(i + 1, frozenset())
            rules: dict[str, set[str]] = defaultdict(set)
            for hit in hits:
                rules[hit.behaviour].add(hit.name)
            others_right = {b for b in rules if b in gold}
            for behaviour, found in rules.items():
                for name in found:
                    row = table[name]
                    row.overlap += len(found) > 1
                    if behaviour in gold:
                        row.right += 1
                        row.alone += len(found) == 1
                    else:
                        row.wrong += 1
                        row.conflict += bool(others_right)
    return sorted(table.values(), key=lambda r: (r.hits > 0, r.precision or 0.0, r.name))
