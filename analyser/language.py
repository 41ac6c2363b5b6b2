"""Transcript -> parsed call: each turn's words in one normal form, each with its place in the text as received.

The only importer of spaCy. The blank English pipeline only tokenises, which needs no downloaded model; its norms
undo contractions ("i'm" -> i am), and ``data/lexicons/spelling.yaml`` undoes what recognisers and typists do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, cast

import spacy
import yaml
from spacy.attrs import IDX, LENGTH, LOWER, NORM
from spacy.language import Language as Pipeline
from spacy.tokenizer import Tokenizer

from analyser.errors import ConfigurationError
from analyser.records import Role, Transcript, Turn
from analyser.resources import data_dir
from analyser.stretches import Stretches, clauses_of, parse_turns, span_of, words_of

_PRESENT, _PAST = ("do", "have"), ("did", "had")
_ATTRIBUTES = [NORM, LOWER, IDX, LENGTH]
_SENTENCE_END = frozenset(".!?;…:")
_STRETCH, _MEMORY = 40, 100_000  # stretches of so many characters are remembered, so many at the most

# Between stretches that are read together: spaCy joins what it knows ("'" and "s.") across spaces, but not across a word.
_BETWEEN = " word "

# What a stretch of text holds: one word that is all of it, or words with their places in it, "" for a sentence mark.
_Reading = str | tuple[tuple[str, int, int], ...]


class ParsedTurn(NamedTuple):
    """One turn's words in normal form.

    Parameters
    ----------
    number
        From 1.
    words
        Lower-case normal forms without punctuation, fillers and stammers, length w.
    starts, ends
        Character offsets into ``turn.text``, length w; words of one token share its offsets.
    breaks
        Indices of words before which the text had a sentence mark.
    asks
        Whether the text has a question mark.
    """

    turn: Turn
    number: int
    words: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    breaks: tuple[int, ...]
    asks: bool

    @property
    def line(self) -> str:
        """The words joined by single spaces, with a space at either end."""
        return f" {' '.join(self.words)} "

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Offsets in the text of words ``first`` to ``last`` (inclusive), to the edges of what is written as one word.

        "isn't" is two words, and whoever reads "is" as a quote of it would read the contrary.
        """
        return span_of(self.starts, self.ends, first, last)

    def clauses(self) -> list[tuple[int, int]]:
        """Word ranges (first, one past last) of the clauses: by marks, and in unmarked speech by joining words."""
        return clauses_of(self.words, self.breaks, OPENERS, CLAUSE_WORDS)


# Words that open a new clause in speech, and how many words a clause needs before one of them cuts it.
OPENERS = frozenset("but so because and then if when although though okay right well anyway".split())
CLAUSE_WORDS = 4


@dataclass(frozen=True, slots=True)
class ParsedCall:
    """A transcript and its parsed turns (same length, same order)."""

    transcript: Transcript
    turns: tuple[ParsedTurn, ...]

    def before(self, index: int, role: Role) -> int | None:
        """Index of the last turn before ``index`` spoken by ``role``; None if there is none."""
        for i in range(index - 1, -1, -1):
            if self.turns[i].turn.role is role:
                return i
        return None

    def of(self, role: Role) -> list[int]:
        """Indices of the turns spoken by ``role``."""
        return [i for i, t in enumerate(self.turns) if t.turn.role is role]


@lru_cache(maxsize=4)
def _spelling(path: Path) -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
    try:
        table = yaml.safe_load(path.read_text(encoding="utf-8"))
        forms = {str(k): tuple(str(v).split()) for k, v in table["forms"].items()}
        return forms, frozenset(str(f) for f in table["fillers"])
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            "the spelling table cannot be read", where=path, hint="it needs `fillers` (a list) and `forms` (a mapping)"
        ) from error


