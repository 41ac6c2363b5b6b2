"""Shared by all tests: small calls to build, and one analyser a session (its model takes a second to load)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from analyser.language import Language
from analyser.pipeline import Analyser
from analyser.records import Role, Transcript, Turn
from tests.postgresql import Server, running

Say = Callable[..., Transcript]


def say(*lines: str, call_id: str = "call") -> Transcript:
    """A call from lines such as ``"A: hello"`` and ``"C: hi"``."""
    roles = {"A": Role.AGENT, "C": Role.CUSTOMER, "S": Role.SYSTEM, "?": Role.UNKNOWN}
    return Transcript(call_id, tuple(Turn(roles[line[0]], line[3:]) for line in lines))


@pytest.fixture(scope="session")
def language() -> Language:
    return Language()


@pytest.fixture(scope="session")
def analyser() -> Analyser:
    return Analyser()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A PostgreSQL server, started once."""
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def rude() -> Transcript:
    return say(
        "A: hello northgate energy",
        "C: hi i've been without heating for three weeks and my baby is freezing i'm at the end of my tether",
        "A: what's the account number",
        "C: five five one two i've told you people this four times now it's a disgrace",
        "A: calm down it's only a boiler you should have read the email we sent you",
        "C: that is so rude i am really upset",
        "A: that's not my department you'll have to ring the gas board",
        "C: unbelievable",
        "A: well there's nothing else i can do",
        call_id="rude",
    )


@pytest.fixture(scope="session")
def kind() -> Transcript:
    return say(
        "A: good morning thank you for calling northgate energy this is amira how can i help you today",
        "C: hi my heating has gone off and i've got a newborn i'm really worried",
        "A: oh no with a newborn that must be so worrying i'm sorry to hear that let me get someone out to you today",
        "C: oh thank you",
        "A: so that's an engineer between two and four this afternoon and i'll text you when he sets off",
        "C: brilliant thank you so much you've been wonderful",
        "A: you're so welcome is there anything else i can help you with",
        "C: no that's everything",
        "A: if he hasn't come by four ring us straight back thank you for calling take care bye",
        call_id="kind",
    )
