"""Who is the agent: the user's word first, then the file's, then the words; and honesty where none will do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from analyser.errors import ConfigurationError, LabelError, ModelError
from analyser.formats import ReadOptions, read
from analyser.formats.labels import Label, accepted, read_label
from analyser.formats.roles_judge import judge
from analyser.formats.roles_model import load
from analyser.formats.roles_train import examples, figures, train
from analyser.records import Role, Transcript
from analyser.resources import models_dir

LABELS = {
    "Agent": Label(Role.AGENT, None, False),
    "AGENT_1": Label(Role.AGENT, None, False),
    "Agent 02": Label(Role.AGENT, None, False),
    "Agent (Odile)": Label(Role.AGENT, "Odile", False),
    "Odile Martin (Agent)": Label(Role.AGENT, "Odile Martin", False),
    "Agent - Odile": Label(Role.AGENT, "Odile", False),
    "Customer Service": Label(Role.AGENT, None, False),
    "customer": Label(Role.CUSTOMER, None, False),
    "END_USER": Label(Role.CUSTOMER, None, False),
    "EndUser": Label(Role.CUSTOMER, None, False),
    "Caller": Label(Role.CUSTOMER, None, False),
    "IVR": Label(Role.SYSTEM, None, False),
    "AUTOMATED_AGENT": Label(Role.SYSTEM, None, False),
    "Virtual Assistant": Label(Role.SYSTEM, None, False),
    "spk_0": Label(None, None, True),
    "SPEAKER_01": Label(None, None, True),
    "Speaker 1": Label(None, None, True),
    "ch_1": Label(None, None, True),
    "0/1": Label(None, None, True),
    "A": Label(None, None, True),
    "": Label(None, None, True),
    "Odile Martin": Label(None, "Odile Martin", False),
    "+1 555-0100": Label(None, "+1 555-0100", False),
}


@pytest.mark.parametrize("text", LABELS)
def test_what_a_label_says(text: str) -> None:
    assert read_label(text) == LABELS[text]


@pytest.mark.parametrize(
    ("found", "units", "labels"),
    [
        ([("Agent", False)], 9, {"Agent"}),
        ([("Odile", False)], 9, set()),
        ([("Odile", False), ("Odile", False)], 9, {"Odile"}),
        ([("Odile", True)], 9, {"Odile"}),
        ([("Odile", False), ("Sam", False)], 2, {"Odile", "Sam"}),
        ([("10", False), ("10", False)], 2, {"10"}),
        ([("10", False)], 9, set()),
        ([("Note", False), ("Note", False)], 2, set()),
        ([("the thing is", False)] * 3, 3, set()),
        ([("A very long heading of many words", True)], 1, set()),
    ],
)
def test_which_texts_before_a_colon_are_labels(found: list[tuple[str, bool]], units: int, labels: set[str]) -> None:
    assert accepted(found, units) == labels


AGENT = [
    "thank you for calling fernhill parcels this is odile how can i help you today",
    "i'm sorry to hear that can i take your order number please",
    "bear with me one moment while i check that for you",
    "is there anything else i can help you with today",
    "have a lovely day bye",
]
CUSTOMER = [
    "hi i'm calling about my parcel it never came",
    "yeah it's four four seven one i've been waiting all week",
    "okay i was told it would be here on monday",
    "no that's everything thank you so much",
    "bye",
]


def call_of(sides: dict[str, list[str]], folder: Path, options: ReadOptions | None = None) -> Transcript:
    """A call in which the sides take turns."""
    texts = list(sides.items())
    turns = [(who, said[i]) for i in range(max(map(len, sides.values()))) for who, said in texts if i < len(said)]
    body = {"id": "a", "turns": [{"role": who, "text": text} for who, text in turns]}
    path = folder / "a.jsonl"
    path.write_text(json.dumps(body))
    (call,) = read(path, options=options or ReadOptions())
    assert isinstance(call, Transcript)
    return call


def roles_of(call: Transcript) -> dict[str, set[str]]:
    """Roles by a word that only one side says."""
    found: dict[str, set[str]] = {}
    for turn in call.turns:
        side = "agent" if turn.text in AGENT and turn.text not in CUSTOMER else "customer"
        found.setdefault(side, set()).add(turn.role.value)
    return found


def codes(call: Transcript) -> set[str]:
    return {p.code for p in call.problems}


SIDES = [("spk_0", "spk_1"), ("spk_1", "spk_0"), ("Odile Martin", "Sam Hill"), ("A", "B"), ("Odile", "+1 555 0100")]


@pytest.mark.parametrize(("agent", "customer"), SIDES)
def test_the_words_tell(agent: str, customer: str, tmp_path: Path) -> None:
    call = call_of({agent: AGENT, customer: CUSTOMER}, tmp_path)
    assert roles_of(call) == {"agent": {"agent"}, "customer": {"customer"}}
    assert call.meta["roles_confidence"] > 0.9
    assert call.agent == (agent if agent.startswith("Odile") else None)


def test_an_outbound_call_where_the_customer_says_hello_first(tmp_path: Path) -> None:
    agent = ["good afternoon this is odile from fernhill parcels am i speaking with mister hill", *AGENT[1:]]
    customer = ["hello", "yes speaking", *CUSTOMER[1:]]
    call = call_of({"1": customer, "2": agent}, tmp_path)
    assert {t.role.value for t in call.turns if t.text in agent and t.text not in customer} == {"agent"}


@pytest.mark.parametrize(
    ("options", "agent"),
    [
        (ReadOptions(agent_channel="two"), "two"),
        (ReadOptions(agents=("Two Person",)), "two"),
        (ReadOptions(agent_pattern="^T"), "two"),
        (ReadOptions(agent_channel="nine"), "one"),
    ],
)
def test_the_users_word_overrides_the_judge(options: ReadOptions, agent: str, tmp_path: Path) -> None:
    call = call_of({"one": AGENT, "two": CUSTOMER}, tmp_path, options)
    mine = AGENT if agent == "one" else CUSTOMER
    assert {t.role for t in call.turns if t.text in mine and t.text != "bye"} == {Role.AGENT}
    assert not codes(call)


def test_a_menu_is_a_system(tmp_path: Path) -> None:
    menu = ["welcome to fernhill for parcels press one for returns press two", "your call may be recorded"]
    call = call_of({"0": menu, "1": AGENT, "2": CUSTOMER}, tmp_path)
    assert {t.role for t in call.turns if t.text in menu} == {Role.SYSTEM}
    assert roles_of(call)["agent"] == {"agent"}


def test_a_second_agent_after_a_transfer(tmp_path: Path) -> None:
    second = [
        "hello you're through to returns my name is ben how can i help",
        "let me have a look at your account for you",
        "i'll go ahead and send that refund now is there anything else",
    ]
    call = call_of({"0": AGENT, "1": CUSTOMER, "2": second}, tmp_path)
    assert {t.role for t in call.turns if t.text in second} == {Role.AGENT}
    assert len({t.speaker for t in call.turns if t.role is Role.AGENT}) == 2


def test_a_ghost_speaker_does_not_spoil_the_call(tmp_path: Path) -> None:
    call = call_of({"0": AGENT, "1": CUSTOMER, "2": ["mm"]}, tmp_path)
    assert roles_of(call)["agent"] == {"agent"}
    assert {t.role for t in call.turns if t.text == "mm"} == {Role.UNKNOWN}
    assert codes(call) == {"speaker_unknown"}


def test_one_label_for_all_is_said(tmp_path: Path) -> None:
    mixed = [text for pair in zip(AGENT, CUSTOMER, strict=True) for text in pair]
    for label in ("spk_0", "Agent"):
        call = call_of({label: mixed}, tmp_path)
        assert {t.role for t in call.turns} == {Role.UNKNOWN}
        assert codes(call) == {"one_label"}


def test_one_sided_calls_keep_their_told_role(tmp_path: Path) -> None:
    for label, texts in (("agent", AGENT), ("customer", CUSTOMER)):
        call = call_of({label: [*texts, *texts]}, tmp_path)
        assert {t.role.value for t in call.turns} == {label}
        assert not codes(call)


def test_too_little_to_tell_stays_unknown(tmp_path: Path) -> None:
    call = call_of({"A": ["hello", "yes"], "B": ["hello", "okay"]}, tmp_path)
    assert {t.role for t in call.turns} == {Role.UNKNOWN}
    assert codes(call) == {"roles_unknown"}
    assert "roles_confidence" not in call.meta


def test_roles_that_contradict_the_words_are_said_and_swapped_only_when_asked(tmp_path: Path) -> None:
    sides = {"customer": AGENT, "agent": CUSTOMER}
    call = call_of(sides, tmp_path)
    assert codes(call) == {"roles_look_swapped"}
    assert roles_of(call)["agent"] == {"customer"}
    swapped = call_of(sides, tmp_path, ReadOptions(swap_roles=True))
    assert codes(swapped) == {"roles_swapped"}
    assert roles_of(swapped) == {"agent": {"agent"}, "customer": {"customer"}}


def test_right_roles_are_left_alone(tmp_path: Path) -> None:
    call = call_of({"agent": AGENT, "customer": CUSTOMER}, tmp_path, ReadOptions(swap_roles=True))
    assert not codes(call)
    assert roles_of(call)["agent"] == {"agent"}


def test_judging_does_not_depend_on_who_is_named_first() -> None:
    weights = load()
    one = judge({"x": AGENT, "y": CUSTOMER}, weights, fixed={})
    other = judge({"y": CUSTOMER, "x": AGENT}, weights, fixed={})
    assert one is not None
    assert other is not None
    assert one.roles == other.roles
    assert one.confidence == pytest.approx(other.confidence)


def test_a_bad_pattern_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="agent pattern"):
        call_of({"a": AGENT}, tmp_path, ReadOptions(agent_pattern="("))


def test_a_changed_or_absent_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        load(tmp_path / "none")
    shutil.copytree(models_dir() / "roles", tmp_path / "roles")
    path = tmp_path / "roles" / "model.skops"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelError, match="not the one its card describes"):
        load(tmp_path / "roles")


def test_the_card_holds_what_the_issue_asks() -> None:
    card = json.loads((models_dir() / "roles" / "card.json").read_text())
    whole = card["figures"]["whole"]
    assert whole["right_of_answered"] >= 0.97
    assert whole["unsure"] <= 0.05
    assert whole["wrong_and_sure"] < 0.01
    assert "annomi" not in {row["source"] for row in card["data"]}


def made_calls(count: int) -> list[dict[str, object]]:
    return [
        {
            "id": str(n),
            "source": "own",
            "train_ok": True,
            "turns": [
                {"role": r, "text": t}
                for a, c in zip(AGENT, CUSTOMER, strict=True)
                for r, t in (("agent", a), ("customer", c))
            ],
        }
        for n in range(count)
    ]


def test_training_learns_and_measures() -> None:
    some = examples(made_calls(12))
    trained = train(some)
    assert figures(some, trained.probabilities)["whole"]["right"] == 1.0


def test_training_uses_only_what_may_be_learned() -> None:
    calls = made_calls(12)
    for call in calls:
        del call["train_ok"]
    with pytest.raises(LabelError, match="too few"):
        train(examples(calls))
