# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Compiled: what was found as records with quotes, and each side's turns in sum (see ``resolve``)."""

from libc.math cimport floor
from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t

import numpy as np

from analyser.stretches import clauses_of, span_of


def best_hits(
    const int64_t[::1] rows, const int64_t[::1] columns, const int32_t[::1] rule, const int32_t[::1] first,
    const int64_t[::1] bounds, const int32_t[::1] column_of, const int32_t[::1] rank,
):
    """The hit that speaks most surely for each finding, the earliest in its turn of equals; -1 for none.

    Parameters
    ----------
    rows, columns
        Turn and behaviour of each finding.
    rule, first, bounds
        See ``rules.Hits``.
    column_of, rank
        Each rule's behaviour, and how sure it is (0 the surest).
    """
    cdef int64_t i, k, best
    result = np.full(rows.shape[0], -1, dtype=np.int64)
    cdef int64_t[::1] out = result
    for i in range(rows.shape[0]):
        best = -1
        for k in range(bounds[rows[i]], bounds[rows[i] + 1]):
            if column_of[rule[k]] == columns[i] and (
                best < 0 or rank[rule[k]] < rank[rule[best]]
                or (rank[rule[k]] == rank[rule[best]] and first[k] < first[best])
            ):
                best = k
        out[i] = best
    return result


cdef object _quoted(record, turn, behaviour, Py_ssize_t first, Py_ssize_t last, confidence, detector, rule, why):
    """A finding that quotes words ``first`` to ``last`` of a turn."""
    cdef object start, end
    start, end = span_of(<tuple> (<tuple> turn)[3], <tuple> (<tuple> turn)[4], first, last)
    said = (<tuple> turn)[0]
    return tuple.__new__(
        record,
        (behaviour, (<tuple> turn)[1], said.role, start, end, said.text[start:end], confidence, detector, rule, why),
    )


def all_of(
    record, list turns, tuple names, rules, const int64_t[::1] rows, const int64_t[::1] columns,
    const double[::1] confidence, const int64_t[::1] best, const int32_t[::1] rule, const int32_t[::1] first,
    const int32_t[::1] last, weights, openers, Py_ssize_t least, Py_ssize_t named,
):
    """The findings of several calls, in order: of each the rule that speaks most surely for it, else the learned words.

    Parameters
    ----------
    names
        The behaviours.
    rules
        The rules.
    rows, columns, confidence, best
        See ``best_hits``, which gives the last.
    rule, first, last
        See ``rules.Hits``.
    weights
        Of the words of those without a hit: an iterator.
    openers, least, named
        See ``from_words``.
    """
    cdef int64_t i, hit
    cdef list found = []
    for i in range(rows.shape[0]):
        hit = best[i]
        turn, name = turns[rows[i]], names[columns[i]]
        if hit < 0:
            one = from_words(record, turn, name, confidence[i], next(weights), openers, least, named)
        else:
            its = rules[rule[hit]]
            one = _quoted(record, turn, name, first[hit], last[hit], confidence[i], "rules", its.name, its.rule.why)
        found.append(one)
    return found


def from_rule(record, turn, behaviour, Py_ssize_t first, Py_ssize_t last, confidence, rule, why):
    """The finding of a rule that matched words ``first`` to ``last`` of a turn."""
    return _quoted(record, turn, behaviour, first, last, confidence, "rules", rule, why)


