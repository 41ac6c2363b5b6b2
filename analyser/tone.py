"""Sentiment and tone: by turn, by speaker, over the call. The only importer of vaderSentiment.

VADER alone is backwards on service talk ("i'm so sorry, that must have been frustrating" -0.58, "that's not my
problem" +0.31), so care and domain words are masked, short turns shrunk toward neutral, and behaviours outrank it.
"""

from __future__ import annotations

import math
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

from analyser import polarity
from analyser.behaviours.finding import rounded
from analyser.behaviours.names import ALL, CARE
from analyser.behaviours.register import Column, bits
from analyser.behaviours.resolve import Heard, Hearing
from analyser.behaviours.rows import Rows
from analyser.behaviours.schema import word_lists
from analyser.behaviours.timing import is_back_channel
from analyser.behaviours.turns import any_of
from analyser.errors import ConfigurationError
from analyser.judges import Array
from analyser.language import ParsedTurn
from analyser.records import Moment, Tone, TurnTone
from analyser.resources import data_dir
from analyser.tone_judges import ToneJudges, agent_rows, end_rows

_DISTRESS, _PLEASED = ALL.index("distress"), ALL.index("pleased")
_VADER_ALPHA = 15  # as in VADER's normalize
_SHRINK_WORDS = 4  # a turn of this many words counts half
_WARM = {"empathy": 0.6, "rapport": 0.6, "sympathy": 0.5, "patience": 0.5, "extra_mile": 0.4, "apology": 0.3}
_WARM |= {"gratitude": 0.3, "closing": 0.3, "greeting": 0.2, "ownership": 0.2}
_HARSH = {"hostile": 0.9, "condescending": 0.6, "dismissive": 0.6, "imposition": 0.6, "rushing": 0.5}
_HARSH |= {"defensive": 0.5, "blames_customer": 0.5, "not_listening": 0.4, "passes_the_buck": 0.4, "pushy_upsell": 0.4}
_WARM_COLUMN, _HARSH_COLUMN = (np.array([weights.get(name, 0.0) for name in ALL]) for weights in (_WARM, _HARSH))


_LISTS = ("mask", "heat", "bad_news", "cheer")


@dataclass(frozen=True, slots=True)
class _Lexicon:
    """What matches a phrase of each list in ``ParsedTurn.line``; also all that is masked, and what may tell bad news."""

    mask: re.Pattern[str]
    heat: re.Pattern[str]
    bad_news: re.Pattern[str]
    cheer: re.Pattern[str]
    masks: tuple[str, ...]
    masked: frozenset[str]  # those of one word
    tells_news: Column  # whether a word can tell bad news


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
    tells = frozenset(max(phrase.split(), key=len) for phrase in lists["bad_news"])
    return _Lexicon(
        **patterns, masks=tuple(lists["mask"]), masked=frozenset(p for p in lists["mask"] if " " not in p),
        tells_news=Column(dict.fromkeys(tells, 1)),
    )  # fmt: skip


def _any_of(phrases: Sequence[str]) -> re.Pattern[str]:
    longest_first = sorted(phrases, key=lambda p: (-len(p), p))
    return re.compile("(?:" + "|".join(" " + re.escape(p) for p in longest_first) + ")(?= )")


@lru_cache(maxsize=1)
def _vader() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()


# Words that may change what VADER reads in one of the next three.
_SHIFTING = frozenset([*NEGATE, *(word for key in BOOSTER_DICT for word in key.split()), "no", "least", "this"])
_SHIFT_REACH = 3
_LOOKS_AHEAD = frozenset(["no", "kind"])  # of which VADER asks what follows
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789 ")  # neither capitals nor signs, which VADER reads otherwise
_MEMORY = 50_000


