"""Kills runs at random moments, over and over, and looks whether every call is there exactly once.

    python -m tests.batch.killing --kills 30 [--calls 2000] [--database ADDRESS] [--seed 1]

The process loads the model once and gives birth to the runs; each is killed by SIGKILL at a moment drawn from the time
that a whole run takes. A run that ends before its moment is no kill; the store is then made anew.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from analyser.batch import run_batch
from analyser.batch.stream import _analyser
from analyser.settings import Settings
from analyser.store import open_store
from tests.batch.made_inbox import fill


def _child(work: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            os._exit(1)
        os._exit(0)
    return child


def _ended(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill_and_look(inbox: Path, new_address: Callable[[], str], *, kills: int, seed: int) -> dict[str, int]:
    """Do it; gives how many runs were killed, how many calls were kept when they were, and what was found wrong."""
    rng = random.Random(seed)
    _analyser(Settings())
    found = {"kills": 0, "rounds": 0, "wrong": 0, "kept_at_kills": 0, "calls": 0}

    def run(address: str) -> Callable[[], None]:
        def work() -> None:
            run_batch(open_store(address), [str(inbox)], Settings())

        return work

    def look(address: str, name: str) -> None:
        def work() -> None:
            store, out = open_store(address), io.StringIO()
            store.export(out)
            if store.check():
                raise SystemExit("; ".join(store.check()))
            (inbox.parent / name).write_text(out.getvalue())

        if _ended(_child(work)):
            found["wrong"] += 1

    whole = new_address()
    began = time.monotonic()
    assert _ended(_child(run(whole))) == 0
    took = time.monotonic() - began
    look(whole, "expected.jsonl")
    expected = (inbox.parent / "expected.jsonl").read_text()
    found["calls"] = expected.count("\n")
    while found["kills"] < kills:
        address = new_address()
        found["rounds"] += 1
        in_round = 0
        while found["kills"] < kills and in_round < 5:
            child = _child(run(address))
            time.sleep(rng.uniform(0, took * 0.6))
            os.kill(child, signal.SIGKILL)
            if _ended(child) == 0:
                break
            in_round += 1
            found["kills"] += 1
            look(address, "killed.jsonl")
            killed = (inbox.parent / "killed.jsonl").read_text().splitlines()
            found["kept_at_kills"] += len(killed)
            found["wrong"] += len(killed) != len(set(killed)) or not set(killed) <= set(expected.splitlines())
        found["wrong"] += _ended(_child(run(address))) != 0
        look(address, "after.jsonl")
        found["wrong"] += (inbox.parent / "after.jsonl").read_text() != expected
    return found


def main() -> None:
    """Read the options, do it, print what was found."""
    parser = argparse.ArgumentParser(description="Kill runs at random moments.")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", action="append", help="addresses of empty stores (default: files)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        inbox = Path(folder) / "inbox"
        fill(inbox, options.calls)
        files = iter(range(10_000))
        given = iter(options.database or ())

        def new_address() -> str:
            return next(given) if options.database else str(Path(folder) / f"{next(files)}.db")

        found = kill_and_look(inbox, new_address, kills=options.kills, seed=options.seed)
    sys.stdout.write(f"{found}\n")
    sys.exit(bool(found["wrong"]))


if __name__ == "__main__":
    main()
