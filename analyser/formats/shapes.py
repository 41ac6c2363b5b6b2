"""Safe looks into JSON that anyone may have written: the wrong shape is an absence, never an exception."""

from __future__ import annotations

from typing import Any


def mapping(value: Any) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def mappings(value: Any) -> list[dict[str, Any]]:
    """The objects in a list; empty for anything else."""
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def string(value: Any) -> str | None:
    """A text, or a whole number as text; None for anything else and for blanks."""
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None


def first_string(value: dict[str, Any], *keys: str) -> str | None:
    """The first of the keys that holds a text."""
    for key in keys:
        found = string(value.get(key))
        if found is not None:
            return found
    return None


def share(values: list[dict[str, Any]], *keys: str) -> float:
    """Share of the objects (the first 50) that have all keys, between 0 and 1."""
    some = values[:50]
    return sum(all(k in v for k in keys) for v in some) / len(some) if some else 0.0
