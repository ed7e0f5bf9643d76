"""How often each band of durations occurred over time: one path for each depth of colour, however many cells."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from itertools import pairwise

from core.domain.telemetry import Unit
from core.services.operations.views import HeatMap
from ops_dashboard.charts.axes import time_ticks
from ops_dashboard.charts.lines import TimeAxis
from ops_dashboard.words import goal, whole

_DEPTHS = 7
_CELL_W, _CELL_H = 10, 10


def depth(count: int, most: int) -> int:
    """0 for nothing, else 1…7 by the logarithm: a single slow one is seen beside thousands."""
    if count <= 0:
        return 0
    return 1 if most <= 1 else 1 + round((_DEPTHS - 1) * math.log(count) / math.log(most))


def heat_svg(heat: HeatMap) -> str:
    """The cells, slowest band on top; what a cell counts is in `data-counts`, for the pointer."""
    most = max((count for row in heat.counts for count in row), default=0)
    bins = max((len(row) for row in heat.counts), default=0)
    paths: dict[int, list[str]] = {}
    for band, row in enumerate(heat.counts):
        y = (len(heat.counts) - 1 - band) * _CELL_H
        for index, count in enumerate(row):
            if level := depth(count, most):
                paths.setdefault(level, []).append(f"M{index * _CELL_W} {y}h{_CELL_W}v{_CELL_H}h-{_CELL_W}z")
    drawn = "".join(f'<path class="d{level}" d="{"".join(cells)}"/>' for level, cells in sorted(paths.items()))
    return (
        f'<svg viewBox="0 0 {bins * _CELL_W} {len(heat.counts) * _CELL_H}" preserveAspectRatio="none"'
        f' aria-hidden="true">{drawn}</svg>'
    )


def band_names(bands: Sequence[float]) -> list[str]:
    """ "over 60 s", "45 s – 60 s" … "under 500 ms": slowest first, as drawn. The last band has no end."""
    bounds = [goal(bound, Unit.MS) for bound in bands]
    if len(bounds) < 2:
        return ["any"] * len(bounds)
    between = [f"{low} – {high}" for low, high in pairwise(bounds[:-1])]
    return [f"under {bounds[0]}", *between, f"over {bounds[-2]}"][::-1]


def bound_names(bands: Sequence[float]) -> list[str]:
    """What stands beside the rows: each band's upper bound, slowest first; what is over the last is longer."""
    bounds = [goal(bound, Unit.MS) for bound in bands]
    return ["longer", *bounds[-2::-1]] if len(bounds) > 1 else bounds


def heat_data(heat: HeatMap, axis: TimeAxis) -> str:
    """JSON for the pointer: the bins' times, the bands' names, and the counts by drawn row."""
    return json.dumps(
        {"times": axis.times, "bands": band_names(heat.bands), "counts": [list(row) for row in heat.counts][::-1]},
        separators=(",", ":"),
    )


def heat_ticks(axis: TimeAxis) -> list[tuple[float, str]]:
    """Time ticks as (share of the width in per cent, text)."""
    start, end = axis.edges[0], axis.edges[-1]
    return [((at - start) / (end - start) * 100, text) for at, text in time_ticks(start, end, axis.clock)]


def heat_table(heat: HeatMap, axis: TimeAxis) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The same as a table: a row for each bin in which something was counted."""
    rows = []
    for index, time in enumerate(axis.times):
        counts = [row[index] if index < len(row) else 0 for row in heat.counts][::-1]
        if any(counts):
            rows.append((time, *(whole(count) for count in counts)))
    return (f"Time ({axis.clock.name})", *band_names(heat.bands)), rows
