"""TF-IDF vectors of sentences, sparse, on numpy alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class TfIdf:
    """Rows of unit length (all zero where a sentence has no terms), in coordinate form.

    Weight of a term: (1 + ln tf) · ln(1 + N / df), each sentence being a document.
    """

    __slots__ = ("_bounds", "columns", "idf", "row_count", "rows", "term_counts", "values", "vocabulary")

    def __init__(self, sentences: Sequence[Sequence[str]]) -> None:
        self.row_count = len(sentences)
        self.vocabulary: dict[str, int] = {}
        rows, columns, counts = self._coordinates(sentences)
        frequencies = np.bincount(columns, minlength=len(self.vocabulary)).astype(float)
        self.term_counts: Floats = _sums(columns, counts, len(self.vocabulary))
        self.idf: Floats = np.log1p(self.row_count / np.maximum(frequencies, 1.0))
        values = (1.0 + np.log(counts)) * self.idf[columns]
        norms = np.sqrt(_sums(rows, values**2, self.row_count))
        self.rows, self.columns = rows, columns
        self.values: Floats = values / norms[rows] if len(rows) else values
        self._bounds: Integers = np.searchsorted(rows, np.arange(self.row_count + 1))

    def times(self, vector: Floats) -> Floats:
        """The matrix times a vector over terms: one number per sentence."""
        return _sums(self.rows, self.values * vector[self.columns], self.row_count)

    def transposed_times(self, vector: Floats) -> Floats:
        """The transposed matrix times a vector over sentences: one number per term."""
        size = len(self.vocabulary)
        return _sums(self.columns, self.values * vector[self.rows], size)

    def window_sums(self, low: int, high: int, first: int, last: int) -> Floats:
        """For the sentences [first, last): the sum of their cosines to the sentences [low, high)."""
        inner = slice(self._bounds[low], self._bounds[high])
        vector = _sums(self.columns[inner], self.values[inner], len(self.vocabulary))
        outer = slice(self._bounds[first], self._bounds[last])
        weights = self.values[outer] * vector[self.columns[outer]]
        return _sums(self.rows[outer] - first, weights, last - first)

    def similarities(self, row: int) -> Floats:
        """Cosine of one sentence to every sentence."""
        return self.times(self.dense(row))

    def dense(self, row: int) -> Floats:
        vector = np.zeros(len(self.vocabulary))
        first, last = self._bounds[row], self._bounds[row + 1]
        vector[self.columns[first:last]] = self.values[first:last]
        return vector

    def term_means(self, weights: Floats) -> Floats:
        """Mean over each sentence's distinct terms of a per-term number; 0 where there are none."""
        counts = np.diff(self._bounds)
        sums = _sums(self.rows, weights[self.columns], self.row_count)
        return np.divide(sums, np.maximum(counts, 1))

    def term_maxima(self, weights: Floats) -> Floats:
        maxima = np.zeros(self.row_count)
        np.maximum.at(maxima, self.rows, weights[self.columns])
        return maxima

    def _coordinates(self, sentences: Sequence[Sequence[str]]) -> tuple[Integers, Integers, Floats]:
        rows: list[int] = []
        columns: list[int] = []
        counts: list[int] = []
        for row, terms in enumerate(sentences):
            counted = Counter(terms)
            rows.extend([row] * len(counted))
            columns.extend(self.vocabulary.setdefault(term, len(self.vocabulary)) for term in counted)
            counts.extend(counted.values())
        return np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64), np.array(counts, dtype=np.float64)


def _sums(places: Integers, weights: Floats, size: int) -> Floats:
    """Weights added up by place: an array of `size` numbers."""
    return np.bincount(places, weights=weights, minlength=size).astype(np.float64, copy=False)
