"""JSON that no other reader knows, read by the paths that the user names (``--map turns=data.items text=said``)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from analyser.errors import ConfigurationError, InputError
from analyser.formats.base import Draft, Format, Pieces, Place, Sample
from analyser.formats.document import Document
from analyser.formats.grouping import Columns, Row, calls_of_rows, row_of
from analyser.formats.keys import CALL_KEYS, TURN_KEYS
from analyser.formats.shapes import mappings, string
from analyser.formats.times import unit_of

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+|\*)?\]")
_MAX_FOUND = 1_000_000

MAPPABLE = ("calls", "turns", *TURN_KEYS, *CALL_KEYS)


def parse_mapping(pairs: Mapping[str, str]) -> dict[str, list[str | int | None]]:
    """Paths in steps: a key, an index, or None for each item of a list.

    Parameters
    ----------
    pairs
        What it is -> its path, such as ``turns`` -> ``data.items``; a leading ``$.`` may stand or not.

    Raises
    ------
    ConfigurationError
        Where a name is not one that can be mapped, or a path cannot be read.
    """
    paths: dict[str, list[str | int | None]] = {}
    for what, path in pairs.items():
        if what not in MAPPABLE:
            raise ConfigurationError(f"{what!r} cannot be mapped", hint=f"name one of {', '.join(MAPPABLE)}")
        plain = re.sub(r"^\$\.?", "", path.strip())
        steps: list[str | int | None] = []
        rest = plain
        while rest:
            match = _STEP.match(rest)
            if not match:
                raise ConfigurationError(
                    f"the path {path!r} cannot be read", hint="such as data.items or turns[*].text"
                )
            steps.append(match[1] if match[1] is not None else (int(match[2]) if (match[2] or "*") != "*" else None))
            rest = rest[match.end() :].removeprefix(".")
        paths[what] = steps
    return paths


def find(value: Any, steps: list[str | int | None]) -> list[Any]:
    """All that stands at a path; lists met on the way are gone through."""
    found = [value]
    for step in steps:
        after: list[Any] = []
        for item in found[:_MAX_FOUND]:
            if step is None:
                after += item if isinstance(item, list) else []
            elif isinstance(step, int):
                after += item[step : step + 1] if isinstance(item, list) else []
            elif isinstance(item, dict):
                after += [item[step]] if step in item else []
            elif isinstance(item, list):
                after += [i[step] for i in item if isinstance(i, dict) and step in i]
        found = after
    return found


def _one(value: Any, steps: list[str | int | None] | None) -> Any:
    found = find(value, steps) if steps is not None else []
    return found[0] if found else None


def _call(value: Any, paths: dict[str, list[str | int | None]], options: Mapping[str, str], place: Place) -> Draft:
    turns = find(value, paths["turns"]) if "turns" in paths else [value]
    rows = mappings([t for found in turns for t in (found if isinstance(found, list) else [found])])
    inside = [k for k in TURN_KEYS if k in paths]
    flat = [{k: _one(row, paths[k]) for k in inside} for row in rows]
    units = {k: unit_of(options[k]) for k in ("start", "end", "duration") if k in options}
    columns = Columns({k: k for k in inside}, {}, units)
    made = [(n, r) for n, v in enumerate(flat, 1) if (r := row_of(v, columns)) is not None]
    facts = {k: text for k in CALL_KEYS if (text := string(_one(value, paths.get(k))))}
    return _draft(made, units.get("start") is not None, facts, place)


def _draft(rows: list[tuple[int, Row]], known: bool, facts: dict[str, str], place: Place) -> Draft:
    draft = next(iter(calls_of_rows(rows, Pieces.TURNS, units_known=known, many=False)), None)
    base = draft if isinstance(draft, Draft) else Draft(())
    return Draft(base.pieces, Pieces.TURNS, line=place.line, unit_known=base.unit_known, clock=base.clock).told(facts)


def _drafts(document: Document) -> Iterator[Draft | InputError]:
    options = document.options.mapping
    paths = parse_mapping(options)
    if "text" not in paths:
        raise ConfigurationError("the mapping names no text", hint="such as --map text=said --map speaker=who")
    for line, value in document.values():
        place = document.place(line)
        if isinstance(value, InputError):
            yield value
            continue
        calls = find(value, paths["calls"]) if "calls" in paths else [value]
        if "calls" in paths:
            calls = [c for found in calls for c in (found if isinstance(found, list) else [found])]
        for call in calls:
            yield _call(call, paths, options, place)


def _sniff(_: Sample) -> float:
    return 0.0  # only where the user gives a mapping


FORMAT = Format(
    "json_mapped",
    "JSON by paths that you name (--map)",
    (".json", ".jsonl"),
    ("roles", "times", "agent"),
    _sniff,
    _drafts,
    ("a call a document", "a call a line", "a list of calls"),
)
