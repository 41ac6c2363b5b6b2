"""``analyser batch``, ``status`` and ``db``, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from analyser.cli import main
from tests.batch.made_inbox import call, write


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANALYSER_DATABASE", "kept.db")
    write(tmp_path / "in" / "a.jsonl", call(1), call(2))
    return tmp_path


def typed(*arguments: str) -> Result:
    result = CliRunner().invoke(main, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_a_batch_is_kept_told_exported_checked_and_pruned(place: Path) -> None:
    first = typed("batch", "in")
    assert first.exit_code == 0
    assert first.stdout.startswith("Run 1: 2 new calls, 0 replaced, 0 known, 0 failed; ")
    assert first.stderr == ""
    assert typed("batch", "in").stdout.startswith("Run 2: 0 new calls, 0 replaced, 2 known")
    told = typed("status")
    assert "kept.db: 2 calls, " in told.stdout
    assert [line.split()[0] for line in told.stdout.splitlines()[2:]] == ["2", "1"]
    exported, analysed = typed("db", "export"), typed("analyse", "in", "--format", "jsonl")
    assert exported.stdout == analysed.stdout
    assert typed("db", "check").stdout == "2 calls, all sound\n"
    assert typed("db", "upgrade").stdout == "the store is up to date\n"
    assert typed("db", "prune", "--older-than", "1d").stdout == "0 calls and 0 runs deleted\n"
    assert typed("db", "export", "--since", "2999-01-01").stdout == ""


def test_bad_calls_are_told_and_make_the_exit_code_one(place: Path) -> None:
    (place / "in" / "bad.vtt").write_text("WEBVTT\n\n")
    result = typed("batch", "in")
    assert result.exit_code == 1
    assert "bad.vtt" in result.stderr
    assert result.stderr.count("\n") == 1
    again = typed("batch", "in")
    assert again.exit_code == 0
    assert "1 file with problems have not changed since" in again.stdout
    assert "bad.vtt" in typed("status", "--problems").stdout
    assert "bad.vtt" in typed("status", "1").stdout
    as_json = json.loads(typed("status", "--json", "--problems").stdout)
    assert (as_json["store"]["calls"], as_json["store"]["bad_files"], len(as_json["problems"])) == (2, 1, 1)
    assert [r["counts"]["failed"] for r in as_json["runs"]] == [0, 1]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("batch", "nowhere"), 2, "no such file or folder"),
        (("batch", "in", "--database", "mysql://x"), 3, "no store of the kind"),
        (("batch", "in", "--jobs", "0"), 2, "--jobs"),
        (("batch", "in", "--quarantine", "in"), 3, "the quarantine is the inbox"),
        (("batch", "in", "--model", "nowhere"), 3, "no model here"),
        (("status",), 3, "there is no store here"),
        (("db", "check"), 3, "there is no store here"),
        (("db", "prune", "--older-than", "soon"), 2, "is no age"),
        (("db", "prune", "--older-than", "0d"), 2, "is no age"),
        (("db", "export", "--since", "yesterday"), 2, "is no time"),
    ],
)
def test_what_is_wrong_is_told_in_a_line_with_its_exit_code(
    place: Path, arguments: tuple[str, ...], code: int, told: str
) -> None:
    result = typed(*arguments)
    assert result.exit_code == code, result.output
    assert told in result.stderr.splitlines()[-1]


def test_status_of_a_run_that_never_was(place: Path) -> None:
    typed("db", "upgrade")
    assert typed("status", "7").exit_code == 2


def test_damage_is_found_by_check(place: Path) -> None:
    import sqlite3

    typed("batch", "in")
    with sqlite3.connect(place / "kept.db") as connection:
        connection.execute("DELETE FROM store_turn WHERE number = 2")
    result = typed("db", "check")
    assert result.exit_code == 1
    assert "has not all of its rows" in result.stderr