class Sentiment:
    """VADER with the corrections; scores lie between -1 and 1, None where no word carries any."""

    def __init__(self) -> None:
        self._vader = _vader()
        self._lexicon = frozenset(self._vader.lexicon)
        self.lists = _lexicon(data_dir() / "lexicons" / "tone.yaml")
        self._polar = self._lexicon - BOOSTER_DICT.keys()
        self._apart = self._lexicon | _SHIFTING | {"or", "at"}  # words that VADER tells from any other
        self._valences: dict[tuple[tuple[str, ...], str, str | None], float] = {}
        masks = [phrase.split() for phrase in self.lists.masks]
        idioms = [idiom.split() for idiom in SPECIAL_CASES]
        self._bits = bits(
            [
                (polarity.TELLING, self._lexicon - self.lists.masked), (polarity.MASKED, self.lists.masked),
                (polarity.MASK_BEGINS, [mask[0] for mask in masks if len(mask) > 1]),
                (polarity.MASK_GOES_ON, [mask[1] for mask in masks if len(mask) > 1]),
                (polarity.SHIFTING, _SHIFTING), (polarity.BOOSTER, BOOSTER_DICT), (polarity.ODD, ["but"]),
                (polarity.CARRIES, self._lexicon),
            ]
        )  # fmt: skip
        # VADER looks for idioms letter by letter: "the bombs" has one
        self._idioms = tuple(i[0] for i in idioms if len(i) == 1)
        self._idioms_begin, self._idioms_go_on = (tuple({i[at] for i in idioms if len(i) > 1}) for at in (0, 1))
        self._kinds = Column({}, self._kind)
        self._polarity = Column(self._vader.lexicon, dtype=np.float64)

    def _kind(self, word: str) -> int:
        """What a word can be, see ``polarity``."""
        odd = not _PLAIN.issuperset(word) or any(idiom in word for idiom in self._idioms)
        begins, goes_on = word.endswith(self._idioms_begin), word.startswith(self._idioms_go_on)
        more = polarity.ODD * odd + polarity.IDIOM_BEGINS * begins + polarity.IDIOM_GOES_ON * goes_on
        return self._bits.get(word, 0) | more

    def scores(self, rows: Rows, turns: Sequence[ParsedTurn], wanted: Array) -> Array:
        """``score`` of many turns, sooner than one by one; not a number in place of None.

        Parameters
        ----------
        turns, wanted
            All turns of the rows, and which of them are to be scored; others have no score.
        """
        sums, unsure = polarity.plain_sums(
            rows.numbers, rows.bounds, wanted.astype(np.uint8), self._kinds.values(), self._polarity.values(),
            _SHIFT_REACH,
        )  # fmt: skip
        compound = rounded(np.clip(sums / np.sqrt(sums * sums + _VADER_ALPHA), -1, 1), 4)
        result = np.asarray(compound * rows.lengths / (rows.lengths + _SHRINK_WORDS))
        for i in unsure:
            score = self.score(turns[i])
            result[i] = np.nan if score is None else score
        return result

    def score(self, turn: ParsedTurn) -> float | None:
        """The polarity of a turn's words, domain phrases left out, shrunk toward 0 where it is short."""
        text = self.lists.mask.sub("", turn.line).strip()
        if self._lexicon.isdisjoint(text.split()):
            return None
        return self._compound(text) * len(turn.words) / (len(turn.words) + _SHRINK_WORDS)

    def _compound(self, text: str) -> float:
        """VADER's compound score, as ``polarity_scores`` gives it."""
        if not text.isascii():  # may hold an emoji, which VADER reads as words
            return float(self._vader.polarity_scores(text)["compound"])
        plain = _PLAIN.issuperset(text) and not any(idiom in text for idiom in SPECIAL_CASES)
        said = None if plain else SentiText(text)
        words = said.words_and_emoticons if said else text.split()
        found = [self._valence(words, i, said) if w.lower() in self._polar else 0.0 for i, w in enumerate(words)]
        if "but" in text:
            found = self._vader._but_check(words, found)
        if plain:  # there are no signs to make much of
            return round(float(normalize(sum(found))), 4)
        return float(self._vader.score_valence(found, text)["compound"])

    def _valence(self, words: Sequence[str], i: int, said: SentiText | None) -> float:
        """What VADER makes of a word in the light of those around it.

        Parameters
        ----------
        said
            The whole as VADER reads it; where None, the words are plain, and those alike in its eyes are asked once.
        """
        word = words[i]
        after = words[i + 1] if i + 1 < len(words) and word.lower() in _LOOKS_AHEAD else None
        if after and (word.lower(), after.lower()) == ("kind", "of"):
            return 0.0
        if said is not None:
            return float(self._vader.sentiment_valence(0, said, word, i, [])[0])
        before = tuple(w if w in self._apart else "x" for w in words[max(0, i - _SHIFT_REACH) : i])
        value = self._valences.get((before, word, after))
        if value is None:
            said = SentiText(" ".join([*before, word] + ([after] if after else [])))
            value = float(self._vader.sentiment_valence(0, said, word, len(before), [])[0])
            if len(self._valences) >= _MEMORY:  # bounded: a stream of unseen words must not fill memory
                self._valences.clear()
            self._valences[before, word, after] = value
        return value


