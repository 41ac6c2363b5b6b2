"""Batch runs on real files, through the real analyser: what is new is kept once, whatever happens."""

from __future__ import annotations

import io
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from analyser.batch import BatchSummary, analyse_stream, inbox, run_batch
from analyser.errors import ConfigurationError, StoreError
from analyser.formats import ReadOptions, read_many
from analyser.reports.jsonl import as_line
from analyser.settings import Settings
from analyser.store import RunState, open_store
from tests.batch.made_inbox import call, fill, write

if TYPE_CHECKING:
    from analyser.store import Store

Run = Callable[..., BatchSummary]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "calls.db")
    yield store
    store.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "in"


@pytest.fixture
def run(store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs over the folder, in chunks so small that an inbox of a few calls has many."""
    monkeypatch.setattr(inbox, "CHUNK", 4)

    def run(**options: Any) -> BatchSummary:
        return run_batch(store, [str(folder)], options.pop("settings", Settings()), **options)

    return run


def lines(store: Store, run: int | None = None) -> list[str]:
    out = io.StringIO()
    store.export(out, run=run)
    return out.getvalue().splitlines()


def figures(summary: BatchSummary) -> tuple[int, int, int, int]:
    return summary.new, summary.replaced, summary.skipped, summary.failed


def test_what_is_kept_is_what_analyse_says_byte_for_byte(store: Store, run: Run, folder: Path) -> None:
    fill(folder, 60)
    assert figures(run()) == (60, 0, 0, 0)
    expected = [as_line(r) for r in analyse_stream(read_many([str(folder)]), Settings())]
    assert lines(store) == expected
    assert [as_line(k.report) for k in store.calls_of_run(1)] == expected


def test_a_second_run_reads_nothing_again(
    store: Store, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(folder, 30)
    first = run()
    monkeypatch.setattr(inbox, "read", lambda *a, **k: pytest.fail("a file that has not changed was read"))
    second = run()
    assert figures(second) == (0, 0, 30, 0)
    assert second.unchanged == second.files == first.files
    assert store.runs()[0].state is RunState.DONE


def test_a_file_that_was_only_touched_is_not_read_again(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(folder / "a.jsonl", call(1))
    run()
    os.utime(path, (1, 1))
    monkeypatch.setattr(inbox, "read", lambda *a, **k: pytest.fail("a file with the same bytes was read"))
    assert figures(run()) == (0, 0, 1, 0)


def test_a_changed_call_is_replaced_and_its_neighbours_are_not(store: Store, run: Run, folder: Path) -> None:
    write(folder / "a.jsonl", call(1), call(2), call(3))
    run()
    write(folder / "a.jsonl", call(1), call(2, " and another thing"), call(3), call(4))
    assert figures(run()) == (1, 1, 2, 0)
    assert len(lines(store)) == 4
    assert store.check() == []


def test_a_moved_file_gives_nothing_new(store: Store, run: Run, folder: Path) -> None:
    write(folder / "a.jsonl", call(1), call(2))
    run()
    (folder / "archive").mkdir()
    shutil.move(folder / "a.jsonl", folder / "archive" / "b.jsonl")
    done = run()
    assert (figures(done), done.duplicates) == ((0, 0, 2, 0), 2)
    assert len(lines(store)) == 2


def test_a_call_in_two_files_is_kept_once_and_told(store: Store, run: Run, folder: Path) -> None:
    write(folder / "a.jsonl", *(call(n) for n in range(6)))
    write(folder / "b.jsonl", *(call(n) for n in range(9)))
    done = run()
    assert (figures(done), done.duplicates) == ((9, 0, 6, 0), 6)
    assert len(lines(store)) == 9
    again = run(redo="all")
    assert figures(again) == (0, 9, 6, 0)
    assert len(lines(store)) == 9


def test_two_calls_of_one_id_in_one_file_are_two(store: Store, run: Run, folder: Path) -> None:
    write(folder / "a.jsonl", call(1), call(1, " again"))
    assert figures(run()) == (2, 0, 0, 0)
    assert [k.report.call_id for k in store.calls_of_run(1)] == ["call-00001", "call-00001~2"]


def test_other_settings_are_stale_until_redone(store: Store, run: Run, folder: Path) -> None:
    write(folder / "a.jsonl", call(1), call(2))
    run()
    other = Settings(threshold=0.01)
    left = run(settings=other)
    assert (figures(left), left.stale) == ((0, 0, 2, 0), 2)
    redone = run(settings=other, redo="stale")
    assert (figures(redone), redone.flagged) == ((0, 2, 0, 0), 2)
    again = run(settings=other, redo="stale")
    assert (figures(again), again.stale) == ((0, 0, 2, 0), 0)
    assert len(lines(store)) == 2


def test_a_changed_scorecard_is_stale_too(run: Run, folder: Path, tmp_path: Path) -> None:
    from analyser.resources import data_dir

    card = tmp_path / "card.yaml"
    text = (data_dir() / "scorecards" / "default.yaml").read_text()
    card.write_text(text)
    write(folder / "a.jsonl", call(1))
    run(settings=Settings(scorecards=(card,)))
    assert run(settings=Settings(scorecards=(card,)), redo="stale").replaced == 0
    card.write_text(text.replace("weight: 10", "weight: 11"))
    assert run(settings=Settings(scorecards=(card,)), redo="stale").replaced == 1


def test_files_are_read_again_when_they_are_to_be_read_otherwise(
    store: Store, run: Run, folder: Path, tmp_path: Path
) -> None:
    write(folder / "a.jsonl", call(1))
    facts = tmp_path / "facts.csv"
    facts.write_text("call_id,team\ncall-00001,North\n")
    run()
    assert figures(run(options=ReadOptions(metadata=facts))) == (0, 1, 0, 0)
    facts.write_text("call_id,team\ncall-00001,South\n")
    assert figures(run(options=ReadOptions(metadata=facts))) == (0, 1, 0, 0)
    assert next(store.calls_of_run(3)).report.transcript.team == "South"


def test_bad_files_are_told_left_and_tried_again_when_they_change(store: Store, run: Run, folder: Path) -> None:
    bad = fill(folder, 40, bad_every=10)
    assert bad == 4
    done = run()
    assert figures(done) == (40, 0, 0, 4)
    told = list(store.troubles(done.run_id))
    assert len({t.path for t in told}) == 4
    assert all(t.message for t in told)
    again = run()
    assert (figures(again), again.waiting) == ((0, 0, 40, 0), 4)
    write(folder / "bad" / "bad-0000.jsonl", call(99))
    mended = run()
    assert (figures(mended), mended.waiting) == ((1, 0, 40, 0), 3)
    assert len(list(store.troubles())) == 3


def test_a_bad_line_among_good_ones_is_told_with_its_line(store: Store, run: Run, folder: Path) -> None:
    path = write(folder / "a.jsonl", call(1), call(2), call(3))
    text = path.read_text().splitlines()
    path.write_text("\n".join([text[0], '{"id": "x", "turns": [', text[1], text[2]]) + "\n")
    done = run(quarantine=folder.parent / "bad")
    assert figures(done) == (3, 0, 0, 1)
    assert [(t.path, t.line) for t in store.troubles()] == [(str(path), 2)]
    assert path.exists(), "a file of which something was used stays"


def test_a_quarantine_takes_the_bad_files_of_this_run_and_of_those_before(store: Store, run: Run, folder: Path) -> None:
    fill(folder, 20, bad_every=10)
    run()
    (folder / "more").mkdir()
    (folder / "more" / "odd.bin").write_bytes(b"\x7fELF" + bytes(50))
    quarantine = folder / "quarantine"
    done = run(quarantine=quarantine)
    kept = sorted(str(p.relative_to(quarantine)) for p in quarantine.rglob("*") if p.is_file())
    assert kept == ["bad/bad-0000.jsonl", "bad/bad-0001.json", "more/odd.bin"]
    assert not list((folder / "bad").iterdir())
    assert done.failed == 1
    (folder / "more" / "odd.bin").write_bytes(b"\x7fELF" + bytes(60))
    again = run(quarantine=quarantine)
    assert (quarantine / "more" / "odd~2.bin").exists()
    assert (again.failed, again.waiting) == (1, 0)


def test_a_quarantine_that_is_the_inbox_is_refused(run: Run, folder: Path) -> None:
    folder.mkdir()
    with pytest.raises(ConfigurationError, match="the quarantine is the inbox"):
        run(quarantine=folder)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_after_what_is_in_hand_and_the_next_goes_on(
    store: Store, run: Run, folder: Path, number: signal.Signals
) -> None:
    fill(folder, 60)
    before = signal.getsignal(number)
    heard: list[int] = []

    def send_once(done: int) -> None:
        if not heard:
            heard.append(done)
            os.kill(os.getpid(), number)

    stopped = run(progress=send_once)
    assert (stopped.signal, stopped.stopped_because) == (number, number.name)
    assert 0 < stopped.new < 60
    assert len(lines(store)) == stopped.new
    assert store.runs()[0].state is RunState.STOPPED
    assert signal.getsignal(number) is before
    rest = run()
    assert rest.new == 60 - stopped.new
    assert lines(store) == [as_line(r) for r in analyse_stream(read_many([str(folder)]), Settings())]


def test_a_time_limit_ends_a_run_and_the_next_goes_on(store: Store, run: Run, folder: Path) -> None:
    fill(folder, 20)
    stopped = run(time_limit_s=1e-9)
    assert stopped.stopped_because == "the time limit of 1e-09 s"
    assert stopped.new + run().new == 20


def test_an_error_in_the_middle_is_told_and_the_next_run_goes_on(store: Store, run: Run, folder: Path) -> None:
    fill(folder, 40)

    def fail(done: int) -> None:
        raise OSError("no more")

    with pytest.raises(OSError, match="no more"):
        run(progress=fail)
    assert store.runs()[0].state is RunState.FAILED
    assert store.runs()[0].error == "OSError", "an error's own words may be a call's"
    kept = len(lines(store))
    assert kept > 0
    assert run().new == 40 - kept


def test_a_file_that_grows_while_it_is_read_is_read_again(store: Store, run: Run, folder: Path) -> None:
    path = write(folder / "a.jsonl", *(call(n) for n in range(8)))

    def grow(done: int) -> None:
        if not grown:
            grown.append(done)
            with path.open("a") as file:
                file.write((folder.parent / "b.jsonl").read_text())

    grown: list[int] = []
    write(folder.parent / "b.jsonl", call(50))
    run(progress=grow)
    run()
    assert len(lines(store)) == 9


def test_no_two_runs_write_at_once(store: Store, run: Run, folder: Path, tmp_path: Path) -> None:
    fill(folder, 20)
    refused: list[str] = []

    def second(done: int) -> None:
        from tests.store.elsewhere import elsewhere

        if not refused:
            refused.append(elsewhere("lock", str(tmp_path / "calls.db")))

    assert run(progress=second).new == 20
    assert "another run is at work on this store (process" in refused[0]


def test_nothing_where_there_is_nothing(run: Run, folder: Path) -> None:
    done = run()
    assert figures(done) == (0, 0, 0, 1)
    folder.mkdir()
    assert run().failed == 1


def test_a_store_that_is_full_in_the_middle_loses_nothing(store: Store, run: Run, folder: Path) -> None:
    from django.db import connections

    fill(folder, 200, in_files_of=40)
    with connections[store.alias].cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0] + 60}")
    with pytest.raises(StoreError, match="the disk is full"):
        run()
    kept = len(lines(store))
    assert 0 < kept < 200
    assert store.check() == []
    with connections[store.alias].cursor() as cursor:
        cursor.execute("PRAGMA max_page_count = 100000")
    assert run().new == 200 - kept
    assert lines(store) == [as_line(r) for r in analyse_stream(read_many([str(folder)]), Settings())]
    assert store.check() == []


def test_the_store_may_lie_in_the_inbox(tmp_path: Path) -> None:
    fill(tmp_path, 6)
    store = open_store(tmp_path / "analyser.db")
    summary = run_batch(store, [str(tmp_path)], Settings())
    assert figures(summary) == (6, 0, 0, 0)
