"""A call in the shapes of the clouds' call services: Amazon, Google, Azure."""

from __future__ import annotations

from typing import Any

from tests.formats.writing import Call, Said, channel, iso, ms, sided, spread, stamp, writer


@writer("call analytics", "transcribe_call_analytics")
def _analytics(call: Call) -> Any:
    turns = [
        {
            "Id": str(n),
            "ParticipantRole": s.role.upper(),
            "BeginOffsetMillis": ms(s.start),
            "EndOffsetMillis": ms(s.end),
            "Content": s.text,
            "LoudnessScores": [70.1, None],
        }
        for n, s in enumerate(call)
    ]
    people = [{"ParticipantRole": "AGENT"}, {"ParticipantRole": "CUSTOMER"}]
    return {"JobStatus": "COMPLETED", "LanguageCode": "en-US", "Participants": people, "Transcript": turns}


PEOPLE = [
    {"ParticipantId": "0f-1", "ParticipantRole": "AGENT"},
    {"ParticipantId": "0f-2", "ParticipantRole": "CUSTOMER"},
]


@writer("contact lens, voice", "contact_lens", call_id="k-1")
def _lens(call: Call) -> Any:
    turns = [
        {"ParticipantId": who, "BeginOffsetMillis": ms(s.start), "EndOffsetMillis": ms(s.end), "Content": s.text}
        for s, who in sided(call, "0f-1", "0f-2")
    ]
    return {"Channel": "VOICE", "Participants": PEOPLE, "Transcript": turns, "CustomerMetadata": {"ContactId": "k-1"}}


@writer("contact lens, chat", "contact_lens", "roles start", call_id="k-1", from_first=True)
def _lens_chat(call: Call) -> Any:
    turns = [
        {"ParticipantId": who, "AbsoluteTime": iso(s.start), "Content": s.text, "Id": "m"}
        for s, who in sided(call, "0f-1", "0f-2")
    ]
    event = {"ParticipantId": "0f-1", "AbsoluteTime": iso(0), "Type": "EVENT"}
    return {
        "Channel": "CHAT",
        "Participants": PEOPLE,
        "Transcript": [event, *turns],
        "CustomerMetadata": {"ContactId": "k-1"},
    }


