"""The option that says where the store is, and times as these commands take them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
_AGE = re.compile(r"(\d+) *(d|days?|w|weeks?|h|hours?)", re.IGNORECASE)
_HOURS = {"h": 1, "d": 24, "w": 168}


def database(command: F) -> F:
    """The option ``--database``."""
    return click.option(
        "--database", default="analyser.db", show_default=True, envvar="ANALYSER_DATABASE", show_envvar=True,
        metavar="ADDRESS", help="The store: a file, or postgresql://user:password@host/name.",
    )(command)  # fmt: skip


def age(value: str) -> timedelta:
    """Read a stretch of time such as 90d."""
    found = _AGE.fullmatch(value.strip())
    if found is None or int(found[1]) == 0:
        raise click.BadParameter(f"{value!r} is no age; give days, weeks or hours, such as 90d, 12w or 36h")
    try:
        return timedelta(hours=int(found[1]) * _HOURS[found[2][0].lower()])
    except OverflowError:
        raise click.BadParameter(f"{value!r} is longer than there were days") from None


def moment(value: str) -> datetime:
    """Read a day or a time in ISO form, local where it names no zone."""
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        raise click.BadParameter(f"{value!r} is no time; give 2026-11-30 or 2026-11-30T06:00") from None
