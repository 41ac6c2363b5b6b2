"""The behaviour files: their schema, and how they are read with file and line for every mistake."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from analyser.errors import RuleError
from analyser.resources import data_dir


class Stage(StrEnum):
    """The five stages of a contact, respect throughout, and what the customer shows."""

    GREETING = "greeting"
    DETERMINING = "determining"
    RESPONDING = "responding"
    CONCLUDING = "concluding"
    FUTURE = "future"
    RESPECT = "respect"
    CUSTOMER = "customer"


class Strength(StrEnum):
    """How far a rule can be trusted by itself."""

    SURE = "sure"  # enough by itself
    LIKELY = "likely"  # enough by itself unless the learned detector is confident of the contrary
    HINT = "hint"  # tells the learned detector something; never a finding by itself


_Model = TypeVar("_Model", bound=BaseModel)
# libyaml's loader where PyYAML has it: the rule files load several times faster
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Phrases = Annotated[tuple[str, ...], Field(min_length=1)]
_Count = Annotated[int, Field(ge=1, le=50)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Example(_Strict):
    """One example: what is said, after what, and where in the call."""

    says: str
    after: str | None = None  # what the other side said just before
    place: Literal["opening", "middle", "closing"] = "middle"

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"says": value}
        if isinstance(value, dict) and value.get("place") is None and "place" in value:
            raise ValueError("place is opening, middle or closing")
        return value


class Near(_Strict):
    """Phrases that must stand close to the match."""

    any: _Phrases
    words: _Count = 6


class Rule(_Strict):
    """One rule; all its conditions must hold."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    any: _Phrases
    unless: tuple[str, ...] = ()
    near: Near | None = None
    first_turns: _Count | None = None  # only in the speaker's first n turns (or after taking over)
    last_turns: _Count | None = None  # only in the speaker's last n turns
    not_first_turns: _Count | None = None
    not_last_turns: _Count | None = None
    after: tuple[str, ...] = ()  # the other side's turn before must have one of these
    not_after: tuple[str, ...] = ()
    after_behaviour: tuple[str, ...] = ()  # the other side's turn before must show one of these
    question: bool | None = None
    min_words: _Count | None = None
    max_words: _Count | None = None
    reported: bool = False  # whether reported speech ("he told me to calm down") counts
    strength: Strength = Strength.LIKELY
    why: str
    hits: tuple[Example, ...]
    misses: tuple[Example, ...] = ()

    @model_validator(mode="after")
    def _has_examples(self) -> Rule:
        if not self.hits:
            raise ValueError("a rule needs at least one example that hits")
        return self


class Behaviour(_Strict):
    """One behaviour file."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    role: Literal["agent", "customer"]
    stage: Stage
    polarity: Literal["good", "harm", "signal"]
    title: str  # as a page shows it
    definition: str
    rules: tuple[Rule, ...] = ()


def behaviours_dir() -> Path:
    """The behaviour files that ship."""
    return data_dir() / "behaviours"


def _line_of(text: str, path: tuple[Any, ...]) -> int | None:
    """The line (from 1) of the node that a validation error names."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return None
    line = None if node is None else node.start_mark.line + 1
    for key in path:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == str(key)), None)
            if pair is None:
                return line
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def read_strict(kind: type[_Model], path: Path, *, what: str) -> _Model:
    """Read a YAML file under a pydantic schema.

    Raises
    ------
    RuleError
        With file and line, where the file cannot be read or does not follow the schema.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise RuleError(f"the {what} cannot be read: {reason}", where=path) from None
    try:
        loaded = yaml.load(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise RuleError(
            f"the {what} is not valid YAML: {getattr(error, 'problem', 'it cannot be parsed')}",
            where=path,
            line=None if mark is None else mark.line + 1,
        ) from None
    try:
        return kind.model_validate(loaded)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(p) for p in first["loc"]) or "the file"
        hint = "remove it, or look up its spelling" if first["type"] == "extra_forbidden" else None
        message = "unknown key" if first["type"] == "extra_forbidden" else first["msg"]
        raise RuleError(
            f"the {what} is wrong at {key}: {message}", where=path, line=_line_of(text, first["loc"]), hint=hint
        ) from None


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(p for p in folder.glob("*.y*ml") if p.suffix in {".yaml", ".yml"})


@lru_cache(maxsize=8)
def load_behaviours(folder: Path | None = None) -> tuple[Behaviour, ...]:
    """All behaviour files of a folder (default: those that ship), by name.

    Raises
    ------
    RuleError
        Where the folder has none, two share a name, or one is wrong.
    """
    folder = folder or behaviours_dir()
    found: dict[str, Behaviour] = {}
    for path in _files(folder):
        behaviour = read_strict(Behaviour, path, what="behaviour file")
        if behaviour.name in found:
            raise RuleError(f"the behaviour {behaviour.name} is defined twice", where=path)
        ids = [rule.id for rule in behaviour.rules]
        for rule_id in ids:
            if ids.count(rule_id) > 1:
                raise RuleError(f"the rule {rule_id} of {behaviour.name} is there twice", where=path)
        found[behaviour.name] = behaviour
    if not found:
        raise RuleError("there are no behaviour files", where=folder, hint="the folder needs *.yaml files")
    return tuple(found[name] for name in sorted(found))


class _WordLists(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    lists: dict[str, tuple[str, ...]]


@lru_cache(maxsize=4)
def word_lists(folder: Path | None = None) -> dict[str, tuple[str, ...]]:
    """The word lists that phrases may name as ``<name>``."""
    path = (folder or data_dir() / "lexicons") / "words.yaml"
    return dict(read_strict(_WordLists, path, what="word list file").lists)


def rules_digest(folder: Path | None = None) -> str:
    """Short hash of all rule files and word lists, for the stamp."""
    digest = hashlib.sha256()
    for path in [*_files(folder or behaviours_dir()), *_files(data_dir() / "lexicons")]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