def items(said: Said, label: str | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for word, start, end in spread(said):
        bare = word.rstrip(".,?")
        item = {"type": "pronunciation", "start_time": f"{start:.3f}", "end_time": f"{end:.3f}"}
        found.append({**item, "alternatives": [{"content": bare, "confidence": "0.9"}]})
        found += [
            {"type": "punctuation", "alternatives": [{"content": m, "confidence": "0.0"}]} for m in word[len(bare) :]
        ]
    if label is not None:
        for item in found:
            item["speaker_label"] = label
    return found


@writer("transcribe, speakers", "transcribe", "start end", options=channel("spk_0"), call_id="job-1")
def _transcribe(call: Call) -> Any:
    segments = [
        {
            "speaker_label": who,
            "start_time": f"{s.start:.3f}",
            "end_time": f"{s.end:.3f}",
            "items": [
                {"speaker_label": who, "start_time": i["start_time"], "end_time": i["end_time"]}
                for i in items(s)
                if "start_time" in i
            ],
        }
        for s, who in sided(call, "spk_0", "spk_1")
    ]
    segments.insert(1, {"speaker_label": "", "start_time": "0.0", "end_time": "0.0", "items": []})
    results = {
        "transcripts": [{"transcript": " ".join(s.text for s in call)}],
        "speaker_labels": {"speakers": 2, "segments": segments},
        "items": [i for s in call for i in items(s)],
    }
    return {"jobName": "job-1", "status": "COMPLETED", "results": results}


@writer("transcribe, labels on items", "transcribe", "start end", options=channel("spk_0"), call_id="job-1")
def _transcribe_new(call: Call) -> Any:
    found = [i for s, who in sided(call, "spk_0", "spk_1") for i in items(s, who)]
    return {"jobName": "job-1", "results": {"transcripts": [], "items": found}}


@writer("transcribe, channels", "transcribe", "start end", options=channel("ch_0"), call_id="job-1")
def _transcribe_channels(call: Call) -> Any:
    sides = {"ch_0": [s for s in call if s.role == "agent"], "ch_1": [s for s in call if s.role != "agent"]}
    channels = [{"channel_label": c, "items": [i for s in some for i in items(s)]} for c, some in sides.items()]
    return {"jobName": "job-1", "results": {"channel_labels": {"channels": channels, "number_of_channels": 2}}}


@writer("transcribe, audio segments", "transcribe", "start end", options=channel("spk_0"), call_id="job-1")
def _audio_segments(call: Call) -> Any:
    found = [
        {"transcript": s.text, "start_time": f"{s.start:.3f}", "end_time": f"{s.end:.3f}", "speaker_label": who}
        for s, who in sided(call, "spk_0", "spk_1")
    ]
    return {"jobName": "job-1", "results": {"transcripts": [], "audio_segments": found}}


@writer("post call analytics", "amazon_pca", call_id="g-1")
def _pca(call: Call) -> Any:
    labels = [{"Speaker": "spk_0", "DisplayText": "Agent"}, {"Speaker": "spk_1", "DisplayText": "Customer"}]
    segments = [
        {"SegmentStartTime": s.start, "SegmentEndTime": s.end, "SegmentSpeaker": who, "DisplayText": s.text}
        for s, who in sided(call, "spk_0", "spk_1")
    ]
    return {"ConversationAnalytics": {"GUID": "g-1", "SpeakerLabels": labels}, "SpeechSegments": segments}


@writer("ccai upload", "ccai_upload", "roles start")
def _ccai(call: Call) -> Any:
    entries = [
        {"start_timestamp_usec": round(s.start * 1e6), "text": s.text, "role": role, "user_id": 1}
        for s, role in sided(call, "AGENT", "CUSTOMER")
    ]
    return {"conversation_info": {"categories": []}, "entries": entries}


@writer("ccai upload in one entry", "ccai_upload", "roles")
def _ccai_one(call: Call) -> Any:
    text = "\n".join(f"{s.role.upper()}: {s.text}" for s in call) + "\n"
    return {"entries": [{"start_timestamp_usec": 0, "text": text, "role": "AGENT", "user_id": "1"}]}


@writer("ccai export", "ccai_export", call_id="99")
def _ccai_export(call: Call) -> Any:
    segments = []
    for s, role in sided(call, "HUMAN_AGENT", "END_USER"):
        words = [{"word": w, "startOffset": f"{a:.3f}s", "endOffset": f"{b:.3f}s"} for w, a, b in spread(s)]
        segments.append({"text": s.text, "words": words, "channelTag": 1, "segmentParticipant": {"role": role}})
    return {"name": "projects/p/locations/l/conversations/99", "transcript": {"transcriptSegments": segments}}


@writer("ccai export, snake case", "ccai_export", "roles start", call_id="99", from_first=True)
def _ccai_snake(call: Call) -> Any:
    segments = [
        {"text": s.text, "message_time": iso(s.start), "segment_participant": {"role": role}}
        for s, role in sided(call, "HUMAN_AGENT", "END_USER")
    ]
    return {"name": "a/99", "medium": "CHAT", "transcript": {"transcript_segments": segments}}


def phrase(said: Said, **more: Any) -> dict[str, Any]:
    best = {"confidence": 0.9, "lexical": said.text.lower(), "display": said.text}
    return {"recognitionStatus": "Success", "nBest": [best], **more}


@writer("azure batch, channels", "azure_batch", "start end", options=channel("0"))
def _azure(call: Call) -> Any:
    found = [
        phrase(s, channel=c, offsetInTicks=s.start * 1e7, durationInTicks=(s.end - s.start) * 1e7, offset="PT0S")
        for s, c in sided(call, 0, 1)
    ]
    found.sort(key=lambda p: p["channel"])
    found.append({"recognitionStatus": "Failure", "channel": 0, "offsetInTicks": 0.0})
    return {"source": "x", "timeStamp": "2026-01-01T00:00:00Z", "recognizedPhrases": found}


@writer("azure batch, speakers, milliseconds", "azure_batch", "start end", options=channel("1"))
def _azure_ms(call: Call) -> Any:
    found = [
        phrase(s, channel=0, speaker=c, offsetMilliseconds=ms(s.start), durationMilliseconds=ms(s.end - s.start))
        for s, c in sided(call, 1, 2)
    ]
    return {"source": "x", "recognizedPhrases": found}


@writer("azure batch, ISO durations", "azure_batch", "start end", options=channel("1"))
def _azure_iso(call: Call) -> Any:
    found = [
        phrase(s, speaker=c, offset=f"PT{s.start:.3f}S", duration=f"PT{s.end - s.start:.3f}S")
        for s, c in sided(call, 1, 2)
    ]
    return {"recognizedPhrases": found}


@writer("azure fast", "azure_fast", "start end", options=channel("0"))
def _azure_fast(call: Call) -> Any:
    found = [
        {
            "channel": c,
            "offsetMilliseconds": ms(s.start),
            "durationMilliseconds": ms(s.end) - ms(s.start),
            "text": s.text,
        }
        for s, c in sided(call, 0, 1)
    ]
    return {"durationMilliseconds": 1, "combinedPhrases": [], "phrases": sorted(found, key=lambda p: p["channel"])}


@writer("azure fast, preview", "azure_fast", "start end", options=channel("1"))
def _azure_preview(call: Call) -> Any:
    found = [
        {"speaker": c, "offset": ms(s.start), "duration": ms(s.end) - ms(s.start), "text": s.text}
        for s, c in sided(call, 1, 2)
    ]
    return {"duration": 1, "combinedPhrases": [], "phrases": found}


@writer("azure conversation", "azure_conversation", "roles start", call_id="c1")
def _azure_conversation(call: Call) -> Any:
    found = [
        {
            "id": str(n),
            "participantId": who,
            "text": s.text,
            "conversationItemLevelTiming": {"offset": round(s.start * 1e7), "duration": 10},
        }
        for n, (s, who) in enumerate(sided(call, "Agent_1", "Customer_1"))
    ]
    conversation = {"id": "c1", "language": "en", "modality": "text", "conversationItems": found}
    return {"displayName": "d", "analysisInput": {"conversations": [conversation]}}


@writer("azure content understanding", "azure_understanding", call_id="u")
def _understanding(call: Call) -> Any:
    found = [
        {"speaker": s.role.title(), "startTimeMs": ms(s.start), "endTimeMs": ms(s.end), "text": s.text} for s in call
    ]
    return {"id": "u", "result": {"contents": [{"kind": "audioVisual", "transcriptPhrases": found}]}}


@writer("azure content understanding, Markdown", "azure_understanding", call_id="u")
def _understanding_markdown(call: Call) -> Any:
    cues = [
        f"{stamp(s.start, hours=False)} --> {stamp(s.end, hours=False)}\n<v {s.role.title()}>{s.text}</v>\n"
        for s in call
    ]
    markdown = "# Audio: 00:00 => 01:00\n\nTranscript\n```\nWEBVTT\n\n" + "\n".join(cues) + "```\n"
    return {"id": "u", "result": {"contents": [{"kind": "audioVisual", "markdown": markdown}]}}
