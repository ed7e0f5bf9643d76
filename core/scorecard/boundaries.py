"""How far found topic boundaries are from the true ones: Pk and WindowDiff, as nltk counts them."""

from __future__ import annotations

from collections.abc import Collection
from itertools import accumulate

from typing_extensions import TypedDict


class BoundaryScore(TypedDict):
    """Both are error rates: lower is better."""

    pk: float
    windowdiff: float


def score_boundaries(true: Collection[int], found: Collection[int], length: int) -> BoundaryScore:
    """Per cent of windows that are wrong.

    `true` and `found` are the indexes, 1 to length - 1, of the items that begin a new segment. The window is half the
    mean reference segment, where nltk counts boundaries, not segments. Pk (Beeferman and others 1999): the window has
    a boundary in one and none in the other. WindowDiff (Pevzner and Hearst 2002): another number of boundaries.
    """
    if not true:
        raise ValueError("There is no window without a true boundary.")
    window = round(length / (len(set(true)) * 2.0))
    pairs = list(zip(_window_counts(true, length, window), _window_counts(found, length, window), strict=True))
    missed = sum((a > 0) != (b > 0) for a, b in pairs)
    differing = sum(a != b for a, b in pairs)
    return {"pk": 100.0 * missed / len(pairs), "windowdiff": 100.0 * differing / len(pairs)}


def _window_counts(boundaries: Collection[int], length: int, window: int) -> list[int]:
    """Boundaries in each window of `window` neighbouring items."""
    marked = set(boundaries)
    before = [0, *accumulate(int(number in marked) for number in range(length))]
    return [before[first + window] - before[first] for first in range(length - window + 1)]
