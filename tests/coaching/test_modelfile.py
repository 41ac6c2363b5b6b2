"""A model on disk, and training one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from analyser.coaching import modelfile
from analyser.coaching.modelfile import load, save
from analyser.coaching.train import train
from analyser.errors import ModelError
from analyser.evaluation import prepared, read_labelled
from analyser.pipeline import Analyser
from analyser.records import Transcript
from analyser.reports.jsonl import as_dict
from analyser.resources import data_dir, models_dir
from analyser.settings import Settings

SHIPPED = models_dir() / "default"


def copy(folder: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, folder / "model"))


def test_a_changed_model_is_refused(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    path = folder / "model.skops"
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(ModelError, match="was changed"):
        load(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"form": 0}, "does not fit"), ({"scikit_learn": "0.1.0"}, "scikit-learn 0.1.0"), ({"behaviours": []}, "fit")],
)
def test_a_model_that_does_not_fit_is_refused_with_what_to_do(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    folder = copy(tmp_path)
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps({**card, **change}))
    with pytest.raises(ModelError, match=message) as caught:
        load(folder)
    assert "train" in (caught.value.hint or "")


def test_a_model_with_another_list_of_features_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = copy(tmp_path)
    monkeypatch.setattr(modelfile, "FEATURES", modelfile.FEATURES[:-1])
    with pytest.raises(ModelError, match="list of features") as caught:
        load(folder)
    assert "train" in (caught.value.hint or "")


def test_absent_or_broken_cards_are_clear(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model here"):
        load(tmp_path)
    (tmp_path / "card.json").write_text("{")
    with pytest.raises(ModelError, match="not JSON"):
        load(tmp_path)


def test_the_card_says_what_it_is_and_is_not_for() -> None:
    card = json.loads((SHIPPED / "card.json").read_text())
    assert "language-model annotators" in card["labels"]
    assert len(card["not_for"]) >= 3
    assert card["figures"]["all"]["flag"]["ece"] < 0.1
    assert "false_flags" in card["figures"]["fairness"]["style: recognised"]


@pytest.mark.slow
def test_training_saving_and_loading_give_the_same_reports(tmp_path: Path, rude: Transcript, kind: Transcript) -> None:
    examples = read_labelled(data_dir() / "labelled" / "authored-dev") + read_labelled(
        data_dir() / "labelled" / "authored-f"
    )
    calls, names = prepared(examples, Settings())
    model = train(calls, names)
    before = Analyser(model=model)
    save(model, tmp_path / "mine", {"labels": "test"})
    after = Analyser(Settings(model=tmp_path / "mine"))
    for call in (rude, kind):
        one, two = as_dict(before.analyse(call)), as_dict(after.analyse(call))
        one.pop("stamp"), two.pop("stamp")
        assert one == two
