"""CSV: a row a turn, or a row a call with its lines in one cell; any delimiter, any sensible column names."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from analyser.errors import InputError
from analyser.formats.base import Draft, Format, Pieces, Place, ReadOptions, Sample, Shape
from analyser.formats.document import Document
from analyser.formats.grouping import Columns, Row, calls_of_rows, row_of
from analyser.formats.keys import CALL_KEYS, TURN_KEYS, find_keys
from analyser.formats.labels import read_label
from analyser.formats.plain_text import label_share, parse
from analyser.formats.times import seconds
from analyser.records import Problem

_DELIMITERS = (",", ";", "\t", "|")
_MAX_ROW_LINES = 100_000  # a quoted cell longer than this was never closed
_MAX_ROW_CHARS = 64_000_000
_SAMPLE_ROWS = 50
_MAX_COLUMNS = 2000

# The module's own limit (131,072 characters) is smaller than a long call in one cell; it has no setting by reader.
csv.field_size_limit(_MAX_ROW_CHARS)


def _split(text: str, delimiter: str) -> list[str] | None:
    """The cells of a row; None where a quote in it is still open.

    Raises
    ------
    csv.Error
        Where it is no row.
    """
    try:
        rows = list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True))
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            return None
        # Quotes inside an unquoted cell, or words after a closing quote: take them as they stand.
        rows = list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter))
    if len(rows) > 1:
        raise csv.Error("several rows")
    return rows[0] if rows else []


def rows_of(
    lines: Iterator[tuple[int, str | InputError]], delimiter: str, place: Place
) -> Iterator[tuple[int, list[str] | InputError]]:
    """Rows with the line each begins in; a row that cannot be read costs only itself.

    Parameters
    ----------
    lines
        Numbered lines with their ends; errors are passed on.
    """
    waiting: list[tuple[int, str | InputError]] = []
    while True:
        item = waiting.pop() if waiting else next(lines, None)
        if item is None:
            return
        number, line = item
        if isinstance(line, InputError):
            yield number, line
            continue
        if '"' not in line:
            if line.strip():
                yield number, line.rstrip("\r\n").split(delimiter)
            continue
        taken: list[tuple[int, str | InputError]] = []
        cells, error = _quoted(line, taken, waiting, lines, delimiter)
        if error:
            yield number, replace(place, line=number).error(error, "check the quotes of that row")
            waiting.extend(reversed(taken))  # the rows after it may be sound
        elif cells:
            yield number, cells


def _quoted(
    line: str,
    taken: list[tuple[int, str | InputError]],
    waiting: list[tuple[int, str | InputError]],
    lines: Iterator[tuple[int, str | InputError]],
    delimiter: str,
) -> tuple[list[str] | None, str | None]:
    """Cells of a row with quotes, taking more lines while one is open; or what is wrong."""
    parts, size = [line], len(line)
    try:
        cells = _split(line, delimiter)
        while cells is None:
            item = waiting.pop() if waiting else next(lines, None)
            if item is None or isinstance(item[1], InputError) or len(taken) > _MAX_ROW_LINES or size > _MAX_ROW_CHARS:
                if item is not None:
                    taken.append(item)
                return None, "a quote opens here and does not close"
            taken.append(item)
            parts.append(item[1])
            size += len(item[1])
            if item[1].count('"') % 2:  # only such a line can close it
                cells = _split("".join(parts), delimiter)
    except csv.Error:
        return None, "the row cannot be read as CSV"
    return cells, None


def delimiter_of(lines: Sequence[str]) -> str:
    """The delimiter with which the header has most columns that are known, else most columns."""

    def worth(delimiter: str) -> tuple[int, int]:
        cells = _header(lines[0], delimiter)
        known = {**find_keys(cells, TURN_KEYS), **find_keys(cells, CALL_KEYS)}
        return (len(known) if len(cells) > 1 else 0), len(cells)

    return max(_DELIMITERS, key=worth)


def _header(line: str, delimiter: str) -> list[str]:
    try:
        cells = [c.strip().lstrip("\ufeff") for c in (_split(line, delimiter) or [])]
        return cells if len(cells) <= _MAX_COLUMNS else []
    except csv.Error:
        return []


def _sample_rows(text: str, delimiter: str) -> list[list[str]]:
    numbered = enumerate(text.splitlines(keepends=True), 1)
    rows = rows_of(iter(numbered), delimiter, Place(""))
    return [r for _, r in itertools.islice(rows, _SAMPLE_ROWS) if not isinstance(r, InputError)]


def _prepared(text: str) -> str:
    """The text from its header on: Excel's ``sep=;`` line and blank lines are not it."""
    text = text.lstrip("\ufeff\r\n ")
    return re.sub(r"\Asep=.\r?\n", "", text, flags=re.IGNORECASE)


