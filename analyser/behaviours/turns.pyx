# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Compiled: what is known of every turn of several calls before any model (see ``rows``).

Turns are ``language.ParsedTurn``, one call's after the other's.
"""

from analyser.clauses cimport begins
from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t, uint32_t

import numpy as np

from cpython.unicode cimport PyUnicode_Substring

cpdef enum:  # what a word can be in a question, a bit each (see ``context``)
    ASKING = 1
    INVERTED = 2
    SUBJECT = 4
    LEAD_IN = 8
    OPENER = 16
    NO_QUESTION_OF = 32
    NOT = 64


def numbered(turns, dict known, list words):
    """The numbers of turns' words; those that are new get the next.

    Parameters
    ----------
    turns
        The words of each turn, tuples.
    known
        The number of each word.
    words
        The words by number.

    Returns
    -------
    The numbers of all words one after the other (int32), and where each turn's begin in them (int64, length turns + 1).
    """
    cdef int64_t count = 0, at = 0, row = 0
    cdef tuple its
    for its in turns:
        count += len(its)
    numbers, bounds = np.empty(count, dtype=np.int32), np.zeros(len(turns) + 1, dtype=np.int64)
    cdef int32_t[::1] number = numbers
    cdef int64_t[::1] bound = bounds
    for its in turns:
        for word in its:
            value = known.get(word)
            if value is None:
                value = known[word] = len(words)
                words.append(word)
            number[at] = value
            at += 1
        row += 1
        bound[row] = at
    return numbers, bounds


def placed(calls, agent, customer):
    """Where each turn stands.

    Parameters
    ----------
    calls
        The turns of each call, tuples.
    agent, customer
        The two roles that have a place.

    Returns
    -------
    role, own_from_start, own_from_end, from_start, from_end, marked
        See ``rows.Rows``; ``marked`` says whether the text has a question mark; shape (6, turns).
    breaks, break_bounds
        The words before which there is a mark (counted from the turn's first), and where each turn's begin.
    """
    cdef int64_t n = 0, n_breaks = 0, row = 0, at = 0, begin, i
    cdef tuple its
    cdef object turn
    cdef int32_t side, left, order
    cdef int32_t[2] total, seen, done
    cdef list last = [None, None]
    for its in calls:
        n += len(its)
        for turn in its:
            n_breaks += len(<tuple> (<tuple> turn)[5])
    result, breaks = np.zeros((6, n), dtype=np.int32), np.empty(n_breaks, dtype=np.int32)
    bounds = np.zeros(n + 1, dtype=np.int64)
    cdef int32_t[:, ::1] out = result
    cdef int32_t[::1] marks = breaks
    cdef int64_t[::1] bound = bounds
    for its in calls:
        begin = row
        total[0] = total[1] = seen[0] = seen[1] = done[0] = done[1] = order = 0
        last[0] = last[1] = None
        for turn in its:
            role = (<tuple> turn)[0].role
            side = 1 if role is agent else 0 if role is customer else -1
            out[0, row] = side
            if side >= 0:
                total[side] += 1
            out[5, row] = (<tuple> turn)[6] is True
            for mark in <tuple> (<tuple> turn)[5]:
                marks[at] = mark
                at += 1
            row += 1
            bound[row] = at
        left = total[0] + total[1]
        for i in range(begin, row):
            side = out[0, i]
            if side < 0:
                continue
            turn = its[i - begin]
            speaker = (<tuple> turn)[0].speaker
            if speaker is not None and speaker != last[side]:  # a new agent begins anew
                if last[side] is not None:
                    seen[side] = 0
                last[side] = speaker
            done[side] += 1
            left -= 1
            out[1, i] = seen[side]
            out[2, i] = total[side] - done[side]
            out[3, i] = order
            out[4, i] = left
            seen[side] += 1
            order += 1
    return result, breaks, bounds


def questions(
    const int32_t[::1] numbers, const int64_t[::1] bounds, const int32_t[::1] breaks, const int64_t[::1] break_bounds,
    const int32_t[::1] marked, const int32_t[::1] kinds, int64_t least,
):
    """Whether each turn asks something, by its mark or by the word order of any of its clauses; shape (turns,).

    Parameters
    ----------
    numbers, bounds, breaks, break_bounds, marked
        See ``numbered`` and ``placed``.
    kinds
        What each word can be, by its number.
    least
        How many words a clause has at the least, before a word that opens one and from there on (see
        ``language.ParsedTurn.clauses``).
    """
    cdef int64_t n_turns = bounds.shape[0] - 1, i, k, n, mark, begin
    result = np.zeros(n_turns, dtype=np.uint8)
    cdef uint8_t[::1] asks = result
    cdef const int32_t* words
    cdef int32_t every
    for i in range(n_turns):
        if marked[i]:
            asks[i] = 1
            continue
        n = bounds[i + 1] - bounds[i]
        if n == 0:
            continue
        words = &numbers[bounds[i]]
        every = 0
        for k in range(n):
            every |= kinds[words[k]]
        if not every & (ASKING | INVERTED):
            continue
        begin, mark = 0, break_bounds[i]
        for k in range(n):
            if mark < break_bounds[i + 1] and k == breaks[mark]:
                mark += 1
            elif not begins(k, begin, n, least, kinds[words[k]] & OPENER):
                continue
            if _asks(words, kinds, begin, k):
                asks[i] = 1
                break
            begin = k
        if not asks[i]:
            asks[i] = _asks(words, kinds, begin, n)
    return result


cdef bint _asks(const int32_t* words, const int32_t[::1] kinds, int64_t first, int64_t past) noexcept:
    cdef int32_t word, following
    while first < past and kinds[words[first]] & LEAD_IN:
        first += 1
    if first >= past - 1:
        return False
    word, following = kinds[words[first]], kinds[words[first + 1]]
    return (word & ASKING and not following & NO_QUESTION_OF) or (word & INVERTED and following & (SUBJECT | NOT))


def any_of(const int32_t[::1] kinds, const int32_t[::1] numbers, const int64_t[::1] bounds):
    """The bits that any word of each turn has, shape (turns,)."""
    cdef int64_t i, k
    result = np.zeros(bounds.shape[0] - 1, dtype=np.int32)
    cdef int32_t[::1] out = result
    for i in range(bounds.shape[0] - 1):
        for k in range(bounds[i], bounds[i + 1]):
            out[i] |= kinds[numbers[k]]
    return result


def char_grams(str word, Py_ssize_t low, Py_ssize_t high):
    """Character n-grams within one word, with a space at either end."""
    cdef str padded = f" {word[:24]} "
    cdef Py_ssize_t i, n, length = len(padded)
    cdef list found = []
    for n in range(low, high + 1):
        for i in range(length - n + 1):
            found.append(PyUnicode_Substring(padded, i, i + n))
    return found or [padded]


def known_grams(str word, Py_ssize_t low, Py_ssize_t high, dict columns):
    """The columns of those of a word's ``char_grams`` that have one."""
    cdef list found = []
    for gram in char_grams(word, low, high):
        column = columns.get(gram)
        if column is not None:
            found.append(column)
    return found
