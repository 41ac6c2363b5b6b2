# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Compiled: the tone of turns, from the polarity of their words on (see ``tone``)."""

from libc.math cimport NAN
from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t

import numpy as np

cpdef enum:  # what a word can be, a bit each
    TELLING = 1  # carries polarity that is not left out
    MASKED = 2  # is left out where it stands alone
    MASK_BEGINS = 4  # something left out begins with it and goes on with a word that ``MASK_GOES_ON``
    MASK_GOES_ON = 8
    SHIFTING = 16  # may shift the polarity of one of the next words
    BOOSTER = 32  # shifts, and carries none
    ODD = 64  # has to be read as VADER does
    CARRIES = 128  # carries polarity, whether left out or not
    IDIOM_BEGINS = 256  # an idiom may begin with it and go on with a word that ``IDIOM_GOES_ON``
    IDIOM_GOES_ON = 512


def plain_sums(
    const int32_t[::1] numbers, const int64_t[::1] bounds, const uint8_t[::1] wanted, const int32_t[::1] kinds,
    const double[::1] polarity, int64_t reach,
):
    """The sum of each turn's polarity, shape (turns,); not a number where there is none or it is not wanted.

    Also the rows of the turns for which that is not enough: VADER's rules have to be asked.

    Parameters
    ----------
    kinds, polarity
        Of each word, by its number.
    reach
        How many words on a word may shift another.
    """
    cdef int64_t i, k, last, n_turns = bounds.shape[0] - 1
    cdef int32_t kind, every, earlier  # what the last word was that is not left out
    cdef int64_t shifted  # how many words ago one was met that shifts
    cdef bint asks, carries
    cdef double total
    result = np.full(n_turns, NAN)
    cdef double[::1] out = result
    cdef list unsure = []
    for i in range(n_turns):
        if not wanted[i]:
            continue
        every = 0
        for k in range(bounds[i], bounds[i + 1]):
            every |= kinds[numbers[k]]
        if not every & TELLING:
            continue
        asks, carries, total, shifted, earlier = (every & ODD) != 0, False, 0, reach, 0
        last = bounds[i + 1] - 1
        for k in range(bounds[i], bounds[i + 1]):
            if asks:
                break
            kind = kinds[numbers[k]]
            if kind & MASK_BEGINS and k < last and kinds[numbers[k + 1]] & MASK_GOES_ON:
                asks = True
            if kind & MASKED:
                continue
            if earlier & IDIOM_BEGINS and kind & IDIOM_GOES_ON:
                asks = True
            earlier = kind
            if kind & CARRIES:
                carries = True
                if not kind & BOOSTER:
                    asks = asks or shifted < reach or kind & SHIFTING
                    total += polarity[numbers[k]]
            shifted = 0 if kind & SHIFTING else shifted + 1
        if asks:
            unsure.append(i)
        elif carries:
            out[i] = total
    return result, unsure


def paths(const double[::1] scores, const int8_t[::1] role, const int64_t[::1] calls):
    """How each call's sides sound over the call, shape (calls, 5); not a number where no turn of a side has a score.

    In order: the agent's mean, the customer's mean over the first third of their scores, their lowest and its turn
    (index in the call, the first of equals), their mean over the last third.
    """
    cdef int64_t c, i, n, third, agents
    cdef double total
    cdef double[::1] path = np.empty(max(1, int(np.diff(calls).max(initial=0))))
    result = np.full((calls.shape[0] - 1, 5), NAN)
    cdef double[:, ::1] out = result
    for c in range(calls.shape[0] - 1):
        n = agents = 0
        total = 0
        for i in range(calls[c], calls[c + 1]):
            if scores[i] != scores[i]:
                continue
            if role[i] == 1:
                agents += 1
                total += scores[i]
            elif role[i] == 0:
                if n == 0 or scores[i] < out[c, 2]:
                    out[c, 2] = scores[i]
                    out[c, 3] = i - calls[c]
                path[n] = scores[i]
                n += 1
        if agents:
            out[c, 0] = total / agents
        if n:
            third = max(1, (n + 2) // 3)
            total = 0
            for i in range(third):
                total += path[i]
            out[c, 1] = total / third
            total = 0
            for i in range(n - third, n):
                total += path[i]
            out[c, 4] = total / third
    return result


def turn_tones(record, calls, const double[::1] scores):
    """The tone of each turn of each call as records; a score that is not a number becomes None.

    Parameters
    ----------
    calls
        The parsed turns of each call, tuples.
    scores
        Of all turns, shape (turns,).
    """
    cdef int64_t row = 0
    cdef tuple its
    cdef list found, result = []
    for its in calls:
        found = []
        for turn in its:
            score = scores[row] if scores[row] == scores[row] else None
            found.append(tuple.__new__(record, ((<tuple> turn)[1], (<tuple> turn)[0].role, score)))
            row += 1
        result.append(tuple(found))
    return result
