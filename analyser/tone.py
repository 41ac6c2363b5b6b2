"""Sentiment and tone: by turn, by speaker, over the call. The only importer of vaderSentiment.

VADER alone is backwards on service talk ("i'm so sorry, that must have been frustrating" -0.58, "that's not my
problem" +0.31), so care and domain words are masked, short turns shrunk toward neutral, and behaviours outrank it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import yaml
from vaderSentiment.vaderSentiment import (
    BOOSTER_DICT,
    NEGATE,
    SPECIAL_CASES,
    SentimentIntensityAnalyzer,
    SentiText,
    normalize,
)

from analyser.behaviours.names import AGENT_TONES, ALL, CARE, CUSTOMER_ENDS, HARMS
from analyser.behaviours.resolve import Heard
from analyser.behaviours.schema import word_lists
from analyser.behaviours.timing import is_back_channel
from analyser.errors import ConfigurationError
from analyser.judges import Array, Judge
from analyser.language import ParsedTurn
from analyser.records import Finding, Moment, Role, Tone, TurnTone
from analyser.resources import data_dir

_DISTRESS, _PLEASED, _CLOSING = (ALL.index(name) for name in ("distress", "pleased", "closing"))
_CARE_COLUMNS = [ALL.index(name) for name in CARE]
_THANKS = frozenset(["thanks", "thank", "cheers", "ta"])
_SHRINK_WORDS = 4  # a turn of this many words counts half
_KIND = ("empathy", "sympathy", "apology", "patience", "rapport", "extra_mile", "gratitude", "ownership")
_WARM = {"empathy": 0.6, "rapport": 0.6, "sympathy": 0.5, "patience": 0.5, "extra_mile": 0.4, "apology": 0.3}
_WARM |= {"gratitude": 0.3, "closing": 0.3, "greeting": 0.2, "ownership": 0.2}
_HARSH = {"hostile": 0.9, "condescending": 0.6, "dismissive": 0.6, "imposition": 0.6, "rushing": 0.5}
_HARSH |= {"defensive": 0.5, "blames_customer": 0.5, "not_listening": 0.4, "passes_the_buck": 0.4, "pushy_upsell": 0.4}

AGENT_FEATURES: tuple[str, ...] = (
    "mean score", "lowest score", "highest score", "any harm, highest", "any harm, share", "harmful turns",
    *(f"{h}, highest" for h in HARMS), *(f"{k}, share" for k in _KIND), *(f"{k}, highest" for k in _KIND),
    "greeting", "closing", "distress share", "few turns", "words a turn",
)  # fmt: skip
END_FEATURES: tuple[str, ...] = (
    *(f"{what} in last customer turn but {n}" for n in range(3) for what in ("score", "distress", "pleased")),
    "distress share", "pleased share", "any harm in the last agent turns", "care in the last agent turns",
    "closing", "thanks at the end", "customer has the last word", "harmful turns", "refusal share",
)  # fmt: skip


_LISTS = ("mask", "heat", "bad_news", "cheer")


@dataclass(frozen=True, slots=True)
class _Lexicon:
    """What matches a phrase of each list in ``ParsedTurn.line``, and the masked words that stand alone."""

    mask: re.Pattern[str]
    heat: re.Pattern[str]
    bad_news: re.Pattern[str]
    cheer: re.Pattern[str]
    masked: frozenset[str]


@lru_cache(maxsize=2)
def _lexicon(path: Path) -> _Lexicon:
    try:
        table = yaml.safe_load(path.read_text(encoding="utf-8"))
        lists = {name: [str(p).strip() for p in table[name]] for name in _LISTS}
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        needed = ", ".join(_LISTS)
        raise ConfigurationError(
            "the tone lexicon cannot be read", where=path, hint=f"it needs the lists {needed}"
        ) from error
    lists["heat"] += word_lists()["oath"]
    patterns = {name: _any_of(phrases) for name, phrases in lists.items()}
    return _Lexicon(**patterns, masked=frozenset(p for p in lists["mask"] if " " not in p))


def _any_of(phrases: Sequence[str]) -> re.Pattern[str]:
    longest_first = sorted(phrases, key=lambda p: (-len(p), p))
    return re.compile("(?:" + "|".join(" " + re.escape(p) for p in longest_first) + ")(?= )")


@lru_cache(maxsize=1)
def _vader() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()


# Words that may change what VADER reads in one of the next three.
_SHIFTING = frozenset([*NEGATE, *(word for key in BOOSTER_DICT for word in key.split()), "no", "least", "this"])
_SHIFT_REACH = 3
_IDIOMS = tuple(SPECIAL_CASES)
_PLAIN = re.compile("[a-z0-9 ]*")


class Sentiment:
    """VADER with the corrections; scores lie between -1 and 1, None where no word carries any."""

    def __init__(self) -> None:
        self._vader = _vader()
        self._lexicon = frozenset(self._vader.lexicon)
        self.lists = _lexicon(data_dir() / "lexicons" / "tone.yaml")
        self._telling = self._lexicon - self.lists.masked

    def score(self, turn: ParsedTurn) -> float | None:
        """The polarity of a turn's words, domain phrases left out, shrunk toward 0 where it is short."""
        if self._telling.isdisjoint(turn.words):
            return None
        text = self.lists.mask.sub("", turn.line).strip()
        if self._lexicon.isdisjoint(text.split()):
            return None
        compound = self._compound(text)
        return compound * len(turn.words) / (len(turn.words) + _SHRINK_WORDS)

    def _compound(self, text: str) -> float:
        """VADER's compound score, as ``polarity_scores`` gives it, asking only of the words that carry polarity."""
        plain = self._plain_sum(text)
        if plain is not None:
            return round(float(normalize(plain)), 4)
        if not text.isascii():  # may hold an emoji, which VADER reads as words
            return float(self._vader.polarity_scores(text)["compound"])
        said = SentiText(text)
        words = said.words_and_emoticons
        found: list[float] = []
        for i, word in enumerate(words):
            lower = word.lower()
            kind_of = lower == "kind" and i + 1 < len(words) and words[i + 1].lower() == "of"
            if lower not in self._lexicon or lower in BOOSTER_DICT or kind_of:
                found.append(0)
            else:
                found = self._vader.sentiment_valence(0, said, word, i, found)
        if "but" in text:
            found = self._vader._but_check(words, found)
        return float(self._vader.score_valence(found, text)["compound"])

    def _plain_sum(self, text: str) -> float | None:
        """What VADER adds up where the words are bare and nothing shifts them; None where more is to be asked."""
        if _PLAIN.fullmatch(text) is None or any(idiom in text for idiom in _IDIOMS):
            return None
        words = text.split()
        if "but" in words:
            return None
        total, polarity = 0.0, self._vader.lexicon
        for i, word in enumerate(words):
            value = polarity.get(word)
            if value is None or word in BOOSTER_DICT:
                continue
            if word in _SHIFTING or not _SHIFTING.isdisjoint(words[max(0, i - _SHIFT_REACH) : i]):
                return None
            total += value
        return total


