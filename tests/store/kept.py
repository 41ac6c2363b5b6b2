"""Small calls packed for the store, without an analysis."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

from analyser.records import CallReport, Finding, Role, Source, Stamp, Talk, Tone, Transcript, Turn
from analyser.reports.jsonl import as_line
from analyser.store import Judged, PackedCall
from analyser.store.packing import content_of, pack, place_of

if TYPE_CHECKING:
    from analyser.store import Store

STAMP = Stamp("0.1.0", "r" * 12, "m" * 12, "s" * 12)
JUDGED = Judged(STAMP, "card")


def report(call_id: str, *said: str, path: str = "/calls/a.jsonl", started_at: str | None = None) -> CallReport:
    """A report of a call in which the agent says these words, with a finding in each turn."""
    turns = tuple(Turn(Role.AGENT, text) for text in said or ("good morning",))
    call = Transcript(call_id, turns, Source(path, "jsonl", None), started_at=started_at)
    found = tuple(
        Finding("greeting", n, Role.AGENT, 0, len(t.text), t.text, 0.9, "rules", "greeting/x", "it says so")
        for n, t in enumerate(turns, 1)
    )
    tone = Tone(None, None, None, None, None, None, None)
    return CallReport(
        call_id, call, False, "the agent has fewer than 3 turns", found, (), None, tone, Talk(None, None, None), (), None,
        (), STAMP,
    )  # fmt: skip


def packed(of: CallReport, number: int = 1) -> PackedCall:
    """The report ready to be saved."""
    call = of.transcript
    return pack(
        of, as_line(of), number=number, place=place_of(call.source.path, call.call_id), content=content_of(call)
    )


def moved(of: CallReport, path: str) -> CallReport:
    """The same call in another file."""
    return replace(of, transcript=replace(of.transcript, source=Source(path, "jsonl", None)))


def save(store: Store, *reports: CallReport, judged: Judged = JUDGED) -> int:
    """Save reports in a run of their own; gives its number."""
    run = store.begin_run("test", judged=judged)
    store.save_batch(run, [packed(r, n) for n, r in enumerate(reports, 1)])
    return run


def lines(store: Store, run: int | None = None) -> list[str]:
    """The export's lines."""
    out = io.StringIO()
    store.export(out, run=run)
    return out.getvalue().split("\n")[:-1]
