"""``analyser evaluate``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from analyser.cli.figures import CAVEAT, short, show, show_compared, show_worst
from analyser.cli.options import judging, settings
from analyser.cli.output import opened
from analyser.coaching.compare import ENOUGH, Compared, compare
from analyser.coaching.figures import figures, worst
from analyser.coaching.modelfile import load, read_card
from analyser.coaching.page import page
from analyser.coaching.splits import check_enough, enough
from analyser.coaching.train import flag_rows, teach
from analyser.evaluation import (
    AS_GIVEN,
    VIEWS,
    Example,
    by_source,
    cross_validate,
    cross_validate_flag,
    prepared,
    read_labelled,
)
from analyser.pipeline import Analyser
from analyser.resources import models_dir
from analyser.settings import Settings

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
@click.option("-o", "--output", "--plots", "plots", type=_PATH, metavar="FILE", help="Also a page with plots, as HTML.")
@click.option(
    "--compare-models", is_flag=True, help="Also set the flag's model beside other kinds, on the same features."
)
@click.option("--worst", "count", type=click.IntRange(1), metavar="N", help="List the N calls it is most wrong about.")
@judging
def command(labelled: Path, **values: Any) -> None:
    """Measure agreement with labelled calls (a folder with calls.jsonl and labels.jsonl).

    Where the model learned from any of the calls, models are trained anew by grouped cross-validation, so that no
    figure is of calls that were seen in training. With labels of whole calls only, the flag alone is trained anew.
    """
    chosen = settings(values)
    model = chosen.model or models_dir() / "default"
    examples = read_labelled(labelled, values["labels"])
    card = read_card(model)
    seen = {e.transcript.call_id for e in examples} & set(card.get("call_ids", ()))
    anew = values["leave"] or bool(seen and not values["as_is"])
    if anew:
        how = "leaving one source out" if values["leave"] else f"{values['folds']}-fold cross-validation"
        further = [e for path in values["also_train_on"] for e in read_labelled(path)]
        how += f", grouped by agent or call; {len(further)} further calls in training"
    else:
        how, further = (
            f"by the model {model.name} as it is" + (f", which learned from {len(seen)} of them" * bool(seen)),
            [],
        )
    flag_only = anew and all(e.label.turns is None for e in (*examples, *further))
    if flag_only:
        how += "; only the flag is trained anew"
        if further or values["spoken"]:
            click.echo("with labels of whole calls only, --also-train-on and --spoken are left aside", err=True)
            how = how.replace(f"{len(further)} further", "0 further")
    click.echo(how, err=True)
    if flag_only:
        reports = cross_validate_flag(
            examples, load(model), settings=chosen, n_folds=values["folds"], by_source=values["leave"],
            progress=lambda what: click.echo(what, err=True),
        )  # fmt: skip
    elif anew:
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
    labels = [e.label for e in examples]
    overall = figures(labels, reports)
    show(overall)
    sources = by_source(examples, reports)
    if len(sources) > 1:
        click.echo("\nby source")
        for name, part in sources.items():
            click.echo(f"{name:16} {short(part)}")
    compared = _compared(examples, model, chosen, values["jobs"]) if values["compare_models"] else []
    show_compared(compared)
    wrong = worst(labels, reports, values["count"] or 0)
    if wrong:
        show_worst(wrong)
    click.echo(f"\n{CAVEAT}")
    if values["plots"]:
        with opened(values["plots"]) as out:
            sentence = how[:1].upper() + how[1:] + "."
            out.write(
                page(
                    overall, examples, reports, by_source=sources, how=sentence, caveat=CAVEAT, worst=wrong,
                    compared=compared,
                )
            )  # fmt: skip


def _compared(examples: Sequence[Example], model: Path, chosen: Settings, jobs: int) -> list[Compared]:
    """The flag's model beside others, on what is said of these calls by parts of a training that have not seen them.

    Labels of whole calls only are set against the model's own features.
    """
    usable = [e for e in examples if e.trainable]
    check_enough([e.label for e in usable], share=ENOUGH)
    calls, names = prepared(usable, chosen)
    click.echo("comparing models", err=True)
    if enough([e.label for e in usable if e.label.turns is not None]):
        _, rows, used = teach(calls, names, jobs=jobs)
    else:
        rows, used = flag_rows(calls, load(model))
    return compare(rows, used)
