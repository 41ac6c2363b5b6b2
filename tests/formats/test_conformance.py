"""Every format in each of its dialects: recognised, and read back as the call that was written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import webvtt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyser.formats import FORMATS, ReadOptions, read
from analyser.records import Transcript
from tests.formats.writers import CALL, JSON_SHAPES, WRITERS, Call, Said, Writer


def read_one(data: bytes, folder: Path, options: ReadOptions) -> Transcript:
    path = folder / "call.dat"  # the name says nothing
    path.write_bytes(data)
    found = list(read(path, options=options))
    assert len(found) == 1
    call = found[0]
    assert isinstance(call, Transcript), str(call)
    return call


def check(call: Transcript, written: Call, shape: Writer) -> None:
    assert call.source.format == shape.format
    assert [t.text for t in call.turns] == [s.text for s in written]
    if "roles" in shape.tells or replace(shape.options, input_format=None) != ReadOptions():
        assert [t.role.value for t in call.turns] == [s.role for s in written]
    if shape.call_id is not None:
        assert call.call_id == shape.call_id
    base = written[0].start if shape.from_first else 0.0
    for turn, said in zip(call.turns, written, strict=True):
        for edge, time in (("start", turn.start_s), ("end", turn.end_s)):
            if edge in shape.tells:
                assert time == pytest.approx(getattr(said, edge) - base, abs=shape.tolerance_s)
            elif edge == "start":
                assert time is None


@pytest.mark.parametrize("name", WRITERS)
def test_a_call_is_read_back_as_written(name: str, tmp_path: Path) -> None:
    shape = WRITERS[name]
    check(read_one(shape.write(CALL), tmp_path, shape.options), CALL, shape)


@pytest.mark.parametrize("name", [n for n, w in WRITERS.items() if "roles" not in w.tells])
def test_roles_that_are_not_told_are_judged_by_the_words(name: str, tmp_path: Path) -> None:
    call = read_one(WRITERS[name].write(CALL), tmp_path, ReadOptions())
    assert [t.role.value for t in call.turns] == [s.role for s in CALL]
    assert call.meta["roles_confidence"] > 0.9


@pytest.mark.parametrize("name", JSON_SHAPES)
def test_a_named_format_reads_documents_of_many_lines(name: str, tmp_path: Path) -> None:
    shape = WRITERS[name]
    data = json.dumps(json.loads(shape.write(CALL)), indent=2).encode()
    options = replace(shape.options, input_format=shape.format)
    check(read_one(data, tmp_path, options), CALL, replace(shape, options=options))


def test_every_format_is_written_here() -> None:
    assert {f.name for f in FORMATS} == {w.format for w in WRITERS.values()}


def test_names_are_unique_and_rows_complete() -> None:
    assert len({f.name for f in FORMATS}) == len(FORMATS)
    for row in FORMATS:
        assert row.title
        assert row.dialects
        assert set(row.tells) <= {"roles", "times", "agent", "speakers"}


@pytest.mark.parametrize("name", [n for n in JSON_SHAPES if WRITERS[n].write(CALL).startswith(b"{")])
def test_many_documents_a_line(name: str, tmp_path: Path) -> None:
    data = WRITERS[name].write(CALL)
    (tmp_path / "a").write_bytes(data + b"\n" + data + b"\nbad\n" + data + b"\n")
    found = list(read(tmp_path / "a", options=WRITERS[name].options))
    assert [isinstance(c, Transcript) for c in found] == [True, True, False, True]
    assert len({c.source.line for c in found if isinstance(c, Transcript)}) == 3


WORD = st.text("abcdefghijklmnopqrstuvwxyzABCDEéüñß'", min_size=1, max_size=9).filter(lambda w: w.strip("'"))
TEXT = st.builds(
    lambda words, mark: " ".join(words) + mark, st.lists(WORD, min_size=1, max_size=8), st.sampled_from(["", ".", "?"])
)


@st.composite
def calls(draw: st.DrawFn) -> Call:
    texts = draw(st.lists(TEXT, min_size=3, max_size=7))
    first = draw(st.sampled_from(["agent", "customer"]))
    at = draw(st.integers(0, 5_000)) / 1000
    found: Call = []
    for number, text in enumerate(texts):
        length = draw(st.integers(300, 4_000)) / 1000
        role = first if number % 2 == 0 else {"agent": "customer", "customer": "agent"}[first]
        found.append(Said(role, text, round(at, 3), round(at + length, 3)))
        at += length + draw(st.integers(20, 3_000)) / 1000
    return found


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=calls())
def test_round_trip(name: str, tmp_path: Path, written: Call) -> None:
    shape = WRITERS[name]
    check(read_one(shape.write(written), tmp_path, shape.options), written, shape)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=calls(), name=st.sampled_from(["vtt of Zoom", "srt", "vtt of Teams"]))
def test_subtitles_agree_with_webvtt_py(name: str, tmp_path: Path, written: Call) -> None:
    shape = WRITERS[name]
    data = shape.write(written)
    path = tmp_path / "a"
    path.write_bytes(data)
    theirs = webvtt.from_srt(str(path)) if name == "srt" else webvtt.read(str(path), encoding="utf-8-sig")
    ours = read_one(data, tmp_path, shape.options)
    assert len(ours.turns) == len(theirs.captions)
    for turn, caption in zip(ours.turns, theirs.captions, strict=True):
        assert caption.text.endswith(turn.text)
        assert turn.start_s == pytest.approx(caption.start_in_seconds, abs=1.0)
