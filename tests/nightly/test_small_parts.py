"""Lock, log lines, textfile."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from analyser.errors import ConfigurationError, ExitCode
from analyser.nightly.lock import LockedError, locked
from analyser.nightly.logs import JobLog, libraries_in
from analyser.nightly.metrics import NightFigures, write_textfile

SAID = "my pin is nine nine one two"
HOLD = """
import sys, time
from pathlib import Path
from typing import Any
from analyser.nightly.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_process_is_told_who_holds_the_lock_and_a_killed_one_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "run" / "analyser.lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockedError, match=f"process {holder.pid} holds the lock") as caught, locked(path):
            pytest.fail("two hold the lock")
        assert caught.value.exit_code is ExitCode.SOME_FAILED
        holder.kill()
        holder.wait()
    with locked(path):
        pass
    with locked(path):
        pass


def test_a_lock_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="lock"), locked(tmp_path / "file" / "lock"):
        pytest.fail("locked nothing")


def lines(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_lines_are_json_with_time_level_event_and_run() -> None:
    out = io.StringIO()
    log = JobLog(out)
    log.info("started", config="analyser.toml")
    log.run_id = "12"
    log.warning("delivery_failed", channel="email", error="no\nanswer")
    first, second = lines(out)
    assert list(first)[:4] == ["timestamp", "level", "event", "run_id"]
    assert (first["level"], first["run_id"], first["config"]) == ("info", None, "analyser.toml")
    assert (second["level"], second["run_id"], second["error"]) == ("warning", "12", "no\nanswer")


def test_fields_that_could_hold_words_are_left_out() -> None:
    out = io.StringIO()
    JobLog(out).info("done", calls=3, text=SAID, quote=SAID, turn=SAID, customer=SAID, message=SAID)
    assert lines(out)[0]["calls"] == 3
    assert SAID not in out.getvalue()


def test_a_crash_is_told_by_kind_and_place_without_its_message() -> None:
    out = io.StringIO()
    try:
        raise KeyError(SAID)
    except KeyError as fault:
        JobLog(out).crashed(fault)
    (line,) = lines(out)
    assert (line["event"], line["kind"]) == ("crashed", "KeyError")
    assert "test_small_parts.py" in str(line["at"])
    assert SAID not in out.getvalue()


def test_messages_of_libraries_come_without_their_text(capsys: pytest.CaptureFixture[str]) -> None:
    out = io.StringIO()
    with libraries_in(JobLog(out)):
        logging.getLogger("some.library").error("cannot read %r", SAID)
        logging.getLogger("some.library").info("not told")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn(SAID, UserWarning, stacklevel=1)
    told = lines(out)
    assert [(x["event"], x["level"], x["logger"]) for x in told] == [
        ("library_message", "error", "some.library"),
        ("library_message", "warning", "UserWarning"),
    ]
    printed = capsys.readouterr()
    assert SAID not in out.getvalue() + printed.out + printed.err


def figures(**given: Any) -> NightFigures:
    return NightFigures(**{"ended_at": 1_772_600_000.25, "exit_code": 0, "seconds": 12.5} | given)


def samples(path: Path) -> dict[tuple[str, str], float]:
    families = list(text_string_to_metric_families(path.read_text(encoding="utf-8")))
    assert all(f.documentation and f.type == "gauge" for f in families)
    return {(s.name, "".join(s.labels.values())): s.value for f in families for s in f.samples}


def test_the_textfile_is_what_prometheus_reads(tmp_path: Path) -> None:
    path = tmp_path / "analyser.prom"
    reason = 'it says "no"\\\nand more'
    write_textfile(
        path,
        figures(
            outcomes={"new": 5, "failed": 1}, flagged=2, turns=90, not_scored={reason: 1}, undelivered={"email": 1}
        ),
    )
    read = samples(path)
    assert read["analyser_nightly_calls", "new"] == 5
    assert read["analyser_nightly_not_scored_calls", reason] == 1
    assert read["analyser_nightly_undelivered", "email"] == 1
    assert read["analyser_nightly_last_success_timestamp_seconds", ""] == 1_772_600_000.25
    assert [p.name for p in tmp_path.iterdir()] == ["analyser.prom"]


def test_the_time_of_the_last_success_outlives_a_failed_run(tmp_path: Path) -> None:
    path = tmp_path / "analyser.prom"
    write_textfile(path, figures(ended_at=100.0, exit_code=1))
    assert ("analyser_nightly_last_success_timestamp_seconds", "") not in samples(path)
    write_textfile(path, figures(ended_at=200.0))
    write_textfile(path, figures(ended_at=300.0, exit_code=1))
    read = samples(path)
    assert read["analyser_nightly_last_run_timestamp_seconds", ""] == 300.0
    assert read["analyser_nightly_last_success_timestamp_seconds", ""] == 200.0
    assert read["analyser_nightly_exit_code", ""] == 1
