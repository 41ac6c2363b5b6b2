# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Compiled: what is asked in turns, and after what (see ``dead_ends``)."""

from analyser.clauses cimport begins
from libc.stdint cimport int32_t, int64_t

cpdef enum:  # what a word can be, a bit each
    ASKING = 1  # begins a question
    INVERTED = 2  # begins one before a ``SUBJECT``
    OFFERING = 4  # the same where an ``ITEM`` is asked for
    SUBJECT = 8
    LEAD_IN = 16
    SAYING = 32  # no question without the form of one has it
    FIGURE = 64
    ITEM = 128  # something asked for
    THANK = 256
    YOU = 512
    OPENER = 1024  # opens a clause
    PROMISING = 2048  # a promise may have it


def asked(
    const int64_t[::1] turns, const int32_t[::1] numbers, const int64_t[::1] bounds, const int32_t[::1] breaks,
    const int64_t[::1] break_bounds, const int32_t[::1] kinds, const int32_t[::1] stems, int64_t least,
    int64_t bare_words,
):
    """The questions in some turns.

    Parameters
    ----------
    turns
        Rows of the turns.
    numbers, bounds, breaks, break_bounds
        See ``rows.Rows``.
    kinds, stems
        By a word's number: what it can be, and the number of its stem where it tells what is asked (else 0).
    least
        How many words a clause of unmarked speech has at the least.
    bare_words
        How many words a question without the form of one has at the most.

    Returns
    -------
    (row, first word, one past the last, stems) of each, in order.
    """
    cdef int64_t t, row, n, k, begin, mark
    cdef bint marked
    cdef const int32_t* words
    cdef list found = []
    for t in range(turns.shape[0]):
        row = turns[t]
        n = bounds[row + 1] - bounds[row]
        if n == 0:
            continue
        words = &numbers[bounds[row]]
        mark = break_bounds[row]
        marked = mark < break_bounds[row + 1]
        begin = 0
        for k in range(1, n + 1):
            if k < n:
                if marked:
                    if mark == break_bounds[row + 1] or breaks[mark] != k:
                        continue
                    mark += 1
                elif not begins(k, begin, n, least, kinds[words[k]] & OPENER):
                    continue
            if _asks(words, kinds, begin, k, bare_words):
                content = {stems[words[i]] for i in range(begin, k) if stems[words[i]]}
                if content:
                    found.append((row, begin, k, frozenset(content)))
            begin = k
    return found


cdef bint _asks(
    const int32_t* words, const int32_t[::1] kinds, int64_t first, int64_t past, int64_t bare_words
) noexcept:
    cdef int32_t every = 0, kind
    cdef int64_t k, at = first
    for k in range(first, past):
        every |= kinds[words[k]]
    if every & ITEM and past - first <= bare_words and not every & (SAYING | FIGURE):
        return True
    while at < past - 1 and (
        kinds[words[at]] & LEAD_IN or (kinds[words[at]] & YOU and at > first and kinds[words[at - 1]] & THANK)
    ):
        at += 1
    kind = kinds[words[at]]
    if kind & ASKING:
        return True
    if kind & INVERTED or (every & ITEM and kind & OFFERING):
        return at + 1 < past and kinds[words[at + 1]] & SUBJECT
    return False
