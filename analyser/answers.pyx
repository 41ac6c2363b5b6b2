# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Compiled: how the agent answered customers' turns, as the judge of openings sees it (see ``openings``)."""

from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t

import numpy as np


def answered(
    const int64_t[::1] turns, const int64_t[::1] calls, const int8_t[::1] role, const int32_t[::1] lengths,
    const uint8_t[::1] any_found, const double[:, ::1] probability, const double[::1] harm,
    const int64_t[::1] answers, const int64_t[::1] harms, const int64_t[::1] cares, const double[::1] kindness,
    int64_t distress, int64_t pleased, int64_t most, int64_t back_channel,
):
    """The answers to some turns of customers.

    Parameters
    ----------
    turns
        Rows of the turns, in order.
    calls, role, lengths
        See ``rows.Rows``.
    any_found
        Whether anything was found in each turn; a turn of no more than ``back_channel`` words in which nothing was is
        no answer.
    probability, harm
        See ``resolve.Judged``.
    answers, harms, cares, distress, pleased
        Columns of the behaviours that count.
    kindness
        How much each behaviour makes an answer kind, shape (behaviours,).
    most
        How many answers may count; turns of one split message are one.

    Returns
    -------
    features
        Named by ``openings.FEATURES``, shape (turns, features).
    group
        Of each turn's answers: the row, and which answer it belongs to (from 0); shape (answering turns, 2).
    begin
        Where each turn's answers begin in ``group`` (length turns + 1).
    best
        Row of the kindest and of the most harmful of the answering turns, the first of equals; -1 for none;
        shape (turns, 2).
    """
    cdef int64_t n = turns.shape[0], n_answers = answers.shape[0], n_harms = harms.shape[0], t, i, j, k, end, call = 0
    cdef int64_t groups, at = 0, words, after
    cdef int32_t running
    cdef double value, kindest, worst
    result = np.zeros((n, 2 * n_answers + n_harms + 8))
    begin, best = np.zeros(n + 1, dtype=np.int64), np.full((n, 2), -1, dtype=np.int64)
    cdef double[:, ::1] out = result
    cdef int64_t[::1] starts = begin
    cdef int64_t[:, ::1] chosen = best
    cdef list rows = [], numbers = []
    cdef double[::1] row
    for t in range(n):
        while turns[t] >= calls[call + 1]:
            call += 1
        end = calls[call + 1]
        row = out[t]
        groups = words = running = 0
        kindest = worst = -1
        for i in range(turns[t] + 1, end):
            if role[i] == 0:
                running = 0
            elif role[i] == 1:
                if lengths[i] <= back_channel and not any_found[i]:
                    continue
                if not running:
                    if groups == most:
                        break
                    groups += 1
                    running = 1
                rows.append(i)
                numbers.append(groups - 1)
                at += 1
                words += lengths[i]
                if groups <= 2:
                    k = (groups - 1) * n_answers
                    for j in range(n_answers):
                        row[k + j] = max(row[k + j], probability[i, answers[j]])
                    k = 2 * n_answers + n_harms + groups - 1
                    row[k] = max(row[k], harm[i])
                k = 2 * n_answers
                for j in range(n_harms):
                    row[k + j] = max(row[k + j], probability[i, harms[j]])
                k = 2 * n_answers + n_harms + 2
                for j in range(cares.shape[0]):
                    row[k] = max(row[k], probability[i, cares[j]])
                value = 0
                for j in range(kindness.shape[0]):
                    if kindness[j]:
                        value += kindness[j] * probability[i, j]
                if value > kindest:
                    kindest = value
                    chosen[t, 0] = i
                if harm[i] > worst:
                    worst = harm[i]
                    chosen[t, 1] = i
        starts[t + 1] = at
        k = 2 * n_answers + n_harms + 3
        row[k] = groups == 1
        row[k + 1] = probability[turns[t], distress]
        after = 0
        for i in range(turns[t] + 1, end):
            if role[i] == 0:
                row[k + 2] = max(row[k + 2], probability[i, distress])
                row[k + 3] = max(row[k + 3], probability[i, pleased])
                after += 1
                if after == 2:
                    break
        row[k + 4] = min(words, 80) / 80.0
    group = np.empty((at, 2), dtype=np.int64)
    group[:, 0], group[:, 1] = rows, numbers
    return result, group, begin, best
