"""A line without axes, for a tile: a drawing in the page itself, there before any chart library is."""

from __future__ import annotations

from collections.abc import Sequence

_WIDTH, _HEIGHT, _PAD = 160.0, 30.0, 3.0


def sparkline(points: Sequence[float | None], colour: str = "c1") -> str:
    """Inline SVG, hidden from screen readers (the tile says the value); empty where there is no line to draw.

    Gaps stay gaps. The lowest value stands at the foot, zero where the line stays near it.
    """
    known = [point for point in points if point is not None]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    low = 0.0 if low >= 0 and low < high * 0.6 else low
    reach = (high - low) or 1.0
    path = _path(points, low, reach) if high > low else _level(len(points))
    return (
        f'<svg class="spark" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" preserveAspectRatio="none" aria-hidden="true">'
        f'<path d="{path}" fill="none" stroke="var(--{colour})" stroke-width="1.5" stroke-linejoin="round"'
        ' stroke-linecap="round" vector-effect="non-scaling-stroke"/></svg>'
    )


def _path(points: Sequence[float | None], low: float, reach: float) -> str:
    parts: list[str] = []
    is_drawing = False
    last = max(len(points) - 1, 1)
    for index, point in enumerate(points):
        if point is None:
            is_drawing = False
            continue
        x = index / last * _WIDTH
        y = _HEIGHT - _PAD - (point - low) / reach * (_HEIGHT - 2 * _PAD)
        parts.append(f"{'L' if is_drawing else 'M'}{x:.1f} {y:.1f}")
        is_drawing = True
    return "".join(parts)


def _level(_count: int) -> str:
    return f"M0 {_HEIGHT / 2:g}H{_WIDTH:g}"
