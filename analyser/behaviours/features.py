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
from analyser.language import ParsedCall
from analyser.records import Role


@dataclass(frozen=True, slots=True)
class Prepared:
    """A call ready for the detectors: parsed, placed, and tried by the rules (lists of length n turns)."""

    call: ParsedCall
    places: list[Place | None]
    hits: list[list[Hit]]
    questions: list[bool]  # whether each turn asks something


_NUMBERS = frozenset(
    (
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand"
    ).split()
)
# Words that carry no subject; echoes are counted without them.
_STOP = frozenset(
    (
        "i you the to a and it is that for of in on we me my your have not do can so but be this with just "
        "are what okay if yes no at was all get will would he they been know thank like up there or from us "
        "our one out right now about when how let go well then any going here see has did could she him them "
        "thanks please think over as an some got because good yeah oh am had were by say said sorry too "
        "really very much more than also only"
    ).split()
)
PLACE_NAMES = (
    "own turn 1", "own turn 2", "own turn 3-4", "own turn 5+", "last own turn", "last own turn but 1",
    "last own turns 3-4", "first turn", "turns 2-3", "last turn", "last turns 2-3", "1-2 words", "3-5 words",
    "6-10 words", "20+ words", "35+ words", "asks", "split message", "short call", "no turn before", "no turn after",
)  # fmt: skip
ECHO_NAMES = (
    "words from the turn before", "share from the turn before", "words from earlier turns of the other side",
    "share from earlier turns", "numbers read back", "share new", "like an earlier own turn", "own question again",
)  # fmt: skip


def _place_rows(calls: Sequence[Prepared]) -> Array:
    """Where each turn stands and how long it is, named by ``PLACE_NAMES``; zeros for turns without a place."""
    rows: list[tuple[int, int, int, int, int, bool, bool, bool, bool]] = []
    at: list[int] = []
    offset = 0
    for p in calls:
        short = len(p.call.turns) <= 8
        for i, place in enumerate(p.places):
            if place is not None:
                at.append(offset + i)
                rows.append(
                    (place.own_from_start, place.own_from_end, place.from_start, place.from_end,
                     len(p.call.turns[i].words), p.questions[i], place.own_before is not None, short,
                     place.other_before is None)
                )  # fmt: skip
        offset += len(p.call.turns)
    own, last, start, end, words, asks, split, short_, first = np.array(rows, dtype=np.int64).reshape(-1, 9).T
    result = np.zeros((offset, len(PLACE_NAMES)), dtype=np.float32)
    result[at] = np.stack(
        [
            own == 0, own == 1, (own == 2) | (own == 3), own >= 4, last == 0, last == 1, (last == 2) | (last == 3),
            start == 0, (start == 1) | (start == 2), end == 0, (end == 1) | (end == 2),
            words <= 2, (words >= 3) & (words <= 5), (words >= 6) & (words <= 10), words >= 20, words >= 35,
            asks, split, short_, first, end == 0,
        ], axis=1,
    )  # fmt: skip
    return result


def _echo_rows(call: ParsedCall, places: Sequence[Place | None], questions: Sequence[bool]) -> list[list[float]]:
    """How much of each turn was said before, by either side."""
    rows = []
    said: dict[Role, set[str]] = {Role.AGENT: set(), Role.CUSTOMER: set()}
    own_turns: dict[Role, list[tuple[frozenset[str], bool]]] = {Role.AGENT: [], Role.CUSTOMER: []}
    contents = [frozenset(t.words) - _STOP for t in call.turns]
    for i, turn in enumerate(call.turns):
        place = places[i]
        role = turn.turn.role
        if place is None:
            rows.append([0.0] * len(ECHO_NAMES))
            continue
        other = Role.CUSTOMER if role is Role.AGENT else Role.AGENT
        content = contents[i]
        n = max(1, len(content))
        before = contents[place.other_before] if place.other_before is not None else frozenset()
        near = content & before
        far = content & said[other]
        numbers = sum(w in _NUMBERS or w[0].isdigit() for w in (near if near else ()))
        likeness = again = 0.0
        asks = questions[i]
        if len(content) >= 2:
            for earlier, asked in own_turns[role]:
                if content.isdisjoint(earlier):
                    continue
                shared = len(content & earlier)
                share = shared / (len(content) + len(earlier) - shared)
                likeness = max(likeness, share)
                if asked and asks:
                    again = max(again, share)
        rows.append(
            [min(len(near), 6) / 6, len(near) / n, min(len(far), 10) / 10, len(far) / n, min(numbers, 5) / 5,
             len(content - said[other] - said[role]) / n, likeness, again]
        )  # fmt: skip
        said[role] |= content
        own_turns[role].append((content, asks))
    return rows


