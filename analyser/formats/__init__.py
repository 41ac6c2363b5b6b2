"""Transcripts as people have them -> ``Transcript`` records."""

from __future__ import annotations

from analyser.formats.base import Format, ReadOptions
from analyser.formats.containers import find_inputs
from analyser.formats.reading import format_named, read, read_many
from analyser.formats.table import FORMATS

__all__ = ["FORMATS", "Format", "ReadOptions", "find_inputs", "format_named", "read", "read_many"]
