"""The table: calls in order of need, for the terminal and for pipes."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TextIO

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from analyser.records import CallReport
from analyser.reports.base import GetSummary, for_coaching, need
from analyser.reports.spans import one_line

_PIPE_WIDTH = 100
_WHO = 24  # wider than this would squeeze the reasons
_FIXED = (("", 1), ("Need", 4), ("Score", 5), ("Tone", 7), ("Customer", 8))
_LEAST = 16  # columns of reasons; a terminal too narrow for them loses the last columns, whole lines stay whole
_NARROW = 90
_GAP = 2
FLAGGED = "⚑"
NOT_JUDGED = "–"


@dataclass(frozen=True, slots=True)
class _Row:
    """What the table keeps of a call; whole reports of a large run would not fit in memory."""

    need: tuple[int, float, str]
    call: str
    agent: str
    probability: str
    flagged: bool
    why: tuple[tuple[str, str], ...]  # words, and what follows them even where they are cut
    score: str
    tone: str
    end: str


def _row(report: CallReport) -> _Row:
    flag = report.flag
    score = report.scorecards[0].score if report.scorecards else None
    if report.not_scored_because is not None:
        why = [(f"not scored: {report.not_scored_because}", "")]
    else:
        why = [(r.words, "" if r.turn is None else f" (turn {r.turn})") for r in for_coaching(report)]
    return _Row(
        need=need(report),
        call=one_line(report.call_id),
        agent=one_line(report.transcript.agent or NOT_JUDGED),
        probability=NOT_JUDGED if flag is None else f"{flag.probability:.0%}",
        flagged=flag is not None and flag.flagged,
        why=tuple((one_line(words), turn) for words, turn in why) or ((NOT_JUDGED, ""),),
        score=NOT_JUDGED if score is None else str(score),
        tone=one_line(report.tone.agent_label or NOT_JUDGED),
        end=one_line(report.tone.customer_end_label or NOT_JUDGED),
    )


def _fitted(text: str, width: int) -> str:
    if cell_len(text) <= width:
        return text
    return f"{set_cell_size(text, width - 1).rstrip()}…"


def _table(rows: list[_Row], width: int) -> tuple[Table, int]:
    """The table, and the columns that it takes."""
    # Widths are worked out here: left to itself, a full terminal squeezes the figures away before the words.
    who = min(
        _WHO if width >= _NARROW else _WHO // 2,
        max(cell_len(text) for r in rows for text in (r.call, r.agent, "Call, agent")),
    )
    fixed = sum(w for _, w in _FIXED) + who + _GAP * (len(_FIXED) + 1)
    longest = max(cell_len(words) + len(turn) for r in rows for words, turn in r.why)
    why = max(min(width - fixed, longest), _LEAST)
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for name, size in (*_FIXED[:2], ("Call, agent", who), ("Why", why), *_FIXED[2:]):
        table.add_column(name, width=size, no_wrap=True, justify="right" if name in {"Need", "Score"} else "left")
    for row in rows:
        style = "bold red" if row.flagged else ""
        # One reason a line, each cut rather than wrapped: a column of broken lines cannot be skimmed.
        reasons = "\n".join(_fitted(words, why - len(turn)) + turn for words, turn in row.why)
        table.add_row(
            Text(FLAGGED if row.flagged else "", style=style),
            Text(row.probability, style=style),
            Text(_fitted(row.call, who)).append(f"\n{_fitted(row.agent, who)}", "dim"),
            Text(reasons, style="dim" if row.probability == NOT_JUDGED else ""),
            Text(row.score),
            Text(row.tone),
            Text(row.end),
        )
    return table, fixed + why


def console_for(out: TextIO) -> Console:
    """A console on a stream: as wide as the terminal; 100 columns and plain in a pipe."""
    if out.isatty():
        return Console(file=out, highlight=False, markup=False, emoji=False)
    given = os.environ.get("COLUMNS", "")
    width = int(given) if given.isdigit() and int(given) > 0 else _PIPE_WIDTH
    return Console(file=out, width=width, highlight=False, markup=False, emoji=False, color_system=None)


def write(calls: Iterable[CallReport], summary: GetSummary, out: TextIO) -> None:
    """Write the table once all calls are there, and one line that sums them up."""
    rows = sorted((_row(report) for report in calls), key=lambda r: r.need)
    console = console_for(out)
    if rows:
        table, width = _table(rows, console.width)
        console.print(table, width=width, crop=True, no_wrap=True)
        console.print()
    console.print(Text(summary().line()), soft_wrap=True)
