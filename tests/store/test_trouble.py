"""Disks that are full, databases that go away, addresses that are wrong: nothing is lost, and one line says it."""

from __future__ import annotations

import os
import resource
import sqlite3
import sys
import threading
import time
import traceback
import zlib
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from analyser.errors import ExitCode, StoreAddressError, StoreError
from analyser.reports.jsonl import as_line
from analyser.store import lock, open_store
from tests.postgresql import Server, running
from tests.store.elsewhere import elsewhere
from tests.store.kept import JUDGED, lines, packed, report, save

if TYPE_CHECKING:
    from analyser.store import Store


def _in_child(work: Callable[[], str]) -> str:
    """What the work says in a process of its own, whose limits do not become ours."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = work()
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return said


def test_where_a_file_may_not_grow_a_batch_is_refused_whole_and_comes_in_later(tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    big = [report(f"c{n}", "word " * 2000) for n in range(50)]

    def fill() -> str:
        store = open_store(path)
        save(store, report("before"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
        try:
            save(store, *big)
        except StoreError as error:
            return str(error)
        return "saved"

    said = _in_child(fill)
    assert "nothing saved before is lost" in said
    assert "word" not in said.replace("password", "")
    store = open_store(path)
    assert lines(store) == [as_line(report("before"))]
    assert store.check() == []
    save(store, *big)
    assert len(lines(store)) == 51
    store.close()


def test_a_full_disk_is_called_so(tmp_path: Path) -> None:
    from django.db import connections

    store = open_store(tmp_path / "calls.db")
    save(store, report("before"))
    with connections[store.alias].cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0] + 5}")
    with pytest.raises(StoreError, match=r"the disk is full \(.*calls.db\); make room"):
        save(store, *(report(f"c{n}", "word " * 2000) for n in range(50)))
    assert lines(store) == [as_line(report("before"))]
    store.close()


def test_a_locked_store_is_called_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3

    from analyser.store import connection

    monkeypatch.setattr(connection, "BUSY_S", 0.1)
    store = open_store(tmp_path / "calls.db")
    other = sqlite3.connect(tmp_path / "calls.db")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="another program keeps the store locked"):
        save(store, report("a"))
    other.rollback()
    save(store, report("a"))
    assert len(lines(store)) == 1
    store.close()


@pytest.fixture
def server() -> Server:
    with running() as server:
        yield server


def test_a_database_that_is_away_for_a_while_costs_nothing(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(server.new())
    with store.writing():
        run = store.begin_run("test", judged=JUDGED)
        store.save_batch(run, [packed(report("a"))])
        server.stop()
        back = threading.Thread(target=lambda: (time.sleep(0.5), server.start()))
        back.start()
        store.save_batch(run, [packed(report("b"), 2)])
        back.join()
        assert _second_writer(store.alias) == "another run is at work on this store", "the lock was taken again"
        server.stop()
        monkeypatch.setattr(lock, "PATIENCE_S", 0.6)
        with pytest.raises(StoreError, match=r"the database went away: .*; see that it runs"):
            store.save_batch(run, [packed(report("c"), 3)])
        server.start()
        store.save_batch(run, [packed(report("c"), 3)])
    assert lines(store) == [as_line(report(c)) for c in "abc"]
    assert store.check() == []
    store.close()


def _second_writer(alias: str) -> str:
    """What another session is told that asks for the lock."""
    from django.db import connections

    other = connections[alias].copy("other")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [lock._KEY])
            return "free" if cursor.fetchone()[0] else lock._BUSY
    finally:
        other.close()


def test_a_run_whose_lock_another_took_meanwhile_gives_way(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import connections

    monkeypatch.setattr(lock, "PATIENCE_S", 0.6)
    store = open_store(server.new())
    with store.writing():
        run = store.begin_run("test", judged=JUDGED)
        other = connections[store.alias].copy("other")
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
            cursor.execute("SELECT pg_advisory_lock(%s)", [lock._KEY])
        with pytest.raises(StoreError, match="another run is at work"):
            store.save_batch(run, [packed(report("a"))])
    assert lines(store) == []
    other.close()
    store.close()


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("mysql://x/y", "no store of the kind mysql://"),
        ("postgresql://host", "names no database"),
        ("postgresql://h:99999999/x", "cannot be read"),
        ("", "is empty"),
        ("{folder}", "a folder"),
        ("{folder}/none/calls.db", "no such folder"),
        ("{folder}/text.txt", "no store"),
        ("postgresql://someone:hush@127.0.0.1:9/calls", "cannot be opened"),
    ],
)
def test_wrong_addresses_are_told_in_one_line_without_a_password(address: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("Agent: hello there, how are you\n")
    with pytest.raises(StoreAddressError, match=told) as error:
        open_store(address.format(folder=tmp_path))
    assert error.value.exit_code == ExitCode.CONFIGURATION
    assert "\n" not in str(error.value)
    assert "hush" not in str(error.value)


def test_a_store_that_is_not_there_is_not_made_by_readers(tmp_path: Path) -> None:
    with pytest.raises(StoreAddressError, match="there is no store here"):
        open_store(tmp_path / "calls.db", create=False)
    assert list(tmp_path.iterdir()) == []


def test_importing_the_store_does_not_import_django() -> None:
    import subprocess

    code = "import sys, analyser.store, analyser.batch, analyser.cli; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_store_opened_twice_still_sees_what_another_process_keeps(tmp_path: Path) -> None:
    store = open_store(tmp_path / "calls.db")
    save(store, report("a"))
    open_store(tmp_path / "calls.db")
    elsewhere("save", str(tmp_path / "calls.db"))
    assert (tmp_path / "calls.db-wal").exists(), "the other process must see that it is not alone"
    assert len(lines(store)) == 2
    store.close()


def test_two_stores_may_be_open_at_once(tmp_path: Path) -> None:
    one, two = open_store(tmp_path / "one.db"), open_store(str(tmp_path / "two.db"))
    save(one, report("a"))
    assert (len(lines(one)), len(lines(two))) == (1, 0)
    again: Store = open_store(tmp_path / "one.db")
    assert len(lines(again)) == 1


def test_a_damaged_table_is_told_in_one_line_by_every_question(tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    store = open_store(path)
    run = save(store, *(report(f"c{n}", "word " * 50) for n in range(40)))
    store.close()
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = file.execute("PRAGMA page_size").fetchone()[0]
        pages = file.execute(
            "SELECT rootpage FROM sqlite_master WHERE name IN ('store_call', 'store_run', 'store_problem')"
        )
        roots = [page for (page,) in pages]
    with path.open("r+b") as raw:
        for root in roots:
            raw.seek((root - 1) * size)
            raw.write(b"\xff" * 300)
    questions: list[Callable[[], object]] = [
        store.figures, lambda: store.runs(5), lambda: list(store.calls_of_run(run)),
        lambda: lines(store), lambda: store.prune(timedelta(days=1)),
    ]  # fmt: skip
    for ask in questions:
        with pytest.raises(StoreError, match=r"cannot be read: .*calls\.db\); see `analyser db check`$"):
            ask()
    assert store.check()


def test_a_report_that_cannot_be_opened_is_told_without_its_words(tmp_path: Path) -> None:
    store = open_store(tmp_path / "calls.db")
    run = save(store, report("a", "zanzibar"))
    from analyser.store.models import Call

    for packed_line in (b"not packed", zlib.compress(b'{"findings": "zanzibar')):
        Call.objects.using(store.alias).update(packed_line=packed_line)
        with pytest.raises(StoreError, match="what was kept of a call cannot be opened") as told:
            list(store.calls_of_run(run))
        assert "zanzibar" not in "".join(traceback.format_exception(told.value))
