"""Bad input costs only itself, gets one clear error, and never shows a call's words."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from analyser.errors import ConfigurationError, InputError, UnknownFormatError
from analyser.formats import ReadOptions, find_inputs, read, read_many
from analyser.records import Role, Transcript

SECRET = "zanzibar"  # a word of the calls; it must stand in no error
TURNS = [
    {"role": "agent", "text": f"hello {SECRET} parcels how can i help", "start": 0.0, "end": 2.0},
    {"role": "customer", "text": "my box never came", "start": 2.5, "end": 4.0},
]


def line(call_id: str, turns: object = None) -> str:
    return json.dumps({"id": call_id, "turns": TURNS if turns is None else turns}, ensure_ascii=False)


def write(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def split(path: Path | str, options: ReadOptions | None = None) -> tuple[list[Transcript], list[InputError]]:
    items = list(read(path, options=options or ReadOptions()))
    errors = [i for i in items if isinstance(i, InputError)]
    for error in errors:
        assert error.where, "an error says where"
        assert SECRET not in str(error)
    return [i for i in items if isinstance(i, Transcript)], errors


# What a file holds, and what its one error must say (words, line).
BROKEN: dict[str, tuple[bytes, str, int | None]] = {
    "empty": (b"", "empty", None),
    "blank": (b"\n\n  \n", "no format recognised", None),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "picture", None),
    "recording": (b"RIFF\x00\x00\x00\x00WAVEfmt ", "sound recording", None),
    "machine's": (bytes(range(256)) * 20, "not text", None),
    "prose": (f"The {SECRET} is an island. It has spices, and a long history.\n".encode() * 5, "no format", None),
    "cut json": (b'{"id": "a", "turns": [{"role": "agent", "te', "cut off", 1),
    "bad json": (b'{"id": "a",\n "turns" [],\n "x": 1}', "not valid", 2),
    "json of nothing": (b'{"a": 1}', "no format recognised", None),
    "no turns": (b'{"id": "a", "turns": []}', "no turns", None),
    "vtt without cues": (b"WEBVTT\n\nNOTE nothing here\n", "no turns", None),
    "analytics without turns": (b'{"JobStatus": "COMPLETED", "Participants": [], "Transcript": []}', "no turns", None),
    "csv without rows": (b"call_id,speaker,text\n", "no calls", None),
    "damaged gzip": (gzip.compress(line("a").encode())[:20], "cut off or damaged", None),
    "damaged zip": (b"PK\x03\x04" + b"\x00" * 40, "cut off or damaged", None),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_gets_one_clear_error(case: str, tmp_path: Path) -> None:
    data, says, at = BROKEN[case]
    calls, errors = split(write(tmp_path, "file", data))
    assert not calls
    assert len(errors) == 1
    assert says in str(errors[0])
    assert errors[0].line == at


def test_an_unknown_format_lists_what_was_tried(tmp_path: Path) -> None:
    _, errors = split(write(tmp_path, "x.json", '{"a": 1}'))
    assert isinstance(errors[0], UnknownFormatError)
    assert "jsonl" in str(errors[0])
    assert "--input-format" in str(errors[0])


# Lines among good ones, and what the error says; the good ones are read.
BAD_LINES = {
    "not json": (SECRET, "not valid JSON"),
    "cut": (line("b")[:60], "cut off"),
    "no turns": (line("b", []), "no turns"),
    "turn without text": (line("b", [{"role": "agent"}]), "turn 1"),
    "text that is a number": (line("b", [{"role": "agent", "text": 7}]), "turn 1"),
    "not a call": ('{"something": 1}', "not calls"),
    "a list": ("[1, 2]", "not calls"),
    "nought": ("0", "not calls"),
}


@pytest.mark.parametrize("case", BAD_LINES)
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_bad_line_costs_only_itself(case: str, at: int, tmp_path: Path) -> None:
    bad, says = BAD_LINES[case]
    lines = [line("a"), line("c")]
    lines.insert(at - 1, bad)
    calls, errors = split(write(tmp_path, "calls.jsonl", "\n".join(lines)))
    assert [c.call_id for c in calls] == ["a", "c"]
    assert len(errors) == 1
    assert says in str(errors[0])
    assert errors[0].line == at


ACCENTS = "café 3 £ naïve"
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252"]
SHAPES = {
    "json lines": (lambda text: "".join(line(i, [{"role": "agent", "text": text}]) + "\n" for i in "ab"), 2),
    "csv": (lambda text: f"call_id,speaker,text\na,Agent,{text}\na,Customer,hi\n", 1),
    "text": (lambda text: f"Agent: {text}\nCustomer: hi\nAgent: bye\n", 1),
    "vtt": (lambda text: f"WEBVTT\n\n00:00.000 --> 00:01.000\n<v Agent>{text}</v>\n", 1),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("shape", SHAPES)
def test_encodings(encoding: str, shape: str, tmp_path: Path) -> None:
    build, count = SHAPES[shape]
    text = build(ACCENTS)
    calls, errors = split(write(tmp_path, "file", text.encode(encoding)))
    assert not errors
    assert len(calls) == count
    assert all(c.turns[0].text == ACCENTS for c in calls)
    guessed = encoding in {"latin-1", "cp1252"}
    assert any(p.code == "encoding" for c in calls for p in c.problems) is guessed


def test_damaged_utf8_keeps_its_other_letters(tmp_path: Path) -> None:
    data = "Agent: café £ naïve é\nCustomer: hi\n".encode().replace("£".encode(), b"\xc2")
    calls, _ = split(write(tmp_path, "a.txt", data))
    assert calls[0].turns[0].text == "café � naïve é"
    assert calls[0].problems[0].code == "encoding"


def test_missing_unreadable_and_odd_paths(tmp_path: Path) -> None:
    good = write(tmp_path, "good.jsonl", line("a"))
    items = list(read_many([str(tmp_path / "none"), str(good), str(tmp_path / "no*.x"), "nul\0path"]))
    assert [type(i) for i in items] == [InputError, Transcript, InputError, InputError]
    assert "no such file" in str(items[0])
    assert "no file matches" in str(items[2])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", line("a"))
    path.chmod(0)
    _, errors = split(path)
    assert "cannot be opened" in str(errors[0])


def test_a_folder_given_as_a_file_is_an_error(tmp_path: Path) -> None:
    _, errors = split(tmp_path)
    assert "cannot be opened" in str(errors[0])


def test_folders_are_sorted_deep_and_without_hidden_files(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.txt", "a/b/c.txt", ".hidden", ".git/x", "__MACOSX/x"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    found = [str(p.relative_to(tmp_path)) for p in find_inputs([str(tmp_path)]) if isinstance(p, Path)]
    assert found == ["a/b/c.txt", "a/z.txt", "b.txt"]
    globbed = [p.name for p in find_inputs([str(tmp_path / "**" / "*.txt")]) if isinstance(p, Path)]
    assert globbed == ["c.txt", "z.txt", "b.txt"]
    (tmp_path / "empty").mkdir()
    assert [type(p) for p in find_inputs([str(tmp_path / "empty")])] == [InputError]


def test_duplicate_ids_get_a_suffix_and_say_so(tmp_path: Path) -> None:
    one = write(tmp_path, "1.jsonl", "\n".join([line("a"), line("a"), line("a~2")]))
    two = write(tmp_path, "2.jsonl", line("a"))
    calls = [c for c in read_many([str(one), str(two)]) if isinstance(c, Transcript)]
    assert [c.call_id for c in calls] == ["a", "a~2", "a~2~2", "a~3"]
    assert [bool(c.problems) for c in calls] == [False, True, True, True]


def test_times_that_run_backwards_are_left_out_and_said(tmp_path: Path) -> None:
    turns = [
        {"role": "agent", "text": "a", "start": 5.0, "end": 4.0},
        {"role": "customer", "text": "b", "start": 1.0, "end": 2.0},
        {"role": "agent", "text": "c", "start": 6.0, "end": 7.0},
        {"role": "agent", "text": "d", "start": "x", "end": True},
    ]
    calls, _ = split(write(tmp_path, "a.jsonl", line("a", turns)))
    assert [(t.start_s, t.end_s) for t in calls[0].turns] == [(5.0, None), (None, None), (6.0, 7.0), (None, None)]
    assert {p.code for p in calls[0].problems} == {"times_backwards", "times_bad"}


def test_own_text_is_kept_byte_for_byte(tmp_path: Path) -> None:
    text = "  <b>hi</b> &amp; [noise]\t\x07 two  spaces\n "
    calls, _ = split(
        write(tmp_path, "a.jsonl", line("a", [{"role": "agent", "text": text}, {"role": "x", "text": ""}]))
    )
    assert [t.text for t in calls[0].turns] == [text, ""]
    assert any(p.code == "control_characters" for p in calls[0].problems)


def test_own_facts_are_kept(tmp_path: Path) -> None:
    call = {"id": "a", "turns": TURNS, "agent": "Odile", "team": "north", "started_at": "2026-01-31T10:00:00Z"}
    call |= {"customer": "c-1", "meta": {"queue": "late"}}
    calls, _ = split(write(tmp_path, "a.json", json.dumps(call, indent=1)))
    read_back = calls[0]
    assert (read_back.agent, read_back.team, read_back.customer) == ("Odile", "north", "c-1")
    assert (read_back.started_at, read_back.meta) == ("2026-01-31T10:00:00Z", {"queue": "late"})
    assert [t.role for t in read_back.turns] == [Role.AGENT, Role.CUSTOMER]


@pytest.mark.parametrize("shape", ["jsonl", "csv", "text"])
def test_a_turn_of_two_megabytes(shape: str, tmp_path: Path) -> None:
    long = "word " * 400_000 + "end"
    files = {
        "jsonl": line("a", [{"role": "agent", "text": long}]),
        "csv": f'call_id,speaker,text\na,Agent,"{long}"\na,Customer,hi\n',
        "text": f"Agent: {long}\nCustomer: hi\n",
    }
    calls, errors = split(write(tmp_path, "file", files[shape]))
    assert not errors
    assert calls[0].turns[0].text == long


def test_a_hundred_thousand_turns(tmp_path: Path) -> None:
    rows = "".join(f"a,{'Agent' if i % 2 else 'Customer'},word {i}\n" for i in range(100_000))
    calls, errors = split(write(tmp_path, "a.csv", "call_id,speaker,text\n" + rows))
    assert not errors
    assert len(calls[0].turns) == 100_000


def tar_of(files: dict[str, bytes], mode: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def zip_of(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


MEMBERS = {
    "a.jsonl": line("a").encode(),
    "bad.jsonl": b"\x89PNG....",
    "d/b.txt": b"Agent: hi\nCustomer: hi\n",
    ".x": b"x",
}


@pytest.mark.parametrize(
    "data",
    [
        zip_of(MEMBERS),
        tar_of(MEMBERS, "w"),
        tar_of(MEMBERS, "w:gz"),
        tar_of(MEMBERS, "w:bz2"),
        gzip.compress(zip_of(MEMBERS)),
    ],
    ids=["zip", "tar", "tar.gz", "tar.bz2", "zip.gz"],
)
def test_archives_give_their_members(data: bytes, tmp_path: Path) -> None:
    calls, errors = split(write(tmp_path, "in.bin", data))
    assert [c.call_id for c in calls] == ["a", "b"]
    assert [e.where for e in errors] == [str(tmp_path / "in.bin") + "!bad.jsonl"]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed_files(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    calls, errors = split(write(tmp_path, "a.jsonl.gz", pack(line("a").encode())))
    assert [c.call_id for c in calls] == ["a"]
    assert not errors


def test_a_cut_gzip_gives_the_calls_before_the_cut(tmp_path: Path) -> None:
    noise = [line(str(i), [{"role": "agent", "text": os.urandom(300).hex()}]) for i in range(800)]
    packed = gzip.compress("\n".join(noise).encode())
    calls, errors = split(write(tmp_path, "a.gz", packed[: len(packed) // 2]))
    assert len(calls) > 100
    assert len(errors) == 1
    assert "cut off" in str(errors[0])


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fake:
        buffer = io.BytesIO(f"{line('a')}\n{line('b')}\n".encode())

    monkeypatch.setattr(sys, "stdin", Fake)
    calls, errors = split("-")
    assert [c.call_id for c in calls] == ["a", "b"]
    assert not errors


def test_a_bad_csv_row_costs_only_itself(tmp_path: Path) -> None:
    text = 'call_id,speaker,text\na,Agent,hello\na,Customer\na,Agent,"never closed\na,Customer,"he said ""no"""\n'
    calls, errors = split(write(tmp_path, "a.csv", text))
    assert [t.text for t in calls[0].turns] == ["hello", 'he said "no"']
    assert sorted(e.line or 0 for e in errors) == [3, 4]
    assert [p.code for p in calls[0].problems] == ["rows_bad"]


def test_input_format_overrides_and_must_exist(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", "Agent: hi\n")
    calls, _ = split(path, ReadOptions(input_format="text"))
    assert calls[0].source.format == "text"
    with pytest.raises(ConfigurationError, match="there is no format"):
        list(read(path, options=ReadOptions(input_format="nonsense")))


def test_the_name_does_not_decide(tmp_path: Path) -> None:
    calls, _ = split(write(tmp_path, "a.csv", "1\n00:00:00,000 --> 00:00:01,000\nAgent: hi\n"))
    assert calls[0].source.format == "srt"