@dataclass(frozen=True, slots=True)
class Sounds:
    """How the turns of several calls sound.

    Parameters
    ----------
    scores
        The tone of each turn, shape (turns,); not a number without evidence.
    agent, end
        Features of the agents' tones and of how the customers sound at the end, named by ``AGENT_FEATURES`` and
        ``END_FEATURES``; shapes (calls, features).
    """

    scores: Array
    agent: Array
    end: Array


def sounds(hearing: Hearing, sentiment: Sentiment) -> Sounds:
    """How the turns of several calls sound."""
    scores = _scores(hearing, sentiment)
    return Sounds(scores, agent_rows(hearing, scores), end_rows(hearing, scores))


def _scores(hearing: Hearing, sentiment: Sentiment) -> Array:
    rows, found = hearing.chunk.rows, hearing.findings
    n = len(rows.role)
    harsh, warm, distress, pleased = np.zeros(n), np.full(n, -1.0), np.zeros(n), np.zeros(n)
    np.maximum.at(harsh, found.row, _HARSH_COLUMN[found.column])
    kind = _WARM_COLUMN[found.column] > 0
    np.maximum.at(warm, found.row[kind], _WARM_COLUMN[found.column[kind]] * found.confidence[kind])
    for column, its in ((_DISTRESS, distress), (_PLEASED, pleased)):
        its[found.row[found.column == column]] = found.confidence[found.column == column]
    agent = rows.role == 1
    base = np.where(agent & (warm >= 0), warm, np.nan)
    base = np.where(agent & (harsh > 0), -harsh, base)
    base = np.where(pleased > 0, 0.3 + 0.4 * pleased, base)
    base = np.where((distress > 0) & (distress >= pleased), -0.3 - 0.5 * distress, base)
    silent = np.isnan(base) & (rows.role >= 0)  # behaviours outrank polarity
    # polite words are the agents' trade; half as telling
    said = sentiment.scores(rows, hearing.turns, silent) * np.where(agent, 0.5, 1.0)
    return rounded(np.clip(np.where(silent, said, base), -1.0, 1.0), 3)


_CHEER, _CHEER_WITHIN = 0.45, 4  # a turn's score, and among how many of its first words a cheerful one counts
_FLAT_WORDS = 8
_UPSET = 0.6  # distress less sure than this is not held against anybody
_HEATED, _KIND_TURNS = (
    [ALL.index(name) for name in names]
    for names in (
        ("hostile", "defensive", "condescending", "blames_customer", "imposition"), (*CARE, "ownership", "patience")
    )
)  # fmt: skip
_WHY = {
    "heat_for_heat": "the customer was angry, and the agent answered with heat",
    "cheer_after_bad_news": "the customer was upset or told bad news, and the agent sounded cheerful",
    "flat_before_distress": "the customer was upset, and the agent answered flatly",
}


