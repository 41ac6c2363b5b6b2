"""Transcripts as people have them -> ``Transcript`` records."""

from __future__ import annotations

from analyser.formats.addresses import Address, fingerprint
from analyser.formats.base import Format, ReadOptions
from analyser.formats.containers import find_inputs
from analyser.formats.facts import load_metadata, load_roster
from analyser.formats.mapped import MAPPABLE, parse_mapping
from analyser.formats.reading import format_named, read, read_many
from analyser.formats.table import FORMATS

__all__ = [
    "FORMATS",
    "MAPPABLE",
    "Address",
    "Format",
    "ReadOptions",
    "find_inputs",
    "fingerprint",
    "format_named",
    "load_metadata",
    "load_roster",
    "parse_mapping",
    "read",
    "read_many",
]
