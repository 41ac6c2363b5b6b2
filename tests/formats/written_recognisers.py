"""A call in the shapes of contact centres, speech recognisers and vCon."""

from __future__ import annotations

import json
from typing import Any

from tests.formats.writing import EPOCH_S, Call, Said, channel, iso, ms, sided, spread, stamp, writer


def genesys(call: Call, base_s: float) -> Any:
    found = [
        {
            "participantPurpose": who,
            "text": s.text.lower(),
            "decoratedText": s.text,
            "startTimeMs": ms(base_s + s.start),
            "duration": {"milliseconds": ms(s.end) - ms(s.start)},
        }
        for s, who in sided(call, "internal", "external")
    ]
    return {"conversationId": "conv-1", "communicationId": "m-1", "transcripts": [{"phrases": found}]}


@writer("genesys", "genesys", call_id="conv-1", from_first=True)
def _genesys(call: Call) -> Any:
    return genesys(call, EPOCH_S)


@writer("genesys, offsets", "genesys", call_id="conv-1")
def _genesys_offsets(call: Call) -> Any:
    return genesys(call, 0)


def twilio(call: Call, *, times: bool) -> Any:
    found = [
        {
            "media_channel": c,
            "sentence_index": n,
            "start_time": f"{s.start:.3f}" if times else None,
            "end_time": f"{s.end:.3f}" if times else None,
            "transcript": s.text,
            "confidence": None,
            "words": None,
        }
        for n, (s, c) in enumerate(sided(call, 1, 2))
    ]
    return {"sentences": found[::-1], "meta": {"key": "sentences", "page": 0}}


@writer("twilio", "twilio", "start end", options=channel("1"))
def _twilio(call: Call) -> Any:
    return twilio(call, times=True)


@writer("twilio without times, with participants", "twilio", "roles")
def _twilio_bare(call: Call) -> Any:
    people = [{"channel_participant": 1, "role": "Agent"}, {"channel_participant": 2, "role": "Customer"}]
    return {**twilio(call, times=False), "channel": {"participants": people}}


@writer("whisperx", "whisper", "start end", options=channel("SPEAKER_01"))
def _whisperx(call: Call) -> Any:
    segments = []
    for s, who in sided(call, "SPEAKER_01", "SPEAKER_00"):
        words = [{"word": w, "start": a, "end": b, "score": 0.9, "speaker": who} for w, a, b in spread(s)]
        words[-1] = {"word": words[-1]["word"]}  # numerals carry neither times nor a speaker
        segments.append({"start": s.start, "end": s.end, "text": f" {s.text}", "words": words, "speaker": who})
    return {"segments": segments, "word_segments": [], "language": "en"}


@writer("whisperx, speakers on words only", "whisper", "start", options=channel("SPEAKER_01"))
def _whisperx_words(call: Call) -> Any:
    words = [
        {"word": w, "start": a, "end": b, "score": 0.9, "speaker": who}
        for s, who in sided(call, "SPEAKER_01", "SPEAKER_00")
        for w, a, b in spread(s)
    ]
    text = " ".join(s.text for s in call)
    return {"segments": [{"start": call[0].start, "end": call[-1].end, "text": text, "words": words}]}


@writer("whisper-timestamped", "whisper", "start end", options=channel("A"))
def _timestamped(call: Call) -> Any:
    segments = [
        {
            "id": n,
            "start": s.start,
            "end": s.end,
            "text": s.text,
            "speaker": who,
            "words": [{"text": w, "start": a, "end": b, "confidence": 0.9} for w, a, b in spread(s)],
        }
        for n, (s, who) in enumerate(sided(call, "A", "B"))
    ]
    return {"text": "", "segments": segments, "language": "en"}


@writer("whisper.cpp", "whispercpp", "start end", options=channel("0"))
def _cpp(call: Call) -> Any:
    found = [
        {"offsets": {"from": ms(s.start), "to": ms(s.end)}, "text": f" {s.text}", "speaker": who}
        for s, who in sided(call, "0", "1")
    ]
    return {"systeminfo": "x", "result": {"language": "en"}, "transcription": found}


