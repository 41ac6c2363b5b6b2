"""Every format, in one table; a new one is a file here and its row."""

from __future__ import annotations

from analyser.formats import amazon, csv_rows, own_calls, plain_text, subtitles
from analyser.formats.base import Format

FORMATS: tuple[Format, ...] = (
    own_calls.FORMAT,
    csv_rows.FORMAT,
    plain_text.FORMAT,
    subtitles.WEBVTT,
    subtitles.SRT,
    amazon.CALL_ANALYTICS,
    amazon.CONTACT_LENS,
)
