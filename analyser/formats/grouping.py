"""Rows of turns -> calls, in flat memory: a call is given out when its rows have plainly ended."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from analyser.errors import InputError
from analyser.formats.base import Draft, Piece, Pieces
from analyser.formats.keys import CALL_KEYS, TURN_KEYS, find_keys
from analyser.formats.labels import read_label
from analyser.formats.shapes import string
from analyser.formats.times import clock, number, seconds, unit_of
from analyser.records import Problem

_OPEN_ROWS = 50_000  # rows of unfinished calls held at once, so that scattered rows may find their call
_OPEN_CHARS = 32_000_000
_NULLS = frozenset({"", "none", "null", "nan", "n/a", "-"})


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what; ``units`` are seconds to the unit, None where the name does not say."""

    turn: dict[str, str]
    call: dict[str, str]
    units: dict[str, float | None]

    @classmethod
    def of(cls, names: Iterable[str], mapping: dict[str, str] | None = None) -> Columns:
        """The columns by their names, those that the user mapped first."""
        names = list(names)
        given = {k: v for k, v in (mapping or {}).items() if v in names}
        free = [n for n in names if n not in given.values()]
        turn = find_keys(free, TURN_KEYS)
        call = find_keys([n for n in free if n not in turn.values()], CALL_KEYS)
        turn |= {k: v for k, v in given.items() if k in TURN_KEYS}
        call |= {k: v for k, v in given.items() if k in CALL_KEYS}
        units: dict[str, float | None] = {k: unit_of(turn[k]) for k in ("start", "end", "duration") if k in turn}
        return cls(turn, call, units)

    @property
    def tells_turns(self) -> bool:
        """Whether a row is a turn: it has a text, and who said it."""
        return "text" in self.turn and bool({"role", "speaker", "channel"} & self.turn.keys())


@dataclass(frozen=True, slots=True)
class Row:
    """One turn and what its row says of its call."""

    piece: Piece
    call_id: str | None
    order: float | None
    facts: dict[str, str]
    is_clock: bool


def row_of(values: dict[str, Any], columns: Columns) -> Row | None:
    """A row's turn; None where its text is no text."""
    turn = columns.turn
    text = values.get(turn["text"])
    if not isinstance(text, str):
        return None
    told = _cell(values, turn.get("role"))
    who = _cell(values, turn.get("speaker"))
    channel = _cell(values, turn.get("channel"))
    label, name = _who(told, who, channel)
    start, is_clock = _time(values, columns, "start")
    end, _ = _time(values, columns, "end")
    if end is None and start is not None:
        duration, _ = _time(values, columns, "duration")
        end = None if duration is None else round(start + duration, 6)
    order = number(values.get(turn["order"])) if "order" in turn else None
    facts = {k: v for k, c in columns.call.items() if (v := _cell(values, c)) is not None}
    piece = Piece(text, label, None, start, end, channel, name)
    return Row(piece, facts.pop("call_id", None), order, facts, is_clock)


def _who(told: str | None, who: str | None, channel: str | None) -> tuple[str | None, str | None]:
    """Label and name of a row with a role, a speaker and a channel, any of which may be absent."""
    if told is None:
        return (who if who is not None else channel), None
    if who is None or who == told:
        return told, None
    if read_label(told).role is None and read_label(who).role is not None:
        return who, read_label(told).name
    return told, (who if read_label(who).name is not None else None)


def _cell(values: dict[str, Any], column: str | None) -> str | None:
    if column is None:
        return None
    text = string(values.get(column))
    return None if text is None or text.strip().lower() in _NULLS else text.strip()


def _time(values: dict[str, Any], columns: Columns, what: str) -> tuple[float | None, bool]:
    """A time in seconds, and whether it is a time of day."""
    if what not in columns.turn:
        return None, False
    value = values.get(columns.turn[what])
    unit = columns.units.get(what)
    found = seconds(value, 1.0 if unit is None else unit)
    is_clock = isinstance(value, str) and found is not None and clock(value) is not None
    return found, is_clock


@dataclass(slots=True)
class _Open:
    call_id: str | None
    line: int
    rows: list[Row] = field(default_factory=list)
    chars: int = 0
    bad: int = 0


def calls_of_rows(
    rows: Iterable[tuple[int, Row | InputError]], kind: Pieces, *, units_known: bool, many: bool
) -> Iterator[Draft | InputError]:
    """Calls of rows, in order of their last row, or of their first where all fit in the window.

    Parameters
    ----------
    rows
        Line numbers and rows; errors are passed on, and noted in the call that they stand in.
    many
        Whether rows name their call; without, all rows are one call.
    """
    opened: OrderedDict[str | None, _Open] = OrderedDict()
    held = chars = 0
    current: _Open | None = None
    early_bad = 0
    for line, row in rows:
        if isinstance(row, InputError):
            yield row
            if current is not None:
                current.bad += 1
            else:
                early_bad += 1
            continue
        key = row.call_id if many else None
        if key is None and many and current is not None:
            key = current.call_id  # an id written only in a call's first row
        current = opened.get(key)
        if current is None:
            current = opened[key] = _Open(key, line, bad=early_bad)
            early_bad = 0
        opened.move_to_end(key)
        current.rows.append(row)
        current.chars += len(row.piece.text)
        held += 1
        chars += len(row.piece.text)
        while (held > _OPEN_ROWS or chars > _OPEN_CHARS) and len(opened) > 1:
            _, oldest = opened.popitem(last=False)
            held -= len(oldest.rows)
            chars -= oldest.chars
            yield _draft(oldest, kind, units_known=units_known, many=many)
    for call in sorted(opened.values(), key=lambda c: c.line):
        yield _draft(call, kind, units_known=units_known, many=many)


def _draft(call: _Open, kind: Pieces, *, units_known: bool, many: bool) -> Draft:
    rows = call.rows
    orders = [r.order for r in rows]
    if all(o is not None for o in orders) and len(set(orders)) == len(orders):
        rows = sorted(rows, key=lambda r: r.order or 0.0)
    facts: dict[str, str] = {}
    for row in rows:
        for key, value in row.facts.items():
            facts.setdefault(key, value)
    problems = (Problem("rows_bad", f"{call.bad} rows of the call cannot be read"),) if call.bad else ()
    return Draft(
        tuple(r.piece for r in rows),
        kind,
        call_id=call.call_id,
        agent=facts.pop("agent", None),
        team=facts.pop("team", None),
        started_at=facts.pop("started_at", None),
        customer=facts.pop("customer", None),
        meta=facts,
        problems=problems,
        line=call.line if many else None,
        unit_known=units_known,
        clock=_by_day(rows),
    )


def _by_day(rows: list[Row]) -> bool:
    """Whether times are of the day: clocks that do not begin near nought."""
    first = next((r for r in rows if r.piece.start_s is not None), None)
    return first is not None and first.is_clock and (first.piece.start_s or 0.0) > 1800
