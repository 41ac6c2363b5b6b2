"""What judges and reads the calls of a run, as hashes: without loading a model."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path

from analyser import __version__
from analyser.behaviours.schema import rules_digest
from analyser.coaching.modelfile import digest_of, read_card
from analyser.errors import ConfigurationError
from analyser.formats import ReadOptions
from analyser.records import Stamp
from analyser.resources import data_dir, models_dir
from analyser.settings import Settings
from analyser.store import Judged

_CHARS = 12


def judged_by(settings: Settings) -> Judged:
    """The stamp that reports under these settings will carry, and a hash of their scorecards.

    Raises
    ------
    ConfigurationError
        Where a scorecard or the model cannot be read.
    """
    card = read_card(settings.model or models_dir() / "default")
    stamp = Stamp(__version__, rules_digest(settings.behaviours), digest_of(card), settings.digest())
    scorecards = settings.scorecards or (data_dir() / "scorecards" / "default.yaml",)
    return Judged(stamp, _hash(b"\0".join(_bytes(path) for path in scorecards)))


def reading_of(options: ReadOptions) -> str:
    """Hash of all that says how files are read; another reading of the same file may give other calls."""
    side = _bytes(options.metadata) if options.metadata is not None else b""
    return _hash(repr((__version__, sorted(asdict(options).items(), key=lambda o: o[0]))).encode() + side)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"the file cannot be read: {error.strerror}", where=path) from None


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:_CHARS]
