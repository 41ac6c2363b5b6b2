"""Looking after the store: what it holds, whether it is sound, and what is too old to be kept."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connections, transaction
from django.db.models import Count, Max, Min, Q, Sum
from django.db.utils import DatabaseError

from analyser.records import Stamp
from analyser.store import models
from analyser.store.connection import is_sqlite, reason
from analyser.store.kept import Counts, RunInfo, RunState, StoreFigures, Trouble
from analyser.store.packing import loads, unpack_line, unpack_transcript
from analyser.store.saving import empty

_AT_ONCE = 500
_SHOWN = 20  # faults of a kind that are told one by one


def runs(alias: str, limit: int) -> list[RunInfo]:
    """The last runs, newest first."""
    return [_info(run) for run in models.Run.objects.using(alias).select_related("stamp").order_by("-pk")[:limit]]


def _info(run: models.Run) -> RunInfo:
    stamp = run.stamp
    return RunInfo(
        run_id=run.pk,
        kind=run.kind,
        state=RunState(run.state),
        started_at=run.started_at,
        ended_at=run.ended_at,
        counts=Counts(**{name: getattr(run, name) for name in Counts.__dataclass_fields__}),
        stopped_because=run.stopped_because,
        error=run.error,
        stamp=None if stamp is None else Stamp(stamp.analyser, stamp.rules, stamp.model, stamp.settings),
    )


def troubles(alias: str, run: int | None) -> Iterator[Trouble]:
    """What could not be used: in a run, or in all files as they were last read."""
    rows = models.Problem.objects.using(alias).filter(call=None)
    rows = rows.filter(file__isnull=False) if run is None else rows.filter(run_id=run)
    for path, message, line in rows.order_by("pk").values_list("path", "message", "line").iterator():
        yield Trouble(path or "", message, line)


def figures(alias: str) -> StoreFigures:
    """What the store holds."""
    calls = models.Call.objects.using(alias).aggregate(
        n=Count("pk"),
        flagged=Count("pk", filter=Q(flagged=True)),
        turns=Sum("turns"),
        first=Min("day"),
        last=Max("day"),
    )
    files = models.SourceFile.objects.using(alias).aggregate(n=Count("pk"), bad=Count("pk", filter=Q(failed__gt=0)))
    return StoreFigures(
        calls=calls["n"],
        flagged=calls["flagged"],
        turns=calls["turns"] or 0,
        runs=models.Run.objects.using(alias).count(),
        files=files["n"],
        bad_files=files["bad"],
        bytes=_bytes(alias),
        first_day=calls["first"],
        last_day=calls["last"],
    )


def _bytes(alias: str) -> int:
    if is_sqlite(alias):
        name = str(connections.settings[alias]["NAME"])
        return sum(os.path.getsize(name + end) for end in ("", "-wal", "-shm") if os.path.exists(name + end))
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def check(alias: str) -> list[str]:
    """What is wrong, a line each."""
    found: list[str] = []
    try:
        if is_sqlite(alias):
            with connections[alias].cursor() as cursor:
                cursor.execute("PRAGMA integrity_check")
                found += [f"the file is damaged: {row[0]}" for row in cursor.fetchall() if row[0] != "ok"][:_SHOWN]
                cursor.execute("PRAGMA foreign_key_check")
                found += [f"a row of {row[0]} hangs on nothing" for row in cursor.fetchall()][:_SHOWN]
        found += _unsound_calls(alias)
    except DatabaseError as error:
        found.append(f"the store cannot be read: {reason(error)}")
    return found


def _unsound_calls(alias: str) -> list[str]:
    """Calls whose packed report cannot be opened, or whose rows are not as many as it says."""
    found: list[str] = []
    last = 0
    calls = models.Call.objects.using(alias).order_by("pk")
    columns = ("pk", "packed_line", "packed_transcript", "turns")
    while batch := list(calls.filter(pk__gt=last).values_list(*columns)[:_AT_ONCE]):
        turns, findings = (_numbers(alias, model, batch) for model in (models.Turn, models.Finding))
        for pk, packed, transcript, count in batch:
            try:
                line = loads(unpack_line(packed).encode())
                whole = len(unpack_transcript(transcript).turns) == count == turns.get(pk, 0)
                if not whole or len(line["findings"]) != findings.get(pk, 0):
                    found.append(f"call {pk} has not all of its rows")
            except (zlib.error, ValueError, KeyError, TypeError):
                found.append(f"the report of call {pk} cannot be opened")
        last = batch[-1][0]
    return found


def _numbers(alias: str, model: Any, batch: list[tuple[Any, ...]]) -> dict[int, int]:
    rows = model.objects.using(alias).filter(call_id__gte=batch[0][0], call_id__lte=batch[-1][0])
    return dict(rows.values_list("call_id").annotate(n=Count("pk")))


def prune(alias: str, older_than: timedelta, now: datetime | None) -> Mapping[str, int]:
    """Delete what is older; each group of calls in a transaction of its own, so that it may be stopped anywhere."""
    before = (now or datetime.now(UTC)) - older_than
    old = Q(day__lt=before.date()) | Q(day=None, analysed_at__lt=before)
    gone = 0
    while group := list(models.Call.objects.using(alias).filter(old).values_list("pk", flat=True)[:_AT_ONCE]):
        with transaction.atomic(using=alias):
            empty(alias, group)
            models.Call.objects.using(alias).filter(pk__in=group).delete()
        gone += len(group)
    done = models.Run.objects.using(alias).filter(ended_at__lt=before, call=None).exclude(state=RunState.RUNNING)
    with transaction.atomic(using=alias):
        runs_gone = done.count()
        done.delete()
    if is_sqlite(alias):
        with connections[alias].cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # else the words stand on in the log
    return {"calls": gone, "runs": runs_gone}
