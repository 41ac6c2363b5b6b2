"""Writing: runs, and batches of calls, each in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.db import DatabaseError, connections, transaction
from django.db.models import Q

from analyser.store import models
from analyser.store.bulk import insert
from analyser.store.kept import Counts, FileState, Judged, Known, KnownCall, PackedCall, RunState, Trouble
from analyser.store.packing import COLUMNS, fit, path_hash

_MOST = 400  # values of one IN (...)


def groups(values: Sequence[Any], size: int = _MOST) -> Iterator[list[Any]]:
    """The values in lists that a statement can take."""
    source = iter(values)
    while group := list(islice(source, size)):
        yield group


def stamp_id(alias: str, judged: Judged) -> int:
    """The row of what judged, made where it is new."""
    row, _ = models.Stamp.objects.using(alias).get_or_create(**asdict(judged.stamp), scorecards=judged.scorecards)
    return int(row.pk)


def begin_run(alias: str, kind: str, judged: Judged | None, inbox: Sequence[str]) -> int:
    """A new row of runs; rows still open are of processes that ended without a word."""
    with transaction.atomic(using=alias):
        now = datetime.now(UTC)
        models.Run.objects.using(alias).filter(state=RunState.RUNNING).update(state=RunState.LOST)
        run = models.Run.objects.using(alias).create(
            kind=kind, state=RunState.RUNNING, started_at=now, inbox=[fit(p) for p in inbox],
            stamp_id=None if judged is None else stamp_id(alias, judged),
        )  # fmt: skip
        return int(run.pk)


def known(alias: str, contents: Sequence[str], places: Sequence[str]) -> Known:
    """Calls of these contents or places."""
    found: set[KnownCall] = set()
    for field, values in (("content", contents), ("place", places)):
        for group in groups(values):
            rows = models.Call.objects.using(alias).filter(**{f"{field}__in": group})
            found.update(KnownCall(*row) for row in rows.values_list("content", "place", "stamp_id", "run_id"))
    return Known({c.content: c for c in found}, {c.place: c for c in found})


def known_files(alias: str, paths: Sequence[str]) -> dict[str, FileState]:
    """Files of these paths, as they were last read."""
    states: dict[str, FileState] = {}
    for group in groups(paths):
        rows = models.SourceFile.objects.using(alias).filter(path_hash__in=[path_hash(p) for p in group])
        by_hash = {row.path_hash: row for row in rows}
        for path in group:
            row = by_hash.get(path_hash(path))
            if row is not None:
                states[path] = FileState(
                    path=path, mark=row.mark, digest=row.digest, reading=row.reading,
                    judged=row.stamp_id is not None, calls=row.calls, failed=row.failed,
                    stamp_id=row.stamp_id, moved_to=row.moved_to,
                )  # fmt: skip
    return states


def save_batch(
    alias: str,
    run: int,
    calls: Sequence[PackedCall],
    files: Sequence[FileState],
    troubles: Sequence[Trouble],
    counts: Counts | None,
) -> None:
    """All of it or nothing."""
    with transaction.atomic(using=alias):
        stamp = models.Run.objects.using(alias).values_list("stamp_id", flat=True).get(pk=run)
        if calls:
            _save_calls(alias, run, stamp, calls)
        by_path = _save_files(alias, run, stamp, files)
        models.Problem.objects.using(alias).bulk_create(
            models.Problem(
                run_id=run, file_id=by_path.get(t.path), path=fit(t.path), line=t.line, code="not_used",
                message=fit(f"{t.message}; {t.hint}" if t.hint else t.message),
            )
            for t in troubles
        )  # fmt: skip
        if counts is not None:
            models.Run.objects.using(alias).filter(pk=run).update(**asdict(counts))


def _save_calls(alias: str, run: int, stamp: int | None, calls: Sequence[PackedCall]) -> None:
    now = datetime.now(UTC)
    shared = {"stamp_id": stamp, "run_id": run, "analysed_at": now}
    rows = [{"content": c.content, "place": c.place, **shared, **c.columns} for c in calls]
    kept = _take_over(alias, rows)
    new = [row for row, pk in zip(rows, kept, strict=True) if pk is None]
    if new:
        plain = {"analysed_at": connections[alias].ops.adapt_datetimefield_value(now)}
        insert(alias, models.Call, tuple(new[0]), (tuple((row | plain).values()) for row in new))
    numbers = _numbers(alias, new)
    owned = [(numbers[call.content] if pk is None else pk, call.rows) for call, pk in zip(calls, kept, strict=True)]
    for table, columns in COLUMNS.items():
        its = ((pk, *values) for pk, tables in owned for values in tables.get(table, ()))
        insert(alias, getattr(models, table), ("call_id", *columns), its)


def _numbers(alias: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Numbers of rows of calls, by content."""
    numbers: dict[str, int] = {}
    for group in groups(rows):
        found = models.Call.objects.using(alias).filter(content__in=[row["content"] for row in group])
        numbers.update(found.values_list("content", "pk"))
    return numbers


