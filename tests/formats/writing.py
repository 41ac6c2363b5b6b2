"""What the writers of test files share: a call to write, and the table of shapes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from analyser.formats import ReadOptions

EPOCH_S = 1_770_000_000.0


@dataclass(frozen=True)
class Said:
    """One turn of a call to write; times in seconds."""

    role: str
    text: str
    start: float
    end: float


Call = list[Said]


@dataclass(frozen=True)
class Writer:
    """A shape of a format.

    Parameters
    ----------
    from_first
        Times are of the day or of an epoch, so a reader can only count them from the first turn.
    tells
        ``roles``, ``start``, ``end``: what a reader must give back. Roles that a file does not tell come from ``options``; without both, only a change of role is checked.
    """

    format: str
    write: Callable[[Call], bytes]
    tells: frozenset[str] = frozenset({"roles", "start", "end"})
    options: ReadOptions = field(default_factory=ReadOptions)
    tolerance_s: float = 0.01
    from_first: bool = False
    call_id: str | None = None


WRITERS: dict[str, Writer] = {}
BOTH = frozenset({"start", "end"})


def writer(name: str, reads_as: str, tells: str = "roles start end", **more: Any) -> Callable[[Any], Any]:
    """Enter a function from a call to a text, bytes or a JSON value into the table."""

    def enter(make: Callable[[Call], Any]) -> Callable[[Call], Any]:
        def write(call: Call) -> bytes:
            made = make(call)
            if isinstance(made, bytes):
                return made
            return (made if isinstance(made, str) else json.dumps(made, ensure_ascii=False)).encode()

        WRITERS[name] = Writer(reads_as, write, frozenset(tells.split()), **more)
        return make

    return enter


def channel(name: str) -> ReadOptions:
    return ReadOptions(agent_channel=name)


def ms(seconds: float) -> int:
    return round(seconds * 1000)


def stamp(seconds: float, point: str = ".", *, hours: bool = True) -> str:
    total = ms(seconds)
    hour, minute, second, part = total // 3_600_000, total // 60_000 % 60, total // 1000 % 60, total % 1000
    text = f"{minute:02}:{second:02}{point}{part:03}"
    return f"{hour:02}:{text}" if hours or hour else text


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(EPOCH_S + seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def spread(said: Said) -> list[tuple[str, float, float]]:
    """The words of a turn, spread evenly over its time."""
    words = said.text.split()
    step = (said.end - said.start) / len(words)
    return [(w, said.start + i * step, said.start + (i + 1) * step) for i, w in enumerate(words)]


def sided(call: Call, agent: Any, customer: Any) -> list[tuple[Said, Any]]:
    return [(s, agent if s.role == "agent" else customer) for s in call]
