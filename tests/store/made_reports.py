"""Reports made up by hypothesis, with the characters that break databases."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from analyser.records import (
    Answer,
    CallReport,
    Finding,
    Flag,
    Moment,
    Opening,
    Outcome,
    Problem,
    Reason,
    Role,
    Score,
    ScoreItem,
    Source,
    Stamp,
    Talk,
    Tone,
    Transcript,
    Turn,
    TurnTone,
)  # fmt: skip

STAMP = Stamp("0.1.0", "r" * 12, "m" * 12, "s" * 12)
texts = st.one_of(
    st.text(st.characters(), max_size=30),
    st.sampled_from(
        ["", "\0", "a\0b", "\ud83d alone", "\u2028\x85", "\\N", "tab\tand\nline", "'; DROP TABLE x --", "x" * 5000]
    ),
)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


numbers = st.integers(1, 2**31 - 1)
reals = st.floats(-1e6, 1e6)
roles = st.sampled_from(Role)
names = st.sampled_from(["empathy", "apology", "dismissive", "greeting"])
turns = st.builds(Turn, roles, texts, maybe(reals), maybe(reals), maybe(texts))
moments = st.builds(Moment, names, numbers, numbers, numbers, texts, texts)
problems = st.builds(Problem, names, texts, maybe(numbers))
items = st.builds(
    ScoreItem, texts, st.sampled_from(Answer), st.floats(0, 100), st.lists(numbers, max_size=3).map(tuple), maybe(texts)
)
values: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | reals | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


def _many(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=4).map(tuple)


transcripts = st.builds(
    Transcript,
    call_id=texts,
    turns=_many(turns),
    source=st.builds(Source, maybe(texts), maybe(st.sampled_from(["jsonl", "vtt"])), maybe(numbers)),
    agent=maybe(texts),
    team=maybe(texts),
    started_at=maybe(texts | st.dates().map(str) | st.datetimes().map(lambda d: d.isoformat())),
    customer=maybe(texts),
    meta=st.dictionaries(texts, values, max_size=4),
    problems=_many(problems),
)
tones = st.builds(
    Tone, maybe(names), maybe(reals), maybe(reals), maybe(reals), maybe(numbers), maybe(reals), maybe(names),
    _many(st.builds(TurnTone, numbers, roles, maybe(reals))), _many(moments),
)  # fmt: skip


@st.composite
def reports(draw: Any) -> CallReport:
    """A report whose parts need not fit together: the store must not care."""
    call = draw(transcripts)
    return CallReport(
        call_id=call.call_id,
        transcript=call,
        scored=draw(st.booleans()),
        not_scored_because=draw(maybe(texts)),
        findings=draw(_many(st.builds(
            Finding, names, numbers, roles, numbers, numbers, texts, reals, st.sampled_from(["rules", "learned"]),
            maybe(texts), texts,
        ))),
        openings=draw(_many(st.builds(
            Opening, numbers, st.sampled_from(Outcome), maybe(numbers), texts, maybe(names), maybe(reals)
        ))),
        missing=draw(maybe(_many(names))),
        tone=draw(tones),
        talk=draw(st.builds(Talk, maybe(reals), maybe(numbers), maybe(reals), maybe(reals))),
        scorecards=draw(_many(st.builds(Score, texts, maybe(st.integers(0, 100)), maybe(names), _many(items), st.booleans()))),
        flag=draw(maybe(st.builds(
            Flag, st.floats(0, 1), st.booleans(), st.floats(0, 1),
            _many(st.builds(Reason, texts, texts, maybe(numbers), maybe(texts), reals)), reals, reals,
        ))),
        problems=draw(_many(problems)),
        stamp=STAMP,
        dead_ends=draw(_many(moments)),
    )  # fmt: skip
