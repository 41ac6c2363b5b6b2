"""A call written in every shape that is read: the conformance, round-trip and fuzz tests all start from here."""

from __future__ import annotations

import json

from tests.formats import written_files, written_recognisers, written_services
from tests.formats.writing import WRITERS, Call, Said, Writer

SHAPES = (written_files, written_services, written_recognisers)  # each enters its writers into the table

CALL: Call = [
    Said("agent", "Good morning, Fernhill Parcels, Odile here. How can I help?", 0.4, 3.1),
    Said("customer", "Hi, my box was meant to come on Friday and it never did.", 3.3, 6.75),
    Said("agent", "Oh that's a pain, let me look into it.", 6.9, 9.0),
    Said("customer", "Thanks.", 12.25, 12.8),
]


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


JSON_SHAPES = tuple(name for name, shape in WRITERS.items() if _is_json(shape.write(CALL)))

__all__ = ["CALL", "JSON_SHAPES", "SHAPES", "WRITERS", "Call", "Said", "Writer"]
