"""Calls and reports as they travel between processes: plain values, which marshal packs many times faster than pickle.

What the receiver has already is left out: a report comes home without its call, its quotes as places in it.
"""

from __future__ import annotations

import marshal
import pickle
from collections.abc import Sequence
from functools import partial
from itertools import accumulate, pairwise
from typing import Any

from analyser.errors import InputError
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
)

_ROLES, _OUTCOMES, _ANSWERS = tuple(Role), tuple(Outcome), tuple(Answer)
_ROLE, _OUTCOME, _ANSWER = ({value: i for i, value in enumerate(its)} for its in (_ROLES, _OUTCOMES, _ANSWERS))
# named tuples from all their fields, without asking for them by name
_turn, _finding, _tone, _item, _reason = (
    partial(tuple.__new__, kind) for kind in (Turn, Finding, TurnTone, ScoreItem, Reason)
)


def pack_calls(calls: Sequence[Transcript]) -> bytes:
    """What the analysis has to know of calls."""
    turns = [turn for call in calls for turn in call.turns]
    return marshal.dumps(
        (
            [(call.call_id, call.source.path, call.source.line, len(call.turns)) for call in calls],
            bytes([_ROLE[turn[0]] for turn in turns]),
            *([turn[k] for turn in turns] for k in range(1, 5)),
        )
    )


def unpack_calls(parcel: bytes) -> list[Transcript]:
    """The reverse of ``pack_calls``."""
    calls, roles, *columns = marshal.loads(parcel)
    turns = list(map(_turn, zip(map(_ROLES.__getitem__, roles), *columns, strict=True)))
    bounds = pairwise(accumulate((n for *_, n in calls), initial=0))
    return [
        Transcript(call_id, tuple(turns[a:b]), Source(path, None, line))
        for (call_id, path, line, _), (a, b) in zip(calls, bounds, strict=True)
    ]


def pack_reports(reports: Sequence[CallReport | InputError]) -> bytes:
    """Reports without their calls; errors as they are."""
    stamp = next((r.stamp for r in reports if isinstance(r, CallReport)), None)
    return marshal.dumps(
        (
            None if stamp is None else (stamp.analyser, stamp.rules, stamp.model, stamp.settings),
            [_packed(r) if isinstance(r, CallReport) else pickle.dumps(r) for r in reports],
        )
    )


def _packed(report: CallReport) -> tuple[Any, ...]:
    tone, talk, flag = report.tone, report.talk, report.flag
    return (
        report.scored,
        report.not_scored_because,
        [(b, turn, start, end, *rest) for b, turn, _, start, end, _, *rest in report.findings],
        [(o.turn, _OUTCOME[o.outcome], o.answered_by, o.quote, o.kind, o.delay_s) for o in report.openings],
        report.missing,
        (tone.agent_label, tone.agent_score, tone.customer_start, tone.customer_low, tone.customer_low_turn,
         tone.customer_end, tone.customer_end_label),
        [score for _, _, score in tone.turns],
        [(m.kind, m.turn, m.start, m.end, m.why) for m in tone.moments],
        (talk.agent_share, talk.interruptions, talk.longest_silence_s, talk.words_per_minute),
        [
            (s.name, s.score, s.band, [(i[0], _ANSWER[i[1]], *i[2:]) for i in s.items], s.auto_failed)
            for s in report.scorecards
        ],
        flag and (flag.probability, flag.flagged, flag.threshold, [(r[0], r[1], r[2], r[4]) for r in flag.reasons],
                  flag.base, flag.other),
        [(p.code, p.message, p.line) for p in report.problems],
        [(m.kind, m.turn, m.start, m.end, m.why) for m in report.dead_ends],
    )  # fmt: skip


def unpack_reports(parcel: bytes, calls: Sequence[Transcript]) -> list[CallReport | InputError]:
    """The reverse of ``pack_reports``, for the calls that were sent out; what was noted of them comes first again."""
    stamp, its = marshal.loads(parcel)
    made_by = None if stamp is None else Stamp(*stamp)
    return [
        pickle.loads(one) if isinstance(one, bytes) else _unpacked(one, call, made_by)
        for one, call in zip(its, calls, strict=True)
    ]


def _unpacked(parts: tuple[Any, ...], call: Transcript, stamp: Stamp | None) -> CallReport:
    assert stamp is not None
    scored, because, findings, openings, missing, tone, scores, moved, talk, cards, flag, problems, ends = parts
    turns = call.turns
    return CallReport(
        call.call_id,
        call,
        scored,
        because,
        tuple([
            _finding((b, n, (said := turns[n - 1])[0], start, end, said[1][start:end], *rest))
            for b, n, start, end, *rest in findings
        ]),
        tuple([Opening(n, _OUTCOMES[outcome], *rest) for n, outcome, *rest in openings]),
        missing,
        Tone(
            *tone,
            tuple([_tone((n, turn[0], score)) for n, (turn, score) in enumerate(zip(turns, scores, strict=True), 1)]),
            _moments(moved, turns),
        ),
        Talk(*talk),
        tuple([
            Score(name, value, band, tuple([_item((i[0], _ANSWERS[i[1]], *i[2:])) for i in items]), failed)
            for name, value, band, items, failed in cards
        ]),
        flag and Flag(
            *flag[:3],
            tuple([_reason((reason, words, n, n and turns[n - 1][1], share)) for reason, words, n, share in flag[3]]),
            *flag[4:],
        ),
        (*call.problems, *(Problem(*p) for p in problems)),
        stamp,
        _moments(ends, turns),
    )  # fmt: skip


def _moments(its: Sequence[tuple[str, int, int, int, str]], turns: Sequence[Turn]) -> tuple[Moment, ...]:
    return tuple([Moment(kind, n, start, end, turns[n - 1][1][start:end], why) for kind, n, start, end, why in its])