def _guess(rows: Sequence[Sequence[str]]) -> dict[str, int] | None:
    """Columns of rows without a header: who, text and times by what stands in them; None if they do not show."""
    width = min((len(r) for r in rows), default=0)
    if width < 2 or len(rows) < 2:
        return None
    columns = [[r[i] for r in rows] for i in range(width)]

    def share_of_roles(cells: Sequence[str]) -> float:
        return sum(len(c) <= 40 and (read_label(c).role is not None) for c in cells) / len(cells)

    who = max(range(width), key=lambda i: share_of_roles(columns[i]))
    if share_of_roles(columns[who]) < 0.6:
        return None
    timed = [i for i in range(width) if i != who and all(seconds(c) is not None for c in columns[i])]
    worded = [i for i in range(width) if i != who and i not in timed]
    if not worded:
        return None
    found = {"speaker": who, "text": max(worded, key=lambda i: sum(map(len, columns[i])))}
    times = [i for i in timed if len(set(columns[i])) > 1]
    found |= dict(zip(("start", "end"), times[-2:] if len(times) > 1 else times, strict=False))
    return found


def _sniff(sample: Sample) -> float:
    if sample.shape is not Shape.TEXT or not sample.lines:
        return 0.0
    text = _prepared(sample.text[:20_000])
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        return 0.0
    delimiter = delimiter_of(lines)
    names = _header(lines[0], delimiter)
    columns = Columns.of(names)
    if len(names) > 1 and columns.tells_turns:
        return 0.9
    rows = _sample_rows(text, delimiter)
    if len(names) > 1 and _call_column(names, rows[1:]) is not None:
        return 0.85
    whole = rows[:-1] if len(text) >= 20_000 else rows
    return 0.6 if _guess(whole) and all(len(r) == len(rows[0]) for r in whole) else 0.0


def _call_column(names: Sequence[str], rows: Sequence[Sequence[str]]) -> int | None:
    """The column whose cells hold a whole call each; None where there is none."""
    for i, name in enumerate(names):
        cells = [r[i] for r in rows if len(r) > i and r[i].strip()][:10]
        if "text" not in find_keys([name], TURN_KEYS) or not cells:
            continue
        if sum(c.count("\n") > 0 and label_share(c) > 0.4 for c in cells) > 0.5 * len(cells):
            return i
    return None


