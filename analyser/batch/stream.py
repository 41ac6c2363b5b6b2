"""Calls analysed in chunks (in parallel through joblib), and streamed out in the same order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from joblib import Parallel, delayed

from analyser.errors import AnalyserError, InputError
from analyser.pipeline import Analyser
from analyser.records import CallReport, Transcript
from analyser.settings import Settings

CHUNK = 64  # calls analysed together: enough to share vectorised steps, few enough to stay small
_workers: dict[str, Analyser] = {}  # one analyser a process and settings


def _analyser(settings: Settings) -> Analyser:
    key = repr(settings)
    if key not in _workers:
        _workers.clear()
        _workers[key] = Analyser(settings)
    return _workers[key]


def _chunk(settings: Settings, calls: list[Transcript | InputError]) -> list[CallReport | InputError]:
    analyser = _analyser(settings)
    transcripts = [c for c in calls if not isinstance(c, InputError)]
    reports = iter(_each(analyser, transcripts))
    return [c if isinstance(c, InputError) else next(reports) for c in calls]


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


def _chunks(calls: Iterable[Transcript | InputError]) -> Iterator[list[Transcript | InputError]]:
    """Chunks of calls, cut short where the calls are very long."""
    source = iter(calls)
    while chunk := list(islice(source, 1)):
        turns = 0
        for call in islice(source, CHUNK - 1):
            chunk.append(call)
            turns += 0 if isinstance(call, InputError) else len(call.turns)
            if turns > 100 * CHUNK:
                break
        yield chunk


def analyse_stream(
    calls: Iterable[Transcript | InputError],
    settings: Settings,
    *,
    jobs: int = 1,
    progress: Callable[[int], None] | None = None,
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

    Raises
    ------
    ConfigurationError
        Where rules, scorecards or model cannot be used.
    """
    if jobs == 1:
        results: Iterable[list[CallReport | InputError]] = (_chunk(settings, c) for c in _chunks(calls))
    else:
        parallel = Parallel(n_jobs=jobs, return_as="generator", pre_dispatch="2*n_jobs", max_nbytes=None)
        results = parallel(delayed(_chunk)(settings, c) for c in _chunks(calls))
    for part in results:
        if progress:
            progress(len(part))
        yield from part
