"""What real files do that a reader's author would not expect; each case says what must come of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analyser.errors import InputError
from analyser.formats import ReadOptions, read
from analyser.records import Transcript

# A turn as expected: role, text, and where they matter start, end and speaker.
Expected = list[tuple[Any, ...]]


def calls_of(data: str | bytes, folder: Path, options: ReadOptions | None = None) -> list[Transcript]:
    path = folder / "call"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    found = list(read(path, options=options or ReadOptions()))
    assert not [str(e) for e in found if isinstance(e, InputError)]
    return [c for c in found if isinstance(c, Transcript)]


def assert_turns(call: Transcript, expected: Expected) -> None:
    for turn, want in zip(call.turns, expected, strict=True):
        got = (turn.role.value, turn.text, turn.start_s, turn.end_s, turn.speaker)
        assert got[: len(want)] == want


CUE = "00:00:01.000 --> 00:00:02.000"
CUE_2 = "00:00:03.000 --> 00:00:04.000"

SUBTITLES: dict[str, tuple[str | bytes, Expected]] = {
    "carriage returns only": (
        f"WEBVTT\r\r{CUE}\r<v Agent>hello</v>\r\r{CUE_2}\r<v Customer>hi</v>\r",
        [("agent", "hello", 1.0, 2.0), ("customer", "hi", 3.0, 4.0)],
    ),
    "entities": (
        f"WEBVTT\n\n{CUE}\n<v Agent>Fernhill &amp; Sons, it&#39;s open</v>\n",
        [("agent", "Fernhill & Sons, it's open")],
    ),
    "voice tags with a class, unclosed": (
        f"WEBVTT\n\n{CUE}\n<v.loud.first Agent>hello\n\n{CUE_2}\n<v.quiet Customer>hi <i>there</i>\n",
        [("agent", "hello"), ("customer", "hi there")],
    ),
    "wrapped lines": (f"WEBVTT\n\n{CUE}\n<v Agent>hello and\nwelcome</v>\n", [("agent", "hello and welcome")]),
    "a cue of tags only": (
        f"WEBVTT\n\n{CUE}\n<v Agent></v>\n\n{CUE_2}\n<v Agent>hello</v>\n",
        [("agent", "hello", 3.0, 4.0)],
    ),
    "a time that looks like a label": (
        f"WEBVTT\n\n{CUE}\nAgent: it is about the\n\n{CUE_2}\n10:30 Meeting: please\n",
        [("agent", "it is about the 10:30 Meeting: please")],
    ),
    "NOTE in a cue is no comment": (
        f"WEBVTT\n\nNOTE this is one\nCustomer: not said\n\n{CUE}\nAgent: hello\nNOTE the number\n",
        [("agent", "hello NOTE the number")],
    ),
    "no empty line between cues": (
        f"WEBVTT\n\n1\n{CUE}\nAgent: hello\n2\n{CUE_2}\nCustomer: hi\n",
        [("agent", "hello", 1.0, 2.0), ("customer", "hi", 3.0, 4.0)],
    ),
    "an empty line inside a cue": (
        f"WEBVTT\n\n{CUE}\n<v Agent>hello\n\nand welcome</v>\n\n{CUE_2}\n<v Customer>hi</v>\n",
        [("agent", "hello and welcome"), ("customer", "hi")],
    ),
    "the speaker changes inside a cue": (
        f"WEBVTT\n\n{CUE}\n(Agent)\nhello\n(Customer)\nhi\n",
        [("agent", "hello", 1.0, None), ("customer", "hi", None, 2.0)],
    ),
    "two voices in a cue": (
        f"WEBVTT\n\n{CUE}\n<v Agent>hello</v> <v Customer>hi</v>\n",
        [("agent", "hello"), ("customer", "hi")],
    ),
    "settings after the times": (
        f"WEBVTT\n\n{CUE} align:start position:0%\nAgent: hello\n",
        [("agent", "hello", 1.0, 2.0)],
    ),
    "a speaker only where it changes": (
        "1\n00:00:01,000 --> 00:00:02,000\nAgent: hello\n\n2\n00:00:02,100 --> 00:00:03,000\nthis is Odile\n\n"
        "3\n00:00:03,500 --> 00:00:04,000\nCustomer: hi\n",
        [("agent", "hello this is Odile", 1.0, 3.0), ("customer", "hi", 3.5, 4.0)],
    ),
    "a pause ends a turn": (
        f"WEBVTT\n\n{CUE}\nAgent: hello\n\n00:00:09.000 --> 00:00:10.000\nAgent: are you there\n",
        [("agent", "hello", 1.0, 2.0), ("agent", "are you there", 9.0, 10.0)],
    ),
    "sounds are not words": (
        f"WEBVTT\n\n{CUE}\nAgent: [noise] hello (laughs) , <unk> there [PII]\n\n{CUE_2}\nCustomer: (inaudible)\n",
        [("agent", "hello, there [PII]")],
    ),
    "colours and karaoke times": (
        f"WEBVTT\n\nSTYLE\n::cue {{ color: red }}\n\n{CUE}\n<c.red>Agent: hel<00:00:01.500>lo</c>\n",
        [("agent", "hello")],
    ),
}


@pytest.mark.parametrize("case", SUBTITLES)
def test_subtitles(case: str, tmp_path: Path) -> None:
    data, expected = SUBTITLES[case]
    (call,) = calls_of(data, tmp_path)
    for turn, want in zip(call.turns, expected, strict=True):
        got = (turn.role.value, turn.text, turn.start_s, turn.end_s)
        assert all(w is None or g == w for g, w in zip(got, want, strict=False)), (got, want)


def test_sounds_are_counted(tmp_path: Path) -> None:
    (call,) = calls_of(SUBTITLES["sounds are not words"][0], tmp_path)
    assert call.meta["sounds"] == {"inaudible": 1, "laughs": 1, "noise": 1, "unk": 1}


TEXTS: dict[str, tuple[str, Expected]] = {
    "styles mixed": (
        "[00:00:01] Agent (Odile): Good morning.\nCustomer: my box\nnever came\n\n>> AGENT: Oh dear.\n",
        [("agent", "Good morning.", 1.0, None, "Odile"), ("customer", "my box never came"), ("agent", "Oh dear.")],
    ),
    "hours, minutes, am": (
        "(10:31:05 AM) Agent: hello\n(10:31:09 AM) Customer: hi\n",
        [("agent", "hello", 0.0), ("customer", "hi", 4.0)],
    ),
    "past midnight": (
        "[23:59:58] Agent: hello\n[00:00:03] Customer: hi\n",
        [("agent", "hello", 0.0), ("customer", "hi", 5.0)],
    ),
    "facts above the call": (
        "Call ID: 77-A\nAgent: Odile Martin\nDate: 2026-01-31\n\nAgent: hello\nCustomer: hi\n",
        [("agent", "hello"), ("customer", "hi")],
    ),
    "links and times are no labels": (
        "Agent: look at\nhttps://fernhill.example/x\nit opens at 9:30: early\nCustomer: fine\n",
        [("agent", "look at https://fernhill.example/x it opens at 9:30: early"), ("customer", "fine")],
    ),
    "a customer service representative is an agent": (
        "Customer Service Rep: hello\nClient: hi\n",
        [("agent", "hello"), ("customer", "hi")],
    ),
    "a bot is neither": (
        "Virtual Agent: choose a number\nAgent: hello\nMember: hi\n",
        [("system", "choose a number"), ("agent", "hello"), ("customer", "hi")],
    ),
    "time after the label": (
        "Agent 00:01: hello\nCaller 00:04: hi\n",
        [("agent", "hello", 1.0), ("customer", "hi", 4.0)],
    ),
    "markup stays": (
        "Agent: press <b>save</b> now\nCustomer: ok\n",
        [("agent", "press <b>save</b> now"), ("customer", "ok")],
    ),
}


@pytest.mark.parametrize("case", TEXTS)
def test_texts(case: str, tmp_path: Path) -> None:
    data, expected = TEXTS[case]
    (call,) = calls_of(data, tmp_path)
    assert_turns(call, expected)


def test_facts_above_a_call(tmp_path: Path) -> None:
    (call,) = calls_of(TEXTS["facts above the call"][0], tmp_path)
    assert (call.call_id, call.agent, call.started_at) == ("77-A", "Odile Martin", "2026-01-31")


TABLES: dict[str, tuple[str, list[Expected]]] = {
    "quoted line breaks": (
        'call_id,speaker,text\nC1,Agent,"he said ""Friday""\r\nand ""no"""\nC1,Customer,hi\n',
        [[("agent", 'he said "Friday" and "no"'), ("customer", "hi")]],
    ),
    "therapist and client": (
        "transcript_id,utterance_id,interlocutor,timestamp,utterance_text\n0,0,therapist,00:00:13,hello\n0,1,client,00:00:15,hi\n"
        "1,0,therapist,00:00:02,welcome\n",
        [[("agent", "hello", 13.0), ("customer", "hi", 15.0)], [("agent", "welcome", 2.0)]],
    ),
    "rows of two calls scattered, turns out of order": (
        "call_id,turn,speaker,text\nA,2,Customer,hi\nB,1,Agent,good day\nA,1,Agent,hello\n",
        [[("agent", "hello"), ("customer", "hi")], [("agent", "good day")]],
    ),
    "one channel after the other": (
        "speaker,start,text\nAgent,1,hello\nAgent,9,bye\nCustomer,4,hi\n",
        [[("agent", "hello", 1.0), ("customer", "hi", 4.0), ("agent", "bye", 9.0)]],
    ),
    "milliseconds without saying so": (
        "speaker,start,text\nAgent,1000,hello there friend\nCustomer,4500,hi\nAgent,95000,still here\n",
        [[("agent", "hello there friend", 1.0), ("customer", "hi", 4.5), ("agent", "still here", 95.0)]],
    ),
    "decimal commas": (
        "speaker;start;end;text\nAgent;0,5;1,25;hello\nCustomer;2,0;3,0;hi\n",
        [[("agent", "hello", 0.5, 1.25), ("customer", "hi", 2.0, 3.0)]],
    ),
    "a role and a name": (
        "call_id,role,speaker,text\nC1,agent,Odile,hello\nC1,customer,Sam,hi\n",
        [[("agent", "hello", None, None, "Odile"), ("customer", "hi", None, None, "Sam")]],
    ),
    "an id that numbers rows": (
        "id,speaker,text\n1,Agent,hello\n2,Customer,hi\n",
        [[("agent", "hello"), ("customer", "hi")]],
    ),
    "a stray quote": (
        'speaker,text\nAgent,a 5" pipe\nCustomer,hi\n',
        [[("agent", 'a 5" pipe'), ("customer", "hi")]],
    ),
    "dates for times": (
        "speaker,timestamp,message\nAgent,2026-01-31T10:00:00Z,hello\nCustomer,2026-01-31 10:00:07.500+00:00,hi\n",
        [[("agent", "hello", 0.0), ("customer", "hi", 7.5)]],
    ),
    "a call a row": (
        'call_id,agent,conversation\nC1,Odile,"Agent: hello\nCustomer: hi\nthere\n"\nC2,Ben,"Agent: morning\nCustomer: yes\n"\n',
        [[("agent", "hello"), ("customer", "hi there")], [("agent", "morning"), ("customer", "yes")]],
    ),
}


