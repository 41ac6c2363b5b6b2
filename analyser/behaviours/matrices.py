"""Sums over sparse matrices of n-grams: keys of word ids, look-up in a vocabulary, TF-IDF weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

Array = np.ndarray[Any, np.dtype[Any]]


def keys_of(ids: Array, bounds: Array, n: int, base: int) -> tuple[Array, Array]:
    """Keys of all n-grams of known words, and the row of each."""
    rows = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    if len(ids) < n:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    last = len(ids) - n + 1
    key = ids[:last].copy()
    good = ids[:last] > 0
    for step in range(1, n):
        part = ids[step : last + step]
        key = key * base + part
        good &= part > 0
    good &= rows[:last] == rows[n - 1 :]
    return key[good], rows[:last][good]


def frequent(keyed: tuple[Array, Array], min_df: int) -> Array:
    """Sorted keys that occur in at least ``min_df`` rows."""
    keys, rows = keyed
    pairs = np.unique(np.stack([keys, rows], axis=1), axis=0)
    values, counts = np.unique(pairs[:, 0], return_counts=True)
    return values[counts >= min_df]


def lookup(keyed: tuple[Array, Array], vocabulary: Array, n_rows: int) -> sp.csr_matrix:
    """Counts of the vocabulary's keys, a row a turn."""
    keys, rows = keyed
    if not len(vocabulary):
        return sp.csr_matrix((n_rows, 0), dtype=np.float32)
    at = np.minimum(np.searchsorted(vocabulary, keys), len(vocabulary) - 1)
    known = vocabulary[at] == keys
    data = np.ones(int(known.sum()), dtype=np.float32)
    return sp.csr_matrix((data, (rows[known], at[known])), shape=(n_rows, len(vocabulary)))


def idf_of(counts: sp.csr_matrix, n: int) -> Array:
    df = np.bincount(counts.indices, minlength=counts.shape[1])
    return np.asarray(np.log((1 + n) / (1 + df)) + 1, dtype=np.float32)


def weigh(counts: sp.csr_matrix, idf: Array) -> sp.csr_matrix:
    """(1 + log count) * idf, each row of unit length."""
    data = (1 + np.log(counts.data)) * idf[counts.indices]
    lengths = np.diff(counts.indptr)
    rows = np.repeat(np.arange(counts.shape[0]), lengths)
    norms = np.sqrt(np.bincount(rows, weights=data * data, minlength=counts.shape[0]))
    norms[norms == 0] = 1
    return sp.csr_matrix(((data / norms[rows]).astype(np.float32), counts.indices, counts.indptr), shape=counts.shape)


def rows_of(matrix: sp.csr_matrix, index: Array) -> sp.csr_matrix:
    """Rows of a matrix by index; -1 gives an empty row."""
    padded = sp.vstack([matrix, sp.csr_matrix((1, matrix.shape[1]), dtype=matrix.dtype)], format="csr")
    return padded[np.where(index < 0, matrix.shape[0], index)]
