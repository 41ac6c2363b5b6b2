"""One call in the terminal, in colour: why it is flagged, then its words with what was found in them."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from analyser.records import Answer, CallReport, Flag, Role, Score
from analyser.reports import curve, naming
from analyser.reports.bars import bars
from analyser.reports.spans import for_terminal, one_line
from analyser.reports.view import CallView, TurnView, call_view

_STYLES = {"good": "green", "harm": "bold red", "signal": "yellow", "": ""}
_MARK_STYLES = {"good": "black on green", "harm": "bold white on red", "signal": "black on yellow", "": ""}
_BADGE_STYLES = {
    "taken": "green",
    "missed": "bold red",
    "dismissed": "bold red",
    "moment": "yellow",
    "dead_end": "bold red",
}
_ROLE_STYLES = {Role.AGENT: "cyan", Role.CUSTOMER: "magenta"}
_ANSWERS = {Answer.YES: ("✓ yes", "green"), Answer.NO: ("✗ no", "bold red"), Answer.NA: ("– n/a", "dim")}
_BAR = 24


def render_call(report: CallReport, console: Console) -> None:
    """Print one call."""
    view = call_view(report, 1)
    console.print(_header(view))
    if view.praise:
        console.print(_heading("What went well"))
        for p in view.praise:
            console.print(_item(Text.assemble((f"{p.title}, turn {p.turn}: ", "green"), f"“{one_line(p.quote)}”")))
    if report.flag is not None:
        console.print(_heading("Why this probability"), _flag(report.flag))
    console.print(_heading("Tone"), *_tone(view))
    console.print(_heading("Transcript"))
    for turn in view.turns:
        console.print(_turn(turn))
    if view.turns_left_out:
        console.print(Text(f"{view.turns_left_out:,} more turns are not shown", style="dim"))
    if view.missing:
        console.print(_heading("Expected, not heard"), _item(Text(", ".join(view.missing))))
    if view.dead_ends:
        console.print(_heading("Dead ends"), *(_item(Text(f"{words}, turn {turn}")) for words, turn in view.dead_ends))
    for score in report.scorecards:
        console.print(_heading(f"Scorecard {score.name}"), _scorecard(score))
    if report.problems:
        console.print(_heading("Problems"))
        for problem in report.problems:
            console.print(_item(Text(one_line(problem.message))))


def _heading(words: str) -> Padding:
    return Padding(Rule(Text(f" {one_line(words)} ", style="bold"), align="left", style="dim"), (1, 0, 0, 0))


def _item(what: RenderableType) -> Padding:
    return Padding(what, (0, 0, 0, 2))


def _header(view: CallView) -> Text:
    report = view.report
    text = Text.assemble((one_line(report.call_id), "bold"), "\n")
    if report.flag is None:
        text.append(f"Not scored: {one_line(report.not_scored_because or 'no reason given')}", "yellow")
    else:
        words = "⚑ Flagged for coaching" if report.flag.flagged else "Not flagged"
        text.append(words, "bold red" if report.flag.flagged else "green")
        text.append(f" – probability {report.flag.probability:.0%}, flagged from {report.flag.threshold:.0%}")
    facts = " · ".join(f"{name}: {one_line(value)}" for name, value in view.facts)
    return text.append(f"\n{facts}", "dim")


def _flag(flag: Flag) -> Padding:
    table = Table.grid(padding=(0, 2))
    table.add_column(max_width=56)
    table.add_column(width=_BAR)
    table.add_column(justify="right")
    for bar in bars(flag):
        words = one_line(bar.words) if bar.turn is None else f"{one_line(bar.words)} (turn {bar.turn})"
        style = {"for": "red", "against": "green", "total": "bold"}.get(bar.kind, "dim")
        left = min(round(bar.left / 100 * _BAR), _BAR - 1)
        width = max(1, min(round(bar.width / 100 * _BAR), _BAR - left))
        table.add_row(
            Text(words, style="bold" if bar.kind == "total" else ""),
            Text(" " * left + "█" * width, style=style),
            Text(curve.signed(bar.value), style=style),
        )
    return _item(Group(table, Text(f"which is a probability of {flag.probability:.0%}", style="dim")))


def _tone(view: CallView) -> Iterator[Padding]:
    for role, words in zip((Role.AGENT, Role.CUSTOMER), view.tone_words, strict=True):
        line = Text(f"{role.capitalize():<9}")
        line.append(curve.sparkline(view.report.tone, role), _ROLE_STYLES[role])
        yield _item(line.append(f"  {one_line(words)}"))


def _turn(turn: TurnView) -> Padding:
    style = _ROLE_STYLES.get(Role(turn.role), "dim")
    head = Text.assemble((f"{turn.number:>3} ", "dim"), (one_line(turn.speaker), f"bold {style}"))
    if turn.time:
        head.append(f" {turn.time}", "dim")
    words = Text()
    for piece in turn.pieces:
        # The mark stands in the text too: a pipe or a colour-blind reader has no colours.
        words.append(piece.marks, _STYLES[piece.polarity])
        words.append(for_terminal(piece.text), _MARK_STYLES[piece.polarity])
    if turn.left_out:
        words.append(f" … {turn.left_out:,} more characters are not shown", "dim")
    margin = Text()
    for badge in turn.badges:
        where = "" if badge.turn is None else f", turn {badge.turn}"
        margin.append(f"{badge.mark} {one_line(badge.words)}{where}\n", _BADGE_STYLES.get(badge.kind, "dim"))
    for note in turn.notes:
        margin.append(f"{note.mark} {one_line(note.title)}", _STYLES[note.polarity])
        margin.append(f" – {one_line(note.why)} ({one_line(note.origin)}, {note.confidence})\n", "dim")
    margin.rstrip()
    parts: list[RenderableType] = [head, Padding(words, (0, 0, 0, 4))]
    if margin:
        parts.append(Padding(margin, (0, 0, 0, 6)))
    return Padding(Group(*parts), (0, 0, 1, 0))


def _scorecard(score: Score) -> Padding:
    points = "nothing applied" if score.score is None else f"{score.score} of 100"
    head = Text(points, style="bold")
    if score.band:
        head.append(f", {one_line(score.band)}", "")
    if score.auto_failed:
        head.append(" – failed outright", "bold red")
    table = Table.grid(padding=(0, 2))
    table.add_column(width=6)
    table.add_column()
    table.add_column(justify="right", style="dim")
    section = None
    for item in score.items:
        if item.section != section:
            section = item.section
            table.add_row("", Text(naming.in_words(section or "questions"), style="bold"), "")
        words, style = _ANSWERS[item.answer]
        question = Text(one_line(item.question))
        if item.turns:
            question.append(f"  turn {', '.join(map(str, item.turns[:6]))}", "dim")
        table.add_row(Text(words, style=style), question, Text(f"{item.weight:g}"))
    return _item(Group(head, table))