@pytest.mark.parametrize("case", TABLES)
def test_tables(case: str, tmp_path: Path) -> None:
    data, expected = TABLES[case]
    calls = calls_of(data, tmp_path)
    assert len(calls) == len(expected)
    for call, turns in zip(calls, expected, strict=True):
        assert_turns(call, turns)


def test_a_day_becomes_the_start_of_the_call(tmp_path: Path) -> None:
    (call,) = calls_of(TABLES["dates for times"][0], tmp_path)
    assert call.started_at == "2026-01-31T10:00:00Z"


def phrase(purpose: str, text: str, at: int) -> dict[str, Any]:
    return {"participantPurpose": purpose, "text": text, "startTimeMs": at, "duration": {"milliseconds": 1000}}


DOCUMENTS: dict[str, tuple[Any, Expected]] = {
    "genesys: several transcripts are one call": (
        {
            "conversationId": "k",
            "transcripts": [
                {"phrases": [phrase("external", "hi", 3000)]},
                {"phrases": [phrase("ivr", "press one", 0), phrase("internal", "hello", 1000)]},
            ],
        },
        [("system", "press one", 0.0), ("agent", "hello", 1.0, 2.0), ("customer", "hi", 3.0, 4.0)],
    ),
    "ccai: the automated agent is a system": (
        {
            "conversation_info": {"agent_info": [{"agent_id": "7", "display_name": "Odile"}]},
            "entries": [
                {"start_timestamp_usec": 0, "text": "welcome", "role": "AUTOMATED_AGENT", "user_id": "0"},
                {"start_timestamp_usec": 2_000_000, "text": "hello", "role": "AGENT", "user_id": "7"},
                {"start_timestamp_usec": 3_000_000, "text": "hi", "role": "END_USER", "user_id": 1},
            ],
        },
        [("system", "welcome", 0.0), ("agent", "hello", 2.0, None, "Odile"), ("customer", "hi", 3.0)],
    ),
    "deepgram: a turn cut at pauses is one": (
        {
            "results": {
                "utterances": [
                    {"speaker": 0, "channel": 0, "start": 0.0, "end": 1.0, "transcript": "And,"},
                    {"speaker": 0, "channel": 0, "start": 1.5, "end": 2.0, "transcript": "how can I help you today?"},
                    {"speaker": 1, "channel": 0, "start": 2.2, "end": 3.0, "transcript": "I'm calling about my bill."},
                ]
            }
        },
        [("agent", "And, how can I help you today?", 0.0, 2.0), ("customer", "I'm calling about my bill.", 2.2, 3.0)],
    ),
    "rev.ai: what was not heard is no word": (
        {
            "monologues": [
                {
                    "speaker": 0,
                    "elements": [
                        {"type": "text", "value": "How", "ts": 0.5, "end_ts": 0.7},
                        {"type": "punct", "value": " "},
                        {"type": "text", "value": "can I help you", "ts": 0.8, "end_ts": 1.5},
                        {"type": "punct", "value": " "},
                        {"type": "unknown", "value": "<inaudible>"},
                        {"type": "punct", "value": "?"},
                    ],
                },
                {"speaker": 1, "elements": [{"type": "text", "value": "my bill is wrong", "ts": 2.0, "end_ts": 3.0}]},
            ]
        },
        [("agent", "How can I help you?", 0.5, 1.5), ("customer", "my bill is wrong", 2.0, 3.0)],
    ),
    "whisper: without speakers nobody knows": (
        {
            "text": "x",
            "segments": [{"id": 0, "start": 0.0, "end": 1.0, "text": " hello", "tokens": [1]}],
            "language": "en",
        },
        [("unknown", "hello", 0.0, 1.0)],
    ),
    "assemblyai: speakers by their role": (
        {
            "audio_url": "x",
            "utterances": [
                {"speaker": "Agent", "text": "hello", "start": 0, "end": 900},
                {"speaker": "Customer", "text": "hi", "start": 1000, "end": 1500},
            ],
        },
        [("agent", "hello", 0.0, 0.9), ("customer", "hi", 1.0, 1.5)],
    ),
    "vcon: the first party is not always the customer": (
        {
            "vcon": "0.0.2",
            "parties": [{"name": "Odile", "role": "agent"}, {"name": "Sam", "role": "customer"}],
            "dialog": [
                {"type": "recording", "url": "https://fernhill.example/x"},
                {"type": "text", "start": "2026-01-31T10:00:05Z", "parties": [1, 0], "body": "hi"},
                {"type": "text", "start": "2026-01-31T10:00:00Z", "parties": [0, 1], "body": "hello"},
            ],
        },
        [("agent", "hello", 0.0, None, "Odile"), ("customer", "hi", 5.0, None, "Sam")],
    ),
    "halves of letters": (
        '{"id": "a", "turns": [{"role": "agent", "text": "hi \\ud83d there"}, {"role": "customer", "text": "x"}]}',
        [("agent", "hi ? there"), ("customer", "x")],
    ),
    "speech over each other stays": (
        {
            "phrases": [
                {
                    "channel": 0,
                    "offsetMilliseconds": 0,
                    "durationMilliseconds": 5000,
                    "text": "thanks for calling Fernhill how can I help",
                },
                {"channel": 1, "offsetMilliseconds": 2000, "durationMilliseconds": 500, "text": "yeah"},
                {"channel": 0, "offsetMilliseconds": 5100, "durationMilliseconds": 900, "text": "you today"},
                {"channel": 1, "offsetMilliseconds": 6500, "durationMilliseconds": 900, "text": "my order never came"},
            ]
        },
        [
            ("agent", "thanks for calling Fernhill how can I help", 0.0, 5.0),
            ("customer", "yeah", 2.0, 2.5),
            ("agent", "you today", 5.1, 6.0),
            ("customer", "my order never came", 6.5, 7.4),
        ],
    ),
}


