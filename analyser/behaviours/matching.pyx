# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Compiled: tries phrases on the words of many turns.

A phrase is a small program over word numbers (see ``phrases``); a match is the first way through it, with the
alternatives tried in the order in which they are written. Phrases are tried only where a word stands with which they
can begin.
"""

from libc.stdint cimport int32_t, int64_t, int8_t, uint8_t
from libc.stdlib cimport calloc, free, malloc, realloc

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
    const Step* program, int32_t at, const int32_t* words, int32_t word, int32_t n, const Target* switches,
    const uint8_t* sets, int64_t width, Way* ways,
) noexcept nogil:
    """The word after the match that begins at ``word``; -1 where there is none."""
    cdef int32_t waiting = 0, operation, low, high, middle, left = -1
    cdef const Step* step
    while True:
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
            while left >= 0 and word < n and not _in(sets, width, words[word], step.a):
                word += 1
                left -= 1
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


def numbered(turns, dict known):
    """The numbers of turns' words.

    Parameters
    ----------
    turns
        The words of each turn, a sequence of tuples.
    known
        The number of each known word.

    Returns
    -------
    The numbers of all words one after the other (int32; 0 where not known), where each turn's words begin in them
    (int64, length turns + 1), and (place, word) of each that is not known.
    """
    cdef int64_t count = 0, at = 0, row = 0
    cdef tuple words
    unknown = []
    for words in turns:
        count += len(words)
    numbers, bounds = np.zeros(count, dtype=np.int32), np.zeros(len(turns) + 1, dtype=np.int64)
    cdef int32_t[::1] number = numbers
    cdef int64_t[::1] bound = bounds
    for words in turns:
        for word in words:
            value = known.get(word)
            if value is None:
                unknown.append((at, word))
            else:
                number[at] = value
            at += 1
        row += 1
        bound[row] = at
    return numbers, bounds, unknown


def matches(
    const int32_t[:, ::1] program, const int32_t[::1] entry, const int32_t[:, ::1] switches,
    const uint8_t[:, ::1] sets,
    const int64_t[:, ::1] begin, const int32_t[:, ::1] tried, const int64_t[::1] meets_begin, const int32_t[::1] meets,
    int64_t needs, const int32_t[::1] numbers, const int64_t[::1] bounds, const int8_t[::1] side,
):
    """Every match of every phrase in the turns of the side that it is for.

    Parameters
    ----------
    program
        The instructions of all phrases: operation and its two operands, shape (instructions, 3).
    entry
        Where each phrase begins in it, shape (phrases,).
    switches
        Words' numbers, in order within each switch, and where to go on at each, shape (entries, 2).
    sets
        The sets that each word is in, a bit a set, shape (words, bytes): what a turn needs of it lies close together.
    begin, tried
        Which phrases to try at a word: for side s and number w, those from ``begin[2 * s, w]`` to
        ``begin[2 * s, w + 1]`` at a turn's first word, and likewise with ``2 * s + 1`` at any other; each with two things that it needs in the turn (0: nothing) and the set that its second word is of (-1: any or none).
    meets_begin, meets
        Which needs a word meets, likewise.
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
    cdef int64_t turn, n, i, k, where, room = 1024, count = 0
    cdef int32_t end
    cdef const int32_t* words
    cdef const Try* its
    cdef Found* found = <Found*> malloc(room * sizeof(Found))
    cdef Found* more
    cdef Way* ways = <Way*> malloc((program.shape[0] + 1) * sizeof(Way))
    cdef const Target* table = <const Target*> &switches[0, 0] if switches.shape[0] else NULL
    cdef int64_t width = sets.shape[1]
    cdef int64_t* met = <int64_t*> calloc(needs, sizeof(int64_t))  # the last turn, from 1, that met each
    if found == NULL or ways == NULL or met == NULL:
        free(found)
        free(ways)
        free(met)
        raise MemoryError
    try:
        for turn in range(bounds.shape[0] - 1):
            if side[turn] < 0 or bounds[turn] == bounds[turn + 1]:
                continue
            words = &numbers[bounds[turn]]
            n = bounds[turn + 1] - bounds[turn]
            met[0] = turn + 1
            for i in range(n):
                for k in range(meets_begin[words[i]], meets_begin[words[i] + 1]):
                    met[meets[k]] = turn + 1
            for i in range(n):
                where = 2 * side[turn] + (i > 0)
                for k in range(begin[where, words[i]], begin[where, words[i] + 1]):
                    its = <const Try*> &tried[k, 0]
                    if met[its.needs[0]] <= turn or met[its.needs[1]] <= turn:
                        continue
                    if its.second >= 0 and (i + 1 == n or not _in(&sets[0, 0], width, words[i + 1], its.second)):
                        continue
                    end = _run(
                        <const Step*> &program[0, 0], entry[its.phrase], words, i, n, table, &sets[0, 0], width, ways
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
        free(ways)
        free(met)


cdef void _copy(const Found* found, int32_t[:, ::1] result, int64_t count) noexcept:
    cdef int64_t i
    for i in range(count):
        result[i, 0] = found[i].phrase
        result[i, 1] = found[i].turn
        result[i, 2] = found[i].first
        result[i, 3] = found[i].last
