"""Saving, knowing again, replacing, pruning, checking: on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from analyser.errors import StoreAddressError, StoreError
from analyser.reports.jsonl import as_line
from analyser.store import Counts, FileState, Judged, RunState, Trouble, open_store
from tests.store.elsewhere import elsewhere
from tests.store.kept import JUDGED, STAMP, lines, moved, packed, report, save

if TYPE_CHECKING:
    from analyser.store import Store


def test_saving_the_same_batch_twice_keeps_each_call_once(store: Store) -> None:
    run = store.begin_run("test", judged=JUDGED)
    batch = [packed(report("a")), packed(report("b"), 2)]
    store.save_batch(run, batch)
    store.save_batch(run, batch)
    assert lines(store) == [as_line(report("a")), as_line(report("b"))]
    assert store.figures().turns == 2
    assert store.check() == []


def test_a_call_that_changed_takes_the_place_of_what_it_was(store: Store) -> None:
    save(store, report("a", "good morning"), report("b"))
    save(store, report("a", "good evening", "goodbye"))
    assert sorted(lines(store)) == sorted([as_line(report("a", "good evening", "goodbye")), as_line(report("b"))])
    assert store.check() == []


def test_two_calls_that_exchange_their_places_both_stay(store: Store) -> None:
    one, two = report("x", "one", path="/calls/1"), report("x", "two", path="/calls/2")
    save(store, one, two)
    after = [moved(one, "/calls/2"), moved(two, "/calls/1")]
    save(store, *after)
    assert sorted(lines(store)) == sorted(as_line(r) for r in after)
    assert store.check() == []


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_calls_that_move_along_to_each_others_places_all_stay(store: Store, order: tuple[int, ...]) -> None:
    calls = [report("x", text, path=f"/calls/{n}") for n, text in enumerate(("one", "two", "three"))]
    save(store, *calls)
    after = [moved(calls[n], f"/calls/{n - 1}") for n in order]  # the first to a new place
    save(store, *after)
    assert sorted(lines(store)) == sorted(as_line(r) for r in after)
    assert store.figures().turns == 3
    assert store.check() == []


def test_a_call_that_meets_another_ones_content_and_a_third_ones_place_takes_both_rows(store: Store) -> None:
    one, two = report("x", "one", path="/calls/1"), report("x", "two", path="/calls/2")
    save(store, one, two)
    save(store, moved(one, "/calls/2"))
    assert lines(store) == [as_line(moved(one, "/calls/2"))]
    assert store.check() == []


def test_calls_are_known_by_what_they_say_and_by_where_they_stand(store: Store) -> None:
    save(store, report("a"))
    a, changed, other = packed(report("a")), packed(report("a", "changed")), packed(report("b"))
    known = store.known([a.content, changed.content, other.content], [a.place, other.place])
    assert set(known.by_content) == {a.content}
    assert set(known.by_place) == {a.place}
    assert known.by_content[a.content].stamp_id == store.stamp_id(JUDGED)
    assert store.stamp_id(Judged(STAMP, "another card")) != store.stamp_id(JUDGED)


def test_a_thousand_calls_at_once_are_kept_in_the_order_of_their_numbers(store: Store) -> None:
    made = [report(f"c{n:04}") for n in range(1000)]
    save(store, *made)
    assert lines(store) == [as_line(r) for r in made]
    contents = [packed(r).content for r in made]
    assert len(store.known(contents, []).by_content) == 1000


def test_files_come_with_their_troubles_as_last_read(store: Store) -> None:
    def read(failed: int, *troubles: Trouble) -> None:
        run = store.begin_run("test", judged=JUDGED)
        state = FileState(path="/in/a\0b", mark="1:2", digest="d", reading="r", failed=failed)
        store.save_batch(run, [], files=[state], troubles=troubles)

    read(2, Trouble("/in/a\0b", "not valid JSON", 3), Trouble("/in/a\0b", "no turns", 4, "look"))
    assert [(t.message, t.line) for t in store.troubles()] == [("not valid JSON", 3), ("no turns; look", 4)]
    assert store.figures().bad_files == 1
    read(0)
    assert list(store.troubles()) == []
    assert len(list(store.troubles(1))) == 2, "what the first run met is still told of that run"
    assert store.known_files(["/in/a\0b", "/in/other"])["/in/a\0b"].mark == "1:2"
    store.touched("/in/a\0b", "1:3")
    store.moved("/in/a\0b", "/bad/a")
    state = store.known_files(["/in/a\0b"])["/in/a\0b"]
    assert (state.mark, state.moved_to) == ("1:3", "/bad/a")


def test_a_run_that_ended_without_a_word_is_lost_once_the_next_begins(store: Store) -> None:
    first = store.begin_run("test", judged=JUDGED, inbox=["in"])
    second = store.begin_run("test")
    store.finish_run(second, RunState.STOPPED, Counts(calls=3, not_scored={"why": 1}), stopped_because="SIGINT")
    newest, older = store.runs()
    assert (older.run_id, older.state, older.seconds) == (first, RunState.LOST, None)
    assert (newest.state, newest.stopped_because, newest.counts.calls) == (RunState.STOPPED, "SIGINT", 3)
    assert newest.counts.not_scored == {"why": 1}
    assert older.stamp == STAMP


def test_pruning_takes_old_calls_by_their_day_or_by_their_analysis(store: Store) -> None:
    save(store, report("old", "1", started_at="2020-01-01T08:00:00Z"), report("new", "2", started_at="2026-11-01"))
    save(store, report("undated", "3"), report("odd", "4", started_at="2020-13-45"))
    now = datetime(2026, 11, 30, tzinfo=UTC)
    assert store.prune(timedelta(days=90), now=now)["calls"] == 1
    assert [k.report.call_id for k in store.calls_of_run(1)] == ["new"]
    assert store.prune(timedelta(days=90), now=datetime.now(UTC) + timedelta(days=3650))["calls"] == 3
    assert lines(store) == []
    assert store.figures().turns == 0
    assert store.check() == []


def test_export_takes_runs_and_times(store: Store) -> None:
    first = save(store, report("a", "1"))
    second = save(store, report("b", "2"))
    assert lines(store, second) == [as_line(report("b", "2"))]
    assert lines(store, first) == [as_line(report("a", "1"))]
    assert store.export(StringIO(), since=datetime.now(UTC) + timedelta(hours=1)) == 0
    assert store.export(StringIO(), since=datetime.now(UTC) - timedelta(hours=1)) == 2


def test_check_finds_lost_rows_and_damaged_reports(store: Store) -> None:
    from analyser.store import models

    save(store, report("a", "one", "two"), report("b", "three"), report("c", "four"))
    assert store.check() == []
    calls = models.Call.objects.using(store.alias)
    models.Turn.objects.using(store.alias).filter(call__call_id="a", number=2).delete()
    calls.filter(call_id="b").update(packed_line=b"not zlib")
    a, b = calls.get(call_id="a").pk, calls.get(call_id="b").pk
    assert store.check() == [f"call {a} has not all of its rows", f"the report of call {b} cannot be opened"]


def test_half_a_batch_is_never_kept(store: Store) -> None:
    save(store, report("a"))
    run = store.begin_run("test", judged=JUDGED)
    bad = packed(report("c"))
    rows = {**bad.rows, "Finding": [("too", "few", "values")]}
    with pytest.raises(StoreError, match="nothing saved before is lost"):
        store.save_batch(run, [packed(report("b")), replace(bad, rows=rows)])
    assert lines(store) == [as_line(report("a"))]
    store.save_batch(run, [packed(report("b"))])
    assert len(lines(store)) == 2


def test_a_second_writer_is_refused_and_readers_are_not(store: Store, address: str) -> None:
    save(store, report("a"))
    with store.writing(), store.writing():
        said = elsewhere("lock", address)
        assert "another run is at work on this store" in said
        assert elsewhere("count", address) == "1"
    assert elsewhere("lock", address) == "taken"
    with store.writing():
        assert elsewhere("count", address) == "1"


def test_a_store_of_another_version_is_refused_with_what_to_do(store: Store, address: str) -> None:
    from django.db import connections
    from django.db.migrations.recorder import MigrationRecorder

    recorder = MigrationRecorder(connections[store.alias])
    recorder.record_applied("store", "9999_from_the_future")
    with pytest.raises(StoreAddressError, match="later version"):
        open_store(address)
    recorder.record_unapplied("store", "9999_from_the_future")
    assert open_store(address, current=False).upgrade() == []


def test_tables_that_are_behind_are_refused_until_upgraded(address: str) -> None:
    from django.core.management import call_command
    from django.db import connections
    from django.db.migrations.recorder import MigrationRecorder

    store = open_store(address)
    recorder = MigrationRecorder(connections[store.alias])
    recorder.record_unapplied("store", "0001_initial")
    with pytest.raises(StoreAddressError, match="db upgrade"):
        open_store(address)
    recorder.record_applied("store", "0001_initial")
    call_command("migrate", "store", "zero", database=store.alias, verbosity=0)
    with pytest.raises(StoreAddressError, match="no store"):
        open_store(address, create=False)
    assert store.upgrade() == ["store 0001_initial"]
    assert open_store(address, create=False).check() == []
    store.close()


def test_the_migrations_make_what_the_models_say(tmp_path: Path) -> None:
    open_store(tmp_path / "calls.db")  # Django is set up by the first store
    from django.core.management import call_command

    call_command("makemigrations", "store", check=True, dry_run=True, verbosity=0)  # ends the process where they differ
