"""Runs in processes of their own: killed, interrupted, spread over workers, with a database that goes away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from joblib import Parallel
from joblib.externals.loky.process_executor import BrokenProcessPool, ShutdownExecutorError

from analyser.batch import run_batch
from analyser.batch.spread import spread
from analyser.errors import AnalyserError
from analyser.settings import Settings
from analyser.store import open_store
from tests.batch.made_inbox import fill
from tests.batch.test_run import lines
from tests.postgresql import Server, running

if TYPE_CHECKING:
    from analyser.store import Store


def test_killed_at_random_moments_every_call_is_kept_exactly_once() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.batch.killing", "--kills", "5", "--calls", "300"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "'kills': 5" in done.stdout


def test_two_workers_keep_the_same_as_one_and_an_interrupt_at_the_terminal_lets_them_finish(tmp_path: Path) -> None:
    fill(tmp_path / "in", 2500)
    command = [sys.executable, "-m", "analyser", "batch", "in", "--jobs", "2", "--database", "two.db"]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    store = None
    while process.poll() is None:
        time.sleep(0.1)
        if (tmp_path / "two.db").exists():
            store = store or _opened(tmp_path / "two.db")
            if store is not None and store.figures().calls:
                os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers too
                break
    out, err = process.communicate(timeout=600)
    assert process.returncode == 130, err
    assert "Stopped: SIGINT" in err
    assert "Traceback" not in err
    assert store is not None
    kept = store.figures().calls
    assert f"{kept:,} new calls" in out
    assert 0 < kept < 2500
    rest = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert rest.returncode == 0, rest.stderr
    assert rest.stderr == "", "silent where there is no terminal"
    assert f"{2500 - kept:,} new calls" in rest.stdout
    os.chdir(tmp_path)
    one = open_store(tmp_path / "one.db")
    run_batch(one, ["in"], Settings())
    export = [sys.executable, "-m", "analyser", "db", "export", "--database", "two.db"]
    kept_lines = subprocess.run(export, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.splitlines()
    assert kept_lines == lines(one)
    assert store.check() == []


def _opened(path: Path) -> Store | None:
    try:
        return open_store(path, create=False)
    except AnalyserError:
        return None  # its tables are not made yet


@pytest.fixture
def server() -> Server:
    with running() as server:
        yield server


def test_a_database_stopped_in_the_middle_of_a_run_costs_nothing(server: Server, tmp_path: Path) -> None:
    fill(tmp_path / "in", 300)
    store = open_store(server.new())
    away: list[threading.Thread] = []

    def stop(done: int) -> None:
        if not away:
            server.stop()
            away.append(threading.Thread(target=lambda: (time.sleep(0.7), server.start())))
            away[0].start()

    done = run_batch(store, [str(tmp_path / "in")], Settings(), progress=stop)
    away[0].join()
    assert done.new == store.figures().calls == 300
    assert len(set(lines(store))) == 300
    assert store.check() == []
    assert run_batch(store, [str(tmp_path / "in")], Settings()).skipped == 300
    store.close()


def _double(number: int) -> int:
    return 2 * number


def _die_once(mark: Path, number: int) -> int:
    if number == 7 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * number


def _die(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_work_comes_back_in_order_and_is_fetched_only_as_results_are() -> None:
    fetched: list[int] = []

    def items() -> Iterator[int]:
        for number in range(40):
            fetched.append(number)
            yield number

    results = spread(_double, items(), jobs=2)
    assert next(results) == 0
    assert len(fetched) <= 4, "two items a worker"
    assert list(results) == [2 * n for n in range(1, 40)]


def test_a_worker_that_is_killed_costs_nothing(tmp_path: Path) -> None:
    assert list(spread(partial(_die_once, tmp_path / "died"), range(20), jobs=2)) == [2 * n for n in range(20)]
    assert (tmp_path / "died").exists()


@pytest.mark.parametrize("fault", [BrokenProcessPool, ShutdownExecutorError])
def test_an_item_that_cannot_be_sent_as_a_worker_has_just_died_is_sent_again(
    fault: type[RuntimeError], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []

    def parallel(**options: Any) -> Any:
        sent.append(1)
        if len(sent) in {2, 5}:
            raise fault("a worker has died")
        return Parallel(**options)

    monkeypatch.setattr("analyser.batch.spread.Parallel", parallel)
    assert list(spread(_double, range(6), jobs=2)) == [2 * n for n in range(6)]
    assert len(sent) == 8


def test_workers_that_die_at_the_same_work_again_and_again_end_the_run_in_one_line() -> None:
    with pytest.raises(AnalyserError, match="worker processes end again and again; they may want for memory"):
        list(spread(_die, range(4), jobs=2))
