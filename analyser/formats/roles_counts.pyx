# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Compiled: a speaker's words, and which of the role judge's features they hold (see ``roles_words``)."""

from cpython.unicode cimport Py_UNICODE_ISALNUM, Py_UNICODE_ISDECIMAL
from libc.math cimport log, sqrt

MAX_CHARS = 1500  # of a turn that are looked at
cdef Py_ssize_t _MAX_CHARS = MAX_CHARS


cpdef list words_of(str text):
    """Words in lower case; digits are all the same.

    Parameters
    ----------
    text
        A turn, of which the first ``MAX_CHARS`` characters count.
    """
    cdef str lower = text[:_MAX_CHARS].lower()
    cdef Py_ssize_t n = len(lower), i, begin = -1
    cdef bint digits = False
    cdef Py_UCS4 letter
    cdef list words = []
    for i in range(n + 1):
        letter = lower[i] if i < n else u" "
        if Py_UNICODE_ISALNUM(letter):
            if begin < 0:
                begin, digits = i, False
            if Py_UNICODE_ISDECIMAL(letter):
                digits = True
        elif begin >= 0:
            words.append(_plain(lower[begin:i]) if digits else lower[begin:i])
            begin = -1
    return words


cdef str _plain(str word):
    return "".join(["0" if Py_UNICODE_ISDECIMAL(letter) else letter for letter in word])


cdef class _Word:
    """What is known of a word: its features, and the words after it that make a pair with it; -1 for no feature."""

    cdef Py_ssize_t alone, first, last
    cdef bint cue
    cdef dict after, after_first

    def __cinit__(self):
        self.alone = self.first = self.last = -1
        self.cue = False
        self.after, self.after_first = {}, {}


cdef class Features:
    """The features by the words that they are of.

    Parameters
    ----------
    names
        Of the features, as ``roles_words.grams`` names them.
    triggers
        Words without which no cue can stand in a turn.
    cues
        Words of a turn -> names of the cues in it.
    """

    cdef dict _words, _plain
    cdef _Word _begin
    cdef object _cues
    cdef Py_ssize_t _question

    def __init__(self, names, triggers, cues):
        cdef Py_ssize_t at
        cdef str name, first, second
        self._words, self._plain, self._cues = {}, {}, cues
        self._question = -1
        self._begin = self._of("^")
        for word in triggers:
            self._of(word).cue = True
        for at, name in enumerate(names):
            if name == "?":
                self._question = at
            elif "/" in name:
                self._plain[name] = at
            elif " " in name:
                first, second = name.removeprefix("F:").split(" ")
                if name.startswith("F:"):
                    self._of(first).after_first[second] = at
                else:
                    self._of(first).after[second] = at
            elif name.startswith("F:"):
                self._of(name[2:]).first = at
            elif name.startswith("L:"):
                self._of(name[2:]).last = at
            else:
                self._of(name).alone = at

    cdef _Word _of(self, str word):
        if word not in self._words:
            self._words[word] = _Word()
        return self._words[word]

    def counts(self, texts, Py_ssize_t edge_turns):
        """How often each feature stands in one speaker's turns: feature -> count, those that do not left out.

        Parameters
        ----------
        texts
            The turns, in order.
        edge_turns
            So many first and last turns are marked.
        """
        cdef dict found = {}
        cdef Py_ssize_t at, n = len(texts), last = n - edge_turns
        cdef str text, word
        cdef list words
        cdef _Word before, here
        cdef bint cue, opens, closes
        for at in range(n):
            text = texts[at]
            words = words_of(text)
            before, cue, opens, closes = self._begin, False, at < edge_turns, at >= last
            for word in words:
                if before is not None:
                    _add(found, before.after.get(word))
                    if opens:
                        _add(found, before.after_first.get(word))
                here = self._words.get(word)
                if here is not None:
                    if here.alone >= 0:
                        _add(found, here.alone)
                    if opens and here.first >= 0:
                        _add(found, here.first)
                    if closes and here.last >= 0:
                        _add(found, here.last)
                    cue = cue or here.cue
                before = here
            if self._question >= 0 and "?" in text:
                _add(found, self._question)
            if cue:
                for name in self._cues(words):
                    _add(found, self._plain.get(name))
        return found


cdef inline void _add(dict found, object feature):
    if feature is not None:
        found[feature] = found.get(feature, 0) + 1


def side(dict counts, const double[::1] rarity, const double[::1] weight):
    """Score of one side's words, as of a vector of unit length.

    Parameters
    ----------
    counts
        As ``Features.counts`` gives them.
    rarity, weight
        Of the features, length (features,).
    """
    cdef double total = 0, square = 0, value
    cdef Py_ssize_t feature
    cdef long count
    for feature, count in counts.items():
        value = (1 + log(count)) * rarity[feature] if count > 1 else rarity[feature]
        square += value * value
        total += value * weight[feature]
    return total / sqrt(square) if square else 0.0
