"""What the cluster's workers do in tests; a module of its own, as they import it."""

from __future__ import annotations

import os
import signal
import time

POISON = 13


def doubled(items: list[int]) -> list[int]:
    """Twice each."""
    return [2 * item for item in items]


def slowly(items: list[int]) -> list[int]:
    """Twice each, in a while."""
    time.sleep(2)
    return doubled(items)


def deadly(items: list[int]) -> list[int]:
    """Twice each, but one item kills whoever takes it up."""
    if POISON in items:
        os.kill(os.getpid(), signal.SIGKILL)
    return doubled(items)


def refusing(items: list[int]) -> list[int]:
    """Fail with words that nobody may see."""
    raise LookupError(f"marmalade {items}")
