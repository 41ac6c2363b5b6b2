"""The config file: what it holds, and how every mistake is told with file and line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analyser.errors import ConfigurationError, ExitCode
from analyser.nightly import config as config_module
from analyser.nightly.config import EXAMPLE, load_config

GOOD = """\
[inbox]
paths = ["calls"]

[store]
database = "calls.sqlite3"

[reports]
folder = "reports"
"""


def load(folder: Path, text: str) -> config_module.NightlyConfig:
    path = folder / "analyser.toml"
    path.write_text(text, encoding="utf-8")
    return load_config(path)


def test_paths_count_from_the_config_files_folder(tmp_path: Path) -> None:
    read = load(tmp_path, GOOD.replace('"calls"', '"calls/*.vtt", "s3://bucket/calls", "/srv/calls"'))
    assert read.inbox.paths == (str(tmp_path / "calls/*.vtt"), "s3://bucket/calls", "/srv/calls")
    assert read.store.address == str(tmp_path / "calls.sqlite3")
    assert read.reports.folder == tmp_path / "reports"


def test_an_address_of_a_database_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHERE", "postgresql://me:secret@db/calls")
    assert (
        load(tmp_path, GOOD.replace("calls.sqlite3", "postgresql://db/calls")).store.address == "postgresql://db/calls"
    )
    read = load(tmp_path, GOOD.replace('database = "calls.sqlite3"', 'database_env = "WHERE"'))
    assert read.store.address == "postgresql://me:secret@db/calls"
    assert "secret" not in repr(read)


def test_the_example_is_a_config_as_it_stands_and_with_every_key_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert load(tmp_path, text).run.time_limit_s == 6 * 3600
    for name in ("ANALYSER_SMTP_PASSWORD", "ANALYSER_WEBHOOK_SECRET", "ANALYSER_DATABASE"):
        monkeypatch.setenv(name, "x")
    for name in ("card.yaml", "calls.csv", "agents.csv"):
        (tmp_path / name).touch()
    for name in ("behaviours", "my-model"):
        (tmp_path / name).mkdir()
    whole = re.sub(r"^# (\[?\w+\]?( = .*)?)$", r"\1", text, flags=re.MULTILINE).replace(
        "database_env", "# database_env"
    )
    read = load(tmp_path, whole)
    for name, section in read:
        left = type(section).model_fields.keys() - section.model_fields_set - {"database_env"}
        assert not left, f"the example does not show {left} of [{name}]"


@pytest.mark.parametrize(
    ("before", "after", "line", "says"),
    [
        ('paths = ["calls"]', "paths = []", 2, "[inbox] paths"),
        ('paths = ["calls"]', "", 1, "[inbox] paths is missing"),
        ('paths = ["calls"]', 'path = ["calls"]', 2, "did you mean paths"),
        ('paths = ["calls"]', 'paths = ["calls"]\ninput_format = "vttt"', 3, "no format 'vttt'"),
        ('paths = ["calls"]', 'paths = ["calls"]\n\n# a note\nmetadata = "no.csv"', 5, "there is no "),
        ("[reports]", "[report]", 7, "did you mean reports"),
        ('folder = "reports"', 'folder = "reports"\nkeep_days = 0', 9, "greater than or equal to 1"),
        ('folder = "reports"', 'folder = "reports"\nkeep_days = "many"', 9, "[reports] keep_days"),
        ('database = "calls.sqlite3"', "", 4, "one of database and database_env"),
        ('database = "calls.sqlite3"', 'database_env = "NOT_SET_ANYWHERE"', 5, "NOT_SET_ANYWHERE"),
        ('folder = "reports"', "folder = reports", 8, "not TOML"),
        ("[store]", "[store", 4, "not TOML"),
        ('folder = "reports"', 'folder = "reports"\n[run]\ntime_limit = "soon"', 10, "'6h'"),
        ('folder = "reports"', 'folder = "reports"\n[run]\ntime_limit = 0', 10, "greater than 0"),
        ('folder = "reports"', 'folder = "reports"\n[analysis]\nthreshold = 2', 10, "threshold"),
        ('folder = "reports"', 'folder = "reports"\n[analysis]\njobs = 0', 9, "jobs is 0"),
        ('folder = "reports"', 'folder = "reports"\n[analysis]\nbackend = "dask"', 9, "scheduler"),
        ('folder = "reports"', 'folder = "reports"\n[webhook]\nurl = "ftp://x"', 10, "https://"),
        (
            'folder = "reports"',
            'folder = "reports"\n[email]\nhost = "h"\nfrom = "a@b"\nto = [\n "c@d",\n "nobody",\n]',
            12,
            "'nobody' is no mail address",
        ),
        (
            'folder = "reports"',
            'folder = "reports"\n[email]\nhost = "h"\nfrom = "a@b"\nto = ["c@d"]\nuser = "u"',
            9,
            "go together",
        ),
        (
            'folder = "reports"',
            'folder = "reports"\n[email]\nhost = "h"\ntls="none"\nfrom = "a@b"\nto = ["c@d"]\nuser = "u"\n'
            'password_env = "PATH"',
            9,
            "unprotected",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, before: str, after: str, line: int, says: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, GOOD.replace(before, after))
    error = caught.value
    assert error.exit_code is ExitCode.CONFIGURATION
    assert says in str(error)
    assert (Path(error.where or "").name, error.line) == ("analyser.toml", line)
    assert "\n" not in str(error)


def test_a_whole_section_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"\[store\] is missing.*--init"):
        load(tmp_path, GOOD.replace('[store]\ndatabase = "calls.sqlite3"\n', ""))


def test_several_mistakes_are_counted_and_the_first_is_told(tmp_path: Path) -> None:
    text = GOOD.replace("paths", "path").replace("folder", "folders")
    with pytest.raises(ConfigurationError, match="and 3 more") as caught:
        load(tmp_path, text)
    assert caught.value.line == 2


def test_files_that_are_not_configs(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="--init"):
        load_config(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"[inbox]\npaths = ['caf\xe9']\n")
    with pytest.raises(ConfigurationError, match="not UTF-8") as caught:
        load_config(tmp_path / "latin.toml")
    assert caught.value.line == 2


@pytest.mark.parametrize(
    ("given", "seconds"),
    [('"6h"', 21_600), ('"1h30m"', 5_400), ('"90s"', 90), ("45", 45), ('"1d"', 86_400), ('"0.5h"', 1_800)],
)
def test_times(tmp_path: Path, given: str, seconds: float) -> None:
    assert load(tmp_path, f"{GOOD}[run]\ntime_limit = {given}\n").run.time_limit_s == seconds


def test_the_readmes_config_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(\[inbox\].*?)```", readme, re.DOTALL)
    assert len(blocks) == 1
    for name in re.findall(r'_env = "(\w+)"', blocks[0]):
        monkeypatch.setenv(name, "x")
    assert load(tmp_path, blocks[0]).email is not None
