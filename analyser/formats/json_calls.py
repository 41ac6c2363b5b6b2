"""JSON that names things sensibly: calls with a list of turns, turns a line, and what the user maps by path."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from analyser.errors import InputError
from analyser.formats.base import Draft, Format, Pieces, Place, Sample, Shape
from analyser.formats.document import Document
from analyser.formats.grouping import Columns, Row, calls_of_rows, row_of
from analyser.formats.keys import CALL_KEYS, find_keys
from analyser.formats.plain_text import label_share, parse
from analyser.formats.shapes import mapping, mappings, string

_LISTS = (
    "turns",
    "utterances",
    "messages",
    "transcript",
    "conversation",
    "dialogue",
    "dialog",
    "segments",
    "entries",
    "phrases",
    "lines",
    "items",
    "log",
    "chat",
    "content",
)


def turns_key(value: Any) -> str | None:
    """The key under which a call has its turns; None where there is none."""
    for key in _LISTS:
        some = mappings(mapping(value).get(key))[:5]
        if some and Columns.of(dict.fromkeys(k for t in some for k in t)).tells_turns:
            return key
    return None


def _text_key(value: Any) -> str | None:
    """The key whose text is a whole call with labels; None where there is none."""
    for key in ("transcript", "conversation", "dialogue", "text", "content", "body"):
        text = mapping(value).get(key)
        if isinstance(text, str) and text.count("\n") > 0 and label_share(text[:5000]) > 0.4:
            return key
    return None


def _match_calls(value: Any) -> float:
    if isinstance(value, list):
        return _match_calls(value[0]) if value else 0.0
    if turns_key(value) is not None:
        return 0.7
    if _text_key(value) is not None:
        return 0.6
    value = mapping(value)
    if not any(value.get(k) == [] for k in _LISTS):
        return 0.0
    return 0.4 if "call_id" in find_keys([k for k in value if k != "id"], CALL_KEYS) else 0.3


def _facts(value: Mapping[str, Any]) -> dict[str, str]:
    flat = {**mapping(value.get("metadata")), **mapping(value.get("meta")), **value}
    scalars = [k for k, v in flat.items() if isinstance(v, (str, int, float)) and not isinstance(v, bool)]
    found = find_keys(scalars, CALL_KEYS)
    return {what: text for what, key in found.items() if (text := string(flat[key]) or str(flat[key]).strip())}


def _call(value: Any, place: Place) -> Draft | InputError:
    key = turns_key(value)
    facts = _facts(mapping(value))
    text_key = None if key else _text_key(value)
    if text_key is not None:
        facts = {k: v for k, v in facts.items() if v != value[text_key].strip()}
        return _with_facts(parse(re.split(r"\r\n|\r|\n", value[text_key])), facts, place)
    if key is None:
        empty = any(mapping(value).get(k) == [] for k in _LISTS)
        return place.error("the call has no turns" if empty else "no list of turns with text and speaker in it")
    rows = mappings(value[key])
    columns = Columns.of(dict.fromkeys(k for t in rows[:50] for k in t))
    turns = [r for t in rows if (r := row_of(t, columns)) is not None]
    return _of_rows(turns, columns, facts, place)


def _of_rows(turns: list[Row], columns: Columns, facts: dict[str, str], place: Place) -> Draft | InputError:
    rows = ((n, r) for n, r in enumerate(turns, 1))
    for draft in calls_of_rows(rows, Pieces.TURNS, units_known=columns.units.get("start") is not None, many=False):
        return draft if isinstance(draft, InputError) else _with_facts(draft.pieces, facts, place, draft)
    return place.error("the call has no turns")


def _with_facts(pieces: Any, facts: dict[str, str], place: Place, base: Draft | None = None) -> Draft:
    unit_known, clock = (base.unit_known, base.clock) if base else (True, False)
    return Draft(pieces, Pieces.TURNS, line=place.line, unit_known=unit_known, clock=clock).told(facts)


def _drafts_calls(document: Document) -> Iterator[Draft | InputError]:
    for line, value in document.values():
        place = document.place(line)
        if isinstance(value, InputError):
            yield value
        elif isinstance(value, list):
            yield from (_call(v, place) for v in value)
        else:
            yield _call(value, place)


def _sniff_calls(sample: Sample) -> float:
    return max(map(_match_calls, sample.values), default=0.0)


def _turn_columns(values: list[Any]) -> Columns | None:
    some = mappings(values)
    columns = Columns.of(dict.fromkeys(k for v in some for k, x in v.items() if not isinstance(x, (list, dict))))
    texts = [v.get(columns.turn.get("text", "")) for v in some]
    return columns if columns.tells_turns and some and all(isinstance(t, str) for t in texts) else None


def _sniff_turns(sample: Sample) -> float:
    values = list(sample.values)
    if sample.shape is Shape.JSON:
        values = values[0][:20] if values and isinstance(values[0], list) else []
    if not values or any(turns_key(v) for v in values):
        return 0.0
    return 0.6 if _turn_columns(values) else 0.0


def _drafts_turns(document: Document) -> Iterator[Draft | InputError]:
    def values() -> Iterator[tuple[int, Any]]:
        for line, value in document.values():
            if isinstance(value, list):
                yield from enumerate(value, 1)
            else:
                yield line or 1, value

    numbered = values()
    early = []
    for pair in numbered:
        early.append(pair)
        if len(early) == 50:
            break
    columns = _turn_columns([v for _, v in early])
    if columns is None:
        yield document.place().error("no lines with text and speaker in it", "name the keys with --map")
        return

    def rows() -> Iterator[tuple[int, Row | InputError]]:
        for group in (early, numbered):
            for line, value in group:
                row = value if isinstance(value, InputError) else row_of(mapping(value), columns) if value else None
                yield line, row if row is not None else document.place(line).error("no turn with a text in this line")

    ids = [v.get(columns.call["call_id"]) for _, v in early if isinstance(v, dict)] if "call_id" in columns.call else []
    many = bool(ids) and (columns.call["call_id"].lower() != "id" or len(set(map(str, ids))) < len(ids))
    yield from calls_of_rows(rows(), Pieces.TURNS, units_known=columns.units.get("start") is not None, many=many)


CALLS = Format(
    "json_calls",
    "JSON of calls, by their keys' names",
    (".json", ".jsonl"),
    ("roles", "times", "agent"),
    _sniff_calls,
    _drafts_calls,
    ("a call a line", "a list of calls", "a call's text in one key"),
)
TURNS = Format(
    "json_turns",
    "JSON of turns, by their keys' names",
    (".json", ".jsonl"),
    ("roles", "times", "agent"),
    _sniff_turns,
    _drafts_turns,
    ("a turn a line", "a list of turns"),
)
