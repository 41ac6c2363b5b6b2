"""The command line as a user meets it."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from analyser.cli import COMMANDS, main
from analyser.resources import data_dir

SAMPLES = str(data_dir() / "samples")
SECRET = "my pin is nine nine one two"


def run(*args: str, input: bytes | None = None) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, list(args), input=input)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def test_table_lists_the_samples_in_order_of_need() -> None:
    code, out, err = run("analyse", SAMPLES)
    assert (code, err) == (0, "")
    assert "not scored" in out
    assert "cut-off" in out
    shown = [
        int(w.rstrip("%")) for line in out.splitlines() for w in line.split() if w.endswith("%") and w[:-1].isdigit()
    ]
    assert len(shown) >= 10
    assert shown == sorted(shown, reverse=True)


def test_jsonl_has_the_agreed_form_and_is_the_same_twice() -> None:
    code, out, _ = run("analyse", SAMPLES, "--format", "jsonl")
    assert code == 0
    assert out == run("analyse", SAMPLES, "--format", "jsonl")[1]
    for line in out.splitlines():
        report = json.loads(line)
        assert list(report)[:5] == ["call_id", "source", "scored", "not_scored_because", "findings"]
        assert report["scored"] is (report["flag"] is not None)


def test_two_processes_give_the_same_as_one() -> None:
    assert run("analyse", SAMPLES, "--format", "jsonl", "-j", "2")[1] == run("analyse", SAMPLES, "--format", "jsonl")[1]


def test_csv_and_html(tmp_path: Path) -> None:
    code, out, _ = run("analyse", SAMPLES, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert len(rows) >= 14
    page = tmp_path / "report.html"
    assert run("analyse", SAMPLES, "--format", "html", "-o", str(page))[0] == 0
    text = page.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert "http:" not in text
    assert "https:" not in text


def test_flagged_capacity_and_uncertain_choose() -> None:
    every = [json.loads(line) for line in run("analyse", SAMPLES, "--format", "jsonl")[1].splitlines()]
    flagged = [json.loads(line) for line in run("analyse", SAMPLES, "--format", "jsonl", "--flagged")[1].splitlines()]
    assert [r["call_id"] for r in flagged] == [r["call_id"] for r in every if r["flag"] and r["flag"]["flagged"]]
    top = [json.loads(x) for x in run("analyse", SAMPLES, "--format", "jsonl", "--capacity", "3")[1].splitlines()]
    best = sorted((r for r in every if r["flag"]), key=lambda r: -r["flag"]["probability"])[:3]
    assert {r["call_id"] for r in top} == {r["call_id"] for r in best}
    assert len(run("analyse", SAMPLES, "--format", "jsonl", "--uncertain", "2")[1].splitlines()) == 2


def test_standard_input() -> None:
    text = b"Agent: hello this is ann\nCustomer: hi\nAgent: how can i help\nCustomer: no\nAgent: bye now\n"
    code, out, _ = run("analyse", "-", "--format", "jsonl", input=text)
    assert code == 0
    assert json.loads(out)["source"]["format"]


def test_a_bad_file_costs_only_itself_and_no_word_of_it_is_shown(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text("Agent: hello\nCustomer: hi\nAgent: yes\nCustomer: no\nAgent: bye\n")
    (tmp_path / "bad.jsonl").write_text('{"id": "x", "turns": [{"role": "agent", "text": "' + SECRET + "\n")
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)) * 20)
    code, out, err = run("analyse", str(tmp_path), str(tmp_path / "missing.vtt"))
    assert code == 1
    assert "good" in out
    assert err.count("Error: ") == 4
    assert SECRET not in err + out
    assert "Traceback" not in err


def test_nothing_usable_and_configuration_have_their_own_exit_codes(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("")
    assert run("analyse", str(tmp_path))[0] == 2
    assert run("analyse", SAMPLES, "--model", str(tmp_path))[0] == 3
    assert run("analyse", SAMPLES, "--behaviours", str(tmp_path))[0] == 3
    bad = tmp_path / "rules"
    bad.mkdir()
    (bad / "x.yaml").write_text("name: x\ncolour: red\n")
    code, _, err = run("analyse", SAMPLES, "--behaviours", str(bad))
    assert code == 3
    assert "x.yaml:" in err


def test_an_output_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("as it was")
    assert run("analyse", SAMPLES, "--format", "csv", "-o", str(target), "--model", str(tmp_path))[0] == 3
    assert target.read_text() == "as it was"
    assert [p.name for p in tmp_path.iterdir()] == ["out.csv"]
    code, _, err = run("analyse", SAMPLES, "-o", str(tmp_path / "no" / "such.txt"))
    assert code == 2
    assert "cannot be written" in err


def test_show_prints_one_call() -> None:
    path = str(data_dir() / "samples" / "vet-practice.txt")
    code, out, _ = run("show", path, "--width", "100")
    assert code == 0
    assert "vet-practice" in out
    code, _, err = run("show", path, "nothere")
    assert code == 3
    assert "nothere" in err


def test_behaviours_list_show_check() -> None:
    code, out, _ = run("behaviours", "list")
    assert code == 0
    assert "empathy" in out
    assert "must" in run("behaviours", "show", "empathy")[1]
    assert run("behaviours", "show", "emphaty")[0] == 3
    code, out, _ = run("behaviours", "check")
    assert code == 0
    assert out.rstrip().endswith("0 wrong")


def test_health_lists_dead_rules_first() -> None:
    code, out, _ = run("behaviours", "health", str(data_dir() / "labelled" / "authored-dev"))
    assert code == 0
    shown = [line.split()[3] for line in out.splitlines()[1:]]
    numbers = [float(x) for x in shown if x != "dead"]
    assert numbers == sorted(numbers)
    assert shown[: shown.count("dead")] == ["dead"] * shown.count("dead")


@pytest.mark.parametrize("name", [*COMMANDS, None])
def test_every_command_has_help(name: str | None) -> None:
    code, out, _ = run(*([name] if name else []), "--help")
    assert code == 0
    assert "Usage:" in out


def test_training_refuses_too_few(tmp_path: Path) -> None:
    calls = data_dir() / "labelled" / "authored-dev" / "calls.jsonl"
    labels = tmp_path / "labels.csv"
    labels.write_text("call_id,coach\nauthored-dev-001,yes\nauthored-dev-002,no\n")
    code, _, err = run("train", str(calls), "--labels", str(labels), "-o", str(tmp_path / "m"))
    assert code == 2
    assert "too few" in err
    assert not (tmp_path / "m").exists()


def test_help_loads_nothing_heavy() -> None:
    code = "import sys\nfrom analyser.cli import main\ntry:\n main(['--help'])\nexcept SystemExit:\n pass\n"
    code += "print([m for m in ('spacy', 'sklearn', 'numpy', 'pydantic') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip().endswith("[]")


def test_facts_of_a_side_file_reach_the_reports(tmp_path: Path) -> None:
    call = tmp_path / "call-7.txt"
    call.write_text("Agent: hello\nCustomer: hi\nAgent: yes\nCustomer: no\nAgent: bye\n")
    side = tmp_path / "facts.csv"
    side.write_text("call_id,agent,queue,outcome,csat\ncall-7,Odile,Returns,refunded,4\n")
    report = json.loads(run("analyse", str(call), "--metadata", str(side), "--format", "jsonl")[1])
    assert report["agent"] == "Odile"
    assert report["meta"] | {"queue": "Returns", "outcome": "refunded", "csat": "4"} == report["meta"]
    row = next(csv.DictReader(io.StringIO(run("analyse", str(call), "--metadata", str(side), "--format", "csv")[1])))
    assert (row["queue"], row["outcome"], row["csat"]) == ("Returns", "refunded", "4")
    assert "Returns" in run("analyse", str(call), "--metadata", str(side), "--format", "html")[1]


def test_a_roster_with_a_header_names_the_agents(tmp_path: Path) -> None:
    call = tmp_path / "call.vtt"
    cue = "00:00:0{0}.000 --> 00:00:0{1}.000\n<v {2}>{3}</v>\n\n"
    lines = (("Odile", "right"), ("Sam", "okay"), ("Odile", "so"), ("Sam", "mm"), ("Odile", "there"))
    call.write_text("WEBVTT\n\n" + "".join(cue.format(i, i + 1, who, said) for i, (who, said) in enumerate(lines)))
    roster = tmp_path / "roster.csv"
    roster.write_text("team,name\nReturns,Odile\n")
    report = json.loads(run("analyse", str(call), "--agents", str(roster), "--format", "jsonl")[1])
    assert [t["role"] for t in report["tone"]["turns"]] == ["agent", "customer", "agent", "customer", "agent"]


def test_a_bad_line_in_labelled_calls_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "calls.jsonl").write_text('{"id": "a", "turns": [\n')
    (tmp_path / "labels.jsonl").write_text('{"id": "a", "agent": {}, "customer": {}, "openings": {}, "coach": 0}\n')
    code, _, err = run("evaluate", str(tmp_path))
    assert code == 2
    assert "calls.jsonl" in err