def _drafts(document: Document) -> Iterator[Draft | InputError]:
    options = document.options
    lines = _content(document.lines())
    head = list(itertools.islice(lines, _SAMPLE_ROWS))
    texts = [t for _, t in head if not isinstance(t, InputError)]
    if not texts:
        yield document.place().error("no rows in it")
        return
    delimiter = delimiter_of(texts)
    rows = rows_of(itertools.chain(head, lines), delimiter, document.place())
    first = next(rows, None)
    if first is None or isinstance(first[1], InputError):
        yield document.place(1).error("the first row cannot be read as CSV", "it should name the columns")
        return
    if len(first[1]) > _MAX_COLUMNS:
        yield document.place(first[0]).error(f"the first row has {len(first[1])} columns")
        return
    early = list(itertools.islice(rows, _SAMPLE_ROWS))
    rest = itertools.chain(early, rows)
    names = [c.strip().lstrip("\ufeff") for c in first[1]]
    seen = [r for _, r in early if not isinstance(r, InputError)]
    columns = Columns.of(names, dict(options.mapping))
    _check_mapping(options, names, document)
    whole = None if columns.tells_turns else _call_column(names, seen)
    if whole is not None:
        yield from _rows_of_calls(rest, names, whole, columns, document)
        return
    if not columns.tells_turns and "text" not in options.mapping:
        guessed = _guess([first[1], *seen])
        if guessed is None:
            yield document.place(first[0]).error(
                "no column of this CSV is known as the text and the speaker",
                "name them with --map text=... --map speaker=...",
            )
            return
        names = [f"column {i + 1}" for i in range(len(first[1]))]
        turn = {what: names[i] for what, i in guessed.items()}
        columns = Columns(turn, {}, {k: None for k in ("start", "end") if k in turn})
        rest = itertools.chain([first], rest)
    many = "call_id" in columns.call and _repeats(columns, names, seen)
    turns = _turns(rest, names, columns, document)
    unit = columns.units.get("start")
    yield from calls_of_rows(turns, Pieces.TURNS, units_known=unit is not None, many=many)


def _check_mapping(options: ReadOptions, names: Sequence[str], document: Document) -> None:
    for what, column in options.mapping.items():
        if column not in names and not column.startswith("$"):
            raise document.place(1).error(f"no column is called {column!r} (mapped to {what})", "check --map")


def _repeats(columns: Columns, names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the id column names calls; a plain ``id`` that never repeats numbers the rows."""
    column = columns.call["call_id"]
    if column.lower() != "id":
        return True
    at = names.index(column)
    ids = [r[at] for r in rows if len(r) > at]
    return len(set(ids)) < len(ids) or len(ids) < 2


def _content(lines: Iterable[tuple[int, str | InputError]]) -> Iterator[tuple[int, str | InputError]]:
    """Lines from the header on."""
    begun = False
    for number, line in lines:
        if not begun and isinstance(line, str):
            if not line.strip("\ufeff \r\n") or re.fullmatch(r"\ufeff?sep=.\r?\n?", line, re.IGNORECASE):
                continue
            begun = True
        yield number, line


def _turns(
    rows: Iterable[tuple[int, list[str] | InputError]], names: Sequence[str], columns: Columns, document: Document
) -> Iterator[tuple[int, Row | InputError]]:
    text_at = names.index(columns.turn["text"])
    for line, cells in rows:
        if isinstance(cells, InputError):
            yield line, cells
        elif len(cells) <= text_at:
            yield line, document.place(line).error(f"the row has {len(cells)} columns of {len(names)}")
        else:
            row = row_of(dict(zip(names, cells, strict=False)), columns)
            if row is not None:
                yield line, row


def _rows_of_calls(
    rows: Iterable[tuple[int, list[str] | InputError]],
    names: Sequence[str],
    at: int,
    columns: Columns,
    document: Document,
) -> Iterator[Draft | InputError]:
    for line, cells in rows:
        if isinstance(cells, InputError):
            yield cells
            continue
        if len(cells) <= at:
            yield document.place(line).error(f"the row has {len(cells)} columns of {len(names)}")
            continue
        values = dict(zip(names, cells, strict=False))
        facts = {what: values[name].strip() for what, name in columns.call.items() if values.get(name, "").strip()}
        pieces = parse(re.split(r"\r\n|\r|\n", cells[at]))
        problems = (
            () if len(cells) == len(names) else (Problem("row_width", "the row has not as many cells as the header"),)
        )
        yield Draft(pieces, problems=problems, line=line).told(facts)


FORMAT = Format(
    "csv",
    "CSV",
    (".csv", ".tsv"),
    ("roles", "times", "agent"),
    _sniff,
    _drafts,
    ("a row a turn", "a row a call", "no header", "comma, semicolon, tab or bar"),
)
