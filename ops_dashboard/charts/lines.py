"""Lines and bars over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from core.domain.telemetry import Unit
from core.services.operations.views import Line, Mark
from ops_dashboard.charts.axes import Scale, ValueAxis, scale_for, spread, time_ticks, value_axis
from ops_dashboard.charts.chart import Chart, Json, colour_of, token
from ops_dashboard.charts.marks import FONT_PX, mark_labels, mark_shapes, moment, plain
from ops_dashboard.words import Clock, amount

# The size for which labels are placed; chart.js draws at the size there is.
_PLOT_HEIGHT_PX = 168
_LABEL_GAP_PX = 15
_CHARACTER_PX = 6.6
_TICK_PX = 10.5
_NAME_PX = 11
_HEADROOM = 1.12
# Said once, in the column's heading.
_RATES = {Unit.PER_MINUTE: "a minute", Unit.PER_HOUR: "an hour"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line: a value for each bin, None where nothing was counted. `before`: the same bins of the period before."""

    name: str
    values: Line
    before: Line | None = None
    colour: str | None = None

    @property
    def paint(self) -> str:
        return token(self.colour) if self.colour else colour_of(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeAxis:
    """The bins shared by all charts of a panel, the clock they are shown in, and what happened meanwhile."""

    edges: tuple[datetime, ...]
    clock: Clock
    marks: tuple[Mark, ...] = ()

    @property
    def starts(self) -> tuple[datetime, ...]:
        return self.edges[:-1]

    @property
    def middles(self) -> list[str]:
        return [moment((a + (b - a) / 2).astimezone(UTC)) for a, b in zip(self.edges, self.edges[1:], strict=False)]

    @property
    def times(self) -> list[str]:
        """The bins in words."""
        return [self.clock.bin(a, b) for a, b in zip(self.edges, self.edges[1:], strict=False)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A line that values are held against, in their stored unit."""

    value: float
    label: str


def line_chart(
    key: str,
    title: str,
    note: str,
    axis: TimeAxis,
    series: Sequence[Series],
    *,
    unit: Unit,
    reason: str,
    target: Target | None = None,
    from_zero: bool = True,
) -> Chart:
    """Values over time. `reason` is shown where no series has any value, or nothing happened of what is counted."""
    known = _known(series)
    if not known or (unit in _RATES and not any(known)):
        return Chart(key=key, title=title, note=note, reason=reason)
    scale = scale_for(unit, max(known))
    wanted = [*known, *([target.value] if target else [])]
    values = value_axis([value * scale.factor for value in wanted], scale, from_zero=from_zero)
    traces = [trace for each in series for trace in _traces(each, axis, scale)]
    layout = _layout(axis, values, series)
    layout["shapes"] = [*mark_shapes(axis.marks, axis.edges[0], axis.edges[-1]), *_target_shapes(target, scale)]
    layout["annotations"] = [
        *mark_labels(axis.marks, axis.edges[0], axis.edges[-1]),
        *_target_labels(target, scale, values),
        *_names(series, scale, values),
    ]
    return _chart(key, title, note, axis, series, unit, {"data": traces, "layout": layout})


def bar_chart(
    key: str,
    title: str,
    note: str,
    axis: TimeAxis,
    series: Sequence[Series],
    *,
    unit: Unit,
    reason: str,
    hatched_from: int | None = None,
) -> Chart:
    """Counts by bin; several series stand in front of each other, the largest first.

    Bars from `hatched_from` on are not final yet, and look it.
    """
    known = _known(series)
    if not any(known):
        return Chart(key=key, title=title, note=note, reason=reason)
    scale = scale_for(unit, max(known))
    # Room above the bars for the marks' names.
    values = value_axis([value * scale.factor * _HEADROOM for value in known], scale)
    layout = _layout(axis, values, series) | {"barmode": "overlay", "bargap": 0.25}
    layout["shapes"] = mark_shapes(axis.marks, axis.edges[0], axis.edges[-1])
    layout["annotations"] = [
        *mark_labels(axis.marks, axis.edges[0], axis.edges[-1], is_foot_free=False),
        *_names(series, scale, values),
    ]
    bars = [_bars(each, axis, scale, hatched_from) for each in series]
    return _chart(key, title, note, axis, series, unit, {"data": bars, "layout": layout})


def _known(series: Sequence[Series]) -> list[float]:
    lines = [line for each in series for line in (each.values, each.before or ())]
    return [value for line in lines for value in line if value is not None]


def _chart(
    key: str, title: str, note: str, axis: TimeAxis, series: Sequence[Series], unit: Unit, figure: Json
) -> Chart:
    lines = [line for each in series for line in ((each.values, each.before) if each.before else (each.values,))]
    names = [name for each in series for name in ((each.name, f"{each.name}, before") if each.before else (each.name,))]
    is_rate = unit in _RATES
    names = [f"{name}, {_RATES[unit]}" for name in names] if is_rate else names
    written = [[amount(_at(line, index), unit) for line in lines] for index in range(len(axis.starts))]
    rows = tuple(
        (time, *(each.value if is_rate else str(each) for each in row))
        for time, row in zip(axis.times, written, strict=True)
    )
    starts = tuple(f"{start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for start in axis.starts)
    columns = (f"Time ({axis.clock.name})", *names)
    return Chart(key=key, title=title, note=note, figure=figure, columns=columns, rows=rows, starts=starts)


def _at(line: Line, index: int) -> float | None:
    return line[index] if index < len(line) else None


def _traces(series: Series, axis: TimeAxis, scale: Scale) -> list[Json]:
    """The line, and beneath it the faint one of the period before."""
    found = [_trace(series.name, series.values, axis, scale, {"color": series.paint, "width": 1.7})]
    if series.before:
        faint = _trace(f"{series.name}, before", series.before, axis, scale, {"color": series.paint, "width": 1.3})
        found.insert(0, faint | {"opacity": 0.38})
    return found


def _trace(name: str, line: Line, axis: TimeAxis, scale: Scale, look: Json) -> Json:
    scaled = [None if value is None else value * scale.factor for value in line[: len(axis.starts)]]
    alone = [_is_alone(scaled, index) for index in range(len(scaled))]
    trace: Json = {
        "type": "scatter", "name": _named(name, scale), "x": axis.middles[: len(scaled)], "y": scaled,
        "mode": "lines", "line": look, "connectgaps": False, "hoverinfo": "none", "cliponaxis": False,
    }  # fmt: skip
    if any(alone):
        sizes = [4 if is_alone else 0 for is_alone in alone]
        trace |= {"mode": "lines+markers", "marker": {"size": sizes, "color": look["color"], "line": {"width": 0}}}
    return trace


def _named(name: str, scale: Scale) -> str:
    """The heading of its column in the CSV."""
    return f"{name} [{scale.unit}]" if scale.unit else name


def _is_alone(line: Sequence[float | None], index: int) -> bool:
    """A value between two gaps makes no line: it is drawn as a point."""
    around = (line[index - 1] if index else None, line[index + 1] if index + 1 < len(line) else None)
    return line[index] is not None and around == (None, None)


def _bars(series: Series, axis: TimeAxis, scale: Scale, hatched_from: int | None) -> Json:
    count = min(len(series.values), len(axis.starts))
    first = count if hatched_from is None else hatched_from
    pattern: Json = {
        "shape": ["" if index < first else "/" for index in range(count)],
        "size": 5, "solidity": 0.35, "fillmode": "replace", "fgcolor": series.paint,
    }  # fmt: skip
    return {
        "type": "bar", "name": _named(series.name, scale), "x": axis.middles[:count],
        "y": [None if value is None else value * scale.factor for value in series.values[:count]],
        "marker": {"color": series.paint, "pattern": pattern, "line": {"width": 0}}, "hoverinfo": "none",
    }  # fmt: skip


def _layout(axis: TimeAxis, values: ValueAxis, series: Sequence[Series]) -> Json:
    start, end = axis.edges[0].astimezone(UTC), axis.edges[-1].astimezone(UTC)
    ticks = time_ticks(axis.edges[0], axis.edges[-1], axis.clock)
    top = values.high + (values.high - values.low) * 0.004  # else the line at the top tick is not drawn
    left = 12 + _CHARACTER_PX * max(len(text) for text in values.texts)
    right = 14 + _CHARACTER_PX * max((len(each.name) for each in series), default=0)
    clear = "rgba(0,0,0,0)"
    font: Json = {"size": _TICK_PX, "color": token("ink-3")}
    return {
        "margin": {"l": round(left), "r": round(right), "t": 18, "b": 24, "pad": 0},
        "paper_bgcolor": clear, "plot_bgcolor": clear, "showlegend": False, "hovermode": "x", "dragmode": False,
        "font": font,
        "xaxis": {
            "type": "date", "range": [moment(start), moment(end)], "fixedrange": True, "showgrid": False,
            "zeroline": False, "tickmode": "array", "tickvals": [moment(at.astimezone(UTC)) for at, _ in ticks],
            "ticktext": [text for _, text in ticks], "tickfont": font, "tickangle": 0,
        },
        "yaxis": {
            "range": [values.low, top], "fixedrange": True, "tickmode": "array", "tickvals": [*values.ticks],
            "ticktext": [f"{text} " for text in values.texts], "tickfont": font, "gridcolor": token("line"),
            "gridwidth": 1, "zeroline": True, "zerolinecolor": token("line-2" if values.low == 0 else "bad"),
            "zerolinewidth": 1,
        },
    }  # fmt: skip


def _names(series: Sequence[Series], scale: Scale, values: ValueAxis) -> list[Json]:
    """Each line's name where it ends, moved apart where two would meet."""
    ends = [_last(each.values) for each in series]
    drawn = [(each, end * scale.factor) for each, end in zip(series, ends, strict=True) if end is not None]
    gap = _LABEL_GAP_PX / _PLOT_HEIGHT_PX * (values.high - values.low)
    # Clear of the last tick beneath the axis.
    foot = values.low + gap / 2
    places = spread([end for _, end in drawn], gap, foot, values.high)
    return [
        {
            "text": plain(each.name), "showarrow": False, "xref": "paper", "x": 1, "xanchor": "left", "xshift": 6,
            "yref": "y", "y": place, "yanchor": "middle", "font": {"size": _NAME_PX, "color": each.paint},
        }
        for (each, _), place in zip(drawn, places, strict=True)
    ]  # fmt: skip


def _last(line: Line) -> float | None:
    return next((value for value in reversed(line) if value is not None), None)


def _target_shapes(target: Target | None, scale: Scale) -> list[Json]:
    if target is None:
        return []
    height = target.value * scale.factor
    line: Json = {"color": token("bad"), "width": 1, "dash": "dash"}
    return [{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": height, "y1": height, "line": line}]


def _target_labels(target: Target | None, scale: Scale, values: ValueAxis) -> list[Json]:
    if target is None:
        return []
    height = target.value * scale.factor
    is_at_top = height > values.low + 0.9 * (values.high - values.low)
    return [
        {
            "text": plain(target.label), "showarrow": False, "xref": "paper", "x": 0, "xanchor": "left", "xshift": 4,
            "yref": "y", "y": height, "yanchor": "top" if is_at_top else "bottom", "bgcolor": token("paper"),
            "font": {"size": FONT_PX, "color": token("bad")},
        }
    ]  # fmt: skip
