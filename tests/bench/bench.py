"""Speed, as ratios measured in one run: ``make bench``.

Prints what the whole analysis costs against bare tokenising of the same text (``spacy.blank("en").pipe``), both as
they run on (warm against warm) and from the start (first pass against first pass, each in a process of its own);
each stage's share; two workers against one; seconds to help and to the first report; and peak memory.

One core's figures are of processor time, each chunk's best of several turns about: what else the machine does hits all
that is compared alike. Nothing here remembers whole turns, so a second pass gains only what is remembered of words,
as spaCy's tokeniser does too.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path
from statistics import median

import spacy

from analyser.batch.stream import CHUNK, analyse_chunk, analyse_stream
from analyser.behaviours.features import Chunk
from analyser.behaviours.learned import one_thread, probabilities
from analyser.behaviours.resolve import Hearing
from analyser.behaviours.rows import Rows
from analyser.formats import read_many
from analyser.language import ParsedCall
from analyser.openings import meet, openings
from analyser.pipeline import Analyser
from analyser.records import Transcript
from analyser.resources import data_dir
from analyser.settings import Settings
from analyser.tone import tones

REPEAT = 5
STREAMED = 8  # times all calls, for the workers


@dataclass
class Work:
    """Calls that are analysed together, and what each stage hands to the next."""

    calls: list[Transcript]
    texts: list[str]
    parsed: list[ParsedCall]
    rows: Rows
    chunk: Chunk
    hearing: Hearing


def work_of(analyser: Analyser, calls: list[Transcript]) -> Work:
    """A chunk with the results of all stages."""
    chunk = analyser.preparation.chunk(calls)
    texts = [t.text for c in calls for t in c.turns]
    return Work(calls, texts, [p.call for p in chunk.calls], chunk.rows, chunk, analyser.hear(chunk))


def fastest(works: Mapping[str, Callable[[Work], object]], chunks: Sequence[Work]) -> dict[str, float]:
    """Seconds of processor time of each work on all chunks: the best of several for each chunk, turns about."""
    total = dict.fromkeys(works, 0.0)
    for chunk in chunks:
        best = dict.fromkeys(works, float("inf"))
        for _ in range(REPEAT):
            for name, work in works.items():
                began = time.process_time()
                work(chunk)
                best[name] = min(best[name], time.process_time() - began)
        for name in works:
            total[name] += best[name]
    return total


def first_pass(kind: str, paths: Sequence[str]) -> float:
    """Seconds of processor time of one pass in a process that has read no text before; the best of three."""
    run = [sys.executable, str(Path(__file__).resolve()), f"--first-pass={kind}", *paths]
    return min(float(subprocess.run(run, check=True, capture_output=True, text=True).stdout) for _ in range(3))


def measure_first_pass(kind: str, calls: Sequence[Transcript]) -> float:
    """One pass, in this process; loading is not counted."""
    if kind == "bare":
        texts = [t.text for c in calls for t in c.turns]
        blank = spacy.blank("en")
        began = time.process_time()
        for _ in blank.pipe(texts):
            pass
        return time.process_time() - began
    settings = Settings()
    analyse_chunk(settings, [])  # loads
    began = time.process_time()
    for i in range(0, len(calls), CHUNK):
        analyse_chunk(settings, calls[i : i + CHUNK])
    return time.process_time() - began


def seconds(work: Callable[[], object], repeat: int = 3) -> float:
    """Seconds by the clock of the fastest of several runs."""
    best = float("inf")
    for _ in range(repeat):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best


def against_one(name: str, timed: Callable[[int], float], rounds: int) -> float:
    """Seconds of two workers, median of rounds of one worker and two in turn; prints how many times as fast they are.

    Parameters
    ----------
    timed
        Seconds that a number of workers take.
    """
    timed(1), timed(2)  # loads
    times = [(timed(1), timed(2)) for _ in range(rounds)]
    gains = sorted(one / two for one, two in times)
    print(f"{name:30} {median(gains):10.2f} times ({gains[0]:.2f} to {gains[-1]:.2f})", flush=True)
    return median(two for _, two in times)


def command(*arguments: str) -> Callable[[], object]:
    """Runs the command line in a process of its own."""
    return lambda: subprocess.run([sys.executable, "-m", "analyser", *arguments], check=True, capture_output=True)


def stages(analyser: Analyser) -> dict[str, Callable[[Work], object]]:
    """What is measured on each chunk; the report is measured with tone and openings in it, join with learned."""
    preparation, model, settings = analyser.preparation, analyser.model, Settings()
    analyse_chunk(settings, [])  # loads
    blank = spacy.blank("en")
    return {
        "bare": lambda c: [None for _ in blank.pipe(c.texts)],
        "whole": lambda c: analyse_chunk(settings, c.calls),
        "parse": lambda c: preparation.language.parse_many(c.calls),
        "places, questions": lambda c: Rows.of(c.parsed),
        "rules": lambda c: preparation.rules.detect(c.rows),
        "learned": lambda c: learned(analyser, c.chunk),
        "hear": lambda c: analyser.hear(c.chunk),
        "tone": lambda c: tones(c.hearing, analyser.sentiment, model.tone),
        "openings": lambda c: openings(c.hearing, meet(c.hearing, model.openings, agent_turns=2), analyser.kinds),
    }


def learned(analyser: Analyser, chunk: Chunk) -> object:
    """The learned detector, as the pipeline runs it."""
    with one_thread():
        return probabilities(analyser.model.behaviours, chunk)


def streamed(calls: Sequence[Transcript], jobs: int) -> int:
    """Calls streamed through so many workers, each report let go as it comes; long enough that the ends matter little."""
    source = chain.from_iterable(repeat(calls, STREAMED))
    return sum(1 for _ in analyse_stream(source, Settings(), jobs=jobs))


def main() -> None:
    """Measure and print."""
    kinds = [a.removeprefix("--first-pass=") for a in sys.argv[1:] if a.startswith("--first-pass=")]
    paths = [a for a in sys.argv[1:] if not a.startswith("--first-pass=")]
    paths = paths or [str(p) for p in sorted((data_dir() / "labelled").glob("*/calls.jsonl"))]
    calls = [c for c in read_many(paths) if isinstance(c, Transcript)]
    if kinds:
        print(measure_first_pass(kinds[0], calls))
        return
    analyser = Analyser()
    chunks = [work_of(analyser, calls[i : i + CHUNK]) for i in range(0, len(calls), CHUNK)]
    n = sum(len(c.turns) for c in calls)
    best = fastest(stages(analyser), chunks)
    bare, whole = best.pop("bare"), best.pop("whole")
    first_bare, first_whole = (first_pass(kind, paths) for kind in ("bare", "whole"))
    print(f"{len(calls)} calls, {n} turns; one core, processor time\n")
    print(f"{'turns a second':30} {'warm':>10} {'first pass':>12}")
    print(f"{'bare spacy.blank(en).pipe':30} {n / bare:10,.0f} {n / first_bare:12,.0f}")
    print(f"{'whole analysis':30} {n / whole:10,.0f} {n / first_whole:12,.0f}")
    print(f"{'ratio':30} {bare / whole:10.3f} {first_bare / first_whole:12.3f}\n")
    best["join and quote"] = best.pop("hear") - best["learned"]
    best["dead ends, scorecard, flag"] = whole - sum(best.values())
    print(f"{'stage':30} {'us a turn':>10} {'share':>12}")
    for name, spent in best.items():
        print(f"{name:30} {spent / n * 1e6:10.1f} {spent / whole:12.1%}")
    print(f"{'all':30} {whole / n * 1e6:10.1f}\n")
    two = against_one("two workers against one", lambda jobs: seconds(lambda: streamed(calls, jobs), 1), 5)
    print(f"{'two workers':30} {STREAMED * n / two:10,.0f} turns a second by the clock")
    print(f"{'seconds to --help':30} {seconds(command('--help')):10.2f}")
    sample = str(data_dir() / "samples" / "vet-practice.txt")
    print(f"{'seconds to the first report':30} {seconds(command('analyse', sample)):10.2f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'peak memory':30} {peak:10.0f} MB (with all stages' results kept)")


if __name__ == "__main__":
    main()
