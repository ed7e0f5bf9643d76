"""A line without axes, for a tile: a drawing in the page itself, there before any chart library is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

_WIDTH, _HEIGHT, _PAD = 160.0, 30.0, 3.0


def sparkline(points: Sequence[float | None], colour: str = "c1") -> str:
    """Inline SVG, hidden from screen readers (the tile says the value); empty where there is no line to draw.

    Gaps stay gaps, and a value between two of them is a dot. The lowest value stands at the foot, zero where the line
    stays near it.
    """
    known = [point for point in points if point is not None]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    low = 0.0 if low >= 0 and low < high * 0.6 else low
    reach = (high - low) or 1.0
    lines, dots = _paths(points, low, reach) if high > low else (f"M0 {_HEIGHT / 2:g}H{_WIDTH:g}", "")
    return (
        f'<svg class="spark" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" preserveAspectRatio="none" aria-hidden="true">'
        f"{_drawn(lines, colour, 1.5)}{_drawn(dots, colour, 3.0) if dots else ''}</svg>"
    )


def _drawn(path: str, colour: str, width_px: float) -> str:
    return (
        f'<path d="{path}" fill="none" stroke="var(--{colour})" stroke-width="{width_px:g}" stroke-linejoin="round"'
        ' stroke-linecap="round" vector-effect="non-scaling-stroke"/>'
    )


def _paths(points: Sequence[float | None], low: float, reach: float) -> tuple[str, str]:
    """The lines, and the values that stand alone: a line of no length is drawn as a dot, its caps being round."""
    lines, dots = "", ""
    last = max(len(points) - 1, 1)
    for is_gap, run in groupby(enumerate(points), key=lambda each: each[1] is None):
        if is_gap:
            continue
        places = [
            f"{index / last * _WIDTH:.1f} {_HEIGHT - _PAD - ((point or 0.0) - low) / reach * (_HEIGHT - 2 * _PAD):.1f}"
            for index, point in run
        ]
        if len(places) > 1:
            lines += f"M{'L'.join(places)}"
        else:
            dots += f"M{places[0]}h0"
    return lines, dots
