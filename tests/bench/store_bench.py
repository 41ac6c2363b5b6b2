"""Calls a second end to end into SQLite and PostgreSQL, and memory as the number of calls grows.

    python tests/bench/store_bench.py [--calls 1000 10000] [--turns 40] [--jobs 2] [--postgresql] [--only-store]
    python tests/bench/store_bench.py --against-one --calls 6000

Each figure is measured in a process of its own. CPU seconds are those of the parent and of its workers; on a machine
that does other work too, they say more than the clock. ``--only-store`` packs one set of reports beforehand and
measures saving alone. ``--against-one`` runs with one worker and with two, turns about, loading left out.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from analyser.formats import read_many
from analyser.records import Role, Transcript
from analyser.resources import data_dir
from tests.bench.bench import against_one

_PAGE = os.sysconf("SC_PAGE_SIZE")
_IN_A_FILE = 500


def turns_of_calls() -> list[tuple[str, str]]:
    """Turns of the labelled calls, in order, to make calls from."""
    paths = [str(p) for p in sorted((data_dir() / "labelled").glob("*/calls.jsonl"))]
    calls = [c for c in read_many(paths) if isinstance(c, Transcript)]
    return [(t.role.value, t.text) for c in calls for t in c.turns if t.role in {Role.AGENT, Role.CUSTOMER}]


def fill(folder: Path, calls: int, turns: int) -> None:
    """Calls of real turns, each begun at another place so that all differ, some hundreds in a file."""
    said, rng = turns_of_calls(), random.Random(1)
    for first in range(0, calls, _IN_A_FILE):
        with (folder / f"part-{first:07}.jsonl").open("w") as out:
            for number in range(first, min(first + _IN_A_FILE, calls)):
                at = rng.randrange(len(said) - turns)
                made = [{"role": role, "text": text} for role, text in said[at : at + turns]]
                made[0] = {**made[0], "text": f"{made[0]['text']} {number}"}
                out.write(
                    json.dumps({"id": f"call-{number:07}", "agent": f"Agent {number % 200}", "turns": made}) + "\n"
                )


class Peak(threading.Thread):
    """Watches the memory of this process and of its children, in MB."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.own = self.largest_child = 0.0

    def run(self) -> None:
        while True:
            self.own = max(self.own, _megabytes(os.getpid()))
            self.largest_child = max(self.largest_child, *map(_megabytes, _children()), 0.0)
            time.sleep(0.2)


def _megabytes(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / 2**20
    except (OSError, ValueError):
        return 0.0


def _children() -> Iterator[int]:
    task = Path(f"/proc/self/task/{os.getpid()}/children")
    if task.exists():
        yield from map(int, task.read_text().split())


def cpu() -> float:
    """CPU seconds of this process and of its children that have ended."""
    return sum(
        u.ru_utime + u.ru_stime for u in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def end_to_end(address: str, inbox: str, jobs: int) -> dict[str, float]:
    """One run over the inbox."""
    from joblib.externals.loky import get_reusable_executor

    from analyser.batch import run_batch
    from analyser.settings import Settings
    from analyser.store import open_store

    peak = Peak()
    peak.start()
    store = open_store(address)
    began = cpu()
    done = run_batch(store, [inbox], Settings(), jobs=jobs)
    own = cpu() - began
    if jobs != 1:
        get_reusable_executor().shutdown(wait=True)  # the workers' time is known once they have ended
    total = cpu() - began
    assert done.failed == 0
    return {
        "calls": done.new, "turns": done.turns, "seconds": done.seconds, "parent_cpu": own, "cpu": total,
        "calls_a_second": done.new / done.seconds, "cpu_ms_a_call": 1000 * total / done.new,
        "parent_mb": peak.own, "worker_mb": peak.largest_child, "store_mb": store.figures().bytes / 1e6,
    }  # fmt: skip


def run_seconds(inbox: str, jobs: int) -> float:
    """Seconds of a run into a new SQLite store."""
    from analyser.batch import run_batch
    from analyser.settings import Settings
    from analyser.store import open_store

    with tempfile.TemporaryDirectory() as folder:
        return run_batch(open_store(str(Path(folder) / "calls.db")), [inbox], Settings(), jobs=jobs).seconds


def only_store(address: str, inbox: str, calls: int) -> dict[str, float]:
    """Saving alone: a few hundred real reports, packed once, saved again and again as other calls."""
    from analyser.batch.judged import judged_by
    from analyser.pipeline import Analyser
    from analyser.reports.jsonl import as_line
    from analyser.settings import Settings
    from analyser.store import open_store
    from analyser.store.packing import pack

    read = [c for c, _ in zip(read_many([inbox]), range(256), strict=False) if isinstance(c, Transcript)]
    packs = [pack(r, as_line(r), number=1, place="", content="") for r in Analyser().analyse_many(read)]
    store = open_store(address)
    run = store.begin_run("bench", judged=judged_by(Settings()))
    wall, began, saved = time.perf_counter(), cpu(), 0
    while saved < calls:
        batch = [replace(p, place=f"p{saved + i}", content=f"c{saved + i}") for i, p in enumerate(packs[:64])]
        store.save_batch(run, batch)
        saved += len(batch)
    own = cpu() - began
    return {
        "calls": saved, "seconds": time.perf_counter() - wall, "parent_cpu": own, "cpu_ms_a_call": 1000 * own / saved,
        "store_mb": store.figures().bytes / 1e6,
    }  # fmt: skip


def main() -> None:
    """Read the options, measure, print a line a figure."""
    parser = argparse.ArgumentParser(description="Measure batch runs into the store.")
    parser.add_argument("--calls", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--turns", type=int, default=40)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--postgresql", action="store_true", help="into PostgreSQL, too")
    parser.add_argument("--only-store", action="store_true", help="saving alone, without the analysis")
    parser.add_argument("--against-one", action="store_true", help="two workers against one, by the clock")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        address, inbox, calls = options.one
        done = (
            only_store(address, inbox, int(calls)) if options.only_store else end_to_end(address, inbox, options.jobs)
        )
        print(json.dumps(done))
        return
    if options.against_one:
        with tempfile.TemporaryDirectory() as folder:
            fill(Path(folder), options.calls[0], options.turns)
            against_one("files into SQLite, two against one", lambda jobs: run_seconds(folder, jobs), 3)
        return
    with ExitStack() as stack:
        server = None
        if options.postgresql:
            from tests.postgresql import running

            server = stack.enter_context(running())
        for calls in options.calls:
            with tempfile.TemporaryDirectory() as folder:
                inbox = Path(folder) / "inbox"
                inbox.mkdir()
                fill(inbox, 1000 if options.only_store else calls, options.turns)
                for kind in ("SQLite", *(("PostgreSQL",) if server else ())):
                    address = str(Path(folder) / "calls.db") if kind == "SQLite" or server is None else server.new()
                    command = [
                        sys.executable,
                        __file__,
                        "--jobs",
                        str(options.jobs),
                        "--one",
                        address,
                        str(inbox),
                        str(calls),
                    ]
                    command += ["--only-store"] if options.only_store else []
                    done = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
                    print(f"{kind:10}  " + "  ".join(f"{k} {v:,.1f}" for k, v in done.items()), flush=True)


if __name__ == "__main__":
    main()