def _char_grams(word: str, low: int, high: int) -> list[str]:
    """Character n-grams within one word, with a space at either end."""
    padded = f" {word[:24]} "
    return [padded[i : i + n] for n in range(low, high + 1) for i in range(len(padded) - n + 1)] or [padded]


@dataclass(frozen=True, slots=True)
class Parts:
    """The blocks of some turns: sparse or dense matrices with a row a turn; before, after, own are rows, -1 for none."""

    words: sp.csr_matrix
    chars: sp.csr_matrix
    pairs: sp.csr_matrix
    before: Array
    after: Array
    own: Array
    echo: Array
    place: Array
    rules: sp.csr_matrix


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
        self._forget_caches()
        ids, bounds = self._ids(calls)
        base = len(self.words_) + 1
        self.grams_ = [frequent(keys_of(ids, bounds, n, base), self.min_df) for n in (1, 2, 3)]
        chars: dict[str, int] = {}
        low, high = self.char_range
        for word, count in counts.items():
            for gram in set(_char_grams(word, low, high)):
                chars[gram] = chars.get(gram, 0) + count
        self.chars_ = np.array(sorted(g for g, c in chars.items() if c >= self.min_df + 1), dtype=str)
        self._forget_caches()
        grams, char_counts = self._counts(calls)
        n = grams.shape[0]
        self.word_idf_ = idf_of(grams, n)
        self.char_idf_ = idf_of(char_counts, n)
        return self

    # -- transforming ----------------------------------------------------------------------------------------------

    def transform(self, calls: Sequence[Prepared]) -> sp.csr_matrix:
        """Features of every turn of the calls, shape (turns, features)."""
        parts = self.parts(calls)
        w = self.weights
        pairs = parts.pairs
        blocks = [
            parts.words * w[0], parts.chars * w[1], rows_of(pairs, parts.before) * w[2], rows_of(pairs, parts.after) * w[3],
            rows_of(pairs, parts.own) * w[4], sp.csr_matrix(parts.echo * w[5]), sp.csr_matrix(parts.place * w[6]),
            parts.rules * w[7],
        ]  # fmt: skip
        return sp.hstack(blocks, format="csr")

    def parts(self, calls: Sequence[Prepared]) -> Parts:
        """The blocks before they are weighted and put side by side."""
        grams, char_counts = self._counts(calls)
        words = weigh(grams, self.word_idf_)
        chars = weigh(char_counts, self.char_idf_)
        pairs = words[:, : self._pair_columns()]
        return Parts(words, chars, pairs, *self._neighbours(calls), *self._dense(calls), self._rules(calls))

    def sizes(self) -> list[int]:
        """Columns of each block, in order."""
        n_words = sum(len(g) for g in self.grams_)
        pairs = self._pair_columns()
        return [n_words, len(self.chars_), pairs, pairs, pairs, len(ECHO_NAMES), len(PLACE_NAMES), len(self.rule_names)]

    def _pair_columns(self) -> int:
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

    def _forget_caches(self) -> None:
        for name in ("_word_id", "_char_rows", "_char_id"):
            self.__dict__.pop(name, None)

    def _ids(self, calls: Sequence[Prepared]) -> tuple[Array, Array]:
        """Word ids (from 1; 0 unknown) of all turns in one array, and the turns' bounds in it (length turns + 1)."""
        known = self.__dict__.get("_word_id")
        if known is None:
            known = self._word_id = {str(w): i for i, w in enumerate(self.words_, 1)}
        get = known.get
        turns = [t.words for p in calls for t in p.call.turns]
        bounds = np.zeros(len(turns) + 1, dtype=np.int64)
        np.cumsum([len(t) for t in turns], out=bounds[1:])
        ids = np.fromiter((get(w, 0) for t in turns for w in t), dtype=np.int64, count=int(bounds[-1]))
        return ids, bounds

    def _counts(self, calls: Sequence[Prepared]) -> tuple[sp.csr_matrix, sp.csr_matrix]:
        """Counts of word n-grams and of character n-grams, a row a turn."""
        ids, bounds = self._ids(calls)
        base = len(self.words_) + 1
        blocks = [lookup(keys_of(ids, bounds, n, base), keys, len(bounds) - 1) for n, keys in enumerate(self.grams_, 1)]
        return sp.hstack(blocks, format="csr"), self._char_counts(calls, bounds)

    def _char_counts(self, calls: Sequence[Prepared], bounds: Array) -> sp.csr_matrix:
        cache: dict[str, Array] | None = self.__dict__.get("_char_rows")
        if cache is None:
            cache = {}
            self._char_rows: dict[str, Array] = cache
            self._char_id = {str(g): i for i, g in enumerate(self.chars_)}
        char_id, (low, high) = self._char_id, self.char_range
        number: dict[str, int] = {}
        said = [number.setdefault(w, len(number)) for p in calls for turn in p.call.turns for w in turn.words]
        rows: list[Array] = []
        for word in number:
            row = cache.get(word)
            if row is None:
                row = np.array([char_id[g] for g in _char_grams(word, low, high) if g in char_id], np.int32)
                if len(cache) < 100_000:  # bounded: a stream of unseen words must not fill memory
                    cache[word] = row
            rows.append(row)
        lengths = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum([len(r) for r in rows], out=lengths[1:])
        columns = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int32)
        # turns by words, times words by n-grams: each word's n-grams are looked at once
        of_words = sp.csr_matrix(
            (np.ones(len(columns), dtype=np.float32), columns, lengths), shape=(len(rows), len(self.chars_))
        )
        of_turns = sp.csr_matrix(
            (np.ones(len(said), dtype=np.float32), np.array(said, dtype=np.int32), bounds),
            shape=(len(bounds) - 1, len(rows)),
        )
        return (of_turns @ of_words).tocsc().tocsr()  # there and back puts the columns in order, sooner than sorting

    def _neighbours(self, calls: Sequence[Prepared]) -> tuple[Array, Array, Array]:
        """Rows of the other side's turn before and after, and of the speaker's own turn before; -1 for none."""
        before: list[int] = []
        after: list[int] = []
        own: list[int] = []
        offset = 0
        for p in calls:
            n = len(p.call.turns)
            nexts = [-1] * n
            upcoming: dict[Role, int] = {}
            for i in range(n - 1, -1, -1):
                role = p.call.turns[i].turn.role
                other = Role.CUSTOMER if role is Role.AGENT else Role.AGENT
                nexts[i] = upcoming.get(other, -1)
                upcoming[role] = i
            for i, place in enumerate(p.places):
                b = None if place is None else place.other_before
                o = None if place is None else place.own_before
                before.append(-1 if b is None else b + offset)
                own.append(-1 if o is None else o + offset)
                after.append(-1 if place is None or nexts[i] < 0 else nexts[i] + offset)
            offset += n
        return np.array(before), np.array(after), np.array(own)

    def _dense(self, calls: Sequence[Prepared]) -> tuple[Array, Array]:
        echo = [row for p in calls for row in _echo_rows(p.call, p.places, p.questions)]
        return np.array(echo, dtype=np.float32).reshape(-1, len(ECHO_NAMES)), _place_rows(calls)

    def _rules(self, calls: Sequence[Prepared]) -> sp.csr_matrix:
        column = {name: i for i, name in enumerate(self.rule_names)}
        rows: list[int] = []
        columns: list[int] = []
        at = 0
        for p in calls:
            for hits in p.hits:
                for name in {h.name for h in hits}:
                    if name in column:
                        rows.append(at)
                        columns.append(column[name])
                at += 1
        data = np.ones(len(rows), dtype=np.float32)
        return sp.csr_matrix((data, (rows, columns)), shape=(at, len(self.rule_names)))
