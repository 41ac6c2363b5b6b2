"""Loads the role judge's weights, which ``roles_train`` writes."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path

import numpy as np

from analyser.errors import ModelError
from analyser.formats.roles_judge import Weights
from analyser.formats.roles_words import features
from analyser.resources import models_dir

MODEL = "model.skops"
CARD = "card.json"


@lru_cache(maxsize=2)
def load(folder: Path | None = None) -> Weights:
    """The weights that ship, or those of a folder.

    Raises
    ------
    ModelError
        Where a file is absent, was changed since its card was written, or is none of ours.
    """
    import skops.io

    home = folder or models_dir() / "roles"
    try:
        card = json.loads((home / CARD).read_text(encoding="utf-8"))
        data = (home / MODEL).read_bytes()
    except (OSError, ValueError) as error:
        raise ModelError("the role model or its card cannot be read", where=home, hint="install it again") from error
    if hashlib.sha256(data).hexdigest() != card.get("sha256"):
        raise ModelError(
            "the role model is not the one its card describes", where=home / MODEL, hint="install it again"
        )
    try:
        kept = skops.io.loads(data, trusted=[])
        names = str(kept["features"]).split("\n")
        rarity, weight = (np.ascontiguousarray(kept[name], dtype=np.float64) for name in ("rarity", "weight"))
        if rarity.shape != (len(names),) or weight.shape != rarity.shape:
            raise ValueError("rarity and weight are not of the features")
        slope = (float(card["slope"][0]), float(card["slope"][1]))
        return Weights(features(names), rarity, weight, slope, float(card["answer"]), float(card["sure"]))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise ModelError("the role model has not the parts it should have", where=home / MODEL) from error
