"""A call's facts from its path and from a side file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analyser.errors import ConfigurationError
from analyser.formats import ReadOptions, load_metadata, load_roster, read, read_many
from analyser.formats.facts import facts_of_path
from analyser.records import Transcript

TEXT = "Agent: hello\nCustomer: hi\n"

PATHS = [
    ("north/Odile/c1.txt", "{team}/{agent}/{call_id}.txt", {"team": "north", "agent": "Odile", "call_id": "c1"}),
    ("/a/b/north/Odile/c1.txt", "{team}/{agent}/{call_id}.txt", {"team": "north", "agent": "Odile", "call_id": "c1"}),
    ("x/c1_Odile_late.json", "{call_id}_{agent}_{queue}.json", {"call_id": "c1", "agent": "Odile", "queue": "late"}),
    ("a.zip!north/c1.txt", "{team}/{call_id}.*", {"team": "north", "call_id": "c1"}),
    ("c1.txt", "{team}/{call_id}.txt", {}),
    ("k_analysis_2026-01-31T10:00:00Z.json", None, {"started_at": "2026-01-31T10:00:00Z"}),
    ("2026-01-31_call.txt", None, {"started_at": "2026-01-31"}),
    ("12026-01-311.txt", None, {}),
]


@pytest.mark.parametrize(("path", "pattern", "facts"), PATHS)
def test_facts_of_a_path(path: str, pattern: str | None, facts: dict[str, str]) -> None:
    assert facts_of_path(path, pattern) == facts


def test_facts_of_a_path_reach_the_call(tmp_path: Path) -> None:
    path = tmp_path / "north" / "Odile" / "late-c7.txt"
    path.parent.mkdir(parents=True)
    path.write_text(TEXT)
    (call,) = read(path, options=ReadOptions(path_pattern="{team}/{agent}/{queue}-{call_id}.txt"))
    assert isinstance(call, Transcript)
    assert (call.call_id, call.team, call.agent, call.meta["queue"]) == ("c7", "north", "Odile", "late")


@pytest.mark.parametrize("shape", ["csv", "jsonl"])
def test_a_side_file_is_joined_on_the_call_id(shape: str, tmp_path: Path) -> None:
    rows = [
        {"call_id": "c1", "agent": "Odile", "team": "north", "csat": "4", "site": "Leeds"},
        {"call_id": "c2", "agent": "Ben"},
    ]
    side = tmp_path / f"side.{shape}"
    if shape == "csv":
        side.write_text("Call ID;Agent Name;Team;CSAT;site\nc1;Odile;north;4;Leeds\nc2;Ben;;;\n")
    else:
        side.write_text("\n".join(map(json.dumps, rows)))
    folder = tmp_path / "calls"
    folder.mkdir()
    for name in ("c1", "c2", "c3"):
        (folder / f"{name}.txt").write_text(TEXT)
    calls = [c for c in read_many([str(folder)], ReadOptions(metadata=side)) if isinstance(c, Transcript)]
    assert [c.agent for c in calls] == ["Odile", "Ben", None]
    assert calls[0].team == "north"
    assert (calls[0].meta["csat"], calls[0].meta["site"]) == ("4", "Leeds")
    assert [[p.code for p in c.problems] for c in calls] == [[], [], ["no_metadata"]]


BAD_SIDES = {
    "no id": ("agent,team\nOdile,north\n", "no column"),
    "a bad line": ('{"call_id": "a"}\nnot json\n', "no JSON object"),
    "an open quote": ('call_id,agent\nc1,"Odile\n', "quote"),
}


@pytest.mark.parametrize("case", BAD_SIDES)
def test_a_bad_side_file_is_a_configuration_error(case: str, tmp_path: Path) -> None:
    text, says = BAD_SIDES[case]
    side = tmp_path / "side"
    side.write_text(text)
    with pytest.raises(ConfigurationError, match=says):
        load_metadata(side)


def test_wrong_options_are_found_before_any_file_is_read(tmp_path: Path) -> None:
    for options in (
        ReadOptions(metadata=tmp_path / "none.csv"),
        ReadOptions(path_pattern="{a}/{a}"),
        ReadOptions(mapping={"nonsense": "x"}),
        ReadOptions(mapping={"text": "a..[["}),
    ):
        with pytest.raises(ConfigurationError):
            list(read(tmp_path / "none.txt", options=options))


@pytest.mark.parametrize(
    "text",
    [
        "Odile Martin\nBen Hall\n",
        "Name,Team\nOdile Martin,north\nBen Hall,south\n",
        "id;agent\n1;Odile Martin\n2;Ben Hall\n",
    ],
)
def test_a_roster(text: str, tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(text)
    assert load_roster(path) == ("Odile Martin", "Ben Hall")


def test_an_empty_roster_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text("\n")
    with pytest.raises(ConfigurationError, match="no name"):
        load_roster(path)
