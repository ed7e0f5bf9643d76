"""Where ticks stand and how high an axis reaches."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.telemetry import Unit
from ops_dashboard.words import MINUS, Clock, trimmed

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
# Seconds and minutes are read in sixths and quarters.
_CLOCK_STEPS = (5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0)
_MOST_INTERVALS = 5
_QUARTERS = 4
_MOST_TICKS = 7
_NEXT_TO_NOTHING = 1e-6

_TIME_STEPS = (
    *(timedelta(minutes=minutes) for minutes in (1, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720)),
    *(timedelta(days=days) for days in (1, 2, 3, 7, 14, 28, 56)),
)


@dataclass(frozen=True, slots=True)
class Scale:
    """How stored values become the axis' numbers: `factor` times, in `unit`; `is_clock` where 15, 30, 60 are round.

    `is_whole`: there is nothing between one and two.
    """

    factor: float
    unit: str
    is_clock: bool = False
    is_percent: bool = False
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class ValueAxis:
    """`low` and `high` bound the axis in its own numbers; ticks carry the unit at the top one."""

    low: float
    high: float
    ticks: tuple[float, ...]
    texts: tuple[str, ...]


def scale_for(unit: Unit, highest: float) -> Scale:
    """Times in the unit in which the highest value reads best; shares in per cent."""
    match unit:
        case Unit.RATIO:
            return Scale(100.0, "%", is_percent=True)
        case Unit.MS if highest < 1_500:
            return Scale(1.0, "ms")
        case Unit.MS if highest < 150_000:
            return Scale(0.001, "s", is_clock=highest > 20_000)
        case Unit.MS:
            return Scale(1 / 60_000, "min", is_clock=highest > 1_200_000)
        case Unit.COUNT | Unit.PEOPLE:
            return Scale(1.0, "", is_whole=True)
        case Unit.PER_MINUTE:
            return Scale(1.0, "/min")
        case Unit.PER_HOUR:
            return Scale(1.0, "/h")
    return Scale(1.0, "")


def value_axis(values: Sequence[float], scale: Scale, *, from_zero: bool = True) -> ValueAxis:
    """Round ticks that hold all values (in the axis' numbers). Shares end at 100 %.

    Without `from_zero` a share that stays near the top is shown from a round number beneath its lowest value.
    """
    highest, lowest = _reach(max(values, default=0.0)), min(values, default=0.0)
    if scale.is_percent:
        return _percent_axis(lowest, highest, scale, from_zero=from_zero)
    step = _step(highest, scale)
    low = math.floor(min(lowest, 0.0) / step) * step
    count = math.ceil(round((highest - low) / step, 9))
    return _axis(low, step, count, scale)


def _percent_axis(lowest: float, highest: float, scale: Scale, *, from_zero: bool) -> ValueAxis:
    if lowest < 0:  # a budget that is overdrawn: what lies below zero is shown whole
        top = max(highest, 100.0)
        step = _step(top - lowest, scale)
        low = math.floor(round(lowest / step, 9)) * step
        return _axis(low, step, math.ceil(round((top - low) / step, 9)), scale)
    if from_zero and highest < 50:
        step = _step(highest, scale)
        return _axis(0.0, step, math.ceil(round(highest / step, 9)), scale)
    room = next((room for room in (1.0, 2.0, 4.0, 10.0, 20.0, 40.0) if lowest >= 100 - room), 100.0)
    room = 100.0 if from_zero else room
    return _axis(100 - room, room / _QUARTERS, _QUARTERS, scale)


def _reach(highest: float) -> float:
    """How far an axis from zero has to reach; where all is zero, or next to it, to one."""
    return highest if highest > _NEXT_TO_NOTHING else 1.0


def _axis(low: float, step: float, count: int, scale: Scale) -> ValueAxis:
    ticks = tuple(round(low + step * index, 9) for index in range(count + 1))
    texts = tuple(_tick_text(tick, step) for tick in ticks)
    joined = f"{texts[-1]} {scale.unit}".strip() if not scale.unit.startswith("/") else f"{texts[-1]} {scale.unit}"
    return ValueAxis(ticks[0], ticks[-1], ticks, (*texts[:-1], joined))


def _tick_text(tick: float, step: float) -> str:
    """As exact as the step is: a tick at 99.25 that said 99.2 would stand in the wrong place."""
    digits = max(1 - math.floor(math.log10(step)), 0)
    return trimmed(f"{tick:,.{digits}f}").replace("-", MINUS)


def _step(reach: float, scale: Scale) -> float:
    """The least round step of which five hold the reach."""
    wanted = reach / _MOST_INTERVALS
    if scale.is_clock:
        found = next((step for step in _CLOCK_STEPS if step >= wanted), None)
        if found is not None:
            return found
    power = 10.0 ** math.floor(math.log10(wanted))
    step = next(step * power for step in _STEPS if step * power >= wanted * 0.999)
    return max(step, 1.0) if scale.is_whole else step


def time_ticks(start: datetime, end: datetime, clock: Clock) -> list[tuple[datetime, str]]:
    """Round moments of the page's clock within [start, end], seven at most: times, and days where a day begins."""
    length = end - start
    step = next((step for step in _TIME_STEPS if length / step <= _MOST_TICKS), _TIME_STEPS[-1])
    return [(at, _time_text(at, step, clock)) for at in _round_moments(start, end, step, clock)]


def _round_moments(start: datetime, end: datetime, step: timedelta, clock: Clock) -> Iterator[datetime]:
    """Counted on the wall clock, so that they stay round when the clocks change; a time that is skipped is left out."""
    first = clock.local(start)
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    wall = midnight
    if step >= timedelta(days=1):
        days = step.days
        wall = midnight - timedelta(days=midnight.toordinal() % days)
    while True:
        at = wall.replace(tzinfo=first.tzinfo)
        if at > end:
            return
        if at >= start and clock.local(at).replace(tzinfo=None) == wall:
            yield at
        wall += step


def _time_text(at: datetime, step: timedelta, clock: Clock) -> str:
    local = clock.local(at)
    is_midnight = local.hour == 0 and local.minute == 0
    return clock.day(at) if step >= timedelta(days=1) or is_midnight else clock.time(at)


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places for labels: as near to those wanted as can be, at least `gap` apart and within [low, high], in order.

    Where there is not room for all, they share what there is evenly.
    """
    if not wanted:
        return []
    gap = min(gap, (high - low) / max(len(wanted) - 1, 1))
    # Of two that end together the first named stands above.
    order = sorted(range(len(wanted)), key=lambda index: (wanted[index], -index))
    placed = [min(max(wanted[index], low), high) for index in order]
    for index in range(1, len(placed)):
        placed[index] = max(placed[index], placed[index - 1] + gap)
    overflow = placed[-1] - high
    if overflow > 0:
        placed[-1] = high
        for index in range(len(placed) - 2, -1, -1):
            placed[index] = min(placed[index], placed[index + 1] - gap)
    found = [0.0] * len(wanted)
    for place, index in zip(placed, order, strict=True):
        found[index] = place
    return found
