"""``analyser train``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click

from analyser.cli.figures import CAVEAT, short
from analyser.cli.options import settings
from analyser.coaching.card import card, readme
from analyser.coaching.figures import figures
from analyser.coaching.modelfile import save
from analyser.coaching.train import check_enough, train
from analyser.errors import LabelError
from analyser.evaluation import by_source, cross_validate, prepared, read_labelled

_PATH = click.Path(path_type=Path)


@click.command(name="train")
@click.argument("labelled", type=_PATH, nargs=-1, required=True)
@click.option("-o", "--output", type=_PATH, required=True, metavar="DIR", help="The folder of the new model.")
@click.option("--labels", type=_PATH, metavar="FILE", help="The labels, where LABELLED is a file of calls.")
@click.option("--behaviours", type=_PATH, metavar="DIR", help="Behaviour files in place of those that ship.")
@click.option("--figures/--no-figures", "measure", default=True, show_default=True, help="Cross-validate for the card.")
@click.option("-j", "--jobs", type=int, default=1, show_default=True, help="Threads.")
def command(labelled: tuple[Path, ...], output: Path, **values: Any) -> None:
    """Train a model from labelled calls: folders with calls.jsonl and labels.jsonl, or a file and its --labels."""
    chosen = settings({**values, "threshold": None, "model": None, "scorecards": ()})
    every = [e for place in labelled for e in read_labelled(place, values["labels"])]
    examples = [e for e in every if e.trainable]
    if len(examples) < len(every):
        click.echo(f"{len(every) - len(examples)} calls may not be trained on (train_ok is false); left out", err=True)
    twice = [i for i, n in Counter(e.transcript.call_id for e in examples).items() if n > 1]
    if twice:
        raise LabelError(f"{len(twice)} calls are there twice, the first is {twice[0]}")
    check_enough([e.label for e in examples])
    measured = None
    if values["measure"]:
        reports = cross_validate(
            examples,
            settings=chosen,
            jobs=values["jobs"],
            progress=lambda what: click.echo(f"measuring, {what}", err=True),
        )["as given"]
        labels = [e.label for e in examples]
        measured = (figures(labels, reports), by_source(examples, reports), labels, reports)
    calls, names = prepared(examples, chosen)
    model = train(calls, names, jobs=values["jobs"], progress=lambda what: click.echo(f"learning {what}", err=True))
    facts = card(examples, model, measured, rules=chosen.behaviours)
    save(model, output, facts)
    (output / "README.md").write_text(readme(facts), encoding="utf-8")
    if measured:
        click.echo(short(measured[0]))
        click.echo(CAVEAT)
    click.echo(f"model written to {output}")
