# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Compiled: tries phrases on the words of many turns.

A phrase is a small program over word numbers (see ``phrases``); a match is the first way through it, with the
alternatives tried in the order in which they are written. Phrases are tried only where a word stands with which they
can begin.
"""

from libc.stdint cimport int32_t, int64_t, int8_t, uint8_t, uint64_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memset

import numpy as np

cpdef enum:
    DONE = 0  # the phrase has matched
    WORD = 1  # the word of number a
    ONE_OF = 2  # a word of set a
    ANY = 3  # any word
    FIRST = 4  # the turn begins here
    LAST = 5  # the turn ends here
    EITHER = 6  # go on at a; failing that, at b
    GO = 7  # go on at a
    AT_ONE_OF = 8  # stands at a word of set a
    SCAN = 10  # pass over up to b words to one of set a
    BY_WORD = 9  # go on where ``switches``, its b entries from a on, has the word that is here


cdef struct Step:
    int32_t operation
    int32_t a
    int32_t b


cdef struct Target:
    int32_t word
    int32_t at


cdef struct Try:
    int32_t phrase
    int32_t[2] needs
    int32_t second


cdef struct Way:
    int32_t at
    int32_t word
    int32_t left  # how many more words a scan may pass over; -1 for other ways


cdef struct Found:
    int32_t phrase
    int32_t turn
    int32_t first
    int32_t last


cdef inline bint _in(const uint8_t* sets, int64_t width, int32_t word, int32_t which) noexcept nogil:
    return sets[word * width + (which >> 3)] >> (which & 7) & 1


cdef int32_t _run(
    const Step* program, int32_t at, const int32_t* words, int32_t word, int32_t n, int32_t enough,
    const Target* switches, const uint8_t* sets, int64_t width, Way* ways,
) noexcept nogil:
    """The word after the match that begins at ``word``; -1 where there is none.

    A way that comes to the word ``enough`` counts as a match; no word from there on is looked at.
    """
    cdef int32_t waiting = 0, operation, low, high, middle, left = -1
    cdef const Step* step
    while True:
        if word >= enough:
            return word
        step = &program[at]
        operation = step.operation
        if operation == WORD:
            if word < n and words[word] == step.a:
                word += 1
                at += 1
                continue
        elif operation == ONE_OF:
            if word < n and _in(sets, width, words[word], step.a):
                word += 1
                at += 1
                continue
        elif operation == AT_ONE_OF:
            if word < n and _in(sets, width, words[word], step.a):
                at += 1
                continue
        elif operation == BY_WORD:
            if word < n:
                low, high = step.a, step.a + step.b
                while low < high:
                    middle = (low + high) >> 1
                    if switches[middle].word < words[word]:
                        low = middle + 1
                    else:
                        high = middle
                if low < step.a + step.b and switches[low].word == words[word]:
                    at = switches[low].at
                    continue
        elif operation == SCAN:
            if left < 0:
                left = step.b
            while left >= 0 and word < n and word < enough and not _in(sets, width, words[word], step.a):
                word += 1
                left -= 1
            if left >= 0 and word == enough:
                return word
            if left >= 0 and word < n:
                if left > 0:
                    ways[waiting].at = at
                    ways[waiting].word = word + 1
                    ways[waiting].left = left - 1
                    waiting += 1
                left = -1
                at += 1
                continue
        elif operation == EITHER:
            ways[waiting].at = step.b
            ways[waiting].word = word
            ways[waiting].left = -1
            waiting += 1
            at = step.a
            continue
        elif operation == GO:
            at = step.a
            continue
        elif operation == ANY:
            if word < n:
                word += 1
                at += 1
                continue
        elif operation == FIRST:
            if word == 0:
                at += 1
                continue
        elif operation == LAST:
            if word == n:
                at += 1
                continue
        else:
            return word
        if waiting == 0:
            return -1
        waiting -= 1
        at = ways[waiting].at
        word = ways[waiting].word
        left = ways[waiting].left


cdef enum:
    SLOTS = 1 << 17  # for pairs of words; a power of two
    PAIRS = 3 << 15  # how many are remembered at the most


cdef struct Slot:
    int64_t key  # 0: empty
    int32_t begin
    int32_t past
    int32_t met  # how often, up to twice


cdef class Tries:
    """Which phrases to try from two words on: pairs of words come again and again, so each is worked out once.

    Parameters
    ----------
    begin, tried
        Which phrases to try at a word: for side s and number w, those from ``begin[2 * s, w]`` to
        ``begin[2 * s, w + 1]`` at a turn's first word, and likewise with ``2 * s + 1`` at any other; each with two
        things that it needs there or later in the turn (0: nothing), and the set that its second word is of (-1: any
        or none).
    sets
        The sets that each word is in, a bit a set, shape (words, bytes): what a turn needs of it lies close together.
    program
        The instructions of all phrases: operation and its two operands, shape (instructions, 3).
    entry
        Where each phrase begins in it, shape (phrases,).
    switches
        Words' numbers, in order within each switch, and where to go on at each, shape (entries, 2).
    """

    cdef const int32_t[:, ::1] _program, _switches
    cdef const int32_t[::1] _entry
    cdef const Target* _table
    cdef Way* _ways
    cdef const int64_t[:, ::1] _begin
    cdef const int32_t[:, ::1] _tried
    cdef const uint8_t[:, ::1] _sets
    cdef Slot* _slots
    cdef Try* _pool
    cdef int64_t _room, _used, _pairs

    def __cinit__(
        self, const int64_t[:, ::1] begin, const int32_t[:, ::1] tried, const uint8_t[:, ::1] sets,
        const int32_t[:, ::1] program, const int32_t[::1] entry, const int32_t[:, ::1] switches,
    ):
        self._begin, self._tried, self._sets = begin, tried, sets
        self._program, self._entry, self._switches = program, entry, switches
        self._table = <const Target*> &switches[0, 0] if switches.shape[0] else NULL
        self._ways = <Way*> malloc((program.shape[0] + 1) * sizeof(Way))
        self._room, self._used, self._pairs = 4096, 0, 0
        self._slots = <Slot*> calloc(SLOTS, sizeof(Slot))
        self._pool = <Try*> malloc(self._room * sizeof(Try))
        if self._slots == NULL or self._pool == NULL or self._ways == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self._slots)
        free(self._pool)
        free(self._ways)

    cdef const Slot* of(self, int64_t where, int32_t word, int32_t following) except NULL:
        """The phrases to try at a word before another (-1: the turn's end)."""
        cdef int64_t key = ((where * self._sets.shape[0] + word) << 32) + following + 2
        cdef uint64_t at = (<uint64_t> key * 0x9E3779B97F4A7C15ULL) >> 40
        cdef Slot* slot
        while True:
            slot = &self._slots[at & (SLOTS - 1)]
            if slot.key == key:
                if slot.met == 1:
                    self._refine(slot, where, word, following)
                return slot
            if slot.key == 0:
                break
            at += 1
        if self._pairs >= PAIRS:  # bounded: begin anew
            memset(self._slots, 0, SLOTS * sizeof(Slot))
            self._pairs = self._used = 0
            return self.of(where, word, following)
        self._learn(slot, key, where, word, following)
        return slot

    cdef int _learn(self, Slot* slot, int64_t key, int64_t where, int32_t word, int32_t following) except -1:
        cdef int64_t k, begin = self._begin[where, word], past = self._begin[where, word + 1]
        cdef const Try* its
        cdef Try* more
        cdef const uint8_t* sets = &self._sets[0, 0]
        if self._used + past - begin > self._room:
            more = <Try*> realloc(self._pool, (2 * self._room + past - begin) * sizeof(Try))
            if more == NULL:
                raise MemoryError
            self._room = 2 * self._room + past - begin
            self._pool = more
        slot.key, slot.begin = key, self._used
        for k in range(begin, past):
            its = <const Try*> &self._tried[k, 0]
            if its.second < 0 or (following >= 0 and _in(sets, self._sets.shape[1], following, its.second)):
                self._pool[self._used] = its[0]
                self._used += 1
        slot.past, slot.met = self._used, 1
        self._pairs += 1
        return 0

    cdef void _refine(self, Slot* slot, int64_t where, int32_t word, int32_t following) noexcept:
        """Leave out the phrases that come to nothing by the second word: worth it for a pair that comes again."""
        cdef int32_t[3] words = [0, word, following]
        cdef int32_t begin = where & 1  # the first word of a turn, or not
        cdef int32_t n = begin + 1 if following < 0 else begin + 3  # there is more after the second, or may be
        cdef int64_t k
        cdef int32_t past = slot.begin
        for k in range(slot.begin, slot.past):
            if _run(
                <const Step*> &self._program[0, 0], self._entry[self._pool[k].phrase], words + 1 - begin, begin, n,
                begin + 2, self._table, &self._sets[0, 0], self._sets.shape[1], self._ways,
            ) >= 0:
                self._pool[past] = self._pool[k]
                past += 1
        slot.past, slot.met = past, 2


def matches(
    Tries tries, const int64_t[::1] meets_begin, const int32_t[::1] meets,
    int64_t needs, const int32_t[::1] numbers, const int64_t[::1] bounds, const int8_t[::1] side,
):
    """Every match of every phrase in the turns of the side that it is for.

    Parameters
    ----------
    tries
        The phrases.
    meets_begin, meets
        Which needs a word meets: those from ``meets_begin[w]`` to ``meets_begin[w + 1]``.
    needs
        How many there are.
    numbers, bounds
        The words' numbers, and where each turn's begin (length turns + 1).
    side
        0 or 1; -1 for turns in which nothing is looked for.

    Returns
    -------
    Shape (matches, 4): phrase, turn, first and last word of each.
    """
    cdef int64_t turn, n, i, k, here, room = 1024, count = 0
    cdef int32_t end
    cdef const int32_t* words
    cdef const Slot* slot
    cdef const Try* its
    cdef Found* found = <Found*> malloc(room * sizeof(Found))
    cdef Found* more
    cdef const Step* program = <const Step*> &tries._program[0, 0]
    cdef const uint8_t* sets = &tries._sets[0, 0]
    cdef int64_t width = tries._sets.shape[1]
    cdef int32_t* met = <int32_t*> calloc(needs, sizeof(int32_t))  # the last word, from 1, that met each
    if found == NULL or met == NULL:
        free(found)
        free(met)
        raise MemoryError
    try:
        met[0] = numbers.shape[0] + 1
        for turn in range(bounds.shape[0] - 1):
            if side[turn] < 0 or bounds[turn] == bounds[turn + 1]:
                continue
            words = &numbers[bounds[turn]]
            n = bounds[turn + 1] - bounds[turn]
            for i in range(n):
                here = bounds[turn] + i + 1
                for k in range(meets_begin[words[i]], meets_begin[words[i] + 1]):
                    met[meets[k]] = here
            for i in range(n):
                here = bounds[turn] + i + 1
                slot = tries.of(2 * side[turn] + (i > 0), words[i], words[i + 1] if i + 1 < n else -1)
                for k in range(slot.begin, slot.past):
                    its = &tries._pool[k]
                    if met[its.needs[0]] < here or met[its.needs[1]] < here:
                        continue
                    end = _run(
                        program, tries._entry[its.phrase], words, i, n, n + 1, tries._table, sets, width, tries._ways
                    )
                    if end < 0:
                        continue
                    if count == room:
                        room *= 2
                        more = <Found*> realloc(found, room * sizeof(Found))
                        if more == NULL:
                            raise MemoryError
                        found = more
                    found[count].phrase = its.phrase
                    found[count].turn = turn
                    found[count].first = i
                    found[count].last = max(i, end - 1)
                    count += 1
        result = np.empty((count, 4), dtype=np.int32)
        if count:
            _copy(found, result, count)
        return result
    finally:
        free(found)
        free(met)


cdef void _copy(const Found* found, int32_t[:, ::1] result, int64_t count) noexcept:
    cdef int64_t i
    for i in range(count):
        result[i, 0] = found[i].phrase
        result[i, 1] = found[i].turn
        result[i, 2] = found[i].first
        result[i, 3] = found[i].last


cdef struct Candidate:
    int32_t use
    int32_t rule
    int32_t first
    int32_t last


cpdef enum:  # the columns of a rule's limits
    ROLE = 0
    FIRST_TURNS = 1
    LAST_TURNS = 2
    NOT_FIRST_TURNS = 3
    NOT_LAST_TURNS = 4
    MIN_WORDS = 5
    MAX_WORDS = 6
    QUESTION = 7
    REPORTED = 8
    NEAR_WORDS = 9
    BEHAVIOUR = 10
    LIMITS = 11


def hits(
    const int32_t[:, ::1] found, const int64_t[::1] uses_begin, const int32_t[::1] uses, const int32_t[::1] rule_of,
    const int32_t[:, ::1] limits, lists, const int8_t[::1] role, const int32_t[::1] before,
    const int32_t[::1] own_from_start, const int32_t[::1] own_from_end, const uint8_t[::1] asks,
    const int32_t[::1] numbers, const int64_t[::1] bounds, const int32_t[::1] reporting, int64_t report_reach,
):
    """The rules that hit each turn, given where phrases match.

    Parameters
    ----------
    found
        See ``matches``.
    uses_begin, uses
        Which uses each phrase has as what a rule looks for, in their order: use, then ``rule_of`` it.
    limits
        What each rule asks of a turn, shape (rules, LIMITS).
    lists
        Where each rule's begin (length rules + 1) and the items, of five kinds: phrases that must not be in the turn,
        that must be near, that must be in the other side's turn before, that must not be there, and behaviours of
        which one must have been hit there.
    role, before, own_from_start, own_from_end, asks, numbers, bounds
        See ``rows.Rows``.
    reporting
        By a word's number, whether it hands speech to somebody else.
    report_reach
        How soon before a match such a word makes it a report.

    Returns
    -------
    rule, first and last word of each hit, shape (hits, 3), and where each turn's begin (length turns + 1). The rules of
    a turn come in their order, each with its first match.
    """
    cdef const int64_t[::1] unless_begin = lists[0][0], near_begin = lists[1][0], after_begin = lists[2][0]
    cdef const int64_t[::1] not_after_begin = lists[3][0], shows_begin = lists[4][0]
    cdef const int32_t[::1] unless = lists[0][1], near = lists[1][1], after = lists[2][1]
    cdef const int32_t[::1] not_after = lists[3][1], shows = lists[4][1]
    cdef int64_t n_turns = role.shape[0], n_found = found.shape[0], n_phrases = uses_begin.shape[0] - 1
    cdef int64_t turn, m, k, j, at, n, count, earlier, room = 0
    cdef int32_t side, rule, done, length
    cdef bint telling
    matched = np.zeros(n_turns + 1, dtype=np.int64)
    cdef int64_t[::1] begin = matched
    for m in range(n_found):
        begin[found[m, 1] + 1] += 1
        room = max(room, begin[found[m, 1] + 1])
    np.cumsum(matched, out=matched)
    # the last turn, from 1, in which each phrase matched, and before which it did
    cdef int32_t[::1] here = np.zeros(n_phrases, dtype=np.int32), there = np.zeros(n_phrases, dtype=np.int32)
    cdef int64_t widest = 0
    for k in range(n_phrases):
        widest = max(widest, uses_begin[k + 1] - uses_begin[k])
    cdef Candidate[::1] waiting = np.empty(
        room * widest + 1, dtype=[("use", np.int32), ("rule", np.int32), ("first", np.int32), ("last", np.int32)]
    )
    cdef Candidate one
    total = 0
    for m in range(n_found):
        total += uses_begin[found[m, 0] + 1] - uses_begin[found[m, 0]]
    cdef int32_t[:, ::1] kept = np.empty((total, 3), dtype=np.int32)
    cdef int64_t[::1] kept_begin = np.zeros(n_turns, dtype=np.int64)
    result_bounds = np.zeros(n_turns + 1, dtype=np.int64)
    cdef int64_t[::1] kept_count = result_bounds[1:]
    count = 0
    for side in range(2):  # the customers' turns first, since the agents' rules may look at what hit them
        for turn in range(n_turns):
            if role[turn] != side or begin[turn] == begin[turn + 1]:
                continue
            length = bounds[turn + 1] - bounds[turn]
            n = 0
            for m in range(begin[turn], begin[turn + 1]):
                here[found[m, 0]] = turn + 1
                for k in range(uses_begin[found[m, 0]], uses_begin[found[m, 0] + 1]):
                    rule = rule_of[uses[k]]
                    if (
                        limits[rule, ROLE] == side
                        and own_from_start[turn] < limits[rule, FIRST_TURNS]
                        and own_from_start[turn] >= limits[rule, NOT_FIRST_TURNS]
                        and own_from_end[turn] < limits[rule, LAST_TURNS]
                        and own_from_end[turn] >= limits[rule, NOT_LAST_TURNS]
                        and length >= limits[rule, MIN_WORDS]
                        and length <= limits[rule, MAX_WORDS]
                        and (limits[rule, QUESTION] < 0 or limits[rule, QUESTION] == asks[turn])
                    ):
                        one.use, one.rule, one.first, one.last = uses[k], rule, found[m, 2], found[m, 3]
                        at = n
                        while at > 0 and (
                            waiting[at - 1].use > one.use
                            or (waiting[at - 1].use == one.use and waiting[at - 1].first > one.first)
                        ):
                            waiting[at] = waiting[at - 1]
                            at -= 1
                        waiting[at] = one
                        n += 1
            if n == 0:
                continue
            earlier = before[turn]
            if earlier >= 0:
                for m in range(begin[earlier], begin[earlier + 1]):
                    there[found[m, 0]] = turn + 1
            telling = False
            for k in range(bounds[turn], bounds[turn + 1]):
                if reporting[numbers[k]]:
                    telling = True
            kept_begin[turn] = count
            done = -1
            for j in range(n):
                one = waiting[j]
                rule = one.rule
                if (
                    rule == done
                    or _any(unless, unless_begin, rule, here, turn + 1)
                    or (
                        after_begin[rule] < after_begin[rule + 1]
                        and not _any(after, after_begin, rule, there, turn + 1)
                    )
                    or _any(not_after, not_after_begin, rule, there, turn + 1)
                ):
                    continue
                if telling and not limits[rule, REPORTED]:
                    for k in range(bounds[turn] + max(0, one.first - report_reach), bounds[turn] + one.first):
                        if reporting[numbers[k]]:
                            break
                    else:
                        k = -1
                    if k >= 0:
                        continue
                if limits[rule, NEAR_WORDS] >= 0:
                    if not _any(near, near_begin, rule, here, turn + 1):
                        continue
                    for m in range(begin[turn], begin[turn + 1]):
                        if (
                            found[m, 2] - one.last <= limits[rule, NEAR_WORDS]
                            and one.first - found[m, 3] <= limits[rule, NEAR_WORDS]
                            and _is_in(near, near_begin, rule, found[m, 0])
                        ):
                            break
                    else:
                        continue
                if shows_begin[rule] < shows_begin[rule + 1]:
                    if earlier < 0:
                        continue
                    for k in range(kept_begin[earlier], kept_begin[earlier] + kept_count[earlier]):
                        if _is_in(shows, shows_begin, rule, limits[kept[k, 0], BEHAVIOUR]):
                            break
                    else:
                        continue
                done = rule
                kept[count, 0], kept[count, 1], kept[count, 2] = rule, one.first, one.last
                count += 1
                kept_count[turn] += 1
    result = np.empty((count, 3), dtype=np.int32)
    cdef int32_t[:, ::1] out = result
    at = 0
    for turn in range(n_turns):
        for k in range(kept_begin[turn], kept_begin[turn] + kept_count[turn]):
            out[at, 0], out[at, 1], out[at, 2] = kept[k, 0], kept[k, 1], kept[k, 2]
            at += 1
    np.cumsum(result_bounds, out=result_bounds)
    return result, result_bounds


cdef inline bint _any(
    const int32_t[::1] items, const int64_t[::1] begin, int32_t rule, const int32_t[::1] last, int64_t turn
) noexcept nogil:
    """Whether one of a rule's phrases matched last in this turn."""
    cdef int64_t k
    for k in range(begin[rule], begin[rule + 1]):
        if last[items[k]] == turn:
            return True
    return False


cdef inline bint _is_in(
    const int32_t[::1] items, const int64_t[::1] begin, int32_t rule, int32_t item
) noexcept nogil:
    cdef int64_t k
    for k in range(begin[rule], begin[rule + 1]):
        if items[k] == item:
            return True
    return False
