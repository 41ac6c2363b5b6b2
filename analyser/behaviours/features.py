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

from analyser.behaviours.matrices import Array, frequent, idf_of, keys_of, lookup, rows_of, weigh
from analyser.behaviours.register import REGISTER
from analyser.behaviours.rows import Rows
from analyser.behaviours.rules import Hits
from analyser.behaviours.scoring import echoes
from analyser.behaviours.turns import char_grams
from analyser.behaviours.wordtable import CONTENT, FIGURE, WordTable
from analyser.language import ParsedCall, ParsedTurn


@dataclass(frozen=True, slots=True)
class Prepared:
    """A call ready for the detectors: parsed, and tried by the rules.

    Parameters
    ----------
    hits
        Of each turn, length n.
    questions
        Whether each turn asks something, length n.
    """

    call: ParsedCall
    hits: Hits
    questions: list[bool]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Prepared calls with all their turns as rows."""

    calls: Sequence[Prepared]
    rows: Rows
    hits: Hits
    turns: list[ParsedTurn]

    @classmethod
    def of(cls, calls: Sequence[Prepared]) -> Chunk:
        """Prepared calls, wherever they come from."""
        turns = [turn for p in calls for turn in p.call.turns]
        return cls(calls, Rows.of([p.call for p in calls]), Hits.joined([p.hits for p in calls]), turns)


PLACE_NAMES = (
    "own turn 1", "own turn 2", "own turn 3-4", "own turn 5+", "last own turn", "last own turn but 1",
    "last own turns 3-4", "first turn", "turns 2-3", "last turn", "last turns 2-3", "1-2 words", "3-5 words",
    "6-10 words", "20+ words", "35+ words", "asks", "split message", "short call", "no turn before", "no turn after",
)  # fmt: skip
ECHO_NAMES = (
    "words from the turn before", "share from the turn before", "words from earlier turns of the other side",
    "share from earlier turns", "numbers read back", "share new", "like an earlier own turn", "own question again",
)  # fmt: skip


def place_features(rows: Rows) -> Array:
    """Where each turn stands and how long it is, named by ``PLACE_NAMES``; zeros for turns without a place."""
    own, last, start, end, words = (
        rows.own_from_start, rows.own_from_end, rows.from_start, rows.from_end, rows.lengths,
    )  # fmt: skip
    short = np.repeat(np.diff(rows.calls) <= 8, np.diff(rows.calls))
    result = np.stack(
        [
            own == 0, own == 1, (own == 2) | (own == 3), own >= 4, last == 0, last == 1, (last == 2) | (last == 3),
            start == 0, (start == 1) | (start == 2), end == 0, (end == 1) | (end == 2),
            words <= 2, (words >= 3) & (words <= 5), (words >= 6) & (words <= 10), words >= 20, words >= 35,
            rows.asks, rows.own >= 0, short, rows.before < 0, end == 0,
        ], axis=1,
    )  # fmt: skip
    return np.asarray(result * (rows.role >= 0)[:, None], dtype=np.float32)


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
        words, bounds = REGISTER.numbers([t.words for t in turns])
        ids, base = self.table().ids.values()[words].astype(np.int64), len(self.words_) + 1
        self.grams_ = [frequent(keys_of(ids, bounds, n, base), self.min_df) for n in (1, 2, 3)]
        self.word_idf_ = idf_of(self._grams(words, bounds), len(turns))
        self.char_idf_ = idf_of(self._char_counts(words, bounds), len(turns))
        return self

    # -- transforming ----------------------------------------------------------------------------------------------

    def transform(self, calls: Sequence[Prepared]) -> sp.csr_matrix:
        """Features of every turn of the calls, shape (turns, features)."""
        chunk = Chunk.of(calls)
        rows = chunk.rows
        words, bounds = rows.numbers, rows.bounds
        grams = weigh(self._grams(words, bounds), self.word_idf_)
        chars = weigh(self._char_counts(words, bounds), self.char_idf_)
        pairs = grams[:, : self.pair_columns()]
        at, column = self.rules(chunk.hits)
        hits = sp.csr_matrix(
            (np.ones(len(at), dtype=np.float32), (at, column)), shape=(len(rows.role), len(self.rule_names))
        )
        dense = self.dense(rows)
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

    def _grams(self, words: Array, bounds: Array) -> sp.csr_matrix:
        """Counts of word n-grams, a row a turn."""
        ids = self.table().ids.values()[words].astype(np.int64)
        base = len(self.words_) + 1
        blocks = [lookup(keys_of(ids, bounds, n, base), keys, len(bounds) - 1) for n, keys in enumerate(self.grams_, 1)]
        return sp.hstack(blocks, format="csr")

    def _char_counts(self, words: Array, bounds: Array) -> sp.csr_matrix:
        """Counts of character n-grams, a row a turn: turns by words, times words by n-grams."""
        begin, columns = map(np.array, self.table().grams())
        of_words = sp.csr_matrix(
            (np.ones(len(columns), dtype=np.float32), columns, begin), shape=(len(begin) - 1, len(self.chars_))
        )
        of_turns = sp.csr_matrix(
            (np.ones(len(words), dtype=np.float32), words, bounds), shape=(len(bounds) - 1, len(begin) - 1)
        )
        return (of_turns @ of_words).tocsc().tocsr()  # there and back puts the columns in order, sooner than sorting

    def dense(self, rows: Rows) -> Array:
        """Echoes and places side by side, shape (turns, features)."""
        echo = echoes(
            rows.numbers, rows.bounds, rows.role, rows.calls, rows.before, rows.asks, CONTENT.values(), FIGURE.values()
        )
        return np.hstack([echo, place_features(rows)])

    def rules(self, hits: Hits) -> tuple[Array, Array]:
        """Which turns were hit by which rules: rows and columns, shapes (hits,)."""
        if self.__dict__.get("_rules") is not hits.rules:
            column = {name: i for i, name in enumerate(self.rule_names)}
            self._rules, self._columns = (
                hits.rules,
                np.array([column.get(r.name, -1) for r in hits.rules], dtype=np.int32),
            )
        its = self._columns[hits.rule]
        return hits.row[its >= 0], its[its >= 0]
