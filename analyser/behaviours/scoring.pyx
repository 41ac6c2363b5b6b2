# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Compiled: what the learned detector works out for every turn (see ``features``, ``learned`` and ``trees``).

Rows are turns of several calls, one call after the other; ``calls`` says where each call begins (length calls + 1),
``role`` is 1 for the agent's turns, 0 for the customer's, -1 for others. Words come as numbers, one turn's after the
other's; ``bounds`` says where each turn's begin (length turns + 1).
"""

from libc.math cimport log, sqrt
from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t, uint64_t

import numpy as np

cdef enum:
    OTHER_BEFORE = 0
    OTHER_AFTER = 1
    OWN_BEFORE = 2
    OWN_AFTER = 3


def neighbours(const int8_t[::1] role, const int64_t[::1] calls):
    """The rows of each turn's neighbours, shape (4, turns); -1 for none.

    In order: the other side's nearest turn before and after, the speaker's own nearest turn before and after.
    """
    cdef int64_t c, i
    cdef int32_t[2] last
    result = np.full((4, role.shape[0]), -1, dtype=np.int32)
    cdef int32_t[:, ::1] found = result
    for c in range(calls.shape[0] - 1):
        last[0] = last[1] = -1
        for i in range(calls[c], calls[c + 1]):
            if role[i] >= 0:
                found[OTHER_BEFORE, i] = last[1 - role[i]]
                found[OWN_BEFORE, i] = last[role[i]]
                last[role[i]] = i
        last[0] = last[1] = -1
        for i in range(calls[c + 1] - 1, calls[c] - 1, -1):
            if role[i] >= 0:
                found[OTHER_AFTER, i] = last[1 - role[i]]
                found[OWN_AFTER, i] = last[role[i]]
                last[role[i]] = i
    return result


def echoes(
    const int32_t[::1] words, const int64_t[::1] bounds, const int8_t[::1] role, const int64_t[::1] calls,
    const int32_t[::1] before, const uint8_t[::1] asks, const int32_t[::1] content, const int32_t[::1] figure,
):
    """How much of each turn was said before, by either side: shape (turns, 8), named by ``features.ECHO_NAMES``.

    Parameters
    ----------
    before
        The row of the other side's turn before; -1 for none.
    asks
        Whether a turn asks something.
    content, figure
        By a word's number: whether it carries a subject, and whether it is a number.
    """
    cdef int64_t n_turns = role.shape[0], n_words = content.shape[0], c, i, k, j, at = 0, own
    cdef int64_t size, earlier, near, far, new, figures, shared, likely
    cdef int32_t word, node
    cdef double likeness, again, share, n
    result = np.zeros((n_turns, 8), dtype=np.float32)
    cdef float[:, ::1] out = result
    # the distinct words with a subject of each turn, one turn's after the other's
    cdef int32_t[::1] kept = np.empty(words.shape[0], dtype=np.int32)
    cdef int64_t[::1] begin = np.zeros(n_turns + 1, dtype=np.int64)
    cdef int32_t[::1] seen = np.full(n_words, -1, dtype=np.int32)  # the last turn that has each word
    cdef int32_t[::1] marked = np.full(n_words, -1, dtype=np.int32)  # the last turn whose turn before has each word
    cdef int32_t[:, ::1] said = np.full((2, n_words), -1, dtype=np.int32)  # the last call in which each side said it
    # the turns of this call in which a side said each word: chains, the latest first
    cdef int32_t[:, ::1] head = np.empty((2, n_words), dtype=np.int32)  # of use where ``said`` is this call
    cdef int32_t[::1] link = np.empty(words.shape[0], dtype=np.int32)
    cdef int32_t[::1] link_turn = np.empty(words.shape[0], dtype=np.int32)
    cdef int32_t[::1] count = np.zeros(n_turns, dtype=np.int32)  # words shared with each earlier turn
    cdef int32_t[::1] touched = np.empty(n_turns, dtype=np.int32)
    for c in range(calls.shape[0] - 1):
        for i in range(calls[c], calls[c + 1]):
            begin[i] = at
            for k in range(bounds[i], bounds[i + 1]):
                word = words[k]
                if content[word] and seen[word] != i:
                    seen[word] = i
                    kept[at] = word
                    at += 1
            begin[i + 1] = at
            if role[i] < 0:
                continue
            own = role[i]
            size = at - begin[i]
            if before[i] >= 0:
                for k in range(begin[before[i]], begin[before[i] + 1]):
                    marked[kept[k]] = i
            near = far = new = figures = likely = 0
            for k in range(begin[i], at):
                word = kept[k]
                if marked[word] == i:
                    near += 1
                    figures += figure[word]
                if said[1 - own, word] == c:
                    far += 1
                elif said[own, word] != c:
                    new += 1
            likeness = again = 0
            if size >= 2:
                for k in range(begin[i], at):
                    if said[own, kept[k]] != c:
                        continue
                    node = head[own, kept[k]]
                    while node >= 0:
                        earlier = link_turn[node]
                        if count[earlier] == 0:
                            touched[likely] = earlier
                            likely += 1
                        count[earlier] += 1
                        node = link[node]
                for j in range(likely):
                    earlier = touched[j]
                    shared = count[earlier]
                    count[earlier] = 0
                    share = <double> shared / (size + begin[earlier + 1] - begin[earlier] - shared)
                    likeness = max(likeness, share)
                    if asks[earlier] and asks[i]:
                        again = max(again, share)
            for k in range(begin[i], at):
                word = kept[k]
                link[k] = head[own, word] if said[own, word] == c else -1
                link_turn[k] = i
                head[own, word] = k
                said[own, word] = c
            n = max(1, size)
            out[i, 0] = min(near, 6) / 6.0
            out[i, 1] = near / n
            out[i, 2] = min(far, 10) / 10.0
            out[i, 3] = far / n
            out[i, 4] = min(figures, 5) / 5.0
            out[i, 5] = new / n
            out[i, 6] = likeness
            out[i, 7] = again
    return result


cdef inline uint64_t _slot(int64_t key, uint64_t mask) noexcept nogil:
    return (<uint64_t> key * 0x9E3779B97F4A7C15ULL) >> 32 & mask


def hash_table(const int64_t[::1] keys):
    """A table for ``first_look``: each key (over 0) and its index, shapes (slots,), with 0 where a slot is empty."""
    cdef uint64_t size = 16
    while size < 3 * <uint64_t> keys.shape[0]:
        size *= 2
    slots, values = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int32)
    cdef int64_t[::1] slot = slots
    cdef int32_t[::1] value = values
    cdef uint64_t mask = size - 1, at
    cdef int64_t i
    for i in range(keys.shape[0]):
        at = _slot(keys[i], mask)
        while slot[at]:
            at = (at + 1) & mask
        slot[at] = keys[i]
        value[at] = i
    return slots, values


cdef inline int32_t _find(
    int64_t key, const int64_t[::1] slots, const int32_t[::1] values, uint64_t mask
) noexcept nogil:
    cdef uint64_t at = _slot(key, mask)
    while slots[at] != key:
        if slots[at] == 0:
            return -1
        at = (at + 1) & mask
    return values[at]


cdef inline void _add(float* total, const float* row, float weight, int64_t n) noexcept nogil:
    cdef int64_t j
    for j in range(n):
        total[j] += weight * row[j]


cdef extern from *:
    """
    #if defined(__GNUC__)
    #define soon(address) __builtin_prefetch(address)
    #else
    #define soon(address)
    #endif
    """
    void soon(const void* address) noexcept nogil  # what lies there is wanted soon: fetch it while other work is done


cdef int64_t _weigh(
    const int32_t* columns, int64_t n, int32_t* counts, const float[::1] idf, int32_t* distinct, float* weights,
    const float* table, int64_t n_table, int64_t width, const float* further, int64_t stride, int64_t n_further,
) noexcept nogil:
    """TF-IDF of a turn's n-grams: (1 + log count) * idf, of unit length; gives how many distinct ones there are.

    Fetches their rows from a table of so many rows and such a width, and those after them from a further table, of
    whose rows so many numbers are wanted.
    """
    cdef int64_t i, k, m = 0
    cdef double norm = 0, value
    for i in range(n):
        if counts[columns[i]] == 0:
            distinct[m] = columns[i]
            m += 1
            if columns[i] < n_table:
                for k in range(0, width, 16):
                    soon(table + columns[i] * width + k)
                soon(table + (columns[i] + 1) * width - 1)
            else:
                soon(further + (columns[i] - n_table) * stride)
                soon(further + (columns[i] - n_table) * stride + n_further - 1)
        counts[columns[i]] += 1
    for i in range(m):
        value = idf[distinct[i]]
        if counts[distinct[i]] > 1:
            value *= 1 + log(<double> counts[distinct[i]])
        counts[distinct[i]] = 0
        weights[i] = value
        norm += value * value
    norm = 1 / sqrt(norm) if norm > 0 else 1
    for i in range(m):
        weights[i] = weights[i] * norm
    return m


def char_sums(
    const int64_t[::1] char_begin, const int32_t[::1] chars, const float[::1] char_idf, const float[:, ::1] w_chars,
    int64_t first,
):
    """What the character n-grams of each word from number ``first`` on add up to, were it alone: shape (words, n + 1).

    Weights times inverse document frequency for each behaviour; last the sum of the squares of the frequencies.
    """
    cdef int64_t n = w_chars.shape[1], word, k
    cdef float idf
    result = np.zeros((char_begin.shape[0] - 1 - first, n + 1), dtype=np.float32)
    cdef float[:, ::1] out = result
    for word in range(first, char_begin.shape[0] - 1):
        for k in range(char_begin[word], char_begin[word + 1]):
            idf = char_idf[chars[k]]
            _add(&out[word - first, 0], &w_chars[chars[k], 0], idf, n)
            out[word - first, n] += idf * idf
    return result


cdef void _add_chars(
    const int32_t* words, int64_t n_words, const int64_t[::1] char_begin, const int32_t[::1] chars,
    const float[::1] char_idf, const float* sums, int64_t n, int64_t own, int64_t n_own, const float[:, ::1] w_chars,
    int32_t* seen, int32_t* repeated, float* total, float* out,
) noexcept nogil:
    """Add a turn's character n-grams: its words' sums, put right for n-grams that occur more than once."""
    cdef int64_t k, j, n_repeated = 0
    cdef double norm = 0, idf, weight, count
    cdef int32_t column
    for k in range(n_words):
        soon(sums + words[k] * (n + 1) + own)
        soon(sums + words[k] * (n + 1) + n)
    for j in range(n_own):
        total[j] = 0
    for k in range(n_words):
        for j in range(char_begin[words[k]], char_begin[words[k] + 1]):
            column = chars[j]
            seen[column] += 1
            if seen[column] == 2:
                repeated[n_repeated] = column
                n_repeated += 1
                soon(&w_chars[column, own])
                soon(&w_chars[column, own + n_own - 1])
    for k in range(n_words):
        _add(total, sums + words[k] * (n + 1) + own, 1, n_own)
        norm += sums[words[k] * (n + 1) + n]
    for k in range(n_repeated):
        column = repeated[k]
        count = seen[column]
        idf = char_idf[column]
        weight = 1 + log(count)
        _add(total, &w_chars[column, own], idf * (weight - count), n_own)
        norm += idf * idf * (weight * weight - count)
    for k in range(n_words):
        for j in range(char_begin[words[k]], char_begin[words[k] + 1]):
            seen[chars[j]] = 0
    if norm > 0:
        _add(out, total, 1 / sqrt(norm), n_own)


def first_look(
    const int32_t[::1] words, const int64_t[::1] bounds, const int8_t[::1] role, const int32_t[:, ::1] sources,
    const int32_t[::1] ids, int64_t base,
    const int32_t[::1] singles, const int64_t[::1] pair_keys, const int32_t[::1] pair_values,
    const int64_t[::1] triple_keys, const int32_t[::1] triple_values, const float[::1] word_idf,
    const int64_t[::1] char_begin, const int32_t[::1] chars, const float[::1] char_idf, const float[:, ::1] char_sums,
    const float[:, ::1] w_customer, const float[:, ::1] w_agent, const float[:, ::1] w_own_before,
    const float[:, ::1] w_triples, const float[:, ::1] w_chars,
    const float[:, ::1] dense, const float[:, ::1] w_dense,
    const int32_t[::1] rule_rows, const int32_t[::1] rule_columns, const float[:, ::1] w_rules,
    const float[::1] intercept, int64_t n_agent,
):
    """Scores of every turn for every behaviour, shape (turns, behaviours); 0 for those of the other side.

    Parameters
    ----------
    sources
        Rows of the turns whose words count as before, after and own before; -1 for none; shape (3, turns).
    ids
        By a word's number: its id among the words of the features, from 1; 0 for none.
    base
        The number by which ids are joined into keys.
    singles, pair_keys, pair_values, triple_keys, triple_values
        Columns of n-grams: of one word by id (-1 for none), of two and three by ``hash_table``.
    char_begin, chars
        By a word's number: where the columns of its character n-grams begin in ``chars`` (length words + 1).
    char_sums
        See there.
    w_customer, w_agent
        Weights of n-grams of one and two words that the customer or the agent says: as the turn's own words for their
        own behaviours, then as those of the turn before and after for the other side's, side by side.
    w_own_before
        Weights of the same as words of the speaker's own turn before, shape (n-grams, behaviours).
    w_triples, w_chars, w_dense, w_rules
        Weights of the other features, shapes (features, behaviours).
    dense
        The features that are no words, shape (turns, features).
    rule_rows, rule_columns
        Which turns were hit by which rules.
    n_agent
        The agent's behaviours come first, so many.
    """
    cdef int64_t n_turns = role.shape[0], n = intercept.shape[0], i, k, j, m, found, side, own, other, n_own, n_other
    cdef int64_t n_short = w_agent.shape[0], source, stride
    cdef const float* table
    cdef uint64_t pair_mask = pair_keys.shape[0] - 1, triple_mask = triple_keys.shape[0] - 1
    cdef int64_t longest = 1
    cdef int64_t[2] start = [n_agent, 0], width = [n - n_agent, n_agent]  # of each side's behaviours
    cdef int64_t a, b, id_
    cdef int32_t column
    cdef float weight
    for i in range(n_turns):
        longest = max(longest, 3 * (bounds[i + 1] - bounds[i]))
    cdef int32_t[::1] columns = np.empty(longest, dtype=np.int32)
    cdef int32_t[::1] distinct = np.empty(longest, dtype=np.int32)
    cdef float[::1] weights = np.empty(longest, dtype=np.float32)
    cdef int32_t[::1] counts = np.zeros(word_idf.shape[0] + 1, dtype=np.int32)
    cdef int32_t[::1] seen = np.zeros(char_idf.shape[0] + 1, dtype=np.int32)
    cdef int32_t[::1] repeated = np.empty(char_idf.shape[0] + 1, dtype=np.int32)
    cdef float[::1] total = np.empty(2 * n, dtype=np.float32)
    if words.shape[0] == 0:
        words = np.zeros(1, dtype=np.int32)
    result = np.zeros((n_turns, n), dtype=np.float32)
    cdef float[:, ::1] out = result
    # what each turn's words add to the scores of its neighbours: as before, as after, as own before
    cdef float[:, :, ::1] lent = np.zeros((3, n_turns, n), dtype=np.float32)
    cdef uint8_t[:, ::1] lends = np.zeros((3, n_turns), dtype=np.uint8)  # whether any turn asks for that
    for k in range(3):
        for i in range(n_turns):
            if sources[k, i] >= 0:
                lends[k, sources[k, i]] = 1
    for i in range(n_turns):
        if role[i] < 0:
            continue
        own, n_own, other, n_other = start[role[i]], width[role[i]], start[1 - role[i]], width[1 - role[i]]
        found = 0
        a = b = 0
        for k in range(bounds[i], bounds[i + 1]):
            id_ = ids[words[k]]
            if id_:
                column = singles[id_]
                if column >= 0:
                    columns[found] = column
                    found += 1
                column = _find(b * base + id_, pair_keys, pair_values, pair_mask) if b else -1
                if column >= 0:
                    columns[found] = column
                    found += 1
                    if a:  # three words are known only where both pairs are
                        column = _find((a * base + b) * base + id_, triple_keys, triple_values, triple_mask)
                        if column >= 0:
                            columns[found] = column
                            found += 1
                else:
                    b = 0  # so that the next word looks for a pair alone
            a, b = b, id_
        table, stride = &w_agent[0, 0] if role[i] else &w_customer[0, 0], n_own + 2 * n_other
        m = _weigh(
            &columns[0], found, &counts[0], word_idf, &distinct[0], &weights[0], table, n_short, stride,
            &w_triples[0, own], n, n_own,
        )
        for j in range(stride):
            total[j] = 0
        for j in range(m):
            column = distinct[j]
            if column < n_short:
                _add(&total[0], table + column * stride, weights[j], stride)
                if lends[2, i]:
                    _add(&lent[2, i, own], &w_own_before[column, own], weights[j], n_own)
            else:
                _add(&total[0], &w_triples[column - n_short, own], weights[j], n_own)
        _add(&out[i, own], &total[0], 1, n_own)
        _add(&lent[0, i, other], &total[n_own], 1, n_other)
        _add(&lent[1, i, other], &total[n_own + n_other], 1, n_other)
        _add_chars(
            &words[0] + bounds[i], bounds[i + 1] - bounds[i], char_begin, chars, char_idf, &char_sums[0, 0], n, own,
            n_own, w_chars, &seen[0], &repeated[0], &total[0], &out[i, own],
        )
        for j in range(dense.shape[1]):
            if dense[i, j] != 0:
                _add(&out[i, own], &w_dense[j, own], dense[i, j], n_own)
        _add(&out[i, own], &intercept[own], 1, n_own)
    for k in range(rule_rows.shape[0]):
        i = rule_rows[k]
        if role[i] >= 0:
            own, n_own = start[role[i]], width[role[i]]
            _add(&out[i, own], &w_rules[rule_columns[k], own], 1, n_own)
    for i in range(n_turns):
        if role[i] < 0:
            continue
        own, n_own = start[role[i]], width[role[i]]
        for k in range(3):
            source = sources[k, i]
            if source >= 0:
                _add(&out[i, own], &lent[k, source, own], 1, n_own)
    return result


def word_weights(
    const int64_t[::1] rows, const int64_t[::1] behaviours, const int32_t[::1] words, const int64_t[::1] bounds,
    const int32_t[::1] ids, int64_t base, const int32_t[::1] singles, const int64_t[::1] pair_keys,
    const int32_t[::1] pair_values, const int64_t[::1] triple_keys, const int32_t[::1] triple_values,
    const float[::1] word_idf, const float[:, ::1] w_customer, const float[:, ::1] w_agent,
    const float[:, ::1] w_triples, int64_t n_agent,
):
    """How much each word of some turns weighs for a behaviour in the first look; n-grams share theirs.

    Parameters
    ----------
    rows, behaviours
        The turns, and the behaviour that is asked of each.
    w_customer, w_agent, w_triples
        See ``first_look``.

    Returns
    -------
    An array for each of the turns, of its words' length.
    """
    cdef int64_t f, i, n, size, begin, k, step, key
    cdef int32_t column
    cdef uint64_t pair_mask = pair_keys.shape[0] - 1, triple_mask = triple_keys.shape[0] - 1
    cdef double[::1] weight
    n = 1
    for f in range(rows.shape[0]):
        n = max(n, bounds[rows[f] + 1] - bounds[rows[f]])
    cdef double[::1] share = np.zeros(n)
    cdef uint8_t[::1] paired = np.zeros(n, dtype=np.uint8)
    cdef list result = []
    for f in range(rows.shape[0]):
        begin, size = bounds[rows[f]], bounds[rows[f] + 1] - bounds[rows[f]]
        its = np.zeros(size)
        weight = its
        for n in range(1, 4):
            for i in range(size - n + 1):
                k = begin + i
                if n == 1:
                    column = singles[ids[words[k]]] if ids[words[k]] else -1
                elif n == 2:
                    column = -1
                    if ids[words[k]] and ids[words[k + 1]]:
                        column = _find(ids[words[k]] * base + ids[words[k + 1]], pair_keys, pair_values, pair_mask)
                    paired[i] = column >= 0
                else:  # three words are known only where both pairs are
                    column = -1
                    if paired[i] and paired[i + 1]:
                        key = (ids[words[k]] * base + ids[words[k + 1]]) * base + ids[words[k + 2]]
                        column = _find(key, triple_keys, triple_values, triple_mask)
                if column < 0:
                    share[i] = 0
                elif n < 3:
                    if behaviours[f] < n_agent:
                        share[i] = w_agent[column, behaviours[f]] * word_idf[column] / <float> n
                    else:
                        share[i] = w_customer[column, behaviours[f] - n_agent] * word_idf[column] / <float> n
                else:
                    share[i] = w_triples[column - w_agent.shape[0], behaviours[f]] * word_idf[column] / <float> n
            for step in range(n):
                for i in range(size - n + 1):
                    weight[i + step] += share[i]
        result.append(its)
    return result


def context(
    const float[:, ::1] scores, const int8_t[::1] role, const int64_t[::1] calls, const int32_t[:, ::1] near,
    const float[:, ::1] place, int64_t n_agent, float clip, float absent,
):
    """What the second look sees of each turn, shape (turns, 7 * behaviours + places).

    The scores of the turn, of its ``neighbours``, the mean and the two highest over the call, and the place. Scores lie
    within ``clip`` of 0; ``absent`` stands for those of the other side and of neighbours that are not there.
    """
    cdef int64_t n_turns = scores.shape[0], n = scores.shape[1], n_place = place.shape[1], width = 7 * n + n_place
    cdef int64_t c, i, k, j, own, n_own, count
    cdef int64_t[2] start = [n_agent, 0], width_of = [n - n_agent, n_agent]  # of each side's behaviours
    cdef float value, high, higher, total
    result = np.full((n_turns, width), absent, dtype=np.float32)
    cdef float[:, ::1] out = result
    for i in range(n_turns):
        if role[i] >= 0:
            own, n_own = start[role[i]], width_of[role[i]]
            for j in range(own, own + n_own):
                out[i, j] = min(max(scores[i, j], -clip), clip)
        for j in range(n_place):
            out[i, 7 * n + j] = place[i, j]
    for c in range(calls.shape[0] - 1):
        for k in range(2):
            own, n_own = start[k], width_of[k]
            for j in range(own, own + n_own):
                total = count = 0
                high = higher = -clip
                for i in range(calls[c], calls[c + 1]):
                    if role[i] == k:
                        value = out[i, j]
                        total += value
                        if count == 0 or value > higher:
                            high = higher if count else value
                            higher = value
                        elif count == 1 or value > high:
                            high = value
                        count += 1
                if count:
                    total /= count
                    high = (high + higher) / 2
                    for i in range(calls[c], calls[c + 1]):
                        out[i, 5 * n + j] = total
                        out[i, 6 * n + j] = high
    for i in range(n_turns):
        for k in range(4):
            if near[k, i] >= 0:
                for j in range(n):
                    out[i, (k + 1) * n + j] = out[near[k, i], j]
    return result


cdef extern from *:
    """
    #define ROWS 32  /* rows that are asked together: the compiler makes each step one instruction for several */
    static void choose(int *__restrict own, const int *__restrict yes, const int *__restrict no,
                       const float *__restrict x, float most) {
        for (int r = 0; r < ROWS; r++) { int a = yes[r], b = no[r]; own[r] = x[r] <= most ? a : b; }
    }
    """
    enum: ROWS
    void choose(int32_t* own, const int32_t* yes, const int32_t* no, const float* x, float most) noexcept nogil


cdef struct Node:
    int32_t feature
    float threshold
    int32_t left


def grow(
    const float[:, ::1] rows, const int32_t[::1] chosen, const int32_t[:, ::1] nodes, const double[::1] value,
    const int32_t[::1] root, const int32_t[::1] target, int64_t first, int64_t past, double[:, ::1] out,
):
    """Add up trees for some rows.

    Every node of a tree is asked, from the last to the root: with so few of them, that costs less than to find the way.

    Parameters
    ----------
    chosen
        The rows.
    nodes
        Feature, threshold (the bits of a single-precision number) and left node of each: a row goes left where its
        feature is at most the threshold, else to the node after the left one; a leaf leads to itself. Children come
        after their parents. Shape (nodes, 3).
    value
        What each leaf adds, shape (nodes,).
    root, target
        Each tree's first node (length trees + 1), and the column that it adds to (length trees).
    first, past
        Which trees.
    out
        What they are added to, shape (rows, columns).
    """
    cdef int64_t begin, t, i, j, n, node, most = 1, n_features = rows.shape[1]
    cdef const Node* its
    cdef const Node* every
    cdef const float* row
    cdef int32_t* leaf
    if past == first:
        return
    for t in range(first, past):
        most = max(most, root[t + 1] - root[t])
    every = <const Node*> &nodes[0, 0]
    # the leaf that each row comes to from each node of a tree, and each feature of the rows, side by side
    cdef int32_t[::1] leaves = np.empty(most * ROWS, dtype=np.int32)
    cdef float[::1] columns = np.zeros(n_features * ROWS, dtype=np.float32)
    for begin in range(0, chosen.shape[0], ROWS):
        n = min(ROWS, chosen.shape[0] - begin)
        for i in range(n):
            row = &rows[chosen[begin + i], 0]
            for j in range(n_features):
                columns[j * ROWS + i] = row[j]
        for t in range(first, past):
            for node in range(root[t + 1] - 1, root[t] - 1, -1):
                its = &every[node]
                leaf = &leaves[(node - root[t]) * ROWS]
                if its.left == node:
                    for i in range(ROWS):
                        leaf[i] = node
                else:
                    j = (its.left - root[t]) * ROWS
                    choose(leaf, &leaves[j], &leaves[j + ROWS], &columns[its.feature * ROWS], its.threshold)
            for i in range(n):
                out[chosen[begin + i], target[t]] += value[leaves[i]]
