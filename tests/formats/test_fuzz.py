"""Whatever the bytes: a call or an error that says where, in bounded time and memory."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import random
import tarfile
import time
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyser.errors import InputError
from analyser.formats import FORMATS, ReadOptions, read
from analyser.formats.roles_model import load
from analyser.records import Transcript
from tests.formats.writers import JSON_SHAPES, WRITERS, Said

MAX_SECONDS = 2.0
CALL = [
    Said("agent", "Good morning, Fernhill, how can I help?", 0.4, 3.1),
    Said("customer", "my box never came", 3.3, 6.7),
    Said("agent", "let me look.", 6.9, 9.0),
]
NAMES = [f.name for f in FORMATS if f.name != "json_mapped"]
QUIET = settings(deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    load()  # the role model's import takes a second or two, once


def survive(data: bytes, path: Path, options: ReadOptions | None = None) -> None:
    """Read, and hold what came of it against what is promised."""
    path.write_bytes(data)
    began = time.process_time()
    for item in read(path, options=options or ReadOptions()):
        assert isinstance(item, (Transcript, InputError))
        if isinstance(item, InputError):
            assert item.where is not None
        else:
            assert item.turns
            times = [t.start_s for t in item.turns if t.start_s is not None]
            assert times == sorted(times)
    assert time.process_time() - began < MAX_SECONDS


@settings(QUIET, max_examples=150)
@given(data=st.binary(max_size=400))
def test_any_bytes(data: bytes, tmp_path: Path) -> None:
    survive(data, tmp_path / "f")


@pytest.mark.parametrize("name", NAMES)
@settings(QUIET, max_examples=8)
@given(data=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace"))))
def test_any_bytes_by_every_reader(name: str, data: bytes, tmp_path: Path) -> None:
    survive(data, tmp_path / "f", ReadOptions(input_format=name))


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The bytes with some cut out, changed, doubled or put elsewhere."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 5)):
        if not changed:
            break
        at = chance.randrange(len(changed))
        size = chance.randint(1, 12)
        kind = chance.randrange(5)
        if kind == 0:
            del changed[at : at + size]
        elif kind == 1:
            changed[at] = chance.randrange(256)
        elif kind == 2:
            changed[at:at] = changed[at : at + size * 4]
        elif kind == 3:
            del changed[at:]
        else:
            changed[at : at + size] = chance.choice(
                [b"null", b"-1", b"[]", b"{}", b'"', b"\n", b"1e308", b"\x00", b"::", b"<"]
            )
    return bytes(changed)


@pytest.mark.parametrize("name", WRITERS)
def test_mutated_files(name: str, tmp_path: Path) -> None:
    shape = WRITERS[name]
    data = shape.write(CALL)
    chance = random.Random(name)
    for _ in range(25):
        survive(mutated(data, chance), tmp_path / "f", shape.options)


def archives(data: bytes) -> dict[str, bytes]:
    zipped, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("a", data)
        archive.writestr("b", data)
    with tarfile.open(fileobj=tarred, mode="w") as archive_2:
        info = tarfile.TarInfo("a")
        info.size = len(data)
        archive_2.addfile(info, io.BytesIO(data))
    return {"zip": zipped.getvalue(), "tar": tarred.getvalue(), "gz": gzip.compress(data), "xz": lzma.compress(data)}


@pytest.mark.parametrize("kind", ["zip", "tar", "gz", "xz"])
def test_mutated_archives(kind: str, tmp_path: Path) -> None:
    data = archives(WRITERS["own line"].write(CALL))[kind]
    chance = random.Random(kind)
    for _ in range(250):  # a zip whose offsets lead out of it is rare, and once was a ValueError
        survive(mutated(data, chance), tmp_path / "f")


ODD = [None, True, -1, 0, 10**19, 1.5e300, "", "x", "12:00", [], {}, [None], {"a": 1}, [[]], "\x00", "9" * 30]


def damaged(value: Any, chance: random.Random) -> Any:
    """A JSON value with one place in it replaced by something odd, of whatever type."""
    if isinstance(value, dict) and value and chance.random() < 0.85:
        key = chance.choice(sorted(value))
        return {**value, key: damaged(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.85:
        at = chance.randrange(len(value))
        return [*value[:at], damaged(value[at], chance), *value[at + 1 :]]
    return chance.choice(ODD)


@pytest.mark.parametrize("name", JSON_SHAPES)
def test_values_of_the_wrong_type(name: str, tmp_path: Path) -> None:
    shape = WRITERS[name]
    value = json.loads(shape.write(CALL))
    chance = random.Random(name)
    for _ in range(40):
        data = json.dumps(damaged(value, chance)).encode()
        survive(data, tmp_path / "f", shape.options)
        survive(data, tmp_path / "f", ReadOptions(input_format=shape.format, mapping=shape.options.mapping))


SIZE = 60_000
PATHOLOGICAL: dict[str, bytes] = {
    "open brackets": b"[" * SIZE,
    "open objects": b'{"a":' * (SIZE // 5),
    "empty objects": b"[" + b"{}," * (SIZE // 3) + b"{}]",
    "quotes": b'"' * SIZE,
    "quotes on lines": b"speaker,text\n" + b'"\n' * (SIZE // 2),
    "open quotes on lines": b"speaker,text\n" + b'Agent,"x\n' * (SIZE // 9),
    "colons": b":" * SIZE,
    "labels": b"Agent: " * (SIZE // 7),
    "labels on lines": b"A b:\n" * (SIZE // 5),
    "spaces": b"Agent:" + b" " * SIZE + b"x\nCustomer: hi\n",
    "voice tags": b"WEBVTT\n\n00:01.000 --> 00:02.000\n" + b"<v " * (SIZE // 3),
    "angles": b"WEBVTT\n\n00:01.000 --> 00:02.000\n" + b"<" * SIZE,
    "arrows": b"WEBVTT\n\n" + b"-->\n" * (SIZE // 4),
    "empty lines in a cue": b"WEBVTT\n\n00:01.000 --> 00:02.000\n" + b"x\n\n" * (SIZE // 3),
    "only empty lines in a cue": b"WEBVTT\n\n00:01.000 --> 00:02.000\nx\n" + b"\n" * SIZE + b"y",
    "brackets": b"Agent: " + b"[(" * (SIZE // 2) + b"\nCustomer: hi\n",
    "entities": b"Agent: " + b"&amp;" * (SIZE // 5) + b"\nCustomer: hi\n",
    "ampersands": b"Agent: " + b"&" * SIZE + b"\nCustomer: hi\n",
    "digits": b"Agent: " + b"9" * SIZE + b"\nCustomer: hi\n",
    "times": b"00:00 " * (SIZE // 6),
    "carriage returns": b"\r" * SIZE,
    "commas": b"," * SIZE,
    "columns": b",".join(b"c%d" % i for i in range(SIZE // 8)) + b"\n",
    "short turns": b"Agent: yes of course\nCustomer: no thank you\n" * (SIZE // 43),
    "a huge number": b'{"id":"a","turns":[{"role":"agent","text":"x","start":' + b"9" * 4000 + b"}]}",
    "names": b"".join(b"Name%d: x\n" % i for i in range(SIZE // 12)),
    "utf-16 of nothing": b"\xff\xfe" + b"\x00" * SIZE,
}


@pytest.mark.parametrize("case", PATHOLOGICAL)
def test_no_hang_and_no_flood(case: str, tmp_path: Path) -> None:
    data = PATHOLOGICAL[case]
    survive(data, tmp_path / "f")
    tracemalloc.start()
    try:
        for _ in read(_written(data, tmp_path)):
            pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20 * len(data) + 4_000_000  # the constant: buffers of a megabyte each


def _written(data: bytes, folder: Path) -> Path:
    path = folder / "p"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("case", PATHOLOGICAL)
def test_no_hang_in_any_text_reader(case: str, tmp_path: Path) -> None:
    for name in ("text", "csv", "vtt", "jsonl", "json_turns"):
        survive(PATHOLOGICAL[case], tmp_path / "f", ReadOptions(input_format=name))
