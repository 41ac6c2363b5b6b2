"""A Dask cluster of this machine: a real scheduler, two worker processes, and what happens when they die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import dask
import distributed
import pytest
from click.testing import CliRunner

from analyser import cluster
from analyser.batch import analyse_stream, run_batch, stream
from analyser.cli import main
from analyser.cluster import spread_far
from analyser.errors import ClusterError, ConfigurationError, InputError
from analyser.records import CallReport, Transcript
from analyser.reports.jsonl import as_line
from analyser.settings import Settings
from analyser.store import open_store
from tests.batch.made_inbox import fill
from tests.batch.test_run import lines as kept
from tests.conftest import say
from tests.far_work import POISON, deadly, doubled, refusing, slowly

ROOT = Path(__file__).parents[1]
WORKERS = 2


def start(*words: str) -> subprocess.Popen[bytes]:
    env = os.environ | {"PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
    command = [sys.executable, "-m", *words]
    return subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The scheduler file of a cluster of two workers."""
    folder = tmp_path_factory.mktemp("cluster")
    file = folder / "scheduler.json"
    common = ["--scheduler-file", str(file), "--no-dashboard"]
    programs = [
        start("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--idle-timeout", "300", *common),
        start(
            "distributed.cli.dask_worker", *common, "--nworkers", str(WORKERS), "--nthreads", "1",
            "--local-directory", str(folder), "--death-timeout", "60",
        ),
    ]  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        with distributed.Client(scheduler_file=str(file), set_as_default=False) as client:
            client.wait_for_workers(WORKERS, timeout=60)
        yield str(file)
    finally:
        for program in programs:
            program.kill()  # workers end when their nanny does
            program.wait(20)


def pids(scheduler: str) -> set[int]:
    with distributed.Client(scheduler_file=scheduler, set_as_default=False) as client:
        return set(client.run(os.getpid).values())


def calls(count: int) -> Iterator[Transcript | InputError]:
    for n in range(count):
        if n % 50 == 49:
            yield InputError("cannot be read", where=f"{n}.json")
        yield say(
            f"A: good morning this is amira how can i help you with order {n}",
            f"C: i've been without heating for {n} days and my baby is freezing i'm at the end of my tether",
            "A: calm down it's only a boiler" if n % 3 else "A: oh no that must be so worrying i'm so sorry",
            "C: that is so rude" if n % 3 else "C: thank you you've been wonderful",
            f"A: the engineer comes at {n % 12} is there anything else i can help you with",
            call_id=f"call-{n}",
        )


def lines(results: Iterator[CallReport | InputError]) -> Iterator[str]:
    return (str(r) if isinstance(r, InputError) else as_line(r) for r in results)


def test_a_killed_worker_costs_nothing_but_time(scheduler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "CHUNK", 4)
    here = list(lines(analyse_stream(calls(160), Settings())))
    far = lines(analyse_stream(calls(160), Settings(), backend="dask", scheduler=scheduler))
    got = [next(far)]
    before = pids(scheduler)
    os.kill(min(before), signal.SIGKILL)
    got += far
    assert got == here
    assert pids(scheduler) != before


def test_a_run_over_the_cluster_keeps_what_a_run_here_keeps(scheduler: str, tmp_path: Path) -> None:
    bad = fill(tmp_path / "in", 600, bad_every=60)
    inbox, killed = [str(tmp_path / "in")], set[int]()

    def kill_one(done: int) -> None:
        if done and not killed:
            killed.add(min(pids(scheduler)))
            os.kill(min(killed), signal.SIGKILL)

    exports = []
    for name, where in (("here", {}), ("far", {"backend": "dask", "scheduler": scheduler, "progress": kill_one})):
        with closing(open_store(tmp_path / f"{name}.db")) as store:
            summary = run_batch(store, inbox, Settings(), **where)
            exports.append(kept(store))
        assert (summary.new, summary.failed, summary.stopped_because) == (600, bad, None)
    assert killed
    assert exports[0] == exports[1]
    assert len(exports[0]) == 600


def test_a_worker_that_judges_otherwise_is_refused(scheduler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyser.batch.judged.__version__", "0.0.other")
    with pytest.raises(ConfigurationError, match="another version of: analyser"):
        list(analyse_stream(calls(2), Settings(), backend="dask", scheduler=scheduler))


def test_no_more_is_in_hand_than_two_windows(scheduler: str) -> None:
    taken = 0

    def items() -> Iterator[list[int]]:
        nonlocal taken
        for n in range(60):
            taken += 1
            yield [n, n + 1]

    window = cluster._PER_THREAD * WORKERS
    for done, result in enumerate(spread_far(doubled, items(), scheduler=scheduler)):
        assert result == [2 * done, 2 * done + 2]
        assert taken - done <= 2 * window
    assert taken == 60


def test_what_kills_every_worker_costs_only_itself(scheduler: str) -> None:
    items = [[1, 2], [3, POISON, 4], [5]]
    results = list(spread_far(deadly, items, scheduler=scheduler, lost=lambda item: -item))
    assert results == [[2, 4], [6, -POISON, 8], [10]]


def test_what_fails_on_a_worker_is_said_without_its_words(scheduler: str) -> None:
    with pytest.raises(ClusterError) as caught:
        list(spread_far(refusing, [[1]], scheduler=scheduler))
    assert "LookupError" in str(caught.value)
    assert "marmalade" not in str(caught.value)


def test_a_lost_call_says_which() -> None:
    call = say("A: hello", call_id="c-7")
    assert "call c-7" in str(stream.lost(call))
    error = InputError("cannot be read", where="x.json")
    assert stream.lost(error) is error


def small(workers: int) -> distributed.LocalCluster:
    return distributed.LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=False, dashboard_address=":0", silence_logs=50
    )


def test_no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "WORKERS_S", 0.3)
    with small(0) as empty, pytest.raises(ClusterError, match="no workers"):
        list(spread_far(doubled, [[1]], scheduler=empty.scheduler_address))


def test_the_last_worker_goes_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE_S", 0.3)
    with small(1) as shrinking:

        def items() -> Iterator[list[int]]:
            yield from ([n] for n in range(2))
            shrinking.scale(0)
            yield from ([n] for n in range(2))

        with pytest.raises(ClusterError, match="all workers are gone"):
            list(spread_far(slowly, items(), scheduler=shrinking.scheduler_address))


def test_the_scheduler_goes_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 2.0)
    with dask.config.set({"distributed.comm.timeouts.connect": "500ms"}), small(1) as dying:
        results = spread_far(doubled, ([n] for n in range(1000)), scheduler=dying.scheduler_address)
        assert next(results) == [0]
        dying.close()
        with pytest.raises(ClusterError, match="scheduler was lost"):
            list(results)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--backend", "dask", "--scheduler", "tcp://127.0.0.1:9"], "does not answer"),
        (["--backend", "dask", "--scheduler", "pigeon://127.0.0.1:9"], "does not answer"),
        (["--backend", "dask"], "needs a scheduler"),
        (["--scheduler", "tcp://127.0.0.1:9"], "--backend dask"),
    ],
)
def test_an_address_where_nothing_is_ends_with_exit_code_3(
    words: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 1.0)
    result = CliRunner().invoke(main, ["analyse", str(ROOT / "data" / "samples"), *words])
    assert result.exit_code == 3
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r"call-analyser\[cluster\]"):
        list(spread_far(doubled, [[1]], scheduler="tcp://127.0.0.1:9"))