class Language:
    """Parses transcripts.

    Parameters
    ----------
    pipeline
        Name of an installed spaCy pipeline whose tokeniser is to be used; empty for the blank English one.
    max_chars
        Text of a turn past this many characters is not parsed.
    """

    def __init__(self, pipeline: str = "", *, max_chars: int = 20_000) -> None:
        nlp = _load(pipeline)
        self._tokenizer, self._strings = nlp.tokenizer, nlp.vocab.strings
        self._present, self._past = (frozenset(self._strings.add(w) for w in words) for words in (_PRESENT, _PAST))
        self._forms, self._fillers = _spelling(data_dir() / "lexicons" / "spelling.yaml")
        self._max_chars = max_chars
        # spaCy's tokeniser looks at one stretch between spaces at a time, so each is read once and remembered
        self._by_stretch = isinstance(nlp.tokenizer, Tokenizer)
        self._known = Stretches(_MEMORY)

    def words(self, text: str) -> tuple[str, ...]:
        """Normal forms of a text, as rules and models see them."""
        return self._parse(Turn(Role.UNKNOWN, text), 1).words

    def parse(self, transcript: Transcript) -> ParsedCall:
        """Parse one call."""
        return self.parse_many([transcript])[0]

    def parse_many(self, transcripts: Sequence[Transcript]) -> list[ParsedCall]:
        """Parse several calls; their new words are read together, which takes a fraction of the time."""
        missing: set[str] = set()
        known, read, by_stretch, most = self._known, self._read, self._by_stretch, self._max_chars
        found = [parse_turns(call.turns, ParsedTurn, known, read, by_stretch, most, missing) for call in transcripts]
        self._read_all([stretch for stretch in missing if len(stretch) <= _STRETCH])
        result = []
        for call, turns in zip(transcripts, found, strict=True):
            if missing:
                pairs = enumerate(zip(call.turns, turns, strict=True), 1)
                turns = [self._parse(turn, number) if its is None else its for number, (turn, its) in pairs]
            result.append(ParsedCall(call, tuple(cast("list[ParsedTurn]", turns))))
        return result

    def _normal(self, norm: int) -> tuple[str, ...]:
        """The words that a token's norm (its hash) stands for; empty for punctuation and fillers."""
        word = self._strings[norm].lower().replace("’", "'")
        if word in self._fillers or not (word.isalnum() or any(c.isalnum() for c in word)):
            return ()
        return self._forms.get(word) or (word.replace(" ", ""),)

    def _read(self, text: str) -> _Reading:
        """Read one stretch of text."""
        reading = self._reading(text, 0, self._tokens(text))
        if len(text) <= _STRETCH:
            self._known.remember(text, reading)
        return reading

    def _read_all(self, stretches: Sequence[str]) -> None:
        """Read stretches and remember them: one document of all of them costs little more than one of each."""
        if not self._by_stretch or not stretches:
            return
        tokens = self._tokens(_BETWEEN.join(stretches))
        begin = at = 0
        for stretch in stretches:
            end = begin + len(stretch)
            while at < len(tokens) and tokens[at][2] < begin:
                at += 1
            past = at
            while past < len(tokens) and tokens[past][2] < end:
                past += 1
            self._known.remember(stretch, self._reading(stretch, begin, tokens[at:past]))
            begin, at = end + len(_BETWEEN), past

    def _tokens(self, text: str) -> list[list[int]]:
        # all tokens' attributes in one call: several times faster than asking each token
        tokens: list[list[int]] = self._tokenizer(text).to_array(_ATTRIBUTES).tolist()
        return tokens

    def _reading(self, text: str, begin: int, tokens: Sequence[Sequence[int]]) -> _Reading:
        """What a stretch that begins at ``begin`` holds, by its tokens."""
        found: list[tuple[str, int, int]] = []
        for norm, lower, place, length in tokens:
            at = place - begin
            # spaCy reads "didn't" as do not; the tense matters here
            forms = self._normal(lower if lower in self._past and norm in self._present else norm)
            found += [(form, at, at + length) for form in forms]
            if not forms and text[at] in _SENTENCE_END:
                found.append(("", at, at + length))
        plain = len(found) == 1 and found[0][0] and found[0][1:] == (0, len(text))
        return found[0][0] if plain else tuple(found)

    def _parse(self, turn: Turn, number: int) -> ParsedTurn:
        return ParsedTurn(
            turn, number, *words_of(turn.text[: self._max_chars], self._known, self._read, self._by_stretch)
        )


@lru_cache(maxsize=2)
def _load(name: str) -> Pipeline:
    if not name:
        blank = spacy.blank("en")
        vocab: Any = blank.vocab
        # spaCy works out some twenty attributes of each new word, in Python; two of them are asked for here
        vocab.lex_attr_getters = {a: vocab.lex_attr_getters[a] for a in (LOWER, NORM)}
        return blank
    try:
        return spacy.load(name)
    except OSError as error:
        raise ConfigurationError(
            f"the spaCy pipeline {name!r} is not installed",
            hint="install it, or leave the setting language_pipeline empty",
        ) from error
