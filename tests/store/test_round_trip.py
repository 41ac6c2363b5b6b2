"""What is saved comes out again: the same line, byte for byte, and the same report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyser.records import CallReport
from analyser.reports.jsonl import as_line
from analyser.store import open_store
from analyser.store.packing import pack
from tests.postgresql import Server
from tests.store.kept import JUDGED, lines
from tests.store.made_reports import reports

if TYPE_CHECKING:
    from analyser.store import Store


def _round_trip(store: Store, made: list[CallReport]) -> None:
    run = store.begin_run("test", judged=JUDGED)
    packs = [
        pack(r, as_line(r), number=n, place=f"place {run} {n}", content=f"content {run} {n}")
        for n, r in enumerate(made)
    ]
    store.save_batch(run, packs)
    assert sorted(lines(store, run)) == sorted(as_line(r) for r in made)
    kept = sorted((k.report for k in store.calls_of_run(run)), key=as_line)
    assert kept == sorted(made, key=as_line)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=st.lists(reports(), min_size=1, max_size=4))
def test_any_report_comes_out_of_sqlite_as_it_went_in(made: list[CallReport], kept_store: Store) -> None:
    _round_trip(kept_store, made)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=st.lists(reports(), min_size=1, max_size=4))
def test_any_report_comes_out_of_postgresql_as_it_went_in(made: list[CallReport], kept_store_pg: Store) -> None:
    _round_trip(kept_store_pg, made)


@pytest.fixture(scope="module")
def kept_store(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return open_store(Path(tmp_path_factory.mktemp("store")) / "calls.db")


@pytest.fixture(scope="module")
def kept_store_pg(postgresql: Server) -> Any:
    store = open_store(postgresql.new())
    yield store
    store.close()
