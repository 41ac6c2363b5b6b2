"""Outputs: one file a report, and the one table of them."""

from __future__ import annotations

from analyser.errors import ConfigurationError
from analyser.reports import csv_rows, html, jsonl, table
from analyser.reports.base import GetSummary, Report, RunSummary

REPORTS: tuple[Report, ...] = (
    Report("table", "calls in order of need, for the terminal", "txt", table.write),
    Report("jsonl", "everything, one call a line, for programs", "jsonl", jsonl.write),
    Report("csv", "one row a call, for spreadsheets", "csv", csv_rows.write),
    Report("html", "one self-contained page that a coach reads", "html", html.write),
)


def by_name(name: str) -> Report:
    """The report of that name.

    Raises
    ------
    ConfigurationError
        Where there is none.
    """
    for report in REPORTS:
        if report.name == name:
            return report
    raise ConfigurationError(f"there is no report {name!r}", hint=f"choose one of {', '.join(r.name for r in REPORTS)}")


__all__ = ["REPORTS", "GetSummary", "Report", "RunSummary", "by_name"]