@writer("whisper.cpp, turns", "whispercpp", "start end")
def _cpp_turns(call: Call) -> Any:
    found = [
        {
            "timestamps": {"from": stamp(s.start, ","), "to": stamp(s.end, ",")},
            "text": f" {s.text}",
            "speaker_turn_next": True,
        }
        for s in call
    ]
    return {"result": {"language": "en"}, "transcription": found}


@writer("deepgram, utterances", "deepgram", "start end", options=channel("0"), call_id="q")
def _deepgram(call: Call) -> Any:
    found = [
        {"start": s.start, "end": s.end, "channel": 0, "speaker": who, "transcript": s.text}
        for s, who in sided(call, 0, 1)
    ]
    return {"metadata": {"request_id": "q"}, "results": {"channels": [], "utterances": found}}


def deepgram_words(some: list[tuple[Said, Any]]) -> list[dict[str, Any]]:
    return [
        {"word": w.lower(), "punctuated_word": w, "start": a, "end": b, **({} if who is None else {"speaker": who})}
        for s, who in some
        for w, a, b in spread(s)
    ]


@writer("deepgram, words", "deepgram", "start end", options=channel("0"), call_id="q")
def _deepgram_words(call: Call) -> Any:
    best = {"transcript": "", "words": deepgram_words(sided(call, 0, 1))}
    return {"metadata": {"request_id": "q"}, "results": {"channels": [{"alternatives": [best]}]}}


@writer("deepgram, channels", "deepgram", "start end", options=channel("0"), call_id="q")
def _deepgram_channels(call: Call) -> Any:
    sides = [[(s, None) for s in call if s.role == "agent"], [(s, None) for s in call if s.role != "agent"]]
    channels = [{"alternatives": [{"transcript": "", "words": deepgram_words(side)}]} for side in sides]
    return {"metadata": {"request_id": "q"}, "results": {"channels": channels}}


@writer("deepgram, paragraphs", "deepgram", "start end", options=channel("0"), call_id="q")
def _deepgram_paragraphs(call: Call) -> Any:
    found = [
        {"speaker": who, "sentences": [{"text": s.text, "start": s.start, "end": s.end}]}
        for s, who in sided(call, 0, 1)
    ]
    best = {"transcript": "", "words": [], "paragraphs": {"paragraphs": found}}
    return {"metadata": {"request_id": "q"}, "results": {"channels": [{"alternatives": [best]}]}}


@writer("assemblyai", "assemblyai", "start end", options=channel("A"), call_id="t")
def _assemblyai(call: Call) -> Any:
    found = [
        {"speaker": who, "text": s.text, "start": ms(s.start), "end": ms(s.end), "confidence": 0.9}
        for s, who in sided(call, "A", "B")
    ]
    return {"id": "t", "status": "completed", "audio_url": "x", "utterances": found, "words": []}


@writer("assemblyai, words", "assemblyai", "start end", options=channel("A"), call_id="t")
def _assemblyai_words(call: Call) -> Any:
    found = [
        {"text": w, "start": ms(a), "end": ms(b), "speaker": who}
        for s, who in sided(call, "A", "B")
        for w, a, b in spread(s)
    ]
    return {"id": "t", "status": "completed", "audio_url": "x", "utterances": None, "words": found}


@writer("rev.ai", "revai", "start end", options=channel("0"))
def _revai(call: Call) -> Any:
    monologues = []
    for s, who in sided(call, 0, 1):
        elements: list[dict[str, Any]] = []
        for word, start, end in spread(s):
            bare = word.rstrip(".,?")
            elements.append({"type": "text", "value": bare, "ts": start, "end_ts": end, "confidence": 0.9})
            elements.append({"type": "punct", "value": f"{word[len(bare) :]} "})
        monologues.append({"speaker": who, "elements": elements})
    return {"monologues": monologues}


