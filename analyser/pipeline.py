"""The centre: a transcript goes in, a report comes out. Every entrance (command line, batch, tests) goes this way."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from analyser import __version__
from analyser.behaviours import timing
from analyser.behaviours.features import Chunk, Prepared
from analyser.behaviours.learned import one_thread, probabilities
from analyser.behaviours.names import ALL, EXPECTED
from analyser.behaviours.register import Column
from analyser.behaviours.resolve import Heard, Hearing, hear
from analyser.behaviours.rows import Rows
from analyser.behaviours.rules import RuleDetector
from analyser.behaviours.schema import rules_digest
from analyser.coaching.features import flag_rows
from analyser.coaching.flag import explain
from analyser.coaching.modelfile import Model, load
from analyser.dead_ends import DeadEnds
from analyser.language import Language, ParsedCall
from analyser.openings import Kinds, meet, openings
from analyser.records import CallReport, Flag, Moment, Opening, Problem, Role, Stamp, Talk, Tone, Transcript
from analyser.resources import models_dir
from analyser.scorecard import load_scorecard, missing, open_ends, score
from analyser.settings import Settings
from analyser.tone import Sentiment, tones

# Words in nearly every English call; a call where they are rare is in another language.
_ENGLISH = "the a i you to it is and that for of in on have not do can we my your what this be so no".split()
_ENGLISH_WORDS = Column(dict.fromkeys(_ENGLISH, 1))
_ENGLISH_SHARE = 0.12
_ENGLISH_TURNS = 200
_ENOUGH_WORDS = 30


class Preparation:
    """The part before any model: parsing, places, rules.

    Raises
    ------
    ConfigurationError
        Where the rules cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        self.language = Language(settings.language_pipeline, max_chars=settings.max_turn_chars)
        self.rules = RuleDetector(self.language.words, settings.behaviours)

    def prepare(self, transcript: Transcript) -> Prepared:
        """Parse a call and try the rules on it."""
        return self.prepare_many([transcript])[0]

    def prepare_many(self, transcripts: Sequence[Transcript]) -> list[Prepared]:
        """The same for several calls, sooner than one by one; best for some dozens at a time."""
        return list(self.chunk(transcripts).calls)

    def chunk(self, transcripts: Sequence[Transcript]) -> Chunk:
        """The same with all turns as rows."""
        calls = self.language.parse_many(transcripts)
        rows = Rows.of(calls)
        hits = self.rules.detect(rows)
        asks = rows.asks.astype(bool).tolist()
        bounds = rows.calls.tolist()
        prepared = [Prepared(c, hits[a:b], asks[a:b]) for c, (a, b) in zip(calls, pairwise(bounds), strict=True)]
        return Chunk(prepared, rows, hits, [turn for call in calls for turn in call.turns])


