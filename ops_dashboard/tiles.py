"""A reading as a tile: name, value with its unit, change, target and sparkline, in that order."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from core.domain.telemetry import Unit
from core.metrics.definition import Direction
from core.metrics.reading import Reading
from ops_dashboard.address import Address
from ops_dashboard.blocks import Drawn, Row, drawn
from ops_dashboard.charts import sparkline
from ops_dashboard.words import amount, before_phrase, change_of, goal

REFERENCE_PATH = "/ops/reference"
_TONES = {"ok": "good", "bad": "worse"}


def tile_row(readings: Sequence[Reading], address: Address, columns: str) -> Row:
    return Row(classes=f"cols {columns}", blocks=tuple(tile(reading, address) for reading in readings))


def tile(reading: Reading, address: Address) -> Drawn:
    """Its name leads to the definition in the reference."""
    metric = reading.metric
    change = change_of(reading)
    is_missed = is_off_target(reading)
    return drawn(
        f"tile-{metric.slug}",
        "tile.html.jinja",
        title=metric.title,
        formula=metric.formula,
        value=amount(reading.value, metric.unit),
        is_empty=reading.value is None,
        change=change,
        change_class=_TONES.get(change.tone, "") if change else "",
        against=before_phrase(address.length),
        target=f"target {goal(metric.target, metric.unit)}" if metric.target is not None else "",
        is_missed=is_missed,
        # Drawn by our own function from numbers.
        spark=Markup(sparkline(reading.points, "c2" if is_missed else "c1")),  # noqa: S704
        href=f"{REFERENCE_PATH}#{metric.slug}",
    )


def is_off_target(reading: Reading) -> bool:
    """True where there is a target and the value is on its wrong side."""
    target, value = reading.metric.target, reading.value
    if target is None or value is None:
        return False
    # The guide's targets on times are "less than": a value that reaches one has missed it.
    if reading.metric.direction is Direction.DOWN:
        return value >= target if reading.metric.unit is not Unit.RATIO else value > target
    return value < target