def moments(hearing: Hearing, scores: Array, sentiment: Sentiment) -> list[tuple[Moment, ...]]:
    """Turns of the agents whose tone does not fit the moment, by call."""
    rows, found = hearing.chunk.rows, hearing.findings

    def shown(columns: Sequence[int], least: float = 0.0) -> Array:
        """In which turns one of some behaviours was found, at least so surely."""
        result = np.zeros(len(rows.role), dtype=bool)
        result[found.row[np.isin(found.column, columns) & (found.confidence >= least)]] = True
        return result

    upset, pleased, heated, kind = shown([_DISTRESS], _UPSET), shown([_PLEASED]), shown(_HEATED), shown(_KIND_TURNS)
    news = any_of(sentiment.lists.tells_news.values(), rows.numbers, rows.bounds) > 0
    before = rows.before
    looked_at = (rows.role == 1) & (rows.lengths > 0) & (before >= 0)
    looked_at &= np.where(heated, upset[before], (upset | news)[before] & ~pleased[before] & ~kind)
    result: list[list[Moment]] = [[] for _ in hearing]
    for row in np.flatnonzero(looked_at).tolist():
        call = int(np.searchsorted(rows.calls, row, side="right")) - 1
        turn = hearing.turns[row]
        what = _misfit(
            hearing[call], turn, hearing.turns[before[row]], heated=bool(heated[row]), upset=bool(upset[before[row]]),
            at_once=bool(before[row] == row - 1),
            score=float(scores[row]), lists=sentiment.lists,
        )  # fmt: skip
        if what is not None:
            start, end = turn.span(0, len(turn.words) - 1)
            result[call].append(Moment(what, turn.number, start, end, turn.turn.text[start:end], _WHY[what]))
    return [tuple(its) for its in result]


def _misfit(
    heard: Heard, turn: ParsedTurn, before: ParsedTurn, *, heated: bool, upset: bool, at_once: bool, score: float,
    lists: _Lexicon,
) -> str | None:  # fmt: skip
    """In which way an agent's turn does not fit what the customer said before; None where it does.

    Parameters
    ----------
    heated
        Whether the agent was.
    upset
        Whether the customer surely was.
    at_once
        Whether the one turn follows upon the other.
    score
        Of the agent's turn; not a number without evidence.
    """
    said = before.line
    if heated:
        return "heat_for_heat" if upset and lists.heat.search(said) else None
    if not (upset or lists.bad_news.search(said)):
        return None
    opens = " " + " ".join(turn.words[:_CHEER_WITHIN]) + " "
    if score >= _CHEER or lists.cheer.search(opens):
        return "cheer_after_bad_news"
    first = at_once and upset  # an answer later in a split message may build on an earlier one
    short = len(turn.words) <= _FLAT_WORDS and not is_back_channel(turn)
    flat = first and short and all(f.behaviour == "need_question" for f in heard.findings if f.turn == turn.number)
    return "flat_before_distress" if flat else None


def tones(hearing: Hearing, sentiment: Sentiment, judges: ToneJudges) -> tuple[list[Tone], Array, Array]:
    """The tones of several calls, and the probabilities of the agents' tones and of the customers' ends.

    Returns
    -------
    tones, agent, end
        One a call; shapes (calls, 4) and (calls, 3).
    """
    its = sounds(hearing, sentiment)
    agent, end = judges.agent.probabilities(its.agent), judges.end.probabilities(its.end)
    turns = polarity.turn_tones(TurnTone, [p.call.turns for p in hearing.chunk.calls], its.scores)
    labels = (
        [judge.classes[k] for k in p.argmax(axis=1).tolist()] for judge, p in ((judges.agent, agent), (judges.end, end))
    )
    path = polarity.paths(its.scores, hearing.chunk.rows.role, hearing.chunk.rows.calls)
    path[:, [0, 1, 4]] = rounded(path[:, [0, 1, 4]].ravel(), 3).reshape(-1, 3)
    figures = [[None if math.isnan(x) else x for x in row] for row in path.tolist()]
    parts = zip(hearing, *labels, figures, turns, moments(hearing, its.scores, sentiment), strict=True)
    return [_tone(*part) for part in parts], agent, end


def _tone(
    heard: Heard, agent_label: str, end_label: str, path: Sequence[float | None], turns: tuple[TurnTone, ...],
    moved: tuple[Moment, ...],
) -> Tone:  # fmt: skip
    """See ``polarity.paths``, of which a call's is ``path``."""
    agent_score, start, low, low_turn, end = path
    return Tone(
        agent_label=agent_label if heard.agent else None,
        agent_score=agent_score,
        customer_start=start,
        customer_low=low,
        customer_low_turn=None if low_turn is None else int(low_turn) + 1,
        customer_end=end,
        customer_end_label=end_label if heard.customer else None,
        turns=turns,
        moments=moved,
    )
