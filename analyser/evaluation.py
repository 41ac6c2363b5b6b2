"""Evaluation through the whole pipeline: a model on calls it has not seen, by grouped or leave-one-source-out splits."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from analyser.coaching.figures import Figures, figures
from analyser.coaching.labels import Label, check_against, read_labels
from analyser.coaching.modelfile import Model
from analyser.coaching.splits import folds
from analyser.coaching.train import Labelled, Progress, fit_flag, flag_rows, train
from analyser.errors import InputError, LabelError
from analyser.formats import read
from analyser.pipeline import Analyser, Preparation
from analyser.records import CallReport, Transcript
from analyser.settings import Settings

_CALLS, _LABELS = "calls.jsonl", "labels.jsonl"


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled call.

    Parameters
    ----------
    source
        Which set it comes from; figures are shown by it.
    trainable
        Whether its licence allows a model that ships to learn from it.
    licence
        As the file names it.
    """

    transcript: Transcript
    label: Label
    source: str
    trainable: bool
    licence: str | None = None

    @property
    def group(self) -> str:
        """Calls of one agent are never in both halves of a split; without a known agent a call stands alone."""
        agent = self.transcript.agent or self.label.agent_name
        return f"agent {agent}" if agent else self.transcript.call_id


View = Callable[[Transcript], Transcript]
AS_GIVEN: Mapping[str, View] = {"as given": lambda call: call}
_MARKS = re.compile(r"[^\w\s'’<>]")


def _with_texts(call: Transcript, change: Callable[[str], str]) -> Transcript:
    return replace(call, turns=tuple(t._replace(text=change(t.text)) for t in call.turns))


def spoken(call: Transcript) -> Transcript:
    """The call as a recogniser writes: lower case, no punctuation."""
    return _with_texts(call, lambda text: " ".join(_MARKS.sub(" ", text).lower().split()))


def misheard(call: Transcript, share: float = 0.1) -> Transcript:
    """The spoken call with this share of its words dropped or exchanged for another word of the call, at random."""
    chance = random.Random(call.call_id)
    plain = spoken(call)
    words = [w for t in plain.turns for w in t.text.split()] or ["and"]

    def change(text: str) -> str:
        kept = []
        for word in text.split():
            if chance.random() >= share:
                kept.append(word)
            elif chance.random() < 0.5:
                kept.append(chance.choice(words))
        return " ".join(kept)

    return _with_texts(plain, change)


VIEWS: Mapping[str, View] = {**AS_GIVEN, "spoken": spoken, "misheard": misheard}


def _sets(folder: Path) -> Iterator[tuple[Path, Path]]:
    if (folder / _CALLS).is_file():
        yield folder / _CALLS, folder / _LABELS
    for part in sorted(p for p in folder.iterdir() if p.is_dir()):
        if (part / _CALLS).is_file():
            yield part / _CALLS, part / _LABELS


def read_labelled(place: Path, labels: Path | None = None) -> list[Example]:
    """Read labelled calls.

    Parameters
    ----------
    place
        A folder with calls.jsonl and labels.jsonl, a folder of such folders, or any file of calls.
    labels
        The labels' file, where ``place`` is a file of calls.

    Raises
    ------
    LabelError
        Where calls and labels do not belong together.
    InputError
        Where calls cannot be read.
    """
    if place.is_dir():
        pairs = list(_sets(place))
        if not pairs:
            raise LabelError(f"the folder has no {_CALLS} beside {_LABELS}", where=place)
    elif labels is not None:
        pairs = [(place, labels)]
    else:
        raise LabelError("a file of calls needs its labels", where=place, hint="name them with --labels")
    examples: list[Example] = []
    for calls_path, labels_path in pairs:
        known = read_labels(labels_path)
        facts = _facts(calls_path)
        for call in read(calls_path):
            if isinstance(call, InputError):
                raise call
            label = known.get(call.call_id)
            if label is None:
                continue
            check_against(call, label, labels_path)
            source, trainable, licence = facts.get(call.call_id, (calls_path.parent.name, True, None))
            examples.append(Example(call, label, source, trainable, licence))
        if not examples:
            raise LabelError("none of the labels belongs to one of the calls", where=labels_path)
    return examples


