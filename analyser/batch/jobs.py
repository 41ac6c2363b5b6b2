"""What a run sends to its workers and gets from them: calls whole, and reports ready to be saved (see ``parcels``)."""

from __future__ import annotations

import marshal
import pickle
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any

from analyser.batch.parcels import pack_calls, unpack_calls
from analyser.batch.spread import Packing
from analyser.errors import InputError
from analyser.records import Problem, Stamp, Transcript
from analyser.store import PackedCall


@dataclass(frozen=True, slots=True)
class Job:
    """A call to analyse, and what the store will know it by."""

    call: Transcript
    number: int
    place: str
    content: str
    new: bool


Done = PackedCall | InputError
_FACTS = ("agent", "team", "started_at", "customer", "meta")


def pack_jobs(jobs: Sequence[Job]) -> bytes | Sequence[Job]:
    """Jobs as a parcel; as they are where a call's facts are of a kind that cannot be packed."""
    try:
        return marshal.dumps((pack_calls([job.call for job in jobs]), [_packed(job) for job in jobs]))
    except ValueError:
        return jobs


def _packed(job: Job) -> tuple[Any, ...]:
    call = job.call
    problems = [(p.code, p.message, p.line) for p in call.problems]
    facts = (call.source.format, call.agent, call.team, call.started_at, call.customer, dict(call.meta))
    return facts, problems, (job.number, job.place, job.content, job.new)


def unpack_jobs(parcel: bytes | Sequence[Job]) -> Sequence[Job]:
    """The reverse of ``pack_jobs``."""
    if not isinstance(parcel, bytes):
        return parcel
    calls, rest = marshal.loads(parcel)
    return [
        Job(replace(call, **_facts(call, *its), problems=tuple([Problem(*p) for p in problems])), *known)
        for call, (its, problems, known) in zip(unpack_calls(calls), rest, strict=True)
    ]


def _facts(call: Transcript, kind: str | None, *its: Any) -> dict[str, Any]:
    return {"source": replace(call.source, format=kind), **dict(zip(_FACTS, its, strict=True))}


def pack_done(done: Sequence[Done]) -> bytes | Sequence[Done]:
    """What became of jobs as a parcel, errors pickled; as it is where a value is of a kind that cannot be packed."""
    stamp = next((d.stamp for d in done if isinstance(d, PackedCall)), None)
    its = [(d.place, d.content, d.columns, d.rows) if isinstance(d, PackedCall) else pickle.dumps(d) for d in done]
    try:
        return marshal.dumps((None if stamp is None else astuple(stamp), its))
    except ValueError:
        return done


def unpack_done(parcel: bytes | Sequence[Done]) -> Sequence[Done]:
    """The reverse of ``pack_done``."""
    if not isinstance(parcel, bytes):
        return parcel
    stamp, its = marshal.loads(parcel)
    made_by = Stamp(*(stamp or ("", "", "", "")))
    return [
        pickle.loads(one)
        if isinstance(one, bytes)
        else PackedCall(place=one[0], content=one[1], stamp=made_by, columns=one[2], rows=one[3])
        for one in its
    ]


def _come_home(parcel: bytes | Sequence[Done], jobs: Sequence[Job]) -> Sequence[Done]:
    del jobs
    return unpack_done(parcel)


PARCELS: Packing[Sequence[Job], Sequence[Done]] = Packing(pack_jobs, unpack_jobs, pack_done, _come_home)
