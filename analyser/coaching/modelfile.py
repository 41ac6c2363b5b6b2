"""A model on disk: ``model.skops`` beside ``card.json`` (and ``README.md`` for people), bound by its hash.

skops runs no code on loading. Two measured facts: a vocabulary of numpy integers takes minutes to save, so ids are
arrays here; and the archive is worth deflating.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
import skops.io as sio
from skops.io.exceptions import UntrustedTypesFoundException

from analyser import __version__
from analyser.behaviours.learned import BehaviourModel, stack_state, unstack_state
from analyser.behaviours.names import ALL
from analyser.coaching.features import FEATURES
from analyser.coaching.flag import FlagModel
from analyser.errors import ModelError, OutputError
from analyser.judges import Judge
from analyser.tone_judges import ToneJudges

FORM = 2  # raised whenever a saved model can no longer be read as before
_FILE, _CARD = "model.skops", "card.json"
_RETRAIN = "train it again with `analyser train`, or use the model that ships"


@dataclass
class Judging:
    """What is learned from labels of turns, openings and tone: all that the flag is judged from."""

    behaviours: BehaviourModel
    openings: Judge
    tone: ToneJudges


@dataclass
class Model(Judging):
    """All that is learned: behaviours, openings, tone, and the flag from labels of whole calls."""

    flag: FlagModel
    digest: str = "unsaved"


def save(model: Model, folder: Path, card: dict[str, Any]) -> None:
    """Write a model and its card; the folder appears whole or not at all.

    Raises
    ------
    OutputError
        Where the folder cannot be written.
    """
    state = {
        "form": FORM,
        "behaviours": stack_state(model.behaviours),
        "openings": model.openings.state(),
        "agent_tone": model.tone.agent.state(),
        "customer_end": model.tone.end.state(),
        "flag": vars(model.flag),
        "flag_features": [f.name for f in FEATURES],
    }
    part = folder.with_name(folder.name + ".part")
    try:
        part.mkdir(parents=True, exist_ok=True)
        sio.dump(state, part / _FILE, compression=zipfile.ZIP_DEFLATED, compresslevel=6)
        data = (part / _FILE).read_bytes()
        full = {
            **card,
            "form": FORM,
            "analyser": __version__,
            "scikit_learn": sklearn.__version__,
            "sha256": hashlib.sha256(data).hexdigest(),
            "behaviours": list(ALL),
        }
        (part / _CARD).write_text(json.dumps(full, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        folder.mkdir(parents=True, exist_ok=True)
        for name in (_FILE, _CARD):
            os.replace(part / name, folder / name)
        part.rmdir()
    except OSError as error:
        raise OutputError(f"the model cannot be written: {error.strerror}", where=folder) from None


def read_card(folder: Path) -> dict[str, Any]:
    """Read a model's card.

    Raises
    ------
    ModelError
        Where there is none, or it cannot be read.
    """
    try:
        card = json.loads((folder / _CARD).read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"there is no model here: {error.strerror}", where=folder / _CARD, hint=_RETRAIN) from None
    except ValueError:
        raise ModelError("the model's card is not JSON", where=folder / _CARD, hint=_RETRAIN) from None
    if not isinstance(card, dict):
        raise ModelError("the model's card is not an object", where=folder / _CARD, hint=_RETRAIN)
    return card


# What models hold beyond skops' own list; asking the file for its types first reads all of it twice.
_TRUSTED = ["sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"]


def _state(data: bytes, path: Path) -> dict[str, Any]:
    try:
        state: dict[str, Any] = sio.loads(data, trusted=_TRUSTED)
    except UntrustedTypesFoundException:
        untrusted = sio.get_untrusted_types(data=data)
        if any(not t.startswith(("sklearn.", "numpy.", "scipy.")) for t in untrusted):
            raise ModelError("the model holds types that are not scikit-learn's", where=path, hint=_RETRAIN) from None
        state = sio.loads(data, trusted=untrusted)
    return state


def digest_of(card: Mapping[str, Any]) -> str:
    """The short hash by which reports name the model of a card."""
    return str(card.get("sha256"))[:12]


def load(folder: Path) -> Model:
    """Read a model.

    Raises
    ------
    ModelError
        Where it is absent, was changed since it was saved, or does not fit this version.
    """
    card = read_card(folder)
    path = folder / _FILE
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"the model cannot be read: {error.strerror}", where=path, hint=_RETRAIN) from None
    digest = hashlib.sha256(data).hexdigest()
    if digest != card.get("sha256"):
        raise ModelError("the model was changed since its card was written", where=path, hint=_RETRAIN)
    if card.get("form") != FORM or card.get("behaviours") != list(ALL):
        raise ModelError("the model was saved by a version that does not fit this one", where=path, hint=_RETRAIN)
    if card.get("scikit_learn", "").split(".")[:2] != sklearn.__version__.split(".")[:2]:
        raise ModelError(
            f"the model was trained with scikit-learn {card.get('scikit_learn')}, installed is {sklearn.__version__}",
            where=path, hint=f"install that version, or {_RETRAIN}",
        )  # fmt: skip
    try:
        state = _state(data, path)
    except (ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        raise ModelError("the model file is damaged", where=path, hint=_RETRAIN) from error
    if state["flag_features"] != [f.name for f in FEATURES]:
        raise ModelError("the model's list of features does not fit this version", where=path, hint=_RETRAIN)
    flag: dict[str, Any] = {k: v if isinstance(v, np.ndarray) else float(v) for k, v in state["flag"].items()}
    return Model(
        behaviours=unstack_state(state["behaviours"]),
        openings=Judge.from_state(state["openings"]),
        tone=ToneJudges(Judge.from_state(state["agent_tone"]), Judge.from_state(state["customer_end"])),
        flag=FlagModel(**flag),
        digest=digest_of(card),
    )
