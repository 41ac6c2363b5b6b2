"""The words of this room: a reader turns a document into drafts, and a draft is made whole into a transcript."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyser.errors import InputError
from analyser.records import Problem, Role

if TYPE_CHECKING:
    from analyser.formats.document import Document


class Shape(StrEnum):
    """What a document's bytes are, before anyone asks whose they are."""

    TEXT = "text"
    JSON = "json"  # one value
    JSON_LINES = "json_lines"  # a value a line


class Pieces(StrEnum):
    """What a reader's pieces are, and so what may be done to them."""

    VERBATIM = "verbatim"  # turns as given: not trimmed, not joined
    TURNS = "turns"  # turns: cleaned, not joined
    FRAGMENTS = "fragments"  # cut by a recogniser at pauses: cleaned, and joined again


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of speech as a reader found it.

    Parameters
    ----------
    label
        Who spoke, in the file's word (``spk_0``, ``AGENT``, ``Odile Martin``); None where it does not say.
    role
        The role, where the file tells it in its own field.
    start_s, end_s
        Seconds, from the start of the call or of an epoch; None where unknown.
    channel
        The audio channel, where the file has one.
    name
        The speaker's name, where the file has one beside the label.
    """

    text: str
    label: str | None = None
    role: Role | None = None
    start_s: float | None = None
    end_s: float | None = None
    channel: str | None = None
    name: str | None = None


_FACT_FIELDS = ("call_id", "agent", "team", "started_at", "customer")


@dataclass(frozen=True, slots=True)
class Draft:
    """A call as a reader found it.

    Parameters
    ----------
    call_id
        None where the file does not tell; the file's name then stands for it.
    line
        The line where it begins, in files of many calls.
    unit_known
        False where times may be milliseconds in a field that does not say so.
    clock
        True where times are the time of day, which may pass midnight.
    """

    pieces: tuple[Piece, ...]
    kind: Pieces = Pieces.TURNS
    call_id: str | None = None
    agent: str | None = None
    team: str | None = None
    started_at: str | None = None
    customer: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    line: int | None = None
    unit_known: bool = True
    clock: bool = False

    def told(self, facts: Mapping[str, str]) -> Draft:
        """The draft with a call's facts: those with a field of their own there, the others in ``meta``."""
        own: dict[str, Any] = {name: facts[name] for name in _FACT_FIELDS if name in facts}
        further = {k: v for k, v in facts.items() if k not in _FACT_FIELDS}
        return replace(self, **own, meta=further)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What a user may say about the files.

    Parameters
    ----------
    input_format
        Name of a format, instead of sniffing.
    agent_channel
        The channel, or the speaker's label, that is the agent's.
    agents
        Names of agents; a speaker so named is one.
    agent_pattern
        Regular expression; a speaker whose label it matches is an agent.
    mapping
        Names of columns, or JSON paths, by what they hold (``text``, ``speaker``, ``start``, ``turns`` ...).
    metadata
        A CSV or JSON Lines file of facts, joined on the call id.
    path_pattern
        Where facts stand in a path, such as ``{team}/{agent}/{call_id}.vtt``.
    swap_roles
        Exchange agent and customer where a file's roles contradict the words.
    join_pause_s
        Fragments of one speaker closer than this are joined, in seconds.
    """

    input_format: str | None = None
    agent_channel: str | None = None
    agents: tuple[str, ...] = ()
    agent_pattern: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    metadata: Path | None = None
    path_pattern: str | None = None
    swap_roles: bool = False
    join_pause_s: float = 1.5


@dataclass(frozen=True)
class Sample:
    """What sniffing sees of a document.

    Parameters
    ----------
    name
        The file's name.
    text
        The first 64 KB, decoded.
    values
        The JSON value, or those of the first lines that are objects; empty for text.
    """

    name: str
    text: str
    shape: Shape = Shape.TEXT
    values: tuple[Any, ...] = ()

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines that are not blank, at most 200."""
        found = re.split(r"\r\n|\r|\n", self.text[:20_000])
        return tuple(line for line in found if line.strip())[:200]


@dataclass(frozen=True, slots=True)
class Format:
    """One transcript format.

    Parameters
    ----------
    tells
        What it can tell: ``roles``, ``times``, ``agent`` (the agent's name), ``speakers``.
    sniff
        Sample -> confidence that the document has this format, between 0 and 1.
    drafts
        Document -> its calls as found, or an error for each that cannot be read.
    dialects
        The shapes of it that are read, for the list of formats.
    """

    name: str
    title: str
    extensions: tuple[str, ...]
    tells: tuple[str, ...]
    sniff: Callable[[Sample], float]
    drafts: Callable[[Document], Iterator[Draft | InputError]]
    dialects: tuple[str, ...] = ()
    match: Callable[[Any], float] | None = None
    convert: Callable[[Any, Place], Iterator[Draft | InputError]] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: the document's name, and its line in files of many values."""

    path: str
    line: int | None = None

    def error(self, what: str, hint: str | None = None) -> InputError:
        """An error that says this place."""
        return InputError(what, where=self.path, line=self.line, hint=hint)


def json_format(
    name: str,
    title: str,
    tells: tuple[str, ...],
    *,
    match: Callable[[Any], float],
    convert: Callable[[Any, Place], Iterator[Draft | InputError]],
    dialects: tuple[str, ...] = (),
) -> Format:
    """A format of JSON documents; a file may hold one of them, or one a line.

    Parameters
    ----------
    match
        Value -> confidence, between 0 and 1.
    convert
        Value and place -> its calls.
    """

    def sniff(sample: Sample) -> float:
        return max(map(match, sample.values), default=0.0)

    def drafts(document: Document) -> Iterator[Draft | InputError]:
        for line, value in document.values():
            if isinstance(value, InputError):
                yield value
            elif match(value) <= 0:
                yield document.place(line).error(f"this is not {title}", "give files of one format, or leave it out")
            else:
                yield from convert(value, document.place(line))

    return Format(name, title, (".json", ".jsonl"), tells, sniff, drafts, dialects, match, convert)