def _facts(path: Path) -> dict[str, tuple[str, bool, str | None]]:
    """Source, leave to train and licence of each call, where the file is in the project's form and says so."""
    facts: dict[str, tuple[str, bool, str | None]] = {}
    if path.suffix != ".jsonl":
        return facts
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                raw = json.loads(line)
            except ValueError:
                continue  # the reader of the calls tells of it, with its line
            if isinstance(raw, dict) and "id" in raw:
                source = str(raw.get("source", path.parent.name))
                facts[str(raw["id"])] = (source, bool(raw.get("train_ok", True)), raw.get("licence"))
    return facts


_TOGETHER = 64  # calls prepared together


def prepared(examples: Sequence[Example], settings: Settings) -> tuple[list[Labelled], tuple[str, ...]]:
    """Examples parsed and tried by the rules, and the rules' names."""
    preparation = Preparation(settings)
    ready = [
        call
        for i in range(0, len(examples), _TOGETHER)
        for call in preparation.prepare_many([e.transcript for e in examples[i : i + _TOGETHER]])
    ]
    calls = [Labelled(call, e.label, e.group) for call, e in zip(ready, examples, strict=True)]
    return calls, preparation.rules.names


def cross_validate(
    examples: Sequence[Example],
    *,
    settings: Settings | None = None,
    also_train_on: Sequence[Example] = (),
    n_folds: int = 5,
    by_source: bool = False,
    jobs: int = 1,
    progress: Progress | None = None,
    views: Mapping[str, View] = AS_GIVEN,
) -> dict[str, dict[str, CallReport]]:
    """Reports of every call by a model that has not seen its group (or its source), through the whole pipeline.

    Parameters
    ----------
    also_train_on
        Further calls that every model learns from; groups under test are left out, and calls that are in ``examples``.
    by_source
        Leave one source out in place of folds.
    views
        How the calls under test are changed before they are analysed, by name.

    Returns
    -------
    Reports by call id, by view.
    """
    settings = settings or Settings()
    calls, names = prepared(examples, settings)
    known = {e.transcript.call_id for e in examples}
    also_train_on = [e for e in also_train_on if e.transcript.call_id not in known]  # none may count twice
    further, _ = prepared(also_train_on, settings)
    groups = [e.source if by_source else e.group for e in examples]
    further_groups = [e.source if by_source else e.group for e in also_train_on]
    n = len(set(groups)) if by_source else n_folds
    reports: dict[str, dict[str, CallReport]] = {name: {} for name in views}
    for number, (seen, unseen) in enumerate(folds(groups, n), 1):
        if progress:
            progress(f"part {number} of {n}")
        held = {groups[i] for i in unseen}
        learn = [calls[i] for i in seen if examples[i].trainable]
        learn += [
            c for c, g, e in zip(further, further_groups, also_train_on, strict=True) if g not in held and e.trainable
        ]
        model = train(learn, names, jobs=jobs)
        analyser = Analyser(settings, model=model)
        for name, view in views.items():
            for report in analyser.analyse_many([view(examples[i].transcript) for i in unseen]):
                reports[name][report.call_id] = report
    return reports


def cross_validate_flag(
    examples: Sequence[Example],
    base: Model,
    *,
    settings: Settings | None = None,
    n_folds: int = 5,
    by_source: bool = False,
    progress: Progress | None = None,
) -> dict[str, CallReport]:
    """As ``cross_validate``, where only the flag is fitted anew and all else is the base model's."""
    settings = settings or Settings()
    calls, _ = prepared(examples, settings)
    rows, usable = flag_rows([c for c, e in zip(calls, examples, strict=True) if e.trainable], base)
    groups = [e.source if by_source else e.group for e in examples]
    n = len(set(groups)) if by_source else n_folds
    reports: dict[str, CallReport] = {}
    for number, (_, unseen) in enumerate(folds(groups, n), 1):
        if progress:
            progress(f"part {number} of {n}")
        held = {examples[i].transcript.call_id for i in unseen}
        keep = [i for i, c in enumerate(usable) if c.label.call_id not in held]
        flag = fit_flag(rows[keep], [usable[i] for i in keep])
        analyser = Analyser(settings, model=replace(base, flag=flag, digest="unsaved"))
        for report in analyser.analyse_many([examples[i].transcript for i in unseen]):
            reports[report.call_id] = report
    return reports


def by_source(examples: Sequence[Example], reports: Mapping[str, CallReport]) -> dict[str, Figures]:
    """Figures of each source."""
    sources: dict[str, list[Label]] = {}
    for example in examples:
        sources.setdefault(example.source, []).append(example.label)
    return {name: figures(labels, reports) for name, labels in sorted(sources.items())}
