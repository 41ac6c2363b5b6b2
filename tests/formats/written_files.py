"""A call in the shapes of text files: our own JSON Lines, JSON of anyone, CSV, plain text, subtitles."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from analyser.formats import ReadOptions
from tests.formats.writing import Call, channel, iso, ms, sided, stamp, writer


def own(call: Call) -> dict[str, Any]:
    turns = [{"role": s.role, "text": s.text, "start": s.start, "end": s.end} for s in call]
    return {"id": "call-1", "turns": turns}


@writer("own line", "jsonl", call_id="call-1")
def _own_line(call: Call) -> Any:
    return own(call)


@writer("own list", "jsonl", call_id="call-1")
def _own_list(call: Call) -> Any:
    return [own(call)]


@writer("json call", "json_calls", call_id="c-7")
def _json_call(call: Call) -> Any:
    messages = [
        {"speaker": s.role.title(), "content": s.text, "startMs": ms(s.start), "endMs": ms(s.end)} for s in call
    ]
    return {"conversationId": "c-7", "messages": messages}


@writer("json call in one text", "json_calls", "roles", call_id="c-7")
def _json_text(call: Call) -> Any:
    return {"callId": "c-7", "transcript": "\n".join(f"{s.role.title()}: {s.text}" for s in call) + "\n"}


@writer("turns a line", "json_turns", call_id="c-7")
def _turn_lines(call: Call) -> str:
    rows = ({"call_id": "c-7", "speaker": s.role, "text": s.text, "start": s.start, "end": s.end} for s in call)
    return "\n".join(json.dumps(r, ensure_ascii=False) for r in rows) + "\n"


@writer("list of turns", "json_turns")
def _turn_list(call: Call) -> Any:
    return [{"who": s.role, "message": s.text, "offset": s.start, "duration": s.end - s.start} for s in call]


MAPPED = {"turns": "data.items", "text": "said.words", "speaker": "said.by", "start": "at_ms", "call_id": "data.ref"}


@writer("mapped", "json_mapped", "roles start", call_id="r-1", options=ReadOptions(mapping=MAPPED))
def _mapped(call: Call) -> Any:
    items = [{"said": {"words": s.text, "by": s.role}, "at_ms": ms(s.start)} for s in call]
    return {"data": {"ref": "r-1", "items": items}}


def rows(header: list[str], body: list[list[Any]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([header, *body])
    return out.getvalue()


@writer("csv", "csv", call_id="C1")
def _csv(call: Call) -> str:
    body = [["C1", n, s.role.title(), s.start, s.end, s.text] for n, s in enumerate(call, 1)]
    return rows(["call_id", "turn", "speaker", "start", "end", "text"], body)


@writer("csv of Excel", "csv", call_id="C1")
def _excel(call: Call) -> bytes:
    body = [["C1", s.role.upper(), ms(s.start), ms(s.end), s.text] for s in call]
    text = "sep=;\n" + rows(["Call ID", "Speaker Role", "Start (ms)", "End (ms)", "Utterance"], body, ";")
    return text.encode("utf-8-sig")


@writer("csv with tabs and clocks", "csv", "roles start", tolerance_s=0.01)
def _tabs(call: Call) -> str:
    return rows(["time", "interlocutor", "utterance_text"], [[stamp(s.start), s.role, s.text] for s in call], "\t")


@writer("csv without a header", "csv")
def _headless(call: Call) -> str:
    body = [[s.start, s.end, s.role, s.text] for s in call]
    return rows([str(v) for v in body[0]], body[1:])


@writer("csv, a row a call", "csv", "roles start", call_id="C1")
def _row_a_call(call: Call) -> str:
    cell = "\n".join(f"[turn={n} | {stamp(s.start)} | {s.role.upper()}]: {s.text}" for n, s in enumerate(call, 1))
    return rows(["call_id", "agent", "transcript"], [["C1", "Odile", cell]])


@writer(
    "csv mapped",
    "csv",
    options=ReadOptions(mapping={"text": "was gesagt", "speaker": "wer", "start": "von", "end": "bis"}),
)
def _csv_mapped(call: Call) -> str:
    return rows(["wer", "von", "bis", "was gesagt"], [[s.role, s.start, s.end, s.text] for s in call])


@writer("text, labels", "text", "roles")
def _labels(call: Call) -> str:
    return "".join(f"{s.role.title()}: {s.text}\n" for s in call)


@writer("text, times and a name", "text", "roles start", tolerance_s=0.01)
def _named(call: Call) -> str:
    lines = [f"[{stamp(s.start)}] {who}: {s.text}\n" for s, who in sided(call, "Agent (Odile)", "Customer")]
    return "".join(lines)


@writer("text, captions", "text", "roles")
def _captions(call: Call) -> str:
    return "\n\n".join(f">> {s.role.upper()}: {s.text}" for s in call)


@writer("text, bold", "text", "roles")
def _bold(call: Call) -> str:
    return "\n\n".join(f"**{s.role.title()}:** {s.text}" for s in call)


@writer("text, speaker and time above", "text", "start", options=channel("Speaker 1"), tolerance_s=0.01)
def _above(call: Call) -> str:
    return "".join(f"{who} {stamp(s.start)}\n{s.text}\n\n" for s, who in sided(call, "Speaker 1", "Speaker 2"))


@writer(
    "text of Zoom", "text", "start", options=ReadOptions(agents=("Odile Martin",)), tolerance_s=1.0, from_first=True
)
def _zoom_text(call: Call) -> str:
    lines = []
    for s, who in sided(call, "Odile Martin", "Sam Hill"):
        second = int(s.start) + 36_000
        lines.append(f"[{who}] {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}\n{s.text}\n\n")
    return "".join(lines)


@writer("vtt of Teams", "vtt", "start end", options=ReadOptions(agents=("Odile Martin",)))
def _teams(call: Call) -> bytes:
    cues = [
        f"8f1d2c1e-0b7a-4a2e-9d3e-1a2b3c4d5e6f/{n}-0\r\n{stamp(s.start)} --> {stamp(s.end)}\r\n<v {who}>{s.text}</v>\r\n"
        for n, (s, who) in enumerate(sided(call, "Odile Martin", "+1 555-0100"), 10)
    ]
    return ("WEBVTT\r\n\r\n" + "\r\n".join(cues)).encode("utf-8-sig")


@writer("vtt of Teams, JSON cues", "vtt", "start end", options=ReadOptions(agent_pattern="^odile"))
def _teams_json(call: Call) -> str:
    cues = []
    for s, who in sided(call, "Odile Martin", "Guest One"):
        body = {"startDateTime": iso(s.start), "speakerName": who, "spokenText": s.text, "spokenLanguage": "en-us"}
        cues.append(f"{stamp(s.start)} --> {stamp(s.end)}\n{json.dumps(body, ensure_ascii=False)}\n")
    return "WEBVTT\n\n" + "\n".join(cues)


@writer("vtt of Zoom", "vtt", "start end", options=ReadOptions(agents=("Odile Martin",)))
def _zoom(call: Call) -> str:
    cues = [
        f"{n}\n{stamp(s.start)} --> {stamp(s.end)}\n{who}: {s.text}\n"
        for n, (s, who) in enumerate(sided(call, "Odile Martin", "Sam Hill"), 1)
    ]
    return "WEBVTT\n\n" + "\n".join(cues)


@writer("vtt, names in brackets, no hours", "vtt", "start end", options=ReadOptions(agents=("Odile Martin",)))
def _bracketed(call: Call) -> str:
    cues = [
        f"{stamp(s.start, hours=False)} --> {stamp(s.end, hours=False)}\n({who})\n{s.text}\n"
        for s, who in sided(call, "Odile Martin", "Sam Hill")
    ]
    return "WEBVTT - recorded\nKind: captions\n\nNOTE made by hand\nof two lines\n\n" + "\n".join(cues)


@writer("srt", "srt")
def _srt(call: Call) -> str:
    cues = [
        f"{n}\n{stamp(s.start, ',')} --> {stamp(s.end, ',')}\n{s.role.title()}: {s.text}\n"
        for n, s in enumerate(call, 1)
    ]
    return "\n".join(cues)
