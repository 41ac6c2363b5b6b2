"""``analyser behaviours``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from analyser.behaviours.examples import check as run_examples
from analyser.behaviours.examples import count
from analyser.behaviours.health import health
from analyser.behaviours.rules import RuleDetector
from analyser.behaviours.schema import Behaviour, Stage, load_behaviours
from analyser.errors import ConfigurationError, ExitCode
from analyser.evaluation import prepared, read_labelled
from analyser.language import Language
from analyser.settings import Settings

_folder = click.option(
    "--behaviours", "folder", type=click.Path(path_type=Path), metavar="DIR",
    help="Behaviour files in place of those that ship.",
)  # fmt: skip


@click.group(name="behaviours")
def command() -> None:
    """List, show and check the behaviours and their rules."""


@command.command(name="list")
@_folder
def list_(folder: Path | None) -> None:
    """List every behaviour: who shows it, whether it is good or harmful, how many rules find it."""
    behaviours = load_behaviours(folder)
    width = max(len(b.name) for b in behaviours)
    stages = tuple(Stage)
    for b in sorted(behaviours, key=lambda b: (stages.index(b.stage), b.name)):
        click.echo(
            f"{b.name:{width}}  {b.role:8}  {b.polarity:6}  {b.stage.value:11}  {len(b.rules):3} rules  {b.title}"
        )


@command.command()
@click.argument("name")
@_folder
def show(name: str, folder: Path | None) -> None:
    """Show what a behaviour means, and its rules with their examples."""
    behaviour = _named(name, folder)
    click.secho(f"{behaviour.title} ({behaviour.name})", bold=True)
    click.echo(f"{behaviour.role}, {behaviour.stage.value}, {behaviour.polarity}\n{behaviour.definition}\n")
    for rule in behaviour.rules:
        click.secho(f"{rule.id} ({rule.strength.value}): {rule.why}", bold=True)
        for phrase in rule.any:
            click.echo(f"    {phrase}")
        for key in ("unless", "after", "not_after", "after_behaviour"):
            if values := getattr(rule, key):
                click.echo(f"  {key.replace('_', ' ')}: " + "; ".join(values))
        for key in ("first_turns", "last_turns", "not_first_turns", "not_last_turns", "min_words", "max_words"):
            if (value := getattr(rule, key)) is not None:
                click.echo(f"  {key.replace('_', ' ')}: {value}")
        for example in rule.hits:
            click.echo(f"  finds:  {example.says}")
        for example in rule.misses:
            click.echo(f"  passes: {example.says}")


def _named(name: str, folder: Path | None) -> Behaviour:
    for behaviour in load_behaviours(folder):
        if behaviour.name == name:
            return behaviour
    raise ConfigurationError(f"there is no behaviour {name!r}", hint="`analyser behaviours list` shows the names")


@command.command()
@_folder
def check(folder: Path | None) -> None:
    """Run every rule's own examples: those that must hit and those that must miss."""
    language = Language()
    detector = RuleDetector(language.words, folder)
    failures = list(run_examples(detector, language))
    for failure in failures:
        wanted = "misses" if failure.should_hit else "hits"
        click.echo(f"{failure.rule} {wanted} its example: {failure.example}", err=True)
    rules, examples = count(detector)
    click.echo(f"{rules} rules, {examples} examples, {len(failures)} wrong")
    if failures:
        sys.exit(ExitCode.CONFIGURATION)


@command.command(name="health")
@click.argument("labelled", type=click.Path(path_type=Path))
@click.option("--labels", type=click.Path(path_type=Path), help="The labels, where LABELLED is a file of calls.")
@click.option("--below", type=click.FloatRange(0, 1), default=1.0, help="Only rules less precise than this.")
@_folder
def health_(labelled: Path, labels: Path | None, below: float, folder: Path | None) -> None:
    """Measure every rule on labelled calls: dead and imprecise rules first."""
    settings = Settings(behaviours=folder)
    calls, names = prepared(read_labelled(labelled, labels), settings)
    rows = health(names, [(c.prepared, c.label.turns or {}) for c in calls])
    click.echo(f"{'rule':48} {'hits':>6} {'right':>6} {'precision':>9} {'alone':>6} {'overlap':>7} {'conflict':>8}")
    for r in rows:
        if r.precision is None or r.precision < below or below == 1.0:
            shown = "dead" if r.precision is None else f"{r.precision:.2f}"
            click.echo(f"{r.name:48} {r.hits:6} {r.right:6} {shown:>9} {r.alone:6} {r.overlap:7} {r.conflict:8}")
