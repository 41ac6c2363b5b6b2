"""The way in: paths -> transcripts, each with its errors beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from analyser.errors import ConfigurationError, InputError, UnknownFormatError
from analyser.formats.addresses import Address
from analyser.formats.base import Draft, Format, ReadOptions, Shape
from analyser.formats.containers import READ_FAULTS, broken, documents, find_inputs
from analyser.formats.document import Document
from analyser.formats.facts import facts_of_path, load_metadata, with_facts
from analyser.formats.making import whole
from analyser.formats.mapped import parse_mapping
from analyser.formats.roles import cast, pattern_of
from analyser.formats.table import FORMATS
from analyser.records import Problem, Source, Transcript

_SURE = 0.3  # below this no reader recognises a file
_MARGIN = 0.1  # two readers closer than this are not told apart
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def format_named(name: str) -> Format:
    """The format of that name.

    Raises
    ------
    ConfigurationError
        Where there is none.
    """
    for known in FORMATS:
        if known.name == name:
            return known
    names = ", ".join(f.name for f in FORMATS)
    raise ConfigurationError(f"there is no format {name!r}", hint=f"the formats are {names}")


def sniff(document: Document) -> Format:
    """The format of a document, by what stands in it.

    Raises
    ------
    UnknownFormatError
        Where no reader is sure, or two are as sure.
    InputError
        Where it is broken.
    """
    sample = document.sample()
    if document.options.mapping:  # whoever names columns or paths knows the file better than we do
        return format_named("csv" if sample.shape is Shape.TEXT else "json_mapped")
    known = [f for f in FORMATS if f.name != "json_mapped"]  # that one is never found, only asked for
    ranked = sorted(((f.sniff(sample), f) for f in known), key=lambda pair: -pair[0])
    (best, found), (second, other) = ranked[0], ranked[1]
    if best < _SURE:
        tried = ", ".join(f.name for _, f in ranked)
        raise UnknownFormatError(
            f"no format recognised (tried {tried})",
            where=document.path,
            hint="name one with --input-format, or the columns with --map",
        )
    if best - second < _MARGIN:
        raise UnknownFormatError(
            f"this may be {found.name} or {other.name}", where=document.path, hint="say which with --input-format"
        )
    return found


def check(options: ReadOptions) -> None:
    """Find what is wrong with the options before any file is opened.

    Raises
    ------
    ConfigurationError
        Where a pattern, the mapping or the side file cannot be read.
    """
    pattern_of(options)
    facts_of_path("", options.path_pattern)
    if options.mapping:
        parse_mapping(options.mapping)
    if options.metadata is not None:
        load_metadata(options.metadata)


def read(source: str | Path | Address, *, options: ReadOptions = ReadOptions()) -> Iterator[Transcript | InputError]:
    """Calls of one file, archive or standard input, in order, each as soon as it is read.

    Parameters
    ----------
    source
        A path or an address, or ``-`` for standard input.

    Yields
    ------
    Transcripts, and an InputError in the place of each that cannot be read.

    Raises
    ------
    ConfigurationError
        Where the options are wrong.
    """
    named = format_named(options.input_format) if options.input_format else None
    check(options)
    for document in documents(source, options):
        if isinstance(document, InputError):
            yield document
            continue
        try:
            yield from _calls(document, named)
        except InputError as error:
            yield error
        except READ_FAULTS as error:
            yield broken(document.path, error)


def _calls(document: Document, named: Format | None) -> Iterator[Transcript | InputError]:
    reader = named or sniff(document)
    found = False
    for draft in reader.drafts(document):
        found = True
        yield draft if isinstance(draft, InputError) else transcript(draft, document, reader)
    if not found:
        yield document.place().error("no calls in it")


def transcript(draft: Draft, document: Document, reader: Format) -> Transcript | InputError:
    """A draft made whole, with its roles and facts; an error where it has no turns."""
    options = document.options
    made = whole(draft, join_pause_s=options.join_pause_s)
    if not made.pieces:
        return document.place(draft.line).error("the call has no turns")
    roles = cast(made, options)
    problems = [*made.problems, *roles.problems]
    if document.problem is not None:
        problems.insert(0, document.problem)
    if any(_CONTROL.search(p.text) for p in draft.pieces):
        problems.append(Problem("control_characters", "the text holds control characters"))
    meta = dict(made.meta)
    if roles.confidence is not None:
        meta["roles_confidence"] = roles.confidence
    if len(roles.agents) > 1:
        meta["agents"] = list(roles.agents)
    of_path = facts_of_path(document.path, options.path_pattern)
    call_id = (
        draft.call_id
        or of_path.get("call_id")
        or (document.stem if draft.line is None else f"{document.stem}:{draft.line}")
    )
    call = Transcript(
        call_id=call_id,
        turns=roles.turns,
        source=Source(document.path, reader.name, draft.line),
        agent=roles.agent,
        team=draft.team,
        started_at=made.started_at,
        customer=draft.customer,
        meta=meta,
        problems=tuple(problems),
    )
    return with_facts(call, options)


def read_many(paths: Sequence[str], options: ReadOptions = ReadOptions()) -> Iterator[Transcript | InputError]:
    """Calls of many files, folders and globs; a call id met before gets a suffix, and a problem says so.

    Parameters
    ----------
    paths
        As for ``find_inputs``.

    Yields
    ------
    As ``read``.
    """
    seen: set[str] = set()
    for path in find_inputs(paths):
        if isinstance(path, InputError):
            yield path
            continue
        for call in read(path, options=options):
            if isinstance(call, InputError):
                yield call
                continue
            yield unique(call, seen)


def unique(call: Transcript, seen: set[str]) -> Transcript:
    """The call, with a suffix to its id and a problem where the id was seen before; notes the id as seen."""
    call_id = call.call_id
    if call_id in seen:
        number = 2
        while f"{call_id}~{number}" in seen:
            number += 1
        problem = Problem("duplicate_id", f"another call has the id {call_id!r}; this one got a suffix")
        call = replace(call, call_id=f"{call_id}~{number}", problems=(*call.problems, problem))
    seen.add(call.call_id)
    return call