def _behaving(findings: Sequence[Finding], role: Role) -> float | None:
    """The tone that a turn's findings set; None where they set none."""
    if role is Role.AGENT:
        harsh = max((_HARSH[f.behaviour] for f in findings if f.behaviour in _HARSH), default=0.0)
        if harsh:
            return -harsh
        return max((_WARM[f.behaviour] * f.confidence for f in findings if f.behaviour in _WARM), default=None)
    distress = max((f.confidence for f in findings if f.behaviour == "distress"), default=0.0)
    pleased = max((f.confidence for f in findings if f.behaviour == "pleased"), default=0.0)
    if distress and distress >= pleased:
        return -0.3 - 0.5 * distress
    return 0.3 + 0.4 * pleased if pleased else None


def turn_scores(heard: Heard, sentiment: Sentiment) -> list[float | None]:
    """The tone of each turn, length n; None without evidence."""
    by_turn: dict[int, list[Finding]] = {}
    for finding in heard.findings:
        by_turn.setdefault(finding.turn, []).append(finding)
    scores: list[float | None] = []
    for turn in heard.prepared.call.turns:
        role = turn.turn.role
        if role not in (Role.AGENT, Role.CUSTOMER):
            scores.append(None)
            continue
        here = by_turn.get(turn.number)
        base = _behaving(here, role) if here else None  # behaviours outrank polarity
        if base is None:
            base = sentiment.score(turn)
            if base is not None and role is Role.AGENT:
                base *= 0.5  # polite words are the trade's; half as telling
        scores.append(None if base is None else round(max(-1.0, min(1.0, base)), 3))
    return scores


