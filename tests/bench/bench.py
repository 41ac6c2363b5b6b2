"""Speed, as ratios measured in one run: ``make bench``.

Prints turns a second of bare tokenising and of the whole analysis on the same text, their ratio, each stage's share,
seconds to help and to the first report, two workers against one, and peak memory.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import spacy

from analyser.batch import CHUNK, analyse_stream
from analyser.behaviours.learned import probabilities
from analyser.formats import read_many
from analyser.openings import openings
from analyser.pipeline import Analyser
from analyser.records import Transcript
from analyser.resources import data_dir
from analyser.settings import Settings
from analyser.tone import tone


def timed(work: Callable[[], object], repeat: int = 3) -> float:
    """Seconds of the fastest of several runs."""
    best = float("inf")
    for _ in range(repeat):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best


def chunks(calls: list[Transcript]) -> Iterator[list[Transcript]]:
    """The calls as the pipeline gets them."""
    for i in range(0, len(calls), CHUNK):
        yield calls[i : i + CHUNK]


def command(*arguments: str) -> Callable[[], object]:
    """Runs the command line in a process of its own."""
    return lambda: subprocess.run([sys.executable, "-m", "analyser", *arguments], check=True, capture_output=True)


def main() -> None:
    """Measure and print."""
    paths = sys.argv[1:] or [str(p) for p in sorted((data_dir() / "labelled").glob("*/calls.jsonl"))]
    calls = [c for c in read_many(paths) if isinstance(c, Transcript)]
    texts = [t.text for c in calls for t in c.turns]
    n = len(texts)
    analyser = Analyser()
    blank = spacy.blank("en")
    bare = timed(lambda: [None for _ in blank.pipe(texts)])
    whole = timed(lambda: [analyser.analyse_many(c) for c in chunks(calls)])
    print(f"{len(calls)} calls, {n} turns")
    print(f"bare spacy.blank('en').pipe   {n / bare:9,.0f} turns a second")
    print(f"whole analysis, one core      {n / whole:9,.0f} turns a second")
    print(f"ratio                         {bare / whole:9.3f}")
    language = analyser.preparation.language
    parse = timed(lambda: [language.parse(c) for c in calls], 2)
    prepared = [analyser.preparation.prepare(c) for c in calls]
    prepare = timed(lambda: [analyser.preparation.prepare(c) for c in calls], 2)
    parts = [prepared[i : i + CHUNK] for i in range(0, len(prepared), CHUNK)]
    learned = timed(lambda: [probabilities(analyser.model.behaviours, p) for p in parts], 2)
    hear = timed(lambda: [analyser.hear(p) for p in parts], 2)
    heard = [h for p in parts for h in analyser.hear(p)]
    tones = timed(lambda: [tone(h, analyser.sentiment, analyser.model.tone) for h in heard], 2)
    met = timed(lambda: [openings(h, analyser.model.openings, agent_turns=2) for h in heard], 2)
    rest = whole - prepare - hear - tones - met
    for name, seconds in (
        ("parse", parse), ("rules", prepare - parse), ("learned", learned), ("join and quote", hear - learned),
        ("tone", tones), ("openings", met), ("scorecard, flag, report", rest),
    ):  # fmt: skip
        print(f"  {name:26} {seconds / n * 1e6:8.1f} us a turn  {seconds / whole:6.1%}")
    one = timed(lambda: list(analyse_stream(calls * 2, Settings(), jobs=1)), 1)
    two = timed(lambda: list(analyse_stream(calls * 2, Settings(), jobs=2)), 2)
    print(f"two workers against one       {one / two:9.2f} times")
    print(f"seconds to --help             {timed(command('--help')):9.2f}")
    sample = str(data_dir() / "samples" / "vet-practice.txt")
    print(f"seconds to the first report   {timed(command('analyse', sample)):9.2f}")
    print(f"peak memory                   {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:9.0f} MB")


if __name__ == "__main__":
    main()
