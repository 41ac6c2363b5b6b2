"""``analyser train``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from analyser.cli.figures import CAVEAT, short
from analyser.cli.options import settings
from analyser.coaching.card import Base, card, readme
from analyser.coaching.compare import ENOUGH, compare
from analyser.coaching.figures import figures
from analyser.coaching.modelfile import Judging, Model, load, read_card, save
from analyser.coaching.page import page
from analyser.coaching.splits import check_enough, enough
from analyser.coaching.train import fit_flag, flag_rows, teach
from analyser.evaluation import Example, by_source, cross_validate, cross_validate_flag, prepared, read_labelled
from analyser.resources import models_dir

_PATH = click.Path(path_type=Path)


def _measuring(what: str) -> None:
    click.echo(f"measuring, {what}", err=True)


def _needed_base(examples: Sequence[Example]) -> Path | None:
    """The model that ships, where there are too few calls with turn labels to learn behaviours from."""
    taught = [e.label for e in examples if e.label.turns is not None]
    if enough(taught):
        return None
    place = models_dir() / "default"
    click.echo(
        f"{len(taught)} of {len(examples)} calls have labels of turns: only the flag learns, all else is that of {place}",
        err=True,
    )
    return place


@click.command(name="train")
@click.argument("labelled", type=_PATH, nargs=-1, required=True)
@click.option("-o", "--output", type=_PATH, required=True, metavar="DIR", help="The folder of the new model.")
@click.option("--labels", type=_PATH, metavar="FILE", help="The labels, where LABELLED is a file of calls.")
@click.option(
    "--base", type=_PATH, metavar="DIR",
    help="Learn the flag only, and take all else from this model (with labels of whole calls: the one that ships).",
)  # fmt: skip
@click.option("--behaviours", type=_PATH, metavar="DIR", help="Behaviour files in place of those that ship.")
@click.option("--figures/--no-figures", "measure", default=True, show_default=True, help="Cross-validate for the card.")
@click.option("-j", "--jobs", type=int, default=1, show_default=True, help="Threads.")
def command(labelled: tuple[Path, ...], output: Path, **values: Any) -> None:
    """Train a model from labelled calls: folders with calls.jsonl and labels.jsonl, or a file and its --labels.

    Labels of whole calls (a CSV of call_id and coach: yes or no, or 0 to 3) are enough: then the flag alone learns from
    them. Beside calls with labels of turns they serve the flag.
    """
    chosen = settings({**values, "threshold": None, "model": None, "scorecards": ()})
    every = [e for place in labelled for e in read_labelled(place, values["labels"])]
    examples = [e for e in every if e.trainable]
    if len(examples) < len(every):
        click.echo(f"{len(every) - len(examples)} calls may not be trained on (train_ok is false); left out", err=True)
    once = {e.transcript.call_id: e for e in reversed(examples)}
    if len(once) < len(examples):
        click.echo(f"{len(examples) - len(once)} calls are there twice; the first of each counts", err=True)
    examples = list(reversed(once.values()))
    check_enough([e.label for e in examples])
    base = values["base"] or _needed_base(examples)
    origin, kept = (Base(base.name, read_card(base)), load(base)) if base else (None, None)
    if origin and (again := origin.learned_from(examples)):
        click.echo(f"the base model learned from {again} of these calls: figures will be too good", err=True)
    measured = None
    if values["measure"]:
        if kept:
            reports = cross_validate_flag(examples, kept, settings=chosen, progress=_measuring)
        else:
            reports = cross_validate(examples, settings=chosen, jobs=values["jobs"], progress=_measuring)["as given"]
        labels = [e.label for e in examples]
        measured = (figures(labels, reports), by_source(examples, reports), labels, reports)
    calls, names = prepared(examples, chosen)
    if kept:
        judging: Judging = kept
        rows, used = flag_rows(calls, kept)
    else:
        judging, rows, used = teach(
            calls, names, jobs=values["jobs"], progress=lambda what: click.echo(f"learning {what}", err=True)
        )
    model = Model(judging.behaviours, judging.openings, judging.tone, flag=fit_flag(rows, used))
    compared = compare(rows, used) if measured and enough([c.label for c in used], share=ENOUGH) else []
    facts = card(examples, model, measured, rules=chosen.behaviours, base=origin, compared=compared)
    save(model, output, facts)
    (output / "README.md").write_text(readme(facts), encoding="utf-8")
    if measured:
        overall, sources, _, reports = measured
        how = f"By {facts['figures']['how']}."
        text = page(overall, examples, reports, by_source=sources, how=how, caveat=CAVEAT, compared=compared)
        (output / "evaluation.html").write_text(text, encoding="utf-8")
        click.echo(short(measured[0]))
        click.echo(CAVEAT)
    click.echo(f"model written to {output}")
