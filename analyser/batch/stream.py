"""Calls analysed in chunks (in parallel through joblib), and streamed out in the same order."""

from __future__ import annotations

import gc
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

from analyser.batch.judged import judged_by
from analyser.batch.parcels import pack_calls, pack_reports, unpack_calls, unpack_reports
from analyser.batch.spread import Packing, spread
from analyser.errors import AnalyserError, ConfigurationError, InputError
from analyser.pipeline import Analyser
from analyser.records import CallReport, Stamp, Transcript
from analyser.settings import Settings

CHUNK = 256  # calls analysed together: enough to share vectorised steps, few enough to stay small
TURNS = 24 * CHUNK  # of longer calls, fewer are
_workers: dict[str, Analyser] = {}  # one analyser a process and settings
_YOUNG = 500_000  # new objects, after which garbage is looked for
_alone = threading.Lock()  # a worker of several threads analyses one chunk at a time: what is known of words is shared


def _analyser(settings: Settings) -> Analyser:
    key = repr(settings)
    if key not in _workers:
        _workers.clear()
        _workers[key] = Analyser(settings)
        _collect_seldom()
        gc.freeze()  # rules and model stay: the collector need not go through them again and again
    return _workers[key]


def analyse_chunk(
    settings: Settings, calls: Sequence[Transcript | InputError], *, stamp: Stamp | None = None
) -> list[CallReport | InputError]:
    """Reports of a chunk, in order, with the analyser that this process keeps; errors are passed on.

    Parameters
    ----------
    stamp
        What must judge, where this may be another machine than the one that asks.

    Raises
    ------
    ConfigurationError
        Where other rules, another model or another version judge here.
    """
    with _alone:
        analyser = _analyser(settings)
        if stamp is not None and stamp != analyser.stamp:
            fields = Stamp.__dataclass_fields__
            other = ", ".join(name for name in fields if getattr(stamp, name) != getattr(analyser.stamp, name))
            raise ConfigurationError(
                f"a worker judges by another version of: {other}",
                hint="install the same call-analyser, rules and model on workers and here",
            )
        transcripts = [c for c in calls if not isinstance(c, InputError)]
        reports = iter(_each(analyser, transcripts))
        return [c if isinstance(c, InputError) else next(reports) for c in calls]


def _bare(
    settings: Settings, calls: Sequence[Transcript | InputError], *, stamp: Stamp | None = None
) -> list[CallReport | InputError]:
    """``analyse_chunk`` without the transcripts, which whoever sent them has: half of what would travel home."""
    return [
        replace(r, transcript=replace(r.transcript, turns=())) if isinstance(r, CallReport) else r
        for r in analyse_chunk(settings, calls, stamp=stamp)
    ]


def _collect_seldom() -> None:
    """Lets garbage collection wait: a chunk makes hundreds of thousands of objects, and hardly a cycle."""
    young, *older = gc.get_threshold()
    if gc.isenabled() and young:  # whoever put it off knows why
        gc.set_threshold(max(young, _YOUNG), *older)


def _each(analyser: Analyser, transcripts: list[Transcript]) -> list[CallReport | InputError]:
    """Reports of a chunk; where one call breaks it, only that call is lost."""
    try:
        return list(analyser.analyse_many(transcripts))
    except AnalyserError:
        raise
    except Exception:  # a call that breaks the analysis costs only itself, and its words are not shown
        if len(transcripts) > 1:
            return [report for t in transcripts for report in _each(analyser, [t])]
        call = transcripts[0]
        return [
            InputError(
                f"call {call.call_id} could not be analysed", where=call.source.path, line=call.source.line,
                hint="please report the kind of file and its format",
            )
        ]  # fmt: skip


def lost(call: Transcript | InputError) -> InputError:
    """The error for a call whose workers died whenever they took it up."""
    if isinstance(call, InputError):
        return call
    return InputError(
        f"call {call.call_id} could not be analysed: every worker that took it up died",
        where=call.source.path, line=call.source.line, hint="give workers more memory, or leave the call out",
    )  # fmt: skip


def _chunks(calls: Iterable[Transcript | InputError]) -> Iterator[list[Transcript | InputError]]:
    """Chunks of calls, cut short where the calls are long."""
    source = iter(calls)
    while chunk := list(islice(source, 1)):
        turns = 0
        for call in islice(source, CHUNK - 1):
            chunk.append(call)
            turns += 0 if isinstance(call, InputError) else len(call.turns)
            if turns > TURNS:
                break
        yield chunk


def analyse_stream(
    calls: Iterable[Transcript | InputError],
    settings: Settings,
    *,
    jobs: int = 1,
    progress: Callable[[int], None] | None = None,
    backend: str = "loky",
    scheduler: str | None = None,
) -> Iterator[CallReport | InputError]:
    """Analyse calls as they come.

    Parameters
    ----------
    calls
        Calls, and errors in the place of those that could not be read; errors are passed on.
    jobs
        Processes; 1 stays in this one, -1 takes all cores.
    progress
        Called with the number of calls done since the last time.
    backend, scheduler
        As for ``spread``.

    Raises
    ------
    ConfigurationError
        Where rules, scorecards or model cannot be used.
    ClusterError
        Where the cluster cannot be used, or is lost.
    """
    _collect_seldom()
    parts: Iterator[list[CallReport | InputError]]
    if backend == "dask":
        sent: deque[list[Transcript | InputError]] = deque()

        def chunks() -> Iterator[list[Transcript | InputError]]:
            for chunk in _chunks(calls):
                sent.append(chunk)
                yield chunk

        work = partial(_bare, settings, stamp=judged_by(settings).stamp)
        far = spread(work, chunks(), backend=backend, scheduler=scheduler, lost=lost)
        parts = (_with_calls(part, sent.popleft()) for part in far)
    else:
        parts = spread(partial(analyse_chunk, settings), _chunks(calls), jobs=jobs, backend=backend, packing=_PARCELS)
    for part in parts:
        if progress:
            progress(len(part))
        yield from part


def _with_calls(
    reports: Sequence[CallReport | InputError], calls: Sequence[Transcript | InputError]
) -> list[CallReport | InputError]:
    return [
        replace(r, transcript=call) if isinstance(r, CallReport) and isinstance(call, Transcript) else r
        for r, call in zip(reports, calls, strict=True)
    ]


def _pack_chunk(calls: Sequence[Transcript | InputError]) -> bytes:
    return pack_calls([call for call in calls if isinstance(call, Transcript)])


def _with_errors(parcel: bytes, calls: Sequence[Transcript | InputError]) -> list[CallReport | InputError]:
    reports = iter(unpack_reports(parcel, [call for call in calls if isinstance(call, Transcript)]))
    return [next(reports) if isinstance(call, Transcript) else call for call in calls]


_PARCELS: Packing[Any, Any] = Packing(_pack_chunk, unpack_calls, pack_reports, _with_errors)
