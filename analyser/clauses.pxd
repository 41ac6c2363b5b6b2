# cython: language_level=3
"""The one rule of where a clause begins, shared by the compiled modules."""


cdef inline bint begins(Py_ssize_t at, Py_ssize_t first, Py_ssize_t n, Py_ssize_t least, bint opens) noexcept nogil:
    """Whether an unmarked clause begins at a word of a turn of ``n``.

    Parameters
    ----------
    first
        Where the clause before it begins.
    least
        How many words there must be since, and from there on.
    opens
        Whether the word opens clauses.
    """
    return opens and at - first >= least and n - at >= least
