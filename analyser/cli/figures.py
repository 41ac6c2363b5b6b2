"""How figures are printed, the same for training and evaluation."""

from __future__ import annotations

import click

from analyser.behaviours.names import ALL
from analyser.coaching.figures import ENOUGH, GROUPS, Agreement, Figures

CAVEAT = "Labels of the calls that ship come from language-model annotators, not human QA staff: read agreement as an upper mark."


def _row(name: str, a: Agreement) -> str:
    return f"{name:36} {a.support:6d} {a.precision:9.3f} {a.recall:7.3f} {a.f1:6.3f}"


def show(figures: Figures) -> None:
    """Print all figures as a table."""
    click.echo(f"{figures.calls} calls")
    click.echo(f"{'behaviour':36} {'labels':>6} {'precision':>9} {'recall':>7} {'f1':>6}")
    for name in (*ALL, *GROUPS):
        if figures.behaviours[name].support or figures.behaviours[name].false:
            click.echo(_row(name, figures.behaviours[name]))
    click.echo(_row("all, pooled (micro)", figures.pooled))
    enough = sum(figures.behaviours[n].support >= ENOUGH for n in ALL)
    click.echo(f"mean F1 of the {enough} behaviours with {ENOUGH} labels or more: {figures.mean_f1:.3f}")
    for name, agreement in figures.missing.items():
        click.echo(_row(f"missing_{name}", agreement))
    for name, pairs in figures.classes.items():
        if pairs:
            accuracy, f1 = figures.accuracy(name), figures.macro_f1(name)
            click.echo(f"{name:36} n={len(pairs)} accuracy {accuracy:.3f} macro F1 {f1:.3f}")
    for key, value in figures.flag_figures().items():
        click.echo(f"flag.{key}: {'not to be had' if value is None else round(value, 3)}")


def short(figures: Figures) -> str:
    """The figures in one line."""
    flag = figures.flag_figures()
    auc = flag["roc_auc"]
    return (
        f"{figures.calls:5} calls  pooled {figures.pooled.f1:.3f}  mean {figures.mean_f1:.3f}  "
        f"harmful {figures.behaviours['any_negative'].f1:.3f}  empathy {figures.behaviours['empathy'].f1:.3f}  "
        f"openings {figures.accuracy('openings'):.3f}  flag AUC {'  -  ' if auc is None else f'{auc:.3f}'}"
    )
