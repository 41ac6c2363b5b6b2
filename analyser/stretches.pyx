# cython: language_level=3, boundscheck=False, wraparound=False
"""Compiled: goes through a turn's text from stretch to stretch between spaces, and through its words (see ``language``)."""

from cpython.unicode cimport PyUnicode_Substring


cdef extern from *:
    bint Py_UNICODE_ISSPACE(Py_UCS4 ch)


cpdef tuple words_of(str text, dict known, read, bint by_stretch, set missing=None):
    """The words of a text with their places.

    Parameters
    ----------
    known
        What is remembered of stretches: a word that is all of it, or its words with their places in it, "" for a mark.
    read
        Gives the same of a stretch that is not remembered.
    by_stretch
        Whether the text is read from stretch to stretch, or all at once.
    missing
        Where given, stretches that are not remembered are put there in place of being read.

    Returns
    -------
    words, starts, ends, breaks, asks
        See ``language.ParsedTurn``; None where a stretch is missing.
    """
    cdef Py_ssize_t n = len(text), at = 0, begin, first, past
    cdef list words = [], starts = [], ends = [], breaks = []
    cdef bint asks = False, lacks = False
    cdef str last = "", form
    cdef object reading
    while at < n:
        if by_stretch:
            while at < n and Py_UNICODE_ISSPACE(text[at]):
                at += 1
            if at == n:
                break
            begin = at
            while at < n and not Py_UNICODE_ISSPACE(text[at]):
                at += 1
        else:
            begin, at = 0, n
        stretch = PyUnicode_Substring(text, begin, at)
        reading = known.get(stretch)
        if reading is None:
            if missing is not None:
                missing.add(stretch)
                lacks = True
                continue
            reading = read(stretch)
        if lacks:  # it has to be gone through again anyway
            continue
        if type(reading) is str:  # most are one word and nothing else
            if reading == last:  # a stammer: keep one, spanning both
                ends[len(ends) - 1] = at
            else:
                words.append(reading)
                starts.append(begin)
                ends.append(at)
                last = reading
            continue
        for form, first, past in reading:
            if not form:
                if words and (not breaks or breaks[len(breaks) - 1] != len(words)):
                    breaks.append(len(words))
                asks = asks or text[begin + first] == u"?"
            elif form == last:
                ends[len(ends) - 1] = begin + past
            else:
                words.append(form)
                starts.append(begin + first)
                ends.append(begin + past)
                last = form
    if lacks:
        return None
    if breaks and breaks[len(breaks) - 1] == len(words):
        breaks.pop()
    return tuple(words), tuple(starts), tuple(ends), tuple(breaks), asks


def parse_turns(turns, record, dict known, read, bint by_stretch, Py_ssize_t most, set missing):
    """The turns of a call as records of the turn, its number and what ``words_of`` finds; None where a stretch is missing.

    Parameters
    ----------
    most
        Text past so many characters is not read.
    """
    cdef Py_ssize_t number = 0
    cdef list found = []
    for turn in turns:
        number += 1
        text = turn.text
        its = words_of(text if len(text) <= most else text[:most], known, read, by_stretch, missing)
        if its is not None:
            its = tuple.__new__(record, (turn, number, *(<tuple> its)))
        found.append(its)
    return found


def clauses_of(tuple words, tuple breaks, openers, Py_ssize_t least):
    """Word ranges (first, one past last) of the clauses: see ``language.ParsedTurn.clauses``.

    Parameters
    ----------
    breaks
        Indices of words before which there is a mark, in order.
    openers
        Words that open a clause where there are ``least`` words since the last one and as many to come.
    """
    cdef Py_ssize_t n = len(words), i, begin = 0, mark = 0, n_marks = len(breaks)
    cdef Py_ssize_t following = breaks[0] if n_marks else n
    cdef list found = []
    for i in range(n):
        if i == following:
            if i > begin:
                found.append((begin, i))
            begin = i
            mark += 1
            following = breaks[mark] if mark < n_marks else n
        elif i - begin >= least and n - i >= least and words[i] in openers:
            found.append((begin, i))
            begin = i
    if n > begin:
        found.append((begin, n))
    return found