class Analyser:
    """Analyses calls; in one thread of a process at a time, since what is known of words is shared.

    Parameters
    ----------
    settings
        Thresholds, edges and places of rules, scorecards and model.
    model
        In place of the one that ``settings.model`` names (default: the one that ships).

    Raises
    ------
    ConfigurationError
        Where rules, scorecards or model cannot be used.
    """

    def __init__(self, settings: Settings | None = None, *, model: Model | None = None) -> None:
        self.settings = settings or Settings()
        self.preparation = Preparation(self.settings)
        self.model = model or load(self.settings.model or models_dir() / "default")
        self.cards = [load_scorecard(p, self.settings.behaviours) for p in self.settings.scorecards or (None,)]
        self.sentiment = Sentiment()
        self.kinds = Kinds()
        self.dead_ends = DeadEnds(self.preparation.language.words)
        self.model.behaviours.lay_out()
        self.stamp = Stamp(
            __version__, rules_digest(self.settings.behaviours), self.model.digest, self.settings.digest()
        )

    def analyse(self, transcript: Transcript) -> CallReport:
        """Analyse one call."""
        return self.analyse_many([transcript])[0]

    def analyse_many(self, transcripts: Sequence[Transcript]) -> list[CallReport]:
        """Analyse several calls, in order; the same reports as one by one, sooner."""
        if not transcripts:
            return []
        model, settings = self.model, self.settings
        hearing = self.hear(self.preparation.chunk(transcripts))
        met = meet(hearing, model.openings, agent_turns=settings.opening_turns)
        sounds, agent_tone, customer_end = tones(hearing, self.sentiment, model.tone)
        talks = timing.talks(hearing, overlap_s=settings.overlap_s)
        rows = flag_rows(hearing, met, agent_tone, customer_end, talks)
        flags = explain(model.flag, rows, transcripts, threshold=settings.threshold)
        found = openings(hearing, met, self.kinds)
        ends, foreign = self.dead_ends.find(hearing, found), _foreign(hearing.chunk.rows)
        parts = zip(hearing, found, sounds, talks, flags, ends, open_ends(hearing), foreign, strict=True)
        return [self._report(*part) for part in parts]

    def hear(self, chunk: Chunk) -> Hearing:
        """Find the behaviours of prepared calls."""
        model = self.model.behaviours
        nothing = np.zeros((0, len(ALL))), np.zeros(0)
        with one_thread():
            return hear(model, chunk, *(probabilities(model, chunk) if len(chunk.turns) else nothing))

    def _report(
        self, heard: Heard, met: tuple[Opening, ...], sound: Tone, talk: Talk, flag: Flag, ends: tuple[Moment, ...],
        open_end: bool, foreign: bool,
    ) -> CallReport:  # fmt: skip
        call = heard.prepared.call
        because, problems = _unjudgeable(call, self.settings, foreign=foreign)
        return CallReport(
            call_id=call.transcript.call_id,
            transcript=call.transcript,
            scored=because is None,
            not_scored_because=because,
            findings=heard.findings,
            openings=met,
            missing=missing(heard, EXPECTED, open_end=open_end) if because is None else None,
            tone=sound,
            talk=talk,
            scorecards=tuple(score(heard, met, card, open_end=open_end) for card in self.cards)
            if because is None
            else (),
            flag=flag if because is None else None,
            problems=(*call.transcript.problems, *problems),
            stamp=self.stamp,
            dead_ends=ends,
        )


def _unjudgeable(call: ParsedCall, settings: Settings, *, foreign: bool) -> tuple[str | None, list[Problem]]:
    """Why a call cannot be scored (None where it can), and what else is to be said of it."""
    roles = [turn.role for turn in call.transcript.turns]
    problems = [
        Problem("long_turn", f"turn {number} is read only up to its first {settings.max_turn_chars} characters")
        for number, turn in enumerate(call.transcript.turns, 1)
        if len(turn.text) > settings.max_turn_chars
    ]
    agents, customers = roles.count(Role.AGENT), roles.count(Role.CUSTOMER)
    if not roles:
        because: str | None = "there are no turns"
    elif Role.UNKNOWN in roles and not (agents and customers):
        because = "it is not known who is the agent"
    elif not agents or not customers:
        because = f"only the {'customer' if customers else 'agent'} speaks"
    elif agents < settings.min_agent_turns:
        because = f"the agent has fewer than {settings.min_agent_turns} turns"
    elif foreign:
        because = "it does not seem to be in English"
    else:
        because = None
    if because is not None:
        problems.append(Problem("not_scored", because))
    return because, problems


def _foreign(rows: Rows) -> list[bool]:
    """Whether each call does not seem to be in English, by its first turns."""
    begin, past = rows.calls[:-1], np.minimum(rows.calls[1:], rows.calls[:-1] + _ENGLISH_TURNS)
    counted = np.concatenate([[0], np.cumsum(_ENGLISH_WORDS.values()[rows.numbers])])
    english = counted[rows.bounds[past]] - counted[rows.bounds[begin]]
    words = rows.bounds[past] - rows.bounds[begin]
    foreign: list[bool] = ((words >= _ENOUGH_WORDS) & (english < _ENGLISH_SHARE * words)).tolist()
    return foreign
