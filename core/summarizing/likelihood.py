"""How likely each stretch of a text is under one vocabulary of its own: the Dirichlet model of topic segmentation.

Eisenstein and Barzilay, Bayesian Unsupervised Topic Segmentation (2008): the words of a segment are drawn from one
multinomial with a Dirichlet prior, which is integrated out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import lgamma

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# The prior: this many words in all, shared out by the square root of how often each is said in the whole text.
_PRIOR_WORDS, _PRIOR_POWER = 100.0, 0.5
_PAIRS_A_BATCH = 1_000_000


def span_likelihood(units: Sequence[Sequence[str]]) -> Floats:
    """Log marginal likelihood of every span: entry [i, j] for the units i..j, -inf below the diagonal.

    A word's n-th occurrence in a span adds ln(prior + n - 1), so spans grow by sums over pairs of occurrences: the
    whole table takes one cumulative sum along each axis.
    """
    size = len(units)
    occurrences = _occurrences(units)
    priors = _priors([len(found) for found in occurrences])
    table = np.zeros(size * size)
    for cells, gains in _pair_gains(occurrences, priors, size):
        table += np.bincount(cells, weights=gains, minlength=size * size)
    spans = table.reshape(size, size)
    np.cumsum(spans[::-1], axis=0, out=spans[::-1])
    np.cumsum(spans, axis=1, out=spans)
    if occurrences:
        _add_first_occurrences(spans, units, occurrences, priors)
    for row in range(size):
        spans[row, :row] = -np.inf
    return spans


def _occurrences(units: Sequence[Sequence[str]]) -> list[Ints]:
    """For each word the units it stands in, in order, once for each time it is said."""
    found: dict[str, list[int]] = defaultdict(list)
    for number, unit in enumerate(units):
        for word in unit:
            found[word].append(number)
    return [np.array(places, dtype=np.int64) for places in found.values()]


def _priors(counts: Sequence[int]) -> Floats:
    shares = np.array(counts, dtype=np.float64) ** _PRIOR_POWER
    return np.asarray(_PRIOR_WORDS * shares / max(shares.sum(), 1.0), dtype=np.float64)


def _pair_gains(occurrences: list[Ints], priors: Floats, size: int) -> Iterator[tuple[Ints, Floats]]:
    """Cells (first unit · size + last unit) and what a span gains that holds both of a pair `lag` occurrences apart."""
    cells: list[Ints] = []
    gains: list[Floats] = []
    held = 0
    for places, prior in zip(occurrences, priors, strict=True):
        for lag in range(1, len(places)):
            gain = np.log(prior + lag) - np.log(prior + lag - 1)
            cells.append(places[:-lag] * size + places[lag:])
            gains.append(np.full(len(places) - lag, gain))
            held += len(places) - lag
        if held > _PAIRS_A_BATCH:
            yield np.concatenate(cells), np.concatenate(gains)
            cells, gains, held = [], [], 0
    if cells:
        yield np.concatenate(cells), np.concatenate(gains)


def _add_first_occurrences(
    spans: Floats, units: Sequence[Sequence[str]], occurrences: list[Ints], priors: Floats
) -> None:
    """Adds ln(prior) for every word of a span, and the normaliser, which depends on its number of words alone."""
    size = len(units)
    logs = np.zeros(size)
    for places, prior in zip(occurrences, priors, strict=True):
        np.add.at(logs, places, np.log(prior))
    log_edges = np.concatenate([[0.0], np.cumsum(logs)])
    word_edges = np.array([0, *accumulate(len(unit) for unit in units)])
    total = float(priors.sum())
    normalisers = np.array([lgamma(total) - lgamma(total + words) for words in range(int(word_edges[-1]) + 1)])
    for row in range(size):
        words = word_edges[row + 1 :] - word_edges[row]
        spans[row, row:] += log_edges[row + 1 :] - log_edges[row] + normalisers[words]
