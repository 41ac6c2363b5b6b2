# cython: language_level=3, boundscheck=False, wraparound=False
"""Compiled: goes through a turn's text from stretch to stretch between spaces, and through its words.

See ``language``.
"""

from analyser.clauses cimport begins
from cpython.unicode cimport PyUnicode_Substring
from libc.stdint cimport int32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memset


cdef extern from *:
    bint Py_UNICODE_ISSPACE(Py_UCS4 ch)
    bint PyUnicode_IS_ASCII(object text)
    unsigned char* PyUnicode_1BYTE_DATA(object text)


cdef enum:
    SLOTS = 1 << 18  # a power of two, well over the stretches that are remembered


cdef struct Slot:
    uint64_t hash
    const unsigned char* letters  # those of a stretch that ``Stretches`` holds
    int32_t length
    int32_t reading  # its place; from 1, 0 for an empty slot


cdef class Stretches:
    """What is remembered of stretches: a word that is all of one, or its words with their places in it, "" for a mark.

    Plain ASCII is looked up by the letters of the text itself, without making a string of them.

    Parameters
    ----------
    most
        How many are remembered at the most (fewer than 2 ** 17); then all are forgotten.
    """

    cdef dict _known
    cdef list _stretches, _readings
    cdef Slot* _slots
    cdef Py_ssize_t _most

    def __cinit__(self, Py_ssize_t most):
        self._known, self._stretches, self._readings, self._most = {}, [], [], min(most, SLOTS // 2)
        self._slots = <Slot*> calloc(SLOTS, sizeof(Slot))
        if self._slots == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self._slots)

    def __len__(self):
        return len(self._known)

    def items(self):
        """What is remembered: stretches and their readings."""
        return self._known.items()

    def remember(self, str stretch, reading):
        """Remember what a stretch holds."""
        cdef uint64_t at
        cdef Slot* slot
        if len(self._known) >= self._most:  # bounded: a stream of unseen words must not fill memory
            self._known.clear()
            self._stretches.clear()
            self._readings.clear()
            memset(self._slots, 0, SLOTS * sizeof(Slot))
        if stretch in self._known:
            return
        self._known[stretch] = reading
        if not PyUnicode_IS_ASCII(stretch):
            return
        self._stretches.append(stretch)
        self._readings.append(reading)
        letters = PyUnicode_1BYTE_DATA(stretch)
        at = _hash(letters, len(stretch))
        slot = &self._slots[at & (SLOTS - 1)]
        while slot.reading:
            at += 1
            slot = &self._slots[at & (SLOTS - 1)]
        slot.hash, slot.letters, slot.length = _hash(letters, len(stretch)), letters, <int32_t> len(stretch)
        slot.reading = <int32_t> len(self._readings)

    cdef object _of_letters(self, const unsigned char* letters, Py_ssize_t length, uint64_t key):
        """The reading of a stretch of ASCII; None where it is not remembered."""
        cdef uint64_t at = key
        cdef Slot* slot = &self._slots[at & (SLOTS - 1)]
        while slot.reading:
            if slot.hash == key and slot.length == length and memcmp(slot.letters, letters, length) == 0:
                return self._readings[slot.reading - 1]
            at += 1
            slot = &self._slots[at & (SLOTS - 1)]
        return None


cdef inline uint64_t _hash(const unsigned char* letters, Py_ssize_t length) noexcept:
    cdef uint64_t value = 0xCBF29CE484222325ULL
    cdef Py_ssize_t i
    for i in range(length):
        value = (value ^ letters[i]) * 0x100000001B3ULL
    return value ^ (value >> 32)


cdef inline bint _space(Py_UCS4 letter) noexcept:
    return letter == 32 or (9 <= letter <= 13) or (28 <= letter <= 31)


cpdef tuple words_of(str text, Stretches known, read, bint by_stretch, set missing=None):
    """The words of a text with their places.

    Parameters
    ----------
    known
        What is remembered of stretches.
    read
        Gives what a stretch holds that is not remembered.
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
    cdef bint asks = False, lacks = False, plain = by_stretch and PyUnicode_IS_ASCII(text)
    cdef str last = "", form
    cdef object reading
    cdef const unsigned char* letters = PyUnicode_1BYTE_DATA(text) if plain else NULL
    cdef uint64_t key
    while at < n:
        if plain:
            while at < n and _space(letters[at]):
                at += 1
            if at == n:
                break
            begin = at
            key = 0xCBF29CE484222325ULL
            while at < n and not _space(letters[at]):
                key = (key ^ letters[at]) * 0x100000001B3ULL
                at += 1
            reading = known._of_letters(letters + begin, at - begin, key ^ (key >> 32))
        else:
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
            reading = known._known.get(PyUnicode_Substring(text, begin, at))
        if reading is None:
            stretch = PyUnicode_Substring(text, begin, at)
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


def parse_turns(turns, record, Stretches known, read, bint by_stretch, Py_ssize_t most, set missing):
    """The turns of a call as records of the turn, its number and what ``words_of`` finds.

    None in the place of each where a stretch is missing.

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


def span_of(tuple starts, tuple ends, Py_ssize_t first, Py_ssize_t last):
    """Where words ``first`` to ``last`` stand in the text: see ``language.ParsedTurn.span``."""
    while first > 0 and ends[first - 1] >= starts[first]:
        first -= 1
    while last + 1 < len(starts) and starts[last + 1] <= ends[last]:
        last += 1
    return starts[first], ends[last]


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
        elif begins(i, begin, n, least, words[i] in openers):
            found.append((begin, i))
            begin = i
    if n > begin:
        found.append((begin, n))
    return found
