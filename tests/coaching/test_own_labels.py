"""A user's labels of whole calls: the flag learns from them, all else stays the base model's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from analyser.cli import main
from analyser.coaching import train as training
from analyser.coaching.card import Base, card, readme
from analyser.coaching.features import SIGNS
from analyser.coaching.figures import figures
from analyser.coaching.modelfile import Judging, Model, load, read_card
from analyser.coaching.train import Labelled, _one, fit_flag, flag_rows, refit_flag, train
from analyser.errors import LabelError
from analyser.evaluation import Example, by_source, cross_validate_flag, prepared, read_labelled
from analyser.pipeline import Analyser
from analyser.resources import data_dir, models_dir
from analyser.settings import Settings

DEFAULT = models_dir() / "default"
DEV = data_dir() / "labelled" / "authored-dev"


@pytest.fixture(scope="module")
def base() -> Model:
    return load(DEFAULT)


@pytest.fixture(scope="module")
def full() -> list[Example]:
    return read_labelled(DEV)[:40]


@pytest.fixture(scope="module")
def examples(full: list[Example]) -> list[Example]:
    return [replace(e, label=replace(e.label, turns=None, openings={})) for e in full]


@pytest.fixture(scope="module")
def calls(examples: list[Example]) -> list[Labelled]:
    return prepared(examples, Settings())[0]


@pytest.fixture(scope="module")
def refitted(calls: list[Labelled], base: Model) -> Model:
    return refit_flag(calls, base)


def _grouped(calls: Sequence[Labelled], groups: Sequence[str]) -> list[Labelled]:
    return [replace(c, group=g) for c, g in zip(calls, groups, strict=True)]


def test_only_the_flag_is_new(refitted: Model, base: Model, calls: list[Labelled]) -> None:
    assert refitted.behaviours is base.behaviours
    assert refitted.openings is base.openings
    assert refitted.tone is base.tone
    assert not np.allclose(refitted.flag.weight, base.flag.weight)
    assert refitted.digest != base.digest
    assert not ((SIGNS != 0) & (np.sign(refitted.flag.weight) == -SIGNS)).any()
    rows, usable = flag_rows(calls, base)
    p = refitted.flag.probability(rows)
    y = np.array([c.label.to_coach for c in usable])
    assert p[y].mean() > p[~y].mean() + 0.3


def test_the_rows_it_learns_from_are_those_of_the_pipeline(
    calls: list[Labelled], base: Model, examples: list[Example]
) -> None:
    rows, usable = flag_rows(calls[:6], base)
    reports = Analyser(model=base).analyse_many([e.transcript for e in examples[:6]])
    assert len(usable) == 6
    for p, report in zip(base.flag.probability(rows), reports, strict=True):
        assert report.flag
        assert p == pytest.approx(report.flag.probability, abs=1e-3)


def test_mixed_labels_teach_the_judgements_from_turns_and_the_flag_from_all(
    calls: list[Labelled], full: list[Example], base: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    mixed = [replace(c, label=e.label) if i < 24 else c for i, (c, e) in enumerate(zip(calls, full, strict=True))]
    taught: list[str] = []
    flagged: list[str] = []

    def judging(some: Sequence[Labelled], _: tuple[str, ...], *, jobs: int = 1) -> tuple[Judging, np.ndarray]:
        taught.extend(c.label.call_id for c in some)
        return Judging(base.behaviours, base.openings, base.tone), flag_rows(some, base)[0]

    def flag(rows: np.ndarray, some: Sequence[Labelled]) -> object:
        flagged.extend(c.label.call_id for c in some)
        assert len(rows) == len(some)
        return fit_flag(rows, some)

    monkeypatch.setattr(training, "fit_judging", judging)
    monkeypatch.setattr(training, "fit_flag", flag)
    train(mixed, ())
    assert taught == [c.label.call_id for c in mixed[:24]]
    assert flagged == [c.label.call_id for c in mixed]


def test_no_turn_labels_at_all_are_refused_by_a_whole_training(calls: list[Labelled]) -> None:
    with pytest.raises(LabelError, match="too few"):
        train(calls, ())


def test_too_few_one_agent_and_one_agents_failings_are_refused(calls: list[Labelled], base: Model) -> None:
    with pytest.raises(LabelError, match="too few"):
        refit_flag(calls[:12], base)
    with pytest.raises(LabelError, match="one agent or source"):
        refit_flag(_grouped(calls, ["agent x"] * len(calls)), base)
    by_kind = ["agent bad" if c.label.to_coach else "agent good" for c in calls]
    with pytest.raises(LabelError, match="label calls of others"):
        refit_flag(_grouped(calls, by_kind), base)


@pytest.mark.slow
def test_the_card_carries_cross_validated_figures_and_says_what_was_learned(
    examples: list[Example], base: Model, refitted: Model
) -> None:
    reports = cross_validate_flag(examples, base, n_folds=2)
    assert set(reports) == {e.transcript.call_id for e in examples}
    labels = [e.label for e in examples]
    overall = figures(labels, reports)
    measured = (overall, by_source(examples, reports), labels, reports)
    facts = card(examples, refitted, measured, base=Base("default", read_card(DEFAULT)))
    assert facts["learned"] == "the flag"
    assert facts["labelled_as_a_whole"] == 40
    assert facts["base"]["also_learned_from"] == 40
    assert set(facts["figures"]["all"]) == {"calls", "flag"}
    assert facts["figures"]["all"]["flag"]["roc_auc"] > 0.7
    assert facts["figures"]["reading"]
    text = readme(facts)
    assert "Only the flag learned from these calls." in text
    assert "figures below are too good" in text
    assert "By behaviour" not in text


def _table(folder: Path, examples: Sequence[Example]) -> str:
    path = folder / "reviews.csv"
    rows = [f"{e.transcript.call_id},{'yes' if e.label.to_coach else 'no'}\n" for e in examples]
    path.write_text("call_id,coach\n" + "".join(rows), encoding="utf-8")
    return str(path)


@pytest.mark.slow
def test_from_a_table_of_reviews_to_a_model_and_its_page(tmp_path: Path, examples: list[Example]) -> None:
    calls, labels, model = str(DEV / "calls.jsonl"), _table(tmp_path, examples), str(tmp_path / "mine")
    run = CliRunner().invoke(main, ["train", calls, "--labels", labels, "-o", model, "--no-figures"])
    assert run.exit_code == 0, run.stderr
    assert "only the flag learns" in run.stderr
    facts = json.loads((tmp_path / "mine" / "card.json").read_text())
    assert facts["base"]["place"] == "default"
    assert len(facts["call_ids"]) >= 40
    where = tmp_path / "page.html"
    run = CliRunner().invoke(
        main,
        [
            "evaluate",
            calls,
            "--labels",
            labels,
            "--model",
            model,
            "--folds",
            "2",
            "--worst",
            "3",
            "--plots",
            str(where),
        ],
    )
    assert run.exit_code == 0, run.stderr
    assert "only the flag is trained anew" in run.stderr
    assert "reading 20% of the calls (from probability" in run.stdout
    assert run.stdout.count("authored-dev-") == 3
    page = where.read_text(encoding="utf-8")
    said = {t.text for e in examples for t in e.transcript.turns if len(t.text) > 25}
    assert not any(text in out for text in said for out in (page, run.stdout, run.stderr))


def test_a_behaviour_is_learned_the_same_way_twice() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(300, 40)), rng.random(300) > 0.8
    first, again = (_one(x, y) for _ in range(2))
    assert first[0] is not None
    np.testing.assert_array_equal(first[0], again[0])
    assert first[1] == again[1]
