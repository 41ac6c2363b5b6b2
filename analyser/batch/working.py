"""What a worker does with a chunk of calls: analyse, and pack for the store."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Sequence

from analyser.batch.jobs import Done, Job
from analyser.batch.stream import analyse_chunk, lost
from analyser.errors import InputError
from analyser.records import CallReport, Stamp
from analyser.reports.jsonl import as_line
from analyser.settings import Settings
from analyser.store.packing import pack

_LOOK_S = 2.0  # between looks whether the parent lives


def analyse_packed(settings: Settings, parent: int, stamp: Stamp | None, jobs: Sequence[Job]) -> list[Done]:
    """Analyse calls and pack their reports; an error in the place of each that could not be.

    Parameters
    ----------
    parent
        The process whose run this is; its workers leave the terminal's interrupt to it, and end with it.
    stamp
        What must judge, where this may be another machine.
    """
    if not jobs:
        return []
    if os.getppid() == parent:
        _serve(parent)
    reports = analyse_chunk(settings, [job.call for job in jobs], stamp=stamp)
    return [_packed(report, job) for report, job in zip(reports, jobs, strict=True)]


def lost_job(job: Job) -> InputError:
    """The error for a call whose workers died whenever they took it up."""
    return lost(job.call)


def _packed(report: CallReport | InputError, job: Job) -> Done:
    if isinstance(report, InputError):
        return report
    try:
        return pack(report, as_line(report), number=job.number, place=job.place, content=job.content)
    except (TypeError, ValueError, OverflowError):  # facts that JSON or a database cannot hold
        source = job.call.source
        hint = "please report the kind of file and its format"
        return InputError(
            f"the report of call {job.call.call_id} cannot be kept", where=source.path, line=source.line, hint=hint
        )


_serving: set[int] = set()


def _serve(parent: int) -> None:
    if parent in _serving:
        return
    _serving.add(parent)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_S)
        os._exit(1)  # killed parents cannot tell their workers to end

    threading.Thread(target=watch, daemon=True).start()
