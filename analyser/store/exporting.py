"""Calls out of the store, whole, in the order of their files."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TextIO

from django.db.models import QuerySet
from django.db.models.functions import Collate

from analyser.store import models
from analyser.store.connection import is_sqlite
from analyser.store.kept import KeptCall
from analyser.store.packing import loads, unpack_line, unpack_transcript
from analyser.store.rebuilding import report_of

_AT_ONCE = 200


def _ordered(alias: str, since: datetime | None, run: int | None) -> array[int]:
    """Rows in the order of source and number, then id and content: the same order in every store of these calls."""
    calls: QuerySet[models.Call] = models.Call.objects.using(alias)
    if since is not None:
        calls = calls.filter(analysed_at__gte=since)
    if run is not None:
        calls = calls.filter(run_id=run)
    path, call_id = (Collate(f, "BINARY" if is_sqlite(alias) else "C") for f in ("path", "call_id"))
    order = calls.order_by(path, "number", call_id, "content")
    return array("q", order.values_list("pk", flat=True).iterator(chunk_size=5000))


def _rows(alias: str, order: Sequence[int], columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """These columns of the rows, in that order, a few hundred held at a time."""
    source = iter(order)
    while group := list(islice(source, _AT_ONCE)):
        found = models.Call.objects.using(alias).filter(pk__in=group).values_list("pk", *columns)
        rows = {row[0]: row[1:] for row in found}
        yield from (rows[pk] for pk in group if pk in rows)


def export(alias: str, out: TextIO, *, since: datetime | None = None, run: int | None = None) -> int:
    """Write calls as JSON Lines; gives how many."""
    written = 0
    for (packed,) in _rows(alias, _ordered(alias, since, run), ("packed_line",)):
        out.write(unpack_line(packed) + "\n")
        written += 1
    return written


def calls(alias: str, *, run: int | None = None) -> Iterator[KeptCall]:
    """Calls with their reports, as they were when they were analysed."""
    columns = ("packed_line", "packed_transcript", "analysed_at")
    for packed, transcript, analysed_at in _rows(alias, _ordered(alias, None, run), columns):
        line = unpack_line(packed)
        yield KeptCall(report_of(loads(line.encode()), unpack_transcript(transcript)), line, analysed_at)
