from __future__ import annotations

from collections import Counter
from math import lgamma

import numpy as np
import pytest

from core.summarizing.likelihood import span_likelihood

UNITS = [["sea", "ship"], ["ship", "sea", "sea"], [], ["bread", "oven"], ["oven", "bread", "sea"]]


def by_definition(first: int, last: int) -> float:
    """The Dirichlet-multinomial marginal of a span, written out word by word."""
    said = Counter(word for unit in UNITS for word in unit)
    roots = {word: count**0.5 for word, count in said.items()}
    prior = {word: 100.0 * root / sum(roots.values()) for word, root in roots.items()}
    counts = Counter(word for unit in UNITS[first : last + 1] for word in unit)
    words = sum(counts.values())
    gains = sum(lgamma(prior[word] + count) - lgamma(prior[word]) for word, count in counts.items())
    return gains + lgamma(100.0) - lgamma(100.0 + words)


def test_every_span_has_the_marginal_likelihood_of_its_definition() -> None:
    spans = span_likelihood(UNITS)
    for first in range(len(UNITS)):
        for last in range(first, len(UNITS)):
            assert spans[first, last] == pytest.approx(by_definition(first, last), abs=1e-9)


def test_below_the_diagonal_there_are_no_spans() -> None:
    spans = span_likelihood(UNITS)
    assert np.isneginf(spans[np.tril_indices(len(UNITS), -1)]).all()


def test_units_without_words_are_no_error() -> None:
    assert span_likelihood([[], []])[0, 1] == 0.0
