"""The flag's reasons as bars that visibly add up."""

from __future__ import annotations

from dataclasses import dataclass

from analyser.records import Flag


@dataclass(frozen=True, slots=True)
class Bar:
    """One share of the log-odds.

    Parameters
    ----------
    value
        As shown, to two places.
    left, width
        Where the bar stands, in percent of the room for bars.
    kind
        ``base``, ``for``, ``against``, ``rest`` or ``total``.
    """

    words: str
    turn: int | None
    quote: str | None
    value: float
    left: float
    width: float
    kind: str


def bars(flag: Flag) -> tuple[Bar, ...]:
    """Base, reasons (strongest for coaching first), the rest and the total; each bar starts where the last ended.

    Shown values are rounded, so the rest is what is missing to the rounded total: a reader's own sum comes out.
    """
    reasons = sorted(flag.reasons, key=lambda r: -r.contribution)
    total = round(flag.base + sum(r.contribution for r in reasons) + flag.other, 2)
    rows: list[tuple[str, int | None, str | None, float, str]] = [
        ("Where an average call stands", None, None, round(flag.base, 2), "base")
    ]
    for r in reasons:
        kind = "for" if r.contribution > 0 else "against"
        rows.append((r.words, r.turn, r.quote, round(r.contribution, 2), kind))
    rows.append(("Everything smaller", None, None, round(total - sum(row[3] for row in rows), 2), "rest"))
    edges = [0.0]
    for row in rows:
        edges.append(edges[-1] + row[3])
    low, high = min(edges), max(edges)
    room = (high - low) or 1.0

    def placed(start: float, end: float) -> tuple[float, float]:
        left = (min(start, end) - low) / room * 100
        return round(left, 2), round(max(abs(end - start) / room * 100, 0.6), 2)

    result = [
        Bar(words, turn, quote, value, *placed(edges[i], edges[i + 1]), kind)
        for i, (words, turn, quote, value, kind) in enumerate(rows)
    ]
    return (*result, Bar("Sum, in log-odds", None, None, total, *placed(0.0, total), "total"))
