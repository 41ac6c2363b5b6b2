"""A call's facts (agent, team, queue, date, outcome ...) from its path and from a side file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from analyser.errors import ConfigurationError, InputError
from analyser.formats.base import Place, ReadOptions
from analyser.formats.csv_rows import delimiter_of, rows_of
from analyser.formats.decoding import decode, encoding_of
from analyser.formats.keys import CALL_KEYS, find_keys
from analyser.formats.shapes import string
from analyser.records import Problem, Transcript

_OWN = ("agent", "team", "started_at", "customer")
_FIELD = re.compile(r"\{(\w+)\}|(\*+)")
_DATE = re.compile(r"(?<!\d)(20\d\d-[01]\d-[0-3]\d)(?:[T_ ]([0-2]\d)[:_-]?([0-5]\d)[:_-]?([0-5]\d)(Z?))?(?!\d)")

Facts = Mapping[str, str]


@lru_cache(maxsize=64)
def _pattern(pattern: str) -> re.Pattern[str]:
    parts: list[str] = []
    at = 0
    try:
        for field in _FIELD.finditer(pattern):
            parts.append(re.escape(pattern[at : field.start()]))
            parts.append(f"(?P<{field[1]}>[^/]+?)" if field[1] else "[^/]*" if field[2] == "*" else ".*")
            at = field.end()
        parts.append(re.escape(pattern[at:]))
        return re.compile(r"(?:.*/)?" + "".join(parts))
    except re.error:
        raise ConfigurationError(
            f"the path pattern {pattern!r} cannot be read", hint="such as {team}/{agent}/{call_id}.vtt"
        ) from None


def facts_of_path(path: str, pattern: str | None) -> dict[str, str]:
    """Facts that stand in a path: where the pattern says, and a date in the file's name.

    Parameters
    ----------
    pattern
        Such as ``{team}/{agent}/{call_id}.vtt``; ``*`` stands for anything between slashes.

    Raises
    ------
    ConfigurationError
        Where the pattern cannot be read.
    """
    plain = path.replace("\\", "/").replace("!", "/")
    found: dict[str, str] = {}
    if pattern is not None and (match := _pattern(pattern).fullmatch(plain)):
        found = {k: v for k, v in match.groupdict().items() if v}
        if "date" in found:
            found.setdefault("started_at", found.pop("date"))
    date = _DATE.search(plain.rsplit("/", 1)[-1])
    if date and "started_at" not in found:
        day, hour, minute, second, zone = date.groups()
        found["started_at"] = f"{day}T{hour}:{minute}:{second}{zone}" if hour else day
    return found


def load_metadata(path: Path) -> Mapping[str, Facts]:
    """Facts by call id of a CSV or JSON Lines side file.

    Raises
    ------
    ConfigurationError
        Where it cannot be read, or no column is a call's id.
    """
    try:
        stamp = path.stat().st_mtime_ns
    except OSError as error:
        raise ConfigurationError("the metadata file cannot be read", where=path, hint="check the path") from error
    return _metadata(path, stamp)


@lru_cache(maxsize=4)
def _metadata(path: Path, stamp: int) -> Mapping[str, Facts]:
    del stamp  # only tells a changed file from the one read before
    table: dict[str, Facts] = {}
    for line, row in _rows(path):
        known = find_keys(row, CALL_KEYS)
        if "call_id" not in known:
            raise ConfigurationError(
                "no column of the metadata is a call's id", where=path, line=line, hint="name a column call_id"
            )
        facts = {what: row[name] for what, name in known.items() if what != "call_id" and row[name]}
        facts |= {name: value for name, value in row.items() if name not in known.values() and value}
        if row[known["call_id"]]:
            table[row[known["call_id"]]] = facts
    return table


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a side file as texts by column, with their lines."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigurationError("the file cannot be read", where=path, hint="check the path") from error
    text, _ = decode(data, encoding_of(data[:4096]))
    lines = text.lstrip("\ufeff").splitlines(keepends=True)
    if lines and lines[0].lstrip().startswith("{"):
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                value = orjson.loads(line)
            except orjson.JSONDecodeError:
                value = None
            if not isinstance(value, dict):
                raise ConfigurationError("the line is no JSON object", where=path, line=number)
            yield number, {k: _text(v) for k, v in value.items() if not isinstance(v, (dict, list))}
        return
    if not lines:
        return
    place = Place(str(path))
    rows = rows_of(iter(enumerate(lines, 1)), delimiter_of(lines), place)
    names: list[str] | None = None
    for number, cells in rows:
        if isinstance(cells, InputError):
            raise ConfigurationError(cells.what, where=path, line=number, hint=cells.hint)
        if names is None:
            names = [c.strip() for c in cells]
        else:
            yield number, {n: c.strip() for n, c in zip(names, cells, strict=False)}


def _text(value: Any) -> str:
    return string(value) or ("" if value is None or isinstance(value, bool) else str(value))


def load_roster(path: Path) -> tuple[str, ...]:
    """Agents' names of a roster: a CSV with a column of them, or a name a line.

    Raises
    ------
    ConfigurationError
        Where it cannot be read or holds no name.
    """
    rows = list(_rows(path))
    known = find_keys(rows[0][1], {"agent": (*CALL_KEYS["agent"], "name", "fullname", "displayname")}) if rows else {}
    if known:
        names = [row.get(known["agent"], "") for _, row in rows]
    else:
        data = path.read_bytes()
        names = [line.strip().strip('"') for line in decode(data, encoding_of(data[:4096]))[0].splitlines()]
    kept = tuple(dict.fromkeys(n for n in names if n.strip("\ufeff ")))
    if not kept:
        raise ConfigurationError("the roster holds no name", where=path, hint="write a name a line")
    return kept


def with_facts(call: Transcript, options: ReadOptions) -> Transcript:
    """The call with the facts of its path where it has none of its own, and those of the side file over all.

    Raises
    ------
    ConfigurationError
        Where the pattern or the side file cannot be read.
    """
    of_path = facts_of_path(call.source.path or "", options.path_pattern)
    of_path.pop("call_id", None)  # taken already, where the file has no id
    own: dict[str, Any] = {k: getattr(call, k) or of_path.get(k) for k in _OWN}
    meta = {**{k: v for k, v in of_path.items() if k not in _OWN and k != "any"}, **call.meta}
    problems = call.problems
    if options.metadata is not None:
        table = load_metadata(options.metadata)
        name = re.split(r"[/\\!]", call.source.path or "")[-1]
        row = next((table[k] for k in (call.call_id, name, name.split(".")[0]) if k in table), None)
        if row is None:
            problems = (*problems, Problem("no_metadata", "the metadata has no row for this call"))
        else:
            own |= {k: row[k] for k in _OWN if k in row}
            meta |= {k: v for k, v in row.items() if k not in _OWN}
    return replace(call, **own, meta=meta, problems=problems)
