"""One table of settings: name, default, unit, help."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from analyser.errors import ConfigurationError


class Row(NamedTuple):
    """One setting as the reference shows it."""

    name: str
    default: Any
    unit: str
    help: str


TABLE: tuple[Row, ...] = (
    Row("threshold", None, "probability", "flag calls at or above this; by default the model card's own threshold"),
    Row("min_agent_turns", 3, "turns", "calls with fewer agent turns are not scored"),
    Row("opening_turns", 2, "agent turns", "how many agent turns may answer an opening for empathy"),
    Row("max_turn_chars", 20_000, "characters", "text of a turn past this is not analysed, and said so"),
    Row("overlap_s", 0.5, "seconds", "speech over the other speaker longer than this is an interruption"),
    Row("language_pipeline", "", "name", "an installed spaCy pipeline to use in place of the blank English one"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one analysis; see ``TABLE`` for units and meaning."""

    threshold: float | None = None
    min_agent_turns: int = 3
    opening_turns: int = 2
    max_turn_chars: int = 20_000
    overlap_s: float = 0.5
    language_pipeline: str = ""
    model: Path | None = None
    behaviours: Path | None = None
    scorecards: tuple[Path, ...] = ()

    def digest(self) -> str:
        """Short hash of the values that can change a report (paths count through their own hashes)."""
        values = {k: v for k, v in asdict(self).items() if k not in {"model", "behaviours", "scorecards"}}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]

    def __post_init__(self) -> None:
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise ConfigurationError(f"threshold is {self.threshold}", hint="give a probability between 0 and 1")
