"""HTML: one self-contained page that a coach reads."""

from __future__ import annotations

import base64
import hashlib
import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TextIO

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from analyser.records import CallReport
from analyser.reports import curve, naming
from analyser.reports.base import GetSummary, counted, need
from analyser.reports.spans import shown
from analyser.reports.view import CallView, call_view, row_view

MOST_CALLS = 500
# Runs before the calls are there, so that a browser never lays out hundreds of them only to hide them.
_EARLY = Markup('document.documentElement.classList.add("js")')
_TEMPLATES = Path(__file__).resolve().parent / "templates"
CAVEAT = (
    "The figures rest on labels given by language-model annotators, not by people: take a probability as a hint of "
    "where to look, and read the model card (models/default) before deciding anything about a person from it."
)


class _Need:
    """Orders reports by need; the least in need first, so that a heap lets go of it."""

    __slots__ = ("key", "report")

    def __init__(self, report: CallReport) -> None:
        self.key = need(report)
        self.report = report

    def __lt__(self, other: _Need) -> bool:
        return self.key > other.key


def _most_in_need(calls: Iterable[CallReport], limit: int) -> tuple[list[CallReport], int]:
    """The calls that the page holds, in order, and how many it leaves out; never holds more than it shows."""
    heap: list[_Need] = []
    left_out = 0
    for report in calls:
        if len(heap) < limit:
            heapq.heappush(heap, _Need(report))
        else:
            left_out += 1
            heapq.heappushpop(heap, _Need(report))
    return sorted((item.report for item in heap), key=need), left_out


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "shown": lambda value: shown(str(value)),
        "signed": curve.signed,
        "title_of": naming.title,
        "counted": counted,
    }
    return environment


def _asset(name: str) -> Markup:
    return Markup((_TEMPLATES / name).read_text(encoding="utf-8"))  # our own file: nothing of a call is in it


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def pieces(calls: Iterable[CallReport], summary: GetSummary, *, most: int = MOST_CALLS) -> Iterator[str]:
    """The page, piece by piece.

    Parameters
    ----------
    most
        How many calls it holds; past that, those most in need.
    """
    held, left_out = _most_in_need(calls, most)
    script = _asset("report.js")
    behaviours = Counter(name for report in held for name in {f.behaviour for f in report.findings})
    views: Iterator[CallView] = (call_view(report, n) for n, report in enumerate(held, 1))
    yield from (
        _environment()
        .get_template("report.html")
        .generate(
            summary=summary(),
            left_out=left_out,
            rows=[row_view(report, n) for n, report in enumerate(held, 1)],
            calls=views,
            agents=sorted({r.transcript.agent for r in held if r.transcript.agent}),
            behaviours=sorted(behaviours.items(), key=lambda item: naming.title(item[0])),
            caveat=CAVEAT,
            css=_asset("report.css"),
            script=script,
            early=_EARLY,
            # Only these scripts may run, whatever a transcript holds; and nothing may be fetched.
            policy=(
                "default-src 'none'; style-src 'unsafe-inline'; "
                f"script-src 'sha256-{_digest(_EARLY)}' 'sha256-{_digest(script)}'"
            ),
            chart=(curve.WIDTH, curve.HEIGHT, curve.PAD, curve.GUTTER),
        )
    )


def write(calls: Iterable[CallReport], summary: GetSummary, out: TextIO) -> None:
    """Write the page once all calls are there."""
    for piece in pieces(calls, summary):
        out.write(piece)
