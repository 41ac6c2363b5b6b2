"""``analyser evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from analyser.cli.figures import CAVEAT, short, show
from analyser.cli.options import judging, settings
from analyser.coaching.figures import figures
from analyser.coaching.modelfile import read_card
from analyser.evaluation import AS_GIVEN, VIEWS, by_source, cross_validate, read_labelled
from analyser.pipeline import Analyser
from analyser.resources import models_dir

_PATH = click.Path(path_type=Path)


@click.command(name="evaluate")
@click.argument("labelled", type=_PATH)
@click.option("--labels", type=_PATH, metavar="FILE", help="The labels, where LABELLED is a file of calls.")
@click.option("--also-train-on", type=_PATH, multiple=True, metavar="DIR", help="Further labelled calls to learn from.")
@click.option(
    "--folds", type=click.IntRange(2, 20), default=5, show_default=True, help="Parts of the cross-validation."
)
@click.option("--by-source", "leave", is_flag=True, help="Leave one source out in place of folds.")
@click.option("--spoken", is_flag=True, help="Also with marks and capitals taken away, and with words misheard.")
@click.option("--as-is", is_flag=True, help="Use the model as it is, even on calls that it learned from.")
@click.option("-j", "--jobs", type=int, default=1, show_default=True, help="Threads for training.")
@judging
def command(labelled: Path, **values: Any) -> None:
    """Measure agreement with labelled calls (a folder with calls.jsonl and labels.jsonl).

    Where the model learned from any of the calls, models are trained anew by grouped cross-validation, so that no
    figure is of calls that were seen in training.
    """
    chosen = settings(values)
    examples = read_labelled(labelled, values["labels"])
    card = read_card(chosen.model or models_dir() / "default")
    seen = {e.transcript.call_id for e in examples} & set(card.get("call_ids", ()))
    if values["leave"] or (seen and not values["as_is"]):
        further = [e for path in values["also_train_on"] for e in read_labelled(path)]
        how = "leaving one source out" if values["leave"] else f"{values['folds']}-fold cross-validation"
        click.echo(f"{how}, grouped by agent or call; {len(further)} further calls in training", err=True)
        by_view = cross_validate(
            examples, settings=chosen, also_train_on=further, n_folds=values["folds"], by_source=values["leave"],
            jobs=values["jobs"], progress=lambda what: click.echo(what, err=True),
            views=VIEWS if values["spoken"] else AS_GIVEN,
        )  # fmt: skip
        for view, changed in by_view.items():
            if view != "as given":
                click.echo(f"{view}: {short(figures([e.label for e in examples], changed))}")
        reports = by_view["as given"]
    else:
        analyser = Analyser(chosen)
        reports = {r.call_id: r for r in analyser.analyse_many([e.transcript for e in examples])}
    show(figures([e.label for e in examples], reports))
    sources = by_source(examples, reports)
    if len(sources) > 1:
        click.echo("\nby source")
        for name, part in sources.items():
            click.echo(f"{name:16} {short(part)}")
    click.echo(f"\n{CAVEAT}")
