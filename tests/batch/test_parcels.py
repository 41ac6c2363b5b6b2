"""What travels between processes comes home as it was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analyser.batch.parcels import pack_calls, pack_reports, unpack_calls, unpack_reports
from analyser.batch.stream import analyse_stream
from analyser.errors import InputError
from analyser.pipeline import Analyser
from analyser.records import Problem, Role, Source, Transcript, Turn
from analyser.settings import Settings
from tests.conftest import say


@pytest.fixture
def calls(rude: Transcript, kind: Transcript) -> list[Transcript]:
    timed = tuple(Turn(t.role, t.text, 3.0 * i, 3.0 * i + 4.5, "Ann") for i, t in enumerate(kind.turns))
    noted = replace(
        rude, source=Source("a/b.txt", "text", 7), meta={"odd": object}, problems=(Problem("clock", "no times", 3),)
    )
    return [
        noted,
        replace(kind, turns=timed),
        say("C: hello"),
        say("S: press one", "?: who é 😀"),
        Transcript("none", ()),
    ]


def test_calls_arrive_with_what_the_analysis_needs(calls: list[Transcript]) -> None:
    arrived = unpack_calls(pack_calls(calls))
    assert [c.turns for c in arrived] == [c.turns for c in calls]
    assert all(isinstance(t.role, Role) for c in arrived for t in c.turns)
    assert [(c.call_id, c.source.path, c.source.line) for c in arrived] == [
        (c.call_id, c.source.path, c.source.line) for c in calls
    ]


def test_reports_come_home_as_they_were(analyser: Analyser, calls: list[Transcript]) -> None:
    away = analyser.analyse_many(unpack_calls(pack_calls(calls)))
    assert unpack_reports(pack_reports(away), calls) == analyser.analyse_many(calls)


def test_errors_travel_too_and_no_calls_are_no_trouble(analyser: Analyser, calls: list[Transcript]) -> None:
    broken = InputError("no", where="x", line=2, hint="mend it")
    (one, other) = unpack_reports(pack_reports([broken, *analyser.analyse_many(calls[1:2])]), calls[:2])
    assert (str(one), other) == (str(broken), analyser.analyse(calls[1]))
    assert unpack_calls(pack_calls([])) == unpack_reports(pack_reports([]), []) == []


def test_two_workers_report_as_one_with_errors_in_their_places(calls: list[Transcript]) -> None:
    broken = InputError("no", where="x", line=2)
    mixed = [broken, *calls, broken, *calls, broken]
    one, two = (list(analyse_stream(mixed, Settings(), jobs=jobs)) for jobs in (1, 2))
    assert one == two
    assert [i for i, r in enumerate(two) if r is broken] == [0, 6, 12]
