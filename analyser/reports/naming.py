"""How reports call behaviours, and which way they speak."""

from __future__ import annotations

from functools import lru_cache

from analyser.behaviours.schema import Behaviour, load_behaviours

MARKS = {"good": "+", "harm": "!", "signal": "•"}
POLARITY_WORDS = {"good": "good", "harm": "harmful", "signal": "signal"}
# Where praise starts: what was done for the customer before what is routine.
_STAGES = ("responding", "future", "determining", "respect", "concluding", "greeting", "customer")


@lru_cache(maxsize=1)
def _known() -> dict[str, Behaviour]:
    return {b.name: b for b in load_behaviours()}


def names() -> tuple[str, ...]:
    """The names of all behaviours that have a file, sorted."""
    return tuple(_known())


def in_words(name: str) -> str:
    """A name of code as words."""
    return name.replace("_", " ").capitalize()


def title(name: str) -> str:
    """A behaviour's title; its name in words where it has no file."""
    known = _known().get(name)
    return in_words(name) if known is None else known.title


def polarity(name: str) -> str:
    """``good``, ``harm`` or ``signal`` (also where the behaviour has no file)."""
    known = _known().get(name)
    return "signal" if known is None else known.polarity


def stage_rank(name: str) -> int:
    """The order in which good moments are told."""
    known = _known().get(name)
    return len(_STAGES) if known is None else _STAGES.index(known.stage)