@pytest.mark.parametrize("case", DOCUMENTS)
def test_documents(case: str, tmp_path: Path) -> None:
    value, expected = DOCUMENTS[case]
    (call,) = calls_of(value if isinstance(value, str) else json.dumps(value), tmp_path)
    assert_turns(call, expected)


def test_the_pause_that_joins_is_a_setting(tmp_path: Path) -> None:
    data = json.dumps(DOCUMENTS["deepgram: a turn cut at pauses is one"][0])
    (call,) = calls_of(data, tmp_path, ReadOptions(join_pause_s=0.2))
    assert len(call.turns) == 3


FAILED = {
    "analytics": {"JobStatus": "FAILED", "Participants": [], "Transcript": []},
    "assemblyai": {"status": "error", "audio_url": "x", "utterances": None, "words": None},
}


@pytest.mark.parametrize("case", FAILED)
def test_a_failed_transcription_says_so(case: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(FAILED[case]))
    (error,) = read(path)
    assert isinstance(error, InputError)
    assert "failed" in str(error)


@pytest.mark.parametrize("text", ['{"Transcript": [ // a comment\n {"Content": "hi"},\n]}', '{"a": 1,}'])
def test_json_with_comments_or_trailing_commas_says_where(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    (error,) = read(path)
    assert isinstance(error, InputError)
    assert "not valid" in str(error)
    assert error.line == 1
