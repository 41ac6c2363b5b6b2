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


cdef struct Way:
    int32_t at
    int32_t word


cdef struct Found:
    int32_t phrase
    int32_t turn
    int32_t first
    int32_t last


cdef int32_t _run(
    const int32_t[:, ::1] program, int32_t at, const int32_t* numbers, int32_t word, int32_t n,
    const uint8_t[:, ::1] sets, Way* ways,
) noexcept nogil:
    """The word after the match that begins at ``word``; -1 where there is none."""
    cdef int32_t waiting = 0, op, a
    while True:
        op = program[at, 0]
        a = program[at, 1]
        if op == WORD:
            if word < n and numbers[word] == a:
                word += 1
                at += 1
                continue
        elif op == ONE_OF:
            if word < n and sets[a, numbers[word] >> 3] >> (numbers[word] & 7) & 1:
                word += 1
                at += 1
                continue
        elif op == AT_ONE_OF:
            if word < n and sets[a, numbers[word] >> 3] >> (numbers[word] & 7) & 1:
                at += 1
                continue
        elif op == EITHER:
            ways[waiting].at = program[at, 2]
            ways[waiting].word = word
            waiting += 1
            at = a
            continue
        elif op == GO:
            at = a
            continue
        elif op == ANY:
            if word < n:
                word += 1
                at += 1
                continue
        elif op == FIRST:
            if word == 0:
                at += 1
                continue
        elif op == LAST:
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
    const int32_t[:, ::1] program, const int32_t[::1] entry, const uint8_t[:, ::1] sets,
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
    sets
        Which words are in each set, a bit a number, shape (sets, bytes).
    begin, tried
        Which phrases to try at a word: for side s and number w, those from ``begin[s, w]`` to ``begin[s, w + 1]``, each
        with three things that it needs in the turn (0: nothing).
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
    cdef int64_t turn, n, i, k, room = 1024, count = 0
    cdef int32_t end
    cdef const int32_t* words
    cdef Found* found = <Found*> malloc(room * sizeof(Found))
    cdef Found* more
    cdef Way* ways = <Way*> malloc((program.shape[0] + 1) * sizeof(Way))
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
                for k in range(begin[side[turn], words[i]], begin[side[turn], words[i] + 1]):
                    if met[tried[k, 1]] <= turn or met[tried[k, 2]] <= turn or met[tried[k, 3]] <= turn:
                        continue
                    end = _run(program, entry[tried[k, 0]], words, i, n, sets, ways)
                    if end < 0:
                        continue
                    if count == room:
                        room *= 2
                        more = <Found*> realloc(found, room * sizeof(Found))
                        if more == NULL:
                            raise MemoryError
                        found = more
                    found[count].phrase = tried[k, 0]
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
