"""Whole nights over an inbox, into SQLite, as a timer starts them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from analyser.cli import main
from analyser.nightly import delivery, publish
from analyser.nightly import run as night_module
from analyser.nightly.lock import locked
from analyser.nightly.logs import FIELDS
from tests.nightly.house import KIND, ODD, RUDE, House
from tests.nightly.servers import MailServer, Postman, Receiver, free_port
from tests.postgresql import Server


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(delivery, "FIRST_PAUSE_S", 0.0)
    return House(tmp_path)


TODAY = date.today().isoformat


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_is_new_is_reported_once(house: House, kind: str, request: pytest.FixtureRequest) -> None:
    if kind == "postgresql":
        house.store = request.getfixturevalue("postgresql").new()
    house.write("one", RUDE, KIND, KIND)
    first = house.night()
    assert (first.code, first.out) == (0, "")
    (night,) = house.nights()
    assert sorted(p.name for p in (house.folder / "reports" / night).iterdir()) == [
        "calls.csv", "digest.html", "digest.txt", "report.html",
    ]  # fmt: skip
    assert house.sheet(night) == ["one-0", "one-1", "one-2"]
    assert house.figures()["calls.new"] == 3
    text = (house.folder / "reports" / "latest" / "digest.txt").read_text()
    assert "3 analysed, 1 to coach" in text
    assert "1. one-0, Amira" in text

    second = house.night()
    assert second.code == 0
    assert "nothing_new" in second.events()
    assert house.nights() == [night]
    assert (house.figures()["calls.new"], house.figures()["calls.skipped"], house.figures()["exit_code"]) == (0, 3, 0)

    house.write("two", KIND, RUDE, start=10)
    third = house.night()
    assert third.code == 0
    assert house.nights() == [night, f"{night}.2"]
    assert house.sheet(f"{night}.2") == ["two-10", "two-11"]
    assert "above the mean of the last run (33.3%)" in (house.folder / "reports/latest/digest.txt").read_text()


def test_every_line_is_json_of_known_fields_under_one_run_id(house: House) -> None:
    house.write("one", RUDE)
    told = house.night().lines()
    assert [x["event"] for x in told] == ["started", "analysed", "reported", "ended"]
    assert len({x["run_id"] for x in told}) == 1
    assert told[0]["run_id"]
    for line in told:
        assert line.keys() - {"timestamp", "level", "event", "run_id"} <= FIELDS
        assert line["level"] in {"info", "warning", "error"}
    assert told[-1]["exit_code"] == 0


def test_a_bad_file_costs_only_itself_and_is_told_once(house: House) -> None:
    house.write("one", KIND, RUDE)
    house.spoil()
    first = house.night()
    assert first.code == 1
    assert house.sheet(house.nights()[0]) == ["one-0", "one-1"]
    assert "Failed     1" in (house.folder / "reports/latest/digest.txt").read_text()
    figures = house.figures()
    assert (figures["calls.failed"], figures["exit_code"]) == (1, 1)
    assert "last_success_timestamp_seconds" not in figures

    second = house.night()
    assert second.code == 0
    assert second.lines("analysed")[0]["waiting"] == 1


def test_where_nothing_is_usable(house: House) -> None:
    house.spoil()
    assert house.night().code == 2
    assert "1 failed" in (house.folder / "reports/latest/digest.txt").read_text()


def test_an_inbox_that_is_empty_tonight_is_no_fault_but_one_that_is_gone_is(house: House) -> None:
    (house.folder / "calls").mkdir()
    assert house.night().code == 0
    house.path = "calls/*.vtt"
    assert house.night().code == 0
    assert house.nights() == []
    house.path = "not-mounted"
    gone = house.night()
    assert gone.code == 2
    assert gone.lines("analysed")[0]["failed"] == 1


def test_a_bad_file_goes_to_quarantine(house: House) -> None:
    house.write("one", KIND)
    house.spoil()
    house.inbox = 'quarantine = "bad"'
    assert house.night().code == 1
    assert [p.name for p in (house.folder / "calls").iterdir()] == ["one.jsonl"]
    assert [p.name for p in (house.folder / "bad").rglob("*") if p.is_file()] == ["bad.json"]


@pytest.mark.parametrize(
    ("sections", "says"),
    [
        ("[analysis]\nmodels = 1\n", "models"),
        ("[analysis]\nmodel = '.'\n", "model"),
        ("[inbox]\n", "TOML"),
    ],
)
def test_a_wrong_configuration(house: House, sections: str, says: str) -> None:
    house.write("one", KIND)
    house.sections = sections
    night = house.night()
    assert night.code == 3
    (told,) = night.lines("failed")
    assert says in told["error"]
    assert house.nights() == []


def test_a_second_run_at_the_same_time_is_told_and_touches_nothing(house: House) -> None:
    house.write("one", KIND)
    with locked(house.folder / "analyser.lock"):
        night = house.night()
    assert night.code == 1
    assert "lock" in night.lines("failed")[0]["error"]
    assert not (house.folder / "analyser.prom").exists()
    assert not (house.folder / "calls.sqlite3").exists()
    assert house.night().code == 0


def test_no_bad_file_puts_its_words_into_log_digest_or_textfile(house: House) -> None:
    house.spoil_in_many_ways()
    house.write("one", KIND)
    night = house.night()
    assert night.code == 1
    assert sum(x["count"] for x in night.lines("not_usable")) >= 8
    told = [night.err, *((house.folder / "reports/latest" / f"digest.{x}").read_text() for x in ("txt", "html"))]
    told.append((house.folder / "analyser.prom").read_text())
    assert [word for word in ODD for text in told if word in text.lower()] == []


MAIL = '[email]\nhost = "localhost"\nport = {}\ntls = "none"\nfrom = "a@example.org"\nto = ["qa@example.org"]\n'


def test_mail_and_webhook_get_the_digest_and_no_word_of_a_call_leaves_the_report(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_SECRET", "s3cret")
    house.write("one", RUDE, KIND)
    house.spoil()
    postman = Postman()
    with MailServer(postman) as server, Receiver() as receiver:
        house.sections = MAIL.format(server.port) + f'[webhook]\nurl = "{receiver.url}"\nsecret_env = "HOOK_SECRET"\n'
        night = house.night()
    assert night.code == 1
    assert [x["channel"] for x in night.lines("delivered")] == ["email", "webhook"]
    (mail,), ((headers, body),) = postman.mails, receiver.got
    assert mail["Subject"] == f"Calls of {TODAY()}: 2 analysed, 1 to coach, 1 failed"
    assert headers[delivery.SIGNATURE] == delivery.signature("s3cret", headers[delivery.TIMESTAMP], body)
    sent = json.loads(body)
    assert [c["call_id"] for c in sent["to_coach"]] == ["one-0"]
    assert sent["run_id"] == night.lines()[0]["run_id"]

    reports = house.folder / "reports"
    assert all(word in (reports / "latest" / "report.html").read_text() for word in ODD[:3])
    kept_apart = {"report.html", "one.jsonl", "bad.json"}
    texts = [night.out, night.err, body.decode(), *(part.get_content() for part in mail.iter_parts())]
    texts += [
        p.read_text(errors="replace")
        for p in house.folder.rglob("*")
        if p.is_file() and p.name not in kept_apart and "sqlite3" not in p.name
    ]
    assert len(texts) >= 10
    assert [word for word in ODD for text in texts if word in text.lower()] == []


def test_a_digest_that_does_not_arrive_is_told_and_loses_nothing(house: House) -> None:
    house.write("one", KIND)
    with Receiver(500, 500, 500) as receiver:
        house.sections = (
            MAIL.format(free_port()) + f'[webhook]\nurl = "{receiver.url}"\n[digest]\nsend = "something_new"\n'
        )
        night = house.night()
        assert night.code == 1
        assert [(x["channel"], x["level"]) for x in night.lines("delivery_failed")] == [
            ("email", "warning"),
            ("webhook", "warning"),
        ]
        assert house.sheet(house.nights()[0]) == ["one-0"]
        assert (house.figures()["undelivered.email"], house.figures()["undelivered.webhook"]) == (1, 1)
        assert house.night().code == 0  # nothing new, so nothing to send
        assert len(receiver.got) == 3


def test_a_recipient_who_is_refused_is_told(house: House) -> None:
    house.write("one", KIND)
    with MailServer(Postman(refused=("gone@example.org",))) as server:
        house.sections = MAIL.format(server.port).replace('"qa@example.org"', '"qa@example.org", "gone@example.org"')
        night = house.night()
    assert night.code == 1
    assert night.lines("recipients_refused")[0]["count"] == 1


def many(house: House, files: int = 5) -> list[str]:
    for n in range(files):
        house.write(f"part{n}", *[KIND] * 40, start=100 * n)
    return sorted(f"part{n}-{100 * n + i}" for n in range(files) for i in range(40))


def test_the_time_limit_stops_the_run_and_the_next_goes_on(house: House) -> None:
    every = many(house)
    house.sections = '[run]\ntime_limit = "0.001s"\n'
    first = house.night()
    assert first.code == 1
    assert first.lines("stopped")[0]["level"] == "warning"
    assert house.figures()["stopped_early"] == 1
    house.sections = ""
    assert house.night().code == 0
    assert sorted(call for night in house.nights() for call in house.sheet(night)) == every


def test_sigterm_ends_the_run_after_the_batch_in_hand(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    every = many(house)

    def at_first(log: object) -> Any:
        return lambda count: os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(night_module, "_progress", at_first)
    monkeypatch.setattr("analyser.batch.inbox.CHUNK", 64)
    first = house.night()
    monkeypatch.undo()
    assert first.code == 1
    assert "stopped" in first.events()
    assert signal.getsignal(signal.SIGTERM) is before
    done = house.sheet(house.nights()[0])
    assert 0 < len(done) < len(every)
    assert house.night().code == 0
    assert sorted(call for night in house.nights() for call in house.sheet(night)) == every


KILLED = """
import os, signal, sys
from pathlib import Path
from analyser.nightly import run
run._progress = lambda log: lambda count: os.kill(os.getpid(), signal.SIGKILL)
run.nightly(Path(sys.argv[1]))
"""


def test_a_night_that_was_killed_is_made_up_for_by_the_next_report(house: House) -> None:
    every = many(house, 3)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(house.config())], capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert house.nights() == []
    second = house.night()
    assert second.code == 0
    assert second.lines("analysed")[0]["new"] < len(every)
    assert house.sheet(house.nights()[0]) == every


def test_what_was_analysed_but_not_reported_is_reported_the_next_night(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise publish._failed(house.folder / "reports", OSError(28, "No space left on device"))

    house.write("one", KIND, RUDE)
    monkeypatch.setattr(publish, "publish", full)
    first = house.night()
    monkeypatch.undo()
    assert first.code == 2
    assert "No space left" in first.lines("failed")[0]["error"]
    assert house.figures()["calls.new"] == 2
    house.write("two", KIND, start=5)
    assert house.night().code == 0
    assert house.sheet(house.nights()[0]) == ["one-0", "one-1", "two-5"]


def test_what_the_store_held_before_the_first_night_is_not_news(house: House) -> None:
    house.write("one", KIND, RUDE)
    assert house.night().code == 0
    for path in sorted((house.folder / "reports").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    (house.folder / "reports").rmdir()
    house.write("two", KIND, start=5)
    assert house.night().code == 0
    assert house.sheet(house.nights()[0]) == ["two-5"]


def test_a_fault_of_the_program_is_told_without_its_message(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(" ".join(ODD))

    house.write("one", KIND)
    monkeypatch.setattr(night_module, "run_batch", broken)
    night = house.night()
    assert night.code == 2
    assert night.lines("crashed")[0]["kind"] == "RuntimeError"
    assert ODD[0] not in night.err
    assert house.figures()["exit_code"] == 2


def test_old_nights_are_taken_away(house: House) -> None:
    old = (date.today() - timedelta(days=40)).isoformat()
    house.write("one", KIND)
    house.reports = "keep_days = 30"
    (house.folder / "reports" / old).mkdir(parents=True)
    (house.folder / "reports" / old / "report.html").write_text("old")
    assert house.night().code == 0
    assert house.nights() == [TODAY()]


def test_a_textfile_that_cannot_be_written_is_told(house: House) -> None:
    house.write("one", KIND)
    (house.folder / "analyser.prom").mkdir()
    night = house.night()
    assert night.code == 1
    assert "no_textfile" in night.events()


def test_check_says_what_a_run_would_do_and_does_nothing(house: House) -> None:
    house.write("one", KIND)
    with Receiver() as receiver:
        house.sections = MAIL.format(25) + f'[webhook]\nurl = "{receiver.url}"\n'
        night = house.night("--check")
        assert not receiver.got
    assert (night.code, night.err) == (0, "")
    for part in ("calls.sqlite3 (will be made)", "qa@example.org by localhost:25", "127.0.0.1 (not signed)"):
        assert part in night.out
    assert "token-in-path" not in night.out
    assert sorted(p.name for p in house.folder.iterdir()) == ["analyser.toml", "calls"]
    house.sections = ""
    house.night()
    assert "(1 calls of 1 runs)" in house.night("--check").out
    house.sections = "[analysis]\nmodel = 'calls'\n"
    assert house.night("--check").code == 3


def test_check_takes_a_database_that_has_no_store_yet(house: House, postgresql: Server) -> None:
    house.write("one", KIND)
    house.store = postgresql.new()
    night = house.night("--check")
    assert (night.code, night.err) == (0, "")
    assert "(will be made)" in night.out
    house.night()
    assert "(1 calls of 1 runs)" in house.night("--check").out


def test_init_writes_an_example_that_check_takes_and_overwrites_nothing(tmp_path: Path) -> None:
    path = tmp_path / "analyser.toml"
    runner = CliRunner()
    assert runner.invoke(main, ["nightly", "--init", "--config", str(path)]).exit_code == 0
    assert runner.invoke(main, ["nightly", "--check", "--config", str(path)]).exit_code == 0
    path.write_text("mine")
    again = runner.invoke(main, ["nightly", "--init", "--config", str(path)])
    assert again.exit_code == 3
    assert path.read_text() == "mine"
