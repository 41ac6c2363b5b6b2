"""The reports' folder: whole or not at all, never over another night, pruned with care."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TextIO

import pytest

from analyser.errors import OutputError
from analyser.nightly.publish import free_name, last_reported, prune, publish, set_reported

DAY = date(2026, 3, 4)


def says(text: str) -> Callable[[TextIO], None]:
    def write(out: TextIO) -> None:
        out.write(text)

    return write


def make(folder: Path, day: date = DAY, text: str = "page") -> Path:
    return publish(folder, free_name(folder, day), {"report.html": says(text), "calls.csv": says("a,b\n")})


def test_a_night_is_written_linked_and_listed(tmp_path: Path) -> None:
    night = make(tmp_path / "reports")
    assert night == tmp_path / "reports" / "2026-03-04"
    assert (tmp_path / "reports" / "latest" / "report.html").read_text() == "page"
    index = (tmp_path / "reports" / "index.html").read_text()
    assert 'href="2026-03-04/report.html"' in index
    assert 'href="2026-03-04/digest.html"' not in index


def test_a_night_has_the_permissions_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        night = make(tmp_path)
    finally:
        os.umask(before)
    assert (night.stat().st_mode & 0o777, (night / "report.html").stat().st_mode & 0o777) == (0o750, 0o640)


def test_a_second_run_of_a_day_gets_its_own_folder(tmp_path: Path) -> None:
    nights = [make(tmp_path, text=str(i)) for i in range(11)]
    assert nights[0].name == "2026-03-04"
    assert (nights[1].name, nights[10].name) == ("2026-03-04.2", "2026-03-04.11")
    assert (tmp_path / "latest" / "report.html").read_text() == "10"
    index = (tmp_path / "index.html").read_text()
    assert index.index("2026-03-04.11") < index.index("2026-03-04.9")


def test_what_breaks_while_it_is_written_leaves_nothing(tmp_path: Path) -> None:
    def broken(out: TextIO) -> None:
        out.write("half")
        raise ValueError

    make(tmp_path, text="before")
    with pytest.raises(ValueError):
        publish(tmp_path, "2026-03-05", {"report.html": says("whole"), "calls.csv": broken})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["2026-03-04", "index.html", "latest"]
    assert (tmp_path / "latest" / "report.html").read_text() == "before"


def test_what_a_killed_run_left_is_taken_away(tmp_path: Path) -> None:
    (tmp_path / ".making-abc").mkdir()
    (tmp_path / ".making-abc" / "report.html").write_text("half")
    make(tmp_path)
    assert not list(tmp_path.glob(".making-*"))


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="results are in the store"):
        make(tmp_path / "file")


def test_pruning_takes_only_our_files_of_old_nights_and_never_the_last(tmp_path: Path) -> None:
    for day in (1, 2, 3, 9):
        make(tmp_path, date(2026, 3, day))
    (tmp_path / "2026-03-02" / "notes.txt").write_text("a coach's")
    (tmp_path / "2019-01-01 holiday").mkdir()
    assert prune(tmp_path, keep_days=7, today=date(2026, 3, 10)) == 1
    assert [p.name for p in (tmp_path / "2026-03-02").iterdir()] == ["notes.txt"]
    kept = sorted(p.name for p in tmp_path.iterdir() if p.is_dir() and not p.is_symlink())
    assert kept == ["2019-01-01 holiday", "2026-03-02", "2026-03-03", "2026-03-09"]
    assert "2026-03-01" not in (tmp_path / "index.html").read_text()
    assert prune(tmp_path, keep_days=1, today=date(2030, 1, 1)) == 1
    assert (tmp_path / "latest" / "report.html").exists()


def test_what_was_reported_last(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    assert last_reported(folder) is None
    set_reported(folder, 12)
    assert last_reported(folder) == 12
    (folder / ".reported.json").write_text("{")
    with pytest.raises(OutputError, match="remove the file"):
        last_reported(folder)
