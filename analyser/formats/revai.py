"""Rev.ai transcripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analyser.errors import InputError
from analyser.formats.base import Draft, Piece, Pieces, Place, json_format
from analyser.formats.shapes import first_string, mapping, mappings, share, string
from analyser.formats.times import number


def _match(value: Any) -> float:
    monologues = mappings(mapping(value).get("monologues"))
    if not monologues:
        return 0.6 if mapping(value).get("monologues") == [] else 0.0
    return 0.95 * share(monologues, "elements")


def _convert(value: Any, place: Place) -> Iterator[Draft | InputError]:
    names = {string(s.get("id")): string(s.get("name")) for s in mappings(value.get("speakers"))}
    pieces: list[Piece] = []
    for monologue in mappings(value.get("monologues")):
        elements = mappings(monologue.get("elements"))
        # Values carry their own spaces; only text has times.
        text = "".join(v for e in elements if isinstance(v := e.get("value"), str))
        starts = [t for e in elements if (t := number(e.get("ts"))) is not None]
        ends = [t for e in elements if (t := number(e.get("end_ts"))) is not None]
        speaker = string(monologue.get("speaker"))
        info = mapping(monologue.get("speaker_info"))
        name = names.get(speaker) or first_string(info, "display_name", "name")
        start, end = (starts[0] if starts else None), (ends[-1] if ends else None)
        pieces.append(Piece(text, name or speaker, None, start, end, None))
    yield Draft(tuple(pieces), Pieces.FRAGMENTS, call_id=first_string(value, "id", "job_id"), line=place.line)


FORMAT = json_format(
    "revai", "Rev.ai", ("times", "speakers"), match=_match, convert=_convert, dialects=("monologues", "named speakers")
)