def agent_row(heard: Heard, scores: Sequence[float | None]) -> list[float]:
    """Features of the agent's tone, named by ``AGENT_FEATURES``."""
    agents, top, share = heard.agent.rows, heard.agent.top, heard.agent.mean
    own = [s for i in agents if (s := scores[i]) is not None] or [0.0]
    harm = [heard.harm[i] for i in agents] or [0.0]
    words = [len(heard.prepared.call.turns[i].words) for i in agents] or [0]
    distress = heard.customer.mean("distress")
    return [
        _mean(own), min(own), max(own), max(harm), _mean(harm), min(sum(harm), 6.0),
        *(top(h) for h in HARMS), *(share(k) for k in _KIND), *(top(k) for k in _KIND),
        top("greeting"), top("closing"), distress, float(len(agents) <= 4), _mean(words) / 30,
    ]  # fmt: skip


def end_row(heard: Heard, scores: Sequence[float | None]) -> list[float]:
    """Features of how the customer sounds at the end, named by ``END_FEATURES``."""
    call = heard.prepared.call
    agents, customers = heard.agent.rows, heard.customer.rows
    rows, harm = heard.rows, heard.harm
    row: list[float] = []
    for n in range(3):
        if n < len(customers):
            i = customers[-1 - n]
            row += [scores[i] or 0.0, rows[i][_DISTRESS], rows[i][_PLEASED]]
        else:
            row += [0.0, 0.0, 0.0]
    last = agents[-3:]
    final = call.turns[customers[-1]].words if customers else ()
    row += [
        heard.customer.mean("distress"),
        heard.customer.mean("pleased"),
        max((harm[i] for i in last), default=0.0),
        max((rows[i][k] for i in last for k in _CARE_COLUMNS), default=0.0),
        max((rows[i][_CLOSING] for i in last), default=0.0),
        float(not _THANKS.isdisjoint(final)),
        float(bool(customers) and bool(agents) and customers[-1] > agents[-1]),
        min(sum(harm[i] for i in agents), 6.0),
        heard.agent.mean("refusal"),
    ]
    return row


class ToneJudges:
    """The two learned judgements on a call's tone."""

    def __init__(self, agent: Judge | None = None, end: Judge | None = None) -> None:
        self.agent = agent or Judge(AGENT_FEATURES, AGENT_TONES)
        self.end = end or Judge(END_FEATURES, CUSTOMER_ENDS)

    def fit(
        self, rows: Sequence[tuple[list[float], list[float]]], agent: Sequence[str], end: Sequence[str]
    ) -> ToneJudges:
        """Learn from calls' (agent row, end row) pairs and their labels."""
        self.agent.fit(np.array([a for a, _ in rows]), agent)
        self.end.fit(np.array([e for _, e in rows]), end)
        return self


_CHEER, _CHEER_WITHIN = 0.45, 4  # a turn's score, and among how many of its first words a cheerful one counts
_FLAT_WORDS = 8
_UPSET = 0.6  # distress less sure than this is not held against anybody
_HEATED = frozenset(["hostile", "defensive", "condescending", "blames_customer", "imposition"])
_KIND_TURNS = frozenset([*CARE, "ownership", "patience"])
_WHY = {
    "heat_for_heat": "the customer was angry, and the agent answered with heat",
    "cheer_after_bad_news": "the customer was upset or told bad news, and the agent sounded cheerful",
    "flat_before_distress": "the customer was upset, and the agent answered flatly",
}


