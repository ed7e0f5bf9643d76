"""Our Pk and WindowDiff are nltk's, to the last digit."""

from __future__ import annotations

import random

import pytest
from nltk.metrics.segmentation import pk, windowdiff

from core.scorecard.boundaries import score_boundaries


def marks(boundaries: list[int], length: int) -> str:
    return "".join("1" if number in boundaries else "0" for number in range(length))


@pytest.mark.parametrize("seed", range(40))
def test_both_rates_equal_nltk_on_random_boundaries(seed: int) -> None:
    random_numbers = random.Random(seed)
    length = random_numbers.randint(30, 700)
    true = random_numbers.sample(range(1, length), random_numbers.randint(1, 12))
    found = random_numbers.sample(range(1, length), random_numbers.randint(0, 12))
    window = round(length / (len(true) * 2.0))
    score = score_boundaries(true, found, length)
    reference, hypothesis = marks(true, length), marks(found, length)
    assert score["pk"] == pytest.approx(100 * pk(reference, hypothesis))
    assert score["windowdiff"] == pytest.approx(100 * windowdiff(reference, hypothesis, window))


def test_the_true_boundaries_are_without_error_and_missing_ones_are_not() -> None:
    assert score_boundaries([20, 60], [20, 60], 100) == {"pk": 0.0, "windowdiff": 0.0}
    assert score_boundaries([20, 60], [], 100)["pk"] > 40


def test_a_reference_without_boundaries_has_no_window() -> None:
    with pytest.raises(ValueError, match="no window"):
        score_boundaries([], [3], 10)
