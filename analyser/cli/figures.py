"""How figures are printed, the same for training and evaluation."""

from __future__ import annotations

from collections.abc import Sequence

import click
import numpy as np

from analyser.behaviours.names import ALL
from analyser.coaching.card import threshold_table
from analyser.coaching.compare import Compared
from analyser.coaching.figures import ENOUGH, GROUPS, Agreement, Disagreement, Figures, reliability

CAVEAT = "Labels of the calls that ship come from language-model annotators, not human QA staff: read agreement as an upper mark."


def _row(name: str, a: Agreement) -> str:
    return f"{name:36} {a.support:6d} {a.precision:9.3f} {a.recall:7.3f} {a.f1:6.3f}"


def show(figures: Figures) -> None:
    """Print all figures as a table."""
    click.echo(f"{figures.calls} calls")
    if figures.pooled.support:
        _behaviours(figures)
    for name, pairs in figures.classes.items():
        if pairs:
            accuracy, f1 = figures.accuracy(name), figures.macro_f1(name)
            click.echo(f"{name:36} n={len(pairs)} accuracy {accuracy:.3f} macro F1 {f1:.3f}")
    for key, value in figures.flag_figures().items():
        click.echo(f"flag.{key}: {'not to be had' if value is None else round(value, 3)}")
    p, y = np.array([x[0] for x in figures.flag]), np.array([x[2] for x in figures.flag], dtype=bool)
    for mean, share, n in reliability(p, y) if len(p) else []:
        click.echo(f"of {n:4} calls with a mean probability of {mean:.3f}, {share:4.0%} are to coach")
    for r in threshold_table(figures):
        click.echo(
            f"reading {r['share_read']:3.0%} of the calls (from probability {r['probability_from']:.3f}) finds "
            f"{r['share_found']:4.0%} of those that need coaching; {r['precision']:4.0%} of those read need it"
        )


def show_compared(models: Sequence[Compared]) -> None:
    """Print the flag's model beside others; nothing where there are none."""
    if not models:
        return
    click.echo("\nmodels of the flag on the same features, on calls that they have not seen")
    click.echo(f"{'model':28} monotone  adds up  ROC-AUC  average precision  found at 30 %    ECE")
    for m in models:
        f = [m.figures[k] or 0.0 for k in ("roc_auc", "average_precision", "recall_at_30%", "ece")]
        yes = ("yes" if m.monotone else "no", "yes" if m.additive else "no")
        click.echo(f"{m.name:28} {yes[0]:>8} {yes[1]:>8} {f[0]:8.3f} {f[1]:18.3f} {f[2]:13.3f} {f[3]:6.3f}")


def show_worst(calls: Sequence[Disagreement]) -> None:
    """Print the calls where flag and label disagree most, by id."""
    click.echo("\nwhere flag and label disagree most")
    width = max((len(c.call_id) for c in calls), default=4)
    click.echo(f"{'call':{width}}  label  probability  strongest reason")
    for c in calls:
        click.echo(f"{c.call_id:{width}}  {c.coach:5}  {c.probability:11.3f}  {c.why}")


def _behaviours(figures: Figures) -> None:
    click.echo(f"{'behaviour':36} {'labels':>6} {'precision':>9} {'recall':>7} {'f1':>6}")
    for name in (*ALL, *GROUPS):
        if figures.behaviours[name].support or figures.behaviours[name].false:
            click.echo(_row(name, figures.behaviours[name]))
    click.echo(_row("all, pooled (micro)", figures.pooled))
    enough = sum(figures.behaviours[n].support >= ENOUGH for n in ALL)
    click.echo(f"mean F1 of the {enough} behaviours with {ENOUGH} labels or more: {figures.mean_f1:.3f}")
    for name, agreement in figures.missing.items():
        click.echo(_row(f"missing_{name}", agreement))


def short(figures: Figures) -> str:
    """The figures in one line."""
    flag = figures.flag_figures()
    auc = flag["roc_auc"]
    if not figures.pooled.support:  # labels of whole calls only
        ranked = "  -  " if auc is None else f"{auc:.3f}"
        return f"{figures.calls:5} calls  {flag['to_coach']:.0f} to coach  flag AUC {ranked}  ECE {flag['ece']:.3f}"
    return (
        f"{figures.calls:5} calls  pooled {figures.pooled.f1:.3f}  mean {figures.mean_f1:.3f}  "
        f"harmful {figures.behaviours['any_negative'].f1:.3f}  empathy {figures.behaviours['empathy'].f1:.3f}  "
        f"openings {figures.accuracy('openings'):.3f}  flag AUC {'  -  ' if auc is None else f'{auc:.3f}'}"
    )
