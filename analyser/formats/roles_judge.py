"""The judge of who is the agent, by the words of all speakers of a call.

A linear model over what each speaker says (cues and word sequences, see ``roles_words``): for every way to share the
speakers out between the desk and the other side, the difference of the two sides' scores speaks for or against it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from analyser.formats.roles_counts import Features, side
from analyser.formats.roles_words import known
from analyser.records import Role

_MAX_SPEAKERS = 6  # more are a conference; those who say least stay unknown
_MIN_SHARE = 0.02  # of all words; who says less, in one turn, is a ghost of the recogniser or a passer-by
_MAX_LOGIT = 30.0
_CALLER_LOGIT = 3.0


@dataclass(frozen=True, slots=True)
class Weights:
    """The learned part.

    Parameters
    ----------
    features
        What is looked for in a speaker's words.
    rarity, weight
        Of the features, length (features,); a weight above 0 speaks for the agent.
    slope
        Log-odds to a unit of score: constant, and by the logarithm of the number of known features.
    answer, sure
        Confidence from which roles are given, and from which a file's own roles are contradicted.
    """

    features: Features
    rarity: NDArray[np.float64]
    weight: NDArray[np.float64]
    slope: tuple[float, float]
    answer: float
    sure: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who plays what.

    Parameters
    ----------
    roles
        Role by speaker; those too little heard are absent.
    confidence
        Probability that all of these roles are right, between 0 and 1.
    """

    roles: Mapping[Hashable, Role]
    confidence: float


def score(agents: dict[int, int], customers: dict[int, int], weights: Weights) -> float:
    """Log-odds that the first side's words are the agent's, against the sides exchanged.

    Parameters
    ----------
    agents, customers
        Counts as ``roles_words.known`` gives them.
    """
    lean = side(agents, weights.rarity, weights.weight) - side(customers, weights.rarity, weights.weight)
    constant, by_known = weights.slope
    slope = max(constant + by_known * math.log1p(len(agents) + len(customers)), 0.0)
    return max(min(slope * lean, _MAX_LOGIT), -_MAX_LOGIT)


def judge(
    speakers: Mapping[Hashable, Sequence[str]],
    weights: Weights,
    *,
    fixed: Mapping[Hashable, Role],
    callers: frozenset[Hashable] = frozenset(),
) -> Verdict | None:
    """Share speakers out between agent and customer.

    Parameters
    ----------
    speakers
        Each speaker's turns in order.
    fixed
        Roles that are known already.
    callers
        Speakers known by a telephone number only, who are rarely the agent.

    Returns
    -------
    The likeliest sharing; None where there are not two sides to tell apart.
    """
    heard = _heard(speakers, fixed)
    counts = {key: known(speakers[key], weights.features) for key in heard}
    free = [key for key in heard if key not in fixed]
    if len(heard) < 2 or not free:
        return None
    options: list[tuple[float, dict[Hashable, Role]]] = []
    for choice in product((Role.AGENT, Role.CUSTOMER), repeat=len(free)):
        roles = {key: fixed[key] for key in heard if key in fixed} | dict(zip(free, choice, strict=True))
        sides = set(roles.values())
        if not {Role.AGENT, Role.CUSTOMER} <= sides:
            continue
        agents, customers = _sum(counts, roles, Role.AGENT), _sum(counts, roles, Role.CUSTOMER)
        lean = sum(_CALLER_LOGIT if roles[key] is Role.CUSTOMER else -_CALLER_LOGIT for key in callers & roles.keys())
        options.append((score(agents, customers, weights) + lean, roles))
    if not options:
        return None
    best, roles = max(options, key=lambda option: option[0])
    # A way and its opposite differ by twice what either is worth by itself.
    total = sum(math.exp((value - best) / 2) for value, _ in options)
    return Verdict(roles, 1 / total)


def _heard(speakers: Mapping[Hashable, Sequence[str]], fixed: Mapping[Hashable, Role]) -> list[Hashable]:
    """Speakers who say enough to be judged, in the order given."""
    sizes = {key: sum(t.count(" ") + 1 for t in turns if t) for key, turns in speakers.items()}
    total = sum(sizes.values()) or 1
    told = [k for k in speakers if k in fixed]
    rest = [k for k in speakers if k not in fixed]
    if len(speakers) > 2:
        rest = [k for k in rest if len(speakers[k]) > 1 or sizes[k] > _MIN_SHARE * total]
        rest = sorted(rest, key=lambda k: -sizes[k])[: max(_MAX_SPEAKERS - len(told), 0)]
    return [k for k in speakers if k in fixed or k in rest]


def _sum(counts: Mapping[Hashable, dict[int, int]], roles: Mapping[Hashable, Role], role: Role) -> dict[int, int]:
    mine = [counts[key] for key, r in roles.items() if r is role]
    return mine[0] if len(mine) == 1 else dict(sum(map(Counter, mine), Counter()))
