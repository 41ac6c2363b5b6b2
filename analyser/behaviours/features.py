"""A turn as numbers: sparse features for the learned detector, worked out for many calls at once with numpy.

Blocks, side by side: word n-grams of the turn; character n-grams of its words; word n-grams of the other side's turn
before and after it, and of the speaker's own turn before it; echoes (how much of it was said before, by whom); place
and length; rules that hit. Text blocks are TF-IDF with logarithmic counts, each of unit length (as scikit-learn's
TfidfVectorizer(sublinear_tf=True)), here over ids of words rather than strings: the same numbers, many times faster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from analyser.behaviours.context import Place
from analyser.behaviours.matrices import Array, frequent, idf_of, keys_of, lookup, rows_of, weigh
from analyser.behaviours.rules import Hit
from analyser.behaviours.scoring import echoes, neighbours
from analyser.behaviours.wordtable import WordTable, char_grams
from analyser.language import ParsedCall
from analyser.records import Role


@dataclass(frozen=True, slots=True)
class Prepared:
    """A call ready for the detectors: parsed, placed, and tried by the rules (lists of length n turns)."""

    call: ParsedCall
    places: list[Place | None]
    hits: list[list[Hit]]
    questions: list[bool]  # whether each turn asks something


PLACE_NAMES = (
    "own turn 1", "own turn 2", "own turn 3-4", "own turn 5+", "last own turn", "last own turn but 1",
    "last own turns 3-4", "first turn", "turns 2-3", "last turn", "last turns 2-3", "1-2 words", "3-5 words",
    "6-10 words", "20+ words", "35+ words", "asks", "split message", "short call", "no turn before", "no turn after",
)  # fmt: skip
ECHO_NAMES = (
    "words from the turn before", "share from the turn before", "words from earlier turns of the other side",
    "share from earlier turns", "numbers read back", "share new", "like an earlier own turn", "own question again",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rows:
    """The turns of several calls, a row a turn, one call after the other.

    Parameters
    ----------
    calls
        Where each call begins, length calls + 1.
    role
        1 for the agent's turns, 0 for the customer's, -1 for others, shape (turns,).
    near
        See ``scoring.neighbours``.
    own_from_start, own_from_end, from_start, from_end
        See ``context.Place``; shapes (turns,), 0 for turns without a place.
    words, asks
        How many words each turn has, and whether it asks something.
    """

    calls: Array
    role: Array
    near: Array
    own_from_start: Array
    own_from_end: Array
    from_start: Array
    from_end: Array
    words: Array
    asks: Array

    @classmethod
    def of(cls, calls: Sequence[Prepared]) -> Rows:
        """The turns of prepared calls."""
        bounds = np.zeros(len(calls) + 1, dtype=np.int64)
        np.cumsum([len(p.call.turns) for p in calls], out=bounds[1:])
        flat = [
            (-1, 0, 0, 0, 0, len(turn.words))
            if place is None
            else (
                turn.turn.role is Role.AGENT, place.own_from_start, place.own_from_end, place.from_start,
                place.from_end, len(turn.words),
            )
            for p in calls
            for turn, place in zip(p.call.turns, p.places, strict=True)
        ]  # fmt: skip
        code, own, last, start, end, words = np.array(flat, dtype=np.int32).reshape(-1, 6).T
        role = code.astype(np.int8)
        asks = np.array([asked for p in calls for asked in p.questions], dtype=np.uint8)
        return cls(bounds, role, neighbours(role, bounds), own, last, start, end, words, asks)

    @property
    def before(self) -> Array:
        """Rows of the other side's turn before each; -1 for none."""
        return np.asarray(self.near[0])

    @property
    def after(self) -> Array:
        """Rows of the other side's turn after each; -1 for none."""
        return np.asarray(self.near[1])

    @property
    def own(self) -> Array:
        """Rows of the turn just before each where that is its own speaker's (a split message); -1 for none."""
        return np.where(self.near[2] > self.near[0], self.near[2], np.int32(-1))

    def places(self) -> Array:
        """Where each turn stands and how long it is, named by ``PLACE_NAMES``; zeros for turns without a place."""
        own, last, start, end, words = (
            self.own_from_start, self.own_from_end, self.from_start, self.from_end, self.words,
        )  # fmt: skip
        short = np.repeat(np.diff(self.calls) <= 8, np.diff(self.calls))
        result = np.stack(
            [
                own == 0, own == 1, (own == 2) | (own == 3), own >= 4, last == 0, last == 1, (last == 2) | (last == 3),
                start == 0, (start == 1) | (start == 2), end == 0, (end == 1) | (end == 2),
                words <= 2, (words >= 3) & (words <= 5), (words >= 6) & (words <= 10), words >= 20, words >= 35,
                self.asks, self.own >= 0, short, self.before < 0, end == 0,
            ], axis=1,
        )  # fmt: skip
        return np.asarray(result * (self.role >= 0)[:, None], dtype=np.float32)