def speechmatics(some: list[tuple[Said, Any]], key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for said, who in some:
        for word, start, end in spread(said):
            bare = word.rstrip(".,?")
            for kind, text in (("word", bare), *(("punctuation", m) for m in word[len(bare) :])):
                choice = {"content": text, "confidence": 0.9, **({"speaker": who} if key == "speaker" else {})}
                outside = {"channel": who} if key == "channel" else {}
                found.append({"type": kind, "start_time": start, "end_time": end, "alternatives": [choice], **outside})
    return found


@writer("speechmatics v2", "speechmatics", "start end", options=channel("S1"), call_id="j")
def _speechmatics(call: Call) -> Any:
    return {"format": "2.9", "job": {"id": "j"}, "results": speechmatics(sided(call, "S1", "S2"), "speaker")}


@writer("speechmatics v2, channels", "speechmatics", "start end", options=channel("left"), call_id="j")
def _speechmatics_channels(call: Call) -> Any:
    some = sorted(sided(call, "left", "right"), key=lambda pair: pair[1])
    return {"format": "2.9", "job": {"id": "j"}, "results": speechmatics(some, "channel")}


@writer("speechmatics v1", "speechmatics", "start end", options=channel("F1"), call_id="j")
def _speechmatics_old(call: Call) -> Any:
    words: list[dict[str, Any]] = []
    for said in call:
        for word, start, end in spread(said):
            bare = word.rstrip(".,?")
            words.append({"name": bare, "time": f"{start:.3f}", "duration": f"{end - start:.3f}", "confidence": "0.9"})
            words += [
                {"name": m, "time": f"{end:.3f}", "duration": "0.0", "confidence": "0.9"} for m in word[len(bare) :]
            ]
    speakers = [
        {"name": who, "time": f"{s.start:.3f}", "duration": f"{s.end - s.start:.3f}"}
        for s, who in sided(call, "F1", "M1")
    ]
    return {"job": {"id": "j"}, "speakers": speakers, "words": words, "format": "1.0"}


PARTIES = [{"name": "Odile", "meta": {"role": "agent"}}, {"tel": "+15550100", "role": "customer"}, {}]


@writer("vcon, text", "vcon", call_id="v-1", from_first=True)
def _vcon(call: Call) -> Any:
    dialog = [
        {"type": "text", "start": iso(s.start), "duration": s.end - s.start, "parties": [who, 1 - who], "body": s.text}
        for s, who in sided(call, 0, 1)
    ]
    return {"vcon": "0.0.1", "uuid": "v-1", "parties": PARTIES, "dialog": dialog}


@writer("vcon, speaker and message", "vcon", "roles", call_id="v-1")
def _vcon_messages(call: Call) -> Any:
    body = [{"speaker": s.role.title(), "message": s.text} for s in call]
    analysis = [{"type": "summary", "body": "x"}, {"type": "transcript", "encoding": "json", "body": json.dumps(body)}]
    return {"vcon": "0.0.1", "uuid": "v-1", "parties": [{}, {}], "dialog": [], "analysis": analysis}


@writer("vcon, a recogniser's", "vcon", "start end", options=channel("0"), call_id="v-1")
def _vcon_deepgram(call: Call) -> Any:
    analysis = [{"type": "transcript", "vendor": "deepgram", "body": _deepgram(call)}]
    return {"vcon": "0.0.1", "uuid": "v-1", "parties": [{}], "dialog": [], "analysis": analysis}


@writer("vcon, table of speakers", "vcon", call_id="v-1")
def _vcon_table(call: Call) -> Any:
    segments = [{"text": s.text, "speaker": who, "start": s.start, "end": s.end} for s, who in sided(call, 0, 1)]
    body = {"speakers": {"0": "Agent", "1": "Customer"}, "segments": segments}
    return {"vcon": "0.0.1", "uuid": "v-1", "dialog": [], "analysis": [{"type": "wtf_transcription", "body": body}]}


@writer("harpervalley", "harpervalley")
def _harpervalley(call: Call) -> Any:
    return [
        {
            "index": n,
            "speaker_role": role,
            "human_transcript": s.text,
            "transcript": "other words",
            "start_ms": ms(s.start),
            "duration_ms": ms(s.end) - ms(s.start),
        }
        for n, (s, role) in enumerate(sided(call, "agent", "caller"))
    ]
