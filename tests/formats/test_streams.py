"""Files of many calls run in flat memory, and calls come out while the file is still being read."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from analyser.formats import read
from analyser.records import Transcript

TURNS = 20
TEXT = "the parcel was meant to come on friday and it never did, so i waited in all day "


def json_lines(call: int) -> str:
    turns = [{"role": "agent" if n % 2 else "customer", "text": TEXT + str(n)} for n in range(TURNS)]
    return json.dumps({"id": str(call), "turns": turns}) + "\n"


def csv_rows(call: int) -> str:
    return "".join(f'{call},{"agent" if n % 2 else "customer"},"{TEXT}{n}"\n' for n in range(TURNS))


def turn_lines(call: int) -> str:
    return "".join(json.dumps({"call_id": str(call), "speaker": "agent", "text": TEXT}) + "\n" for _ in range(TURNS))


SHAPES: dict[str, tuple[str, Callable[[int], str]]] = {
    "json lines": ("", json_lines),
    "csv": ("call_id,speaker,text\n", csv_rows),
    "turns a line": ("", turn_lines),
}


def make(path: Path, shape: str, calls: int) -> int:
    header, build = SHAPES[shape]
    opened = gzip.open(path, "wt") if path.suffix == ".gz" else path.open("w")
    with opened as out:
        out.write(header)
        for call in range(calls):
            out.write(build(call))
    return path.stat().st_size


def peak_of(path: Path) -> tuple[int, int]:
    tracemalloc.start()
    try:
        count = sum(isinstance(call, Transcript) for call in read(path))
        return count, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_json_lines_in_flat_memory(ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyser.formats.document._CHUNK", 16_384)
    small, large = tmp_path / f"small{ending}", tmp_path / f"large{ending}"
    make(small, "json lines", 50)
    make(large, "json lines", 400)
    peak_of(small)  # the role model is loaded once
    count, peak = peak_of(small)
    assert count == 50
    count, peak_large = peak_of(large)
    assert count == 400
    assert peak_large < peak * 1.2 + 200_000


@pytest.mark.parametrize("shape", ["csv", "turns a line"])
def test_rows_are_held_only_in_a_window(shape: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyser.formats.grouping._OPEN_ROWS", 400)
    small, large = tmp_path / "small", tmp_path / "large"
    make(small, shape, 40)
    make(large, shape, 300)
    peak_of(small)
    count, peak = peak_of(small)
    assert count == 40
    count, peak_large = peak_of(large)
    assert count == 300
    assert peak_large < peak * 1.2 + 200_000


def test_the_first_call_comes_before_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with path.open("w") as out:
        out.write(json_lines(0))
        out.write(json_lines(1))
        for _ in range(3000):
            out.write("broken\n")
    first = list(islice(read(path), 2))
    assert [c.call_id for c in first if isinstance(c, Transcript)] == ["0", "1"]


def test_a_call_whose_rows_come_back_late_is_given_twice_and_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analyser.formats.grouping._OPEN_ROWS", 10)
    rows = [f"{call},agent,{n}" for call in "abc" for n in range(8)] + ["a,agent,late"]
    (tmp_path / "a").write_text("call_id,speaker,text\n" + "\n".join(rows) + "\n")
    calls = [c for c in read(tmp_path / "a") if isinstance(c, Transcript)]
    assert sum(len(c.turns) for c in calls) == 25
    assert sorted(c.call_id for c in calls) == ["a", "a", "b", "c"]
