"""Labelled calls: records of the annotation guide (JSON Lines), or a user's own table of call id and coach (CSV)."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analyser.behaviours.names import AGENT, AGENT_TONES, CUSTOMER, CUSTOMER_ENDS, REASONS
from analyser.errors import LabelError
from analyser.records import Outcome, Role, Transcript

_YES = frozenset({"yes", "y", "true", "1", "coach"})
_NO = frozenset({"no", "n", "false", "0", ""})
_COLUMNS = ("call_id", "id", "call", "conversation_id")
_AGENT_COLUMNS = ("agent", "agent_name", "agent_id")


@dataclass(frozen=True, slots=True)
class Label:
    """What is known of one call; None where the labels do not say.

    Parameters
    ----------
    turns
        Behaviours by turn number, both sides; None for labels of whole calls only.
    coach
        0 no, 1 a small tip, 2 yes, 3 urgent.
    agent_name
        Whose call it is, where the table of labels says so and the call may not.
    """

    call_id: str
    coach: int
    turns: Mapping[int, frozenset[str]] | None = None
    openings: Mapping[int, str] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    agent_tone: str | None = None
    customer_end: str | None = None
    resolution: str | None = None
    agent_name: str | None = None

    @property
    def to_coach(self) -> bool:
        """Whether a fair QA lead would send the call to a coach (2 or 3)."""
        return self.coach >= 2


def _record(raw: Mapping[str, Any]) -> Label:
    turns: dict[int, set[str]] = {}
    for side, names in (("agent", AGENT), ("customer", CUSTOMER)):
        for number, found in raw.get(side, {}).items():
            unknown = set(found) - set(names)
            if unknown:
                raise ValueError(f"{sorted(unknown)[0]!r} is no behaviour of the {side}")
            turns.setdefault(int(number), set()).update(found)
    openings = {int(k): str(v) for k, v in raw.get("openings", {}).items()}
    outcomes = {o.value for o in Outcome}
    if set(openings.values()) - outcomes:
        raise ValueError("an opening's outcome is none of " + ", ".join(sorted(outcomes)))
    for key, allowed in (("agent_tone", AGENT_TONES), ("customer_end", CUSTOMER_ENDS)):
        if raw.get(key) is not None and raw[key] not in allowed:
            raise ValueError(f"{key} is none of {', '.join(allowed)}")
    reasons = tuple(str(r) for r in raw.get("reasons", ()))
    if set(reasons) - set(REASONS):
        raise ValueError(f"{sorted(set(reasons) - set(REASONS))[0]!r} is no reason of the guide")
    return Label(
        call_id=str(raw.get("id") or raw["call_id"]),
        coach=_coach(raw["coach"]),
        turns={k: frozenset(v) for k, v in turns.items()} if "agent" in raw or "customer" in raw else None,
        openings=openings,
        reasons=reasons,
        agent_tone=raw.get("agent_tone"),
        customer_end=raw.get("customer_end"),
        resolution=raw.get("resolution"),
        agent_name=str(raw.get("agent_name") or "").strip() or None,
    )


def _coach(value: object) -> int:
    if isinstance(value, bool):
        return 2 if value else 0
    if isinstance(value, int) and 0 <= value <= 3:
        return value
    text = str(value).strip().lower()
    if text in {"0", "1", "2", "3"}:
        return int(text)
    if text in _YES:
        return 2
    if text in _NO:
        return 0
    raise ValueError("coach is 0 to 3, or yes or no")


def _csv_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        head = lines.read(4096)
        lines.seek(0)
        reader = csv.DictReader(lines, delimiter=";" if head.count(";") > head.count(",") else ",")
        names = {(n or "").strip().lower(): n for n in reader.fieldnames or ()}
        key = next((names[c] for c in _COLUMNS if c in names), None)
        if key is None or "coach" not in names:
            raise LabelError("the table of labels needs the columns call_id and coach", where=path, line=1)
        for row in reader:
            value = row[names["coach"]]
            # in a table 1 beside only 0s means yes; the columns of the guide use 0 to 3
            who = next((row[names[c]] for c in _AGENT_COLUMNS if c in names), None)
            yield reader.line_num, {"id": row[key], "coach": value, "agent_name": who}


def _json_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    raw = json.loads(line)
                except json.JSONDecodeError as error:
                    raise LabelError(
                        "the line is not JSON", where=path, line=number, hint="mend or remove the line"
                    ) from error
                if not isinstance(raw, dict):
                    raise LabelError("the line is no record", where=path, line=number)
                yield number, raw


def read_labels(path: Path) -> dict[str, Label]:
    """Read labels by call id.

    Raises
    ------
    LabelError
        With file and line, where the file cannot be read, a record is wrong, or a call is labelled twice.
    """
    labels: dict[str, Label] = {}
    table = path.suffix.lower() in {".csv", ".tsv"}
    rows = _csv_rows(path) if table else _json_rows(path)
    raw_rows: list[tuple[int, Mapping[str, Any]]] = []
    try:
        raw_rows = list(rows)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise LabelError(f"the labels cannot be read: {reason}", where=path) from None
    only_yes_no = table and {str(r.get("coach")).strip().lower() for _, r in raw_rows} <= (_YES | _NO)
    for number, raw in raw_rows:
        try:
            label = _record({**raw, "coach": str(raw["coach"]).strip().lower() in _YES} if only_yes_no else raw)
        except KeyError as error:
            raise LabelError(
                f"the label has no {error.args[0]}", where=path, line=number, hint="see the README, `Training`"
            ) from None
        except (ValueError, TypeError, AttributeError) as error:
            raise LabelError(f"the label is wrong: {error}", where=path, line=number) from None
        if label.call_id in labels:
            raise LabelError("this call is labelled twice", where=path, line=number)
        labels[label.call_id] = label
    if not labels:
        raise LabelError("there are no labels in it", where=path)
    return labels


def check_against(transcript: Transcript, label: Label, path: Path | None = None) -> None:
    """Check that a label fits its call.

    Raises
    ------
    LabelError
        Where a labelled turn does not exist or is another speaker's.
    """
    for number, names in (label.turns or {}).items():
        if not 1 <= number <= len(transcript.turns):
            raise LabelError(f"call {label.call_id} has no turn {number}", where=path)
        role = transcript.turns[number - 1].role
        wanted = Role.CUSTOMER if names & set(CUSTOMER) else Role.AGENT
        if role is not wanted:
            raise LabelError(f"turn {number} of call {label.call_id} is not the {wanted}'s", where=path)
