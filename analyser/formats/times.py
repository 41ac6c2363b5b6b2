"""Clocks, offsets, durations and epochs -> seconds."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any

EPOCH_S = 1e8  # no call lasts three years: a larger time counts from 1970
_EPOCH_MS = 1e11

_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{2})(?:[.,:](\d{1,9}))?(?:\s*([ap])\.?m\.?)?", re.IGNORECASE)
_NUMBER = re.compile(
    r"([+-]?\d{1,18}(?:[.,]\d{1,9})?(?:e[+-]?\d{1,2})?)\s*(ms|msec|s|sec|secs|seconds)?", re.IGNORECASE
)
_ISO_DURATION = re.compile(r"P(?:T)?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?", re.IGNORECASE)

CLOCK_PATTERN = r"(?:\d{1,2}:)?\d{1,2}:\d{2}(?:[.,]\d{1,6})?(?:\s*[AaPp][Mm])?"


def number(value: Any, scale: float = 1.0) -> float | None:
    """A finite number, or a text that is one, times ``scale``; None for anything else."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        match = _NUMBER.fullmatch(value.strip())
        if not match:
            return None
        result = float(match[1].replace(",", "."))
        if match[2] and match[2].lower().startswith("ms"):
            result /= 1000
    elif isinstance(value, (int, float)):
        result = float(value)
    else:
        return None
    result *= scale
    return round(result, 6) if math.isfinite(result) else None


def clock(text: str) -> float | None:
    """Seconds of ``HH:MM:SS.mmm``, ``MM:SS``, with a comma for the point, with am or pm; None if it is not one."""
    match = _CLOCK.fullmatch(text.strip())
    if not match:
        return None
    hours, minutes, seconds, part, half = match.groups()
    hour = int(hours or 0)
    if half:
        if hours is None:  # 10:31 AM is an hour and a minute
            hour, minutes, seconds = int(minutes), seconds, "0"
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    total = hour * 3600 + int(minutes) * 60 + int(seconds)
    return total + (float(f"0.{part}") if part else 0.0)


def iso(text: Any) -> float | None:
    """Seconds since 1970 of an ISO date and time; None if it is not one."""
    if not isinstance(text, str) or len(text) < 10 or not text[:4].isdigit():
        return None
    trimmed = re.sub(r"(\.\d{6})\d+", r"\1", text.strip())
    try:
        moment = datetime.fromisoformat(trimmed)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def iso_text(epoch_s: float) -> str | None:
    """An ISO date and time in UTC, to the second; None out of the calendar."""
    try:
        return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return None


def duration(text: Any) -> float | None:
    """Seconds of ``PT1M2.5S`` or ``1.200s``; None if it is neither."""
    if not isinstance(text, str):
        return None
    match = _ISO_DURATION.fullmatch(text.strip())
    if match and any(match.groups()):
        hours, minutes, seconds = (float(g) if g else 0.0 for g in match.groups())
        return hours * 3600 + minutes * 60 + seconds
    return number(text)


def seconds(value: Any, scale: float = 1.0) -> float | None:
    """Seconds of whatever a file writes: a number (times ``scale``), a clock, an ISO date or duration."""
    found = number(value, scale)
    if found is not None or not isinstance(value, str):
        if found is not None and scale == 1.0 and abs(found) > _EPOCH_MS:
            return found / 1000  # an epoch in milliseconds; in seconds it would be the year 5138
        return found
    for reader in (clock, duration, iso):
        found = reader(value)
        if found is not None:
            return found
    return None


def unit_of(name: str) -> float | None:
    """What a column's name says of its unit, as seconds to the unit; None where it says nothing.

    Parameters
    ----------
    name
        A column or key, such as ``startTimeMs``, ``offset_ticks``, ``start_s``.
    """
    plain = name.lower()
    if re.search(r"(ms|msec|msecs|millis|milliseconds?)\)?$", plain):
        return 1e-3
    if re.search(r"(us|usec|micros|microseconds?)\)?$", plain):
        return 1e-6
    if re.search(r"ticks?\)?$", plain):
        return 1e-7
    if re.search(r"(_s|\bs|\(s|sec|secs|seconds?)\)?$", plain):
        return 1.0
    return None
