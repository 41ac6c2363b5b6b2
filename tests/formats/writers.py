"""A call written in every shape that is read: the conformance, round-trip and fuzz tests all start from here."""

from __future__ import annotations

from tests.formats import written_files, written_recognisers, written_services
from tests.formats.writing import WRITERS, Call, Said, Writer

SHAPES = (written_files, written_services, written_recognisers)  # each enters its writers into the table

__all__ = ["SHAPES", "WRITERS", "Call", "Said", "Writer"]
