"""What another process makes of a store."""

from __future__ import annotations

import subprocess
import sys


def elsewhere(what: str, address: str) -> str:
    """Take the lock, count the calls, or save one in a process of its own; gives what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.store.elsewhere", what, address], capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout.strip()


def main() -> None:
    """Do it, and print."""
    from analyser.errors import StoreError
    from analyser.store import open_store

    _, what, address = sys.argv
    store = open_store(address)
    if what == "count":
        sys.stdout.write(str(store.figures().calls))
        return
    if what == "save":
        from tests.store.kept import report, save

        save(store, report("from elsewhere"))
        store.close()
        return
    try:
        with store.writing():
            sys.stdout.write("taken")
    except StoreError as error:
        sys.stdout.write(str(error))


if __name__ == "__main__":
    main()
