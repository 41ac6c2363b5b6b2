"""Where rules, lexicons, scorecards, sample calls and the default model lie, in a checkout and in a wheel."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


@lru_cache(maxsize=8)
def _home(name: str) -> Path:
    packed = _PACKAGE / f"_{name}"  # the wheel carries data/ and models/ inside the package
    return packed if packed.is_dir() else _PACKAGE.parent / name


def data_dir() -> Path:
    """The folder of rules, lexicons, scorecards and sample calls."""
    return _home("data")


def models_dir() -> Path:
    """The folder that holds the models that ship."""
    return _home("models")
