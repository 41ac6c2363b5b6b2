"""CSV: one row a call, for spreadsheets and dashboards."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from typing import TextIO

from analyser.records import CallReport, Outcome
from analyser.reports import naming
from analyser.reports.base import FACTS, GetSummary, facts, for_coaching
from analyser.reports.spans import shown

_FORMULA = tuple("=+-@＝＋－＠\t\r")
_COLUMNS = (
    "call_id", "path", "agent", "team", "started_at", "scored", "not_scored_because", "probability", "flagged",
    "score", "band", "agent_tone", "customer_end", "openings", "taken", "missed", "dismissed", "missing", "dead_ends",
    "reason_1", "reason_1_turn", "reason_2", "reason_2_turn", *FACTS,
)  # fmt: skip
_OTHERS = "other_behaviours"  # those without a file of their own, as name:count

Cell = str | int | float | None


def guarded(cell: Cell) -> Cell:
    """Text that a spreadsheet would run as a formula gets a ' in front; numbers stay."""
    if not isinstance(cell, str):
        return cell
    text = shown(cell)
    risky = cell.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA)
    return f"'{text}" if risky else text


def columns() -> tuple[str, ...]:
    """The names of all columns, behaviours last."""
    return (*_COLUMNS, *naming.names(), _OTHERS)


def row(report: CallReport) -> list[Cell]:
    """One call's cells, unguarded; empty where it could not be judged."""
    call, flag = report.transcript, report.flag
    score = report.scorecards[0] if report.scorecards else None
    outcomes = Counter(o.outcome for o in report.openings)
    found = Counter(f.behaviour for f in report.findings)
    known = facts(call)
    reasons: list[Cell] = []
    for reason in for_coaching(report):
        reasons += [reason.words, reason.turn]
    others = sorted(found.keys() - set(naming.names()))
    return [
        report.call_id,
        call.source.path,
        call.agent,
        call.team,
        call.started_at,
        "yes" if report.scored else "no",
        report.not_scored_because,
        None if flag is None else flag.probability,
        None if flag is None else ("yes" if flag.flagged else "no"),
        None if score is None else score.score,
        None if score is None else score.band,
        report.tone.agent_label,
        report.tone.customer_end_label,
        len(report.openings),
        outcomes[Outcome.TAKEN],
        outcomes[Outcome.MISSED],
        outcomes[Outcome.DISMISSED],
        None if report.missing is None else " ".join(report.missing),
        " ".join(f"{m.kind}:{m.turn}" for m in report.dead_ends),
        *reasons,
        *[None] * (4 - len(reasons)),
        *(known.get(name) for name in FACTS),
        *(found[name] for name in naming.names()),
        " ".join(f"{name}:{found[name]}" for name in others),
    ]


def write(calls: Iterable[CallReport], summary: GetSummary, out: TextIO) -> None:
    """Write a row for each call as it comes, in the order given."""
    del summary  # a spreadsheet sums up by itself
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns())
    for report in calls:
        writer.writerow([guarded(cell) for cell in row(report)])