class TurnFeatures:
    """Turns prepared calls into a sparse matrix, a row a turn (all roles, in order).

    Parameters
    ----------
    min_df
        N-grams in fewer turns than this are left out.
    char_range
        Shortest and longest character n-gram.
    weights
        How much each block counts: words, chars, before, after, own_before, echo, place, rules.
    rule_names
        The rules that may be a feature, in order (``behaviour/rule_id``).
    """

    def __init__(
        self,
        *,
        min_df: int = 2,
        char_range: tuple[int, int] = (2, 5),
        weights: tuple[float, ...] = (1.0, 1.0, 0.5, 0.35, 0.3, 1.0, 0.5, 0.8),
        rule_names: tuple[str, ...] = (),
    ) -> None:
        self.min_df = min_df
        self.char_range = char_range
        self.weights = weights
        self.rule_names = rule_names

    # -- fitting ---------------------------------------------------------------------------------------------------

    def fit(self, calls: Sequence[Prepared], y: object = None) -> TurnFeatures:
        """Learn the vocabulary and document frequencies from calls."""
        counts: dict[str, int] = {}
        turns = [t for p in calls for t in p.call.turns]
        for turn in turns:
            for word in set(turn.words):
                counts[word] = counts.get(word, 0) + 1
        self.words_ = np.array(sorted(w for w, c in counts.items() if c >= self.min_df), dtype=str)
        chars: dict[str, int] = {}
        for word, count in counts.items():
            for gram in set(char_grams(word, *self.char_range)):
                chars[gram] = chars.get(gram, 0) + count
        self.chars_ = np.array(sorted(g for g, c in chars.items() if c >= self.min_df + 1), dtype=str)
        self.__dict__.pop("_table", None)
        words, bounds = self.numbers(calls)
        ids, base = self.table().known_ids()[words].astype(np.int64), len(self.words_) + 1
        self.grams_ = [frequent(keys_of(ids, bounds, n, base), self.min_df) for n in (1, 2, 3)]
        self.word_idf_ = idf_of(self._grams(words, bounds), len(turns))
        self.char_idf_ = idf_of(self._char_counts(words, bounds), len(turns))
        return self

    # -- transforming ----------------------------------------------------------------------------------------------

    def transform(self, calls: Sequence[Prepared]) -> sp.csr_matrix:
        """Features of every turn of the calls, shape (turns, features)."""
        rows = Rows.of(calls)
        words, bounds = self.numbers(calls)
        grams = weigh(self._grams(words, bounds), self.word_idf_)
        chars = weigh(self._char_counts(words, bounds), self.char_idf_)
        pairs = grams[:, : self.pair_columns()]
        at, column = self.rules(calls)
        hits = sp.csr_matrix(
            (np.ones(len(at), dtype=np.float32), (at, column)), shape=(len(rows.role), len(self.rule_names))
        )
        dense = self.dense(rows, words, bounds)
        w = self.weights
        blocks = [
            grams * w[0], chars * w[1], rows_of(pairs, rows.before) * w[2], rows_of(pairs, rows.after) * w[3],
            rows_of(pairs, rows.own) * w[4], sp.csr_matrix(dense[:, : len(ECHO_NAMES)] * w[5]),
            sp.csr_matrix(dense[:, len(ECHO_NAMES) :] * w[6]), hits * w[7],
        ]  # fmt: skip
        return sp.hstack(blocks, format="csr")

    def sizes(self) -> list[int]:
        """Columns of each block, in order."""
        n_words = sum(len(g) for g in self.grams_)
        pairs = self.pair_columns()
        return [n_words, len(self.chars_), pairs, pairs, pairs, len(ECHO_NAMES), len(PLACE_NAMES), len(self.rule_names)]

    def pair_columns(self) -> int:
        """How many columns are n-grams of one or two words."""
        return len(self.grams_[0]) + len(self.grams_[1])

    def describe(self, column: int) -> str:
        """What a column stands for, in words."""
        sizes = self.sizes()[:-1]
        block = 0
        while block < len(sizes) and column >= sizes[block]:
            column -= sizes[block]
            block += 1
        if block == len(sizes):
            return f"rule {self.rule_names[column]}" if column < len(self.rule_names) else "?"
        prefix = ("", "part of a word ", "before it: ", "after it: ", "own turn before: ", "", "")[block]
        if block == 1:
            return f"{prefix}{str(self.chars_[column])!r}"
        if block == 5:
            return ECHO_NAMES[column]
        if block == 6:
            return PLACE_NAMES[column]
        return f"{prefix}{self._gram(column)!r}"

    def _gram(self, column: int) -> str:
        base = len(self.words_) + 1
        for n, keys in enumerate(self.grams_, 1):
            if column < len(keys):
                key, words = int(keys[column]), []
                for _ in range(n):
                    key, word = divmod(key, base)
                    words.append(str(self.words_[word - 1]))
                return " ".join(reversed(words))
            column -= len(keys)
        return "?"

    # -- parts -----------------------------------------------------------------------------------------------------

    def table(self) -> WordTable:
        """What is known of each word; made when first asked for, and grown with the words that are met."""
        known: WordTable | None = self.__dict__.get("_table")
        if known is None:
            known = self._table = WordTable(
                {str(w): i for i, w in enumerate(self.words_, 1)},
                {str(g): i for i, g in enumerate(self.chars_)},
                self.char_range,
            )
        return known

    def numbers(self, calls: Sequence[Prepared]) -> tuple[Array, Array]:
        """The numbers of all words in ``table``, and where each turn's begin (length turns + 1)."""
        return self.table().numbers([t.words for p in calls for t in p.call.turns])

    def _grams(self, words: Array, bounds: Array) -> sp.csr_matrix:
        """Counts of word n-grams, a row a turn."""
        ids = self.table().known_ids()[words].astype(np.int64)
        base = len(self.words_) + 1
        blocks = [lookup(keys_of(ids, bounds, n, base), keys, len(bounds) - 1) for n, keys in enumerate(self.grams_, 1)]
        return sp.hstack(blocks, format="csr")

    def _char_counts(self, words: Array, bounds: Array) -> sp.csr_matrix:
        """Counts of character n-grams, a row a turn: turns by words, times words by n-grams."""
        begin, columns = np.array(self.table().char_begin), np.array(self.table().chars, dtype=np.int32)
        of_words = sp.csr_matrix(
            (np.ones(len(columns), dtype=np.float32), columns, begin), shape=(len(begin) - 1, len(self.chars_))
        )
        of_turns = sp.csr_matrix(
            (np.ones(len(words), dtype=np.float32), words, bounds), shape=(len(bounds) - 1, len(begin) - 1)
        )
        return (of_turns @ of_words).tocsc().tocsr()  # there and back puts the columns in order, sooner than sorting

    def dense(self, rows: Rows, words: Array, bounds: Array) -> Array:
        """Echoes and places side by side, shape (turns, features)."""
        table = self.table()
        echo = echoes(words, bounds, rows.role, rows.calls, rows.before, rows.asks, table.content, table.figure)
        return np.hstack([echo, rows.places()])

    def rules(self, calls: Sequence[Prepared]) -> tuple[Array, Array]:
        """Which turns were hit by which rules: rows and columns, shapes (hits,)."""
        column = {name: i for i, name in enumerate(self.rule_names)}
        hits = [its for p in calls for its in p.hits]
        pairs = [(row, column[hit.name]) for row, its in enumerate(hits) for hit in its if hit.name in column]
        rows, columns = np.array(pairs, dtype=np.int32).reshape(-1, 2).T.copy()
        return rows, columns