def from_words(
    record, turn, behaviour, confidence, const double[::1] weight, openers, Py_ssize_t least, Py_ssize_t named
):
    """The finding of the learned detector: it quotes the clause whose words weighed most, and names the weightiest.

    Parameters
    ----------
    weight
        Of each word of the turn.
    openers, least
        See ``stretches.clauses_of``.
    named
        How many words are named at the most.
    """
    cdef Py_ssize_t a, b, i, j, first = 0, past = 0
    cdef double total, best = 0
    cdef list strongest = [], words = []
    cdef tuple its = <tuple> (<tuple> turn)[2]
    for a, b in clauses_of(its, (<tuple> turn)[5], openers, least):
        total = 0
        for i in range(a, b):
            total += weight[i]
        if past == 0 or total > best:
            first, past, best = a, b, total
    for i in range(first, past):
        if weight[i] > 0:
            j = len(strongest)
            while j > 0 and weight[<Py_ssize_t> strongest[j - 1]] < weight[i]:
                j -= 1
            if j < named:
                strongest.insert(j, i)
                if len(strongest) > named:
                    strongest.pop()
    text = (<tuple> turn)[0].text
    for i in sorted(strongest):
        word = text[(<tuple> (<tuple> turn)[3])[i] : (<tuple> (<tuple> turn)[4])[i]]
        if word not in words:
            words.append(word)
    if words:
        why = "wording learned from labelled calls; it weighed most on: " + ", ".join(words)
    else:
        why = "its place and what was said around it, learned from labelled calls"
    return _quoted(record, turn, behaviour, first, past - 1, confidence, "learned", None, why)


def sides(const double[:, ::1] probability, const int8_t[::1] role, const int64_t[::1] calls):
    """What each side's turns of each call come to.

    Returns
    -------
    top, where, mean
        The highest probability of each behaviour, the turn of it (index in the call; the first of equals; -1 without
        turns) and the mean; shapes (calls, 2, behaviours), the customer's side first. Without turns, probabilities are
        0.
    """
    cdef int64_t n = probability.shape[1], c, i, j, side
    shape = (calls.shape[0] - 1, 2, n)
    highest, at, average = np.zeros(shape), np.full(shape, -1, dtype=np.int32), np.zeros(shape)
    cdef double[:, :, ::1] top = highest, mean = average
    cdef int32_t[:, :, ::1] where = at
    cdef int64_t[2] count
    for c in range(calls.shape[0] - 1):
        count[0] = count[1] = 0
        for i in range(calls[c], calls[c + 1]):
            side = role[i]
            if side < 0:
                continue
            for j in range(n):
                if probability[i, j] > top[c, side, j] or count[side] == 0:
                    top[c, side, j] = probability[i, j]
                    where[c, side, j] = i - calls[c]
                mean[c, side, j] += probability[i, j]
            count[side] += 1
        for side in range(2):
            if count[side]:
                for j in range(n):
                    mean[c, side, j] /= count[side]
    return highest, at, average


def rounded(const double[::1] values, int digits):
    """Each value rounded as Python rounds it, sooner."""
    cdef int64_t i
    cdef double scale = 10.0 ** digits, scaled, whole
    result = np.empty(values.shape[0])
    cdef double[::1] out = result
    for i in range(values.shape[0]):
        scaled = values[i] * scale
        whole = floor(scaled)
        if scaled != scaled:
            out[i] = values[i]
        elif -1e-6 < scaled - whole - 0.5 < 1e-6:  # too near to the middle to tell from the product
            out[i] = round(values[i], digits)
        else:
            out[i] = (whole if scaled - whole < 0.5 else whole + 1) / scale
    return result


def highest(const double[::1] values, const uint8_t[::1] chosen, const int64_t[::1] calls):
    """The highest value of the chosen turns of each call, and its turn (index in the call, the first of equals).

    Shapes (calls,); 0 and -1 where no turn is chosen.
    """
    cdef int64_t c, i
    top, at = np.zeros(calls.shape[0] - 1), np.full(calls.shape[0] - 1, -1, dtype=np.int64)
    cdef double[::1] best = top
    cdef int64_t[::1] where = at
    for c in range(calls.shape[0] - 1):
        for i in range(calls[c], calls[c + 1]):
            if chosen[i] and (where[c] < 0 or values[i] > best[c]):
                best[c], where[c] = values[i], i - calls[c]
    return top, at
