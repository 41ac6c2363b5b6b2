"""Stores to test: every test here runs on both kinds, where it does not say otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from analyser.store import open_store
from tests.postgresql import Server

if TYPE_CHECKING:
    from analyser.store import Store


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "calls.db")
    server: Server = request.getfixturevalue("postgresql")
    return server.new()


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    opened = open_store(address)
    yield opened
    opened.close()
