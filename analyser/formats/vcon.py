"""vCon containers: text dialogs, and transcripts in analyses, which hold a recogniser's own form or a simple list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson

from analyser.errors import InputError
from analyser.formats import (
    amazon,
    amazon_transcribe,
    assemblyai,
    azure,
    deepgram,
    json_calls,
    revai,
    speechmatics,
    whisper,
)
from analyser.formats.base import Draft, Format, Piece, Pieces, Place, json_format
from analyser.formats.grouping import Columns, row_of
from analyser.formats.labels import read_label
from analyser.formats.plain_text import parse
from analyser.formats.shapes import first_string, listed, mapping, mappings, string
from analyser.formats.times import iso, number
from analyser.formats.words import by_time
from analyser.records import Role

# Whose transcripts an analysis may hold; each is known by its shape, as vendor names are free text.
_VENDORS: tuple[Format, ...] = (
    deepgram.FORMAT,
    assemblyai.FORMAT,
    revai.FORMAT,
    speechmatics.FORMAT,
    whisper.SEGMENTS,
    whisper.CPP,
    amazon.CALL_ANALYTICS,
    amazon.CONTACT_LENS,
    amazon_transcribe.PLAIN,
    azure.BATCH,
    azure.FAST,
)


def _match(value: Any) -> float:
    value = mapping(value)
    if "vcon" in value and ("dialog" in value or "analysis" in value):
        return 0.97
    return 0.9 if "parties" in value and "dialog" in value else 0.0


def _parties(value: dict[str, Any]) -> list[tuple[str | None, Role | None]]:
    """Name and role of each party; the role is a custom of some makers, not in the standard."""
    found = []
    for party in listed(value.get("parties")):
        party = mapping(party)
        role = string(party.get("role")) or string(mapping(party.get("meta")).get("role"))
        name = first_string(party, "name", "tel", "mailto", "sip")
        found.append((name, read_label(role).role if role else None))
    return found


def _body(value: dict[str, Any]) -> Any:
    """A body as its encoding says: an object, JSON in a text, or text."""
    body = value.get("body")
    if isinstance(body, str) and (value.get("encoding") == "json" or body.lstrip()[:1] in {"{", "["}):
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            return body
    return body


def _speaker(index: Any, parties: list[tuple[str | None, Role | None]]) -> tuple[str | None, Role | None]:
    if isinstance(index, list):
        index = index[0] if index else None
    if isinstance(index, int) and not isinstance(index, bool) and 0 <= index < len(parties):
        name, role = parties[index]
        return (name or f"party {index}"), role
    return string(index), None


def _dialog(value: dict[str, Any], parties: list[tuple[str | None, Role | None]]) -> list[Piece]:
    pieces = []
    for dialog in mappings(value.get("dialog")):
        body = dialog.get("body")
        if dialog.get("type") != "text" or not isinstance(body, str):
            continue
        label, role = _speaker(dialog.get("originator", dialog.get("parties")), parties)
        start, length = iso(dialog.get("start")), number(dialog.get("duration"))
        end = None if start is None or length is None else start + length
        name = label if role is not None else None
        pieces.append(Piece(body, label, role, start, end, None, name))
    return list(by_time(pieces))


def _analysis(value: dict[str, Any], parties: list[tuple[str | None, Role | None]], place: Place) -> Draft | None:
    for analysis in mappings(value.get("analysis")):
        if string(analysis.get("type")) not in {"transcript", "wtf_transcription"}:
            continue
        body = _body(analysis)
        draft = _transcript(body, place)
        if draft is not None and draft.pieces:
            return replace(draft, pieces=tuple(_of_party(p, parties) for p in draft.pieces))
    return None


def _transcript(body: Any, place: Place) -> Draft | None:
    if isinstance(body, str):
        return Draft(parse(body.splitlines()))
    if isinstance(body, dict) and isinstance(body.get("speakers"), dict):
        names = {string(k): string(v) or string(mapping(v).get("name")) for k, v in body["speakers"].items()}
        segments = mappings(body.get("segments"))
        if segments:  # the "world transcription format": speakers by number, with a table of names
            pieces = tuple(
                Piece(
                    string(s.get("text")) or "",
                    names.get(string(s.get("speaker"))) or string(s.get("speaker")),
                    None,
                    number(s.get("start", s.get("start_time"))),
                    number(s.get("end", s.get("end_time"))),
                )
                for s in segments
            )
            return Draft(pieces, Pieces.FRAGMENTS)
    best = max(_VENDORS, key=lambda f: f.match(body) if f.match else 0.0)
    if best.match and best.convert and best.match(body) > 0.3:
        found = next(iter(best.convert(body, place)), None)
        return found if isinstance(found, Draft) else None
    rows = mappings(body) if isinstance(body, list) else mappings(mapping(body).get(json_calls.turns_key(body) or ""))
    columns = Columns.of(dict.fromkeys(k for r in rows[:50] for k in r))
    if not rows or not columns.tells_turns:
        return None
    turns = [r for v in rows if (r := row_of(v, columns)) is not None]
    return Draft(tuple(r.piece for r in turns), Pieces.TURNS, unit_known=columns.units.get("start") is not None)


def _of_party(piece: Piece, parties: list[tuple[str | None, Role | None]]) -> Piece:
    """The piece with its party's name and role, where its label is a party's number or name."""
    for number_, (name, role) in enumerate(parties):
        if piece.label is not None and piece.label in {name, str(number_)}:
            told = role or piece.role
            return replace(piece, label=name or piece.label, role=told, name=name if told else piece.name)
    return piece


def _convert(value: Any, place: Place) -> Iterator[Draft | InputError]:
    parties = _parties(value)
    draft = _analysis(value, parties, place) or Draft(tuple(_dialog(value, parties)))
    agents = [name for name, role in parties if role is Role.AGENT and name]
    customers = [name for name, role in parties if role is Role.CUSTOMER and name]
    dialogs = mappings(value.get("dialog"))
    yield replace(
        draft,
        call_id=string(value.get("uuid")),
        agent=agents[0] if agents else None,
        customer=customers[0] if customers else None,
        started_at=(string(dialogs[0].get("start")) if dialogs else None) or string(value.get("created_at")),
        line=place.line,
    )


FORMAT = json_format(
    "vcon",
    "vCon",
    ("times", "speakers"),
    match=_match,
    convert=_convert,
    dialects=("text dialogs", "speaker and message", "a recogniser's transcript", "speakers table"),
)