def moments(heard: Heard, scores: Sequence[float | None], sentiment: Sentiment) -> tuple[Moment, ...]:
    """Turns of the agent whose tone does not fit the moment."""
    result: list[Moment] = []
    found: dict[int, dict[str, float]] = {}
    for finding in heard.findings:
        found.setdefault(finding.turn - 1, {})[finding.behaviour] = finding.confidence
    before: int | None = None
    for i, turn in enumerate(heard.prepared.call.turns):
        if turn.turn.role is Role.CUSTOMER:
            before = i
        if turn.turn.role is not Role.AGENT or before is None or not turn.words:
            continue
        kind = _misfit(heard, i, before, scores[i], found, sentiment.lists)
        if kind is None:
            continue
        start, end = turn.span(0, len(turn.words) - 1)
        result.append(Moment(kind, turn.number, start, end, turn.turn.text[start:end], _WHY[kind]))
    return tuple(result)


def _misfit(
    heard: Heard, i: int, before: int, score: float | None, found: dict[int, dict[str, float]], lists: _Lexicon
) -> str | None:
    """In which way the agent's turn ``i`` does not fit what the customer said in turn ``before``; None where it does."""
    turn, said = heard.prepared.call.turns[i], heard.prepared.call.turns[before].line
    here, heard_before = found.get(i, {}), found.get(before, {})
    upset = heard_before.get("distress", 0.0) >= _UPSET
    if not _HEATED.isdisjoint(here):
        return "heat_for_heat" if upset and lists.heat.search(said) else None
    news = lists.bad_news.search(said)
    if not (upset or news) or "pleased" in heard_before or not _KIND_TURNS.isdisjoint(here):
        return None
    opens = " " + " ".join(turn.words[:_CHEER_WITHIN]) + " "
    if (score is not None and score >= _CHEER) or lists.cheer.search(opens):
        return "cheer_after_bad_news"
    first = before == i - 1 and upset  # an answer later in a split message may build on an earlier one
    short = len(turn.words) <= _FLAT_WORDS and not is_back_channel(turn)
    return "flat_before_distress" if first and short and here.keys() <= {"need_question"} else None


def tone(heard: Heard, sentiment: Sentiment, judges: ToneJudges) -> tuple[Tone, Array, Array]:
    """The tone of one call, and the probabilities of the agent's tones and of the customer's ends, (4,) and (3,)."""
    return tones([heard], sentiment, judges)[0]


def tones(calls: Sequence[Heard], sentiment: Sentiment, judges: ToneJudges) -> list[tuple[Tone, Array, Array]]:
    """``tone`` of several calls, sooner than one by one."""
    scores = [turn_scores(heard, sentiment) for heard in calls]
    agent = judges.agent.probabilities(np.array([agent_row(h, s) for h, s in zip(calls, scores, strict=True)]))
    end = judges.end.probabilities(np.array([end_row(h, s) for h, s in zip(calls, scores, strict=True)]))
    return [
        (_tone(heard, its, sentiment, judges, agent_p, end_p), agent_p, end_p)
        for heard, its, agent_p, end_p in zip(calls, scores, agent, end, strict=True)
    ]


def _tone(
    heard: Heard, scores: Sequence[float | None], sentiment: Sentiment, judges: ToneJudges, agent_p: Array, end_p: Array
) -> Tone:
    agents, customers = heard.agent.rows, heard.customer.rows
    own = [s for i in agents if (s := scores[i]) is not None]
    path = [(i, s) for i in customers if (s := scores[i]) is not None]
    low = min(path, key=lambda p: p[1], default=None)
    third = max(1, (len(path) + 2) // 3)
    return Tone(
        agent_label=judges.agent.classes[int(agent_p.argmax())] if agents else None,
        agent_score=round(_mean(own), 3) if own else None,
        customer_start=round(_mean([s for _, s in path[:third]]), 3) if path else None,
        customer_low=low[1] if low else None,
        customer_low_turn=low[0] + 1 if low else None,
        customer_end=round(_mean([s for _, s in path[-third:]]), 3) if path else None,
        customer_end_label=judges.end.classes[int(end_p.argmax())] if customers else None,
        turns=tuple(TurnTone(t.number, t.turn.role, s) for t, s in zip(heard.prepared.call.turns, scores, strict=True)),
        moments=moments(heard, scores, sentiment),
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
