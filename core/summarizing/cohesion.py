"""How well neighbouring stretches of a text hold together: the matrix that chapters are cut from.

The usual lexical cohesion kernel (cosines of TF-IDF vectors, as in Choi's C99), smoothed along the text at two widths:
a stretch then shares words with its neighbours' neighbours, which matters where a unit has ten content words. By itself
it was measured beside the Dirichlet model of Eisenstein and Barzilay (2008): mean Pk 22.4 against 24.2 to 25.1 over
lectures and joined course videos, podcasts and meetings. Physics lectures (30 against 37 to 39) and neighbouring course
videos (10 against 16 to 20) gain, joined meetings lose (30 against 25 to 27), the rest is even.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Singles = NDArray[np.float32]
Floats = NDArray[np.float64]

# Standard deviations, in units of twenty words, of the two Gaussian windows.
_WIDTHS = (0.7, 1.5)
# A word of fewer units than this says nothing of what belongs together; short texts cannot be so choosy.
_LEAST_UNITS, _LEAST_UNITS_SHORT, _SHORT = 3, 2, 30
_VOCABULARY_BLOCK = 1024


def span_cohesion(units: Sequence[Sequence[str]]) -> Floats:
    """Cohesion of every span: entry [i, j] for the units i..j, -inf below the diagonal.

    The sum of all cosines inside the span over its length: summed over the spans of a segmentation this is largest
    where the variance inside segments is least (kernel change-point detection).
    """
    size = len(units)
    sums = np.zeros((size + 1, size + 1))
    np.cumsum(_smoothed_cosines(units), axis=0, out=sums[1:, 1:])
    np.cumsum(sums, axis=1, out=sums)
    before = sums.diagonal().copy()
    spans = -2.0 * sums[:-1, 1:]
    spans += before[1:]
    spans += before[:-1, None]
    for row in range(size):
        spans[row, row:] /= np.arange(1, size - row + 1)
        spans[row, :row] = -np.inf
    return spans


def _smoothed_cosines(units: Sequence[Sequence[str]]) -> Singles:
    products = _products(units)
    total = np.zeros_like(products)
    for width in _WIDTHS:
        smoothed = _smooth_rows(_smooth_rows(products, width).T, width)
        norms = np.sqrt(np.maximum(smoothed.diagonal(), 1e-12))
        total += smoothed / norms[:, None] / norms
    total /= len(_WIDTHS)
    return total


def _products(units: Sequence[Sequence[str]]) -> Singles:
    """Cosines of the units' TF-IDF vectors, in blocks of the vocabulary so that a day of speech fits in memory."""
    size = len(units)
    rows, columns, values, terms = _tfidf(units)
    products = np.zeros((size, size), dtype=np.float32)
    for first in range(0, terms, _VOCABULARY_BLOCK):
        inside = (columns >= first) & (columns < first + _VOCABULARY_BLOCK)
        block = np.zeros((size, _VOCABULARY_BLOCK), dtype=np.float32)
        block[rows[inside], columns[inside] - first] = values[inside]
        products += block @ block.T
    # What a matrix product leaves in the last bits may differ between machines.
    rounded: Singles = np.round(products, 5)
    return rounded


def _tfidf(units: Sequence[Sequence[str]]) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats, int]:
    """Rows, columns and values of (1 + ln tf) · ln(N / df), rows of unit length, and the number of terms."""
    counted = [Counter(unit) for unit in units]
    frequencies = Counter(word for counts in counted for word in counts)
    least = _LEAST_UNITS if len(units) >= _SHORT else _LEAST_UNITS_SHORT
    vocabulary = {word: i for i, word in enumerate(w for w, units_with in frequencies.items() if units_with >= least)}
    rows, columns, values = [], [], []
    for row, counts in enumerate(counted):
        for word, count in counts.items():
            if word in vocabulary:
                rows.append(row)
                columns.append(vocabulary[word])
                values.append((1.0 + math.log(count)) * math.log(len(units) / frequencies[word]))
    row_array, value_array = np.array(rows, dtype=np.int64), np.array(values, dtype=np.float64)
    norms = np.sqrt(np.bincount(row_array, weights=value_array**2, minlength=len(units)))
    value_array /= np.maximum(norms[row_array], 1e-12)
    return row_array, np.array(columns, dtype=np.int64), value_array, len(vocabulary)


def _smooth_rows(matrix: Singles, width: float) -> Singles:
    """Each row as the Gaussian-weighted mean of itself and its neighbours."""
    size = len(matrix)
    smoothed = matrix.copy()
    weights = np.ones(size, dtype=np.float32)
    for shift in range(1, min(math.ceil(4 * width), size - 1) + 1):
        weight = np.float32(math.exp(-0.5 * (shift / width) ** 2))
        smoothed[shift:] += weight * matrix[:-shift]
        smoothed[:-shift] += weight * matrix[shift:]
        weights[shift:] += weight
        weights[:-shift] += weight
    smoothed /= weights[:, None]
    return smoothed