def _take_over(alias: str, rows: Sequence[dict[str, Any]]) -> list[int | None]:
    """Write calls that are kept already over their rows, emptied first; so reviews stay with their call.

    Returns
    -------
    The number of each one's row; None for those that are not kept yet.
    """
    calls = models.Call.objects.using(alias)
    kept: dict[str, int] = {}
    for group in groups(rows, _MOST // 2):
        same = Q(content__in=[r["content"] for r in group]) | Q(place__in=[r["place"] for r in group])
        for pk, content, place in calls.filter(same).values_list("pk", "content", "place"):
            kept[content] = kept[place] = pk
    numbers: list[int | None] = [None] * len(rows)
    if not kept:
        return numbers
    replaced: set[int] = set()
    for at, row in enumerate(rows):
        olds = {kept[k] for k in (row["place"], row["content"]) if k in kept} - replaced
        if olds:
            mine = kept.get(row["place"])  # not where an earlier call of the batch has taken it
            numbers[at] = mine if mine in olds else min(olds)
            replaced |= olds
    empty(alias, sorted(replaced))
    again = [(pk, row) for pk, row in zip(numbers, rows, strict=True) if pk is not None]
    calls.filter(pk__in=replaced - {pk for pk, _ in again}).delete()
    # Two rows may exchange their contents: free the old ones first, as the database looks at every row by itself.
    for pk, _ in again:
        calls.filter(pk=pk).update(content=f"~{pk}", place=f"~{pk}")
    for pk, row in again:
        if calls.filter(pk=pk).update(**row) != 1:
            raise DatabaseError("a row that was to be written over has gone")
    return numbers


def empty(alias: str, calls: Sequence[int]) -> None:
    """Delete what hangs on calls, but for their reviews."""
    for group in groups(calls):
        for table in COLUMNS:
            model = getattr(models, table)
            model.objects.using(alias).filter(call_id__in=group)._raw_delete(alias)


def _save_files(alias: str, run: int, stamp: int | None, files: Sequence[FileState]) -> dict[str, int]:
    by_path: dict[str, int] = {}
    for file in files:
        row, _ = models.SourceFile.objects.using(alias).update_or_create(
            path_hash=path_hash(file.path),
            defaults={
                "path": fit(file.path), "mark": file.mark, "digest": file.digest,
                "reading": file.reading, "stamp_id": stamp if file.judged else None, "calls": file.calls,
                "failed": file.failed, "moved_to": None, "run_id": run,
            },
        )  # fmt: skip
        by_path[file.path] = int(row.pk)
    for group in groups(list(by_path.values())):
        models.Problem.objects.using(alias).filter(file_id__in=group).update(file_id=None)
    return by_path


def note_file(alias: str, path: str, values: dict[str, str]) -> None:
    """Note something of a file."""
    models.SourceFile.objects.using(alias).filter(path_hash=path_hash(path)).update(**values)


def finish_run(
    alias: str, run: int, state: RunState, counts: Counts, stopped_because: str | None, error: str | None
) -> None:
    """Note how a run ended."""
    models.Run.objects.using(alias).filter(pk=run).update(
        state=state, ended_at=datetime.now(UTC), stopped_because=stopped_because, error=error, **asdict(counts)
    )
