"""What a run sends to its workers and gets from them arrives as it was."""

from __future__ import annotations

from dataclasses import replace

from analyser.batch.jobs import Job, pack_done, pack_jobs, unpack_done, unpack_jobs
from analyser.batch.working import analyse_packed
from analyser.errors import InputError
from analyser.records import Problem, Role, Source, Transcript
from analyser.settings import Settings
from analyser.store import PackedCall


def job(call: Transcript, number: int = 1) -> Job:
    return Job(call, number, f"place {number}", f"content {number}", new=number % 2 == 1)


def test_jobs_arrive_whole(rude: Transcript, kind: Transcript) -> None:
    told = replace(
        rude,
        source=Source("a/b.json", "vcon", 7),
        agent="Ann",
        team="East",
        started_at="2026-01-31T10:00:00Z",
        customer="C 1",
        meta={"topic": "bill", "sounds": {"noise": 2}, "agents": ["Ann", "Bo"], "rating": 4.5, "none": None},
        problems=(Problem("clock", "no times", 3), Problem("other", "x")),
    )
    jobs = [job(told), job(kind, 2), job(Transcript("none", ()), 3)]
    parcel = pack_jobs(jobs)
    assert isinstance(parcel, bytes)
    assert unpack_jobs(parcel) == jobs


def test_facts_of_an_odd_kind_travel_in_the_usual_way(rude: Transcript) -> None:
    jobs = [job(replace(rude, meta={"odd": Source()}))]
    assert unpack_jobs(pack_jobs(jobs)) == jobs


def test_rows_come_home_as_they_were(rude: Transcript, kind: Transcript) -> None:
    jobs = [job(replace(rude, started_at="2026-01-31")), job(kind, 2)]
    here = analyse_packed(Settings(), 0, None, jobs)
    away = pack_done(analyse_packed(Settings(), 0, None, unpack_jobs(pack_jobs(jobs))))
    assert isinstance(away, bytes)
    assert unpack_done(away) == here
    broken = InputError("no", where="x", line=2, hint="mend it")
    first, between, last = unpack_done(pack_done([here[0], broken, here[1]]))
    assert [first, last] == here
    assert str(between) == str(broken)


def test_rows_of_an_odd_kind_travel_in_the_usual_way(rude: Transcript) -> None:
    (done,) = analyse_packed(Settings(), 0, None, [job(rude)])
    assert isinstance(done, PackedCall)
    odd = replace(done, columns={**done.columns, "format": Role.AGENT})
    assert unpack_done(pack_done([odd])) == [odd]


def test_no_jobs_and_errors_alone_are_no_trouble() -> None:
    assert unpack_jobs(pack_jobs([])) == unpack_done(pack_done([])) == []
    assert [str(e) for e in unpack_done(pack_done([InputError("no", where="x", line=2)]))] == ["no (x:2)"]
