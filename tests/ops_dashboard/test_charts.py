"""Charts are pure functions; every figure they make is one that Plotly accepts."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.period import Period
from core.domain.telemetry import Unit
from core.services.operations.views import HeatMap, Line, Mark
from ops_dashboard.charts import Chart, Series, Target, TimeAxis, bar_chart, line_chart, sparkline
from ops_dashboard.charts.axes import scale_for, spread, time_ticks, value_axis
from ops_dashboard.charts.chart import COLOURS
from ops_dashboard.charts.heat import band_names, bound_names, depth, heat_data, heat_svg, heat_table
from ops_dashboard.words import Clock
from pages.theme import THEMES
from tests.factories import views
from tests.factories.clocks import NOON

_AXIS = TimeAxis(edges=views.DAY.edges(), clock=Clock("UTC"), marks=views.MARKS)
_BINS = len(_AXIS.starts)


def lines(*series: Series, unit: Unit = Unit.MS, **more: Any) -> Chart:
    return line_chart("key", "Title", "note", _AXIS, series, unit=unit, reason="Nothing was recorded.", **more)


def drawn(chart: Chart) -> go.Figure:
    """The figure as plotly's own checks accept it; they refuse unknown attributes and wrong values."""
    return go.Figure(json.loads(json.dumps(chart.figure)))


_VALUES = st.none() | st.floats(0, 1e7)


@settings(deadline=None, max_examples=60)
@given(st.lists(_VALUES, min_size=_BINS, max_size=_BINS).map(tuple), st.sampled_from(list(Unit)))
def test_every_line_chart_is_a_figure_that_plotly_accepts(values: Line, unit: Unit) -> None:
    chart = lines(Series(name="P95", values=values, before=values), unit=unit, target=Target(value=30, label="target"))
    if all(value is None for value in values):
        assert chart.reason
        assert chart.figure == {}
    else:
        drawn(chart)
        assert len(chart.rows) == len(chart.starts) == _BINS
        assert all(len(row) == len(chart.columns) for row in chart.rows)


def test_gaps_stay_gaps() -> None:
    values = (5.0, 6.0, None, 7.0, None, 8.0, *[9.0] * (_BINS - 6))
    (trace,) = lines(Series(name="P95", values=values)).traces
    assert trace["y"] == list(values)
    assert trace["connectgaps"] is False
    assert trace["marker"]["size"][:6] == [0, 0, 0, 4, 0, 0]  # type: ignore[index]  # the lonely one is seen as a point


def test_an_empty_series_says_why_instead_of_showing_axes() -> None:
    chart = lines(Series(name="P95", values=views.nothing(_BINS)))
    assert (chart.reason, chart.figure, chart.rows) == ("Nothing was recorded.", {}, ())


def test_the_axis_carries_the_unit_and_values_are_in_it() -> None:
    chart = lines(Series(name="P95", values=(12_000.0,) * _BINS), target=Target(value=30_000, label="target 30 s"))
    axis = chart.figure["layout"]["yaxis"]  # type: ignore[index, call-overload]
    assert axis["ticktext"][-1].strip().endswith(" s")
    assert set(chart.traces[0]["y"]) == {12.0}  # type: ignore[call-overload]
    assert axis["range"][1] >= 30


def test_names_stand_at_the_lines_ends_in_their_colour_and_there_is_no_legend() -> None:
    chart = lines(Series(name="P95", values=(12.0,) * _BINS), Series(name="P50", values=(11.9,) * _BINS))
    layout = drawn(chart).layout
    names = {each.text: each for each in layout.annotations if each.xref == "paper" and each.x == 1}
    assert names["P95"].font.color == "var(--c1)"
    assert names["P50"].font.color == "var(--c3)"
    assert layout.showlegend is False
    reach = layout.yaxis.range[1] - layout.yaxis.range[0]
    assert abs(names["P95"].y - names["P50"].y) >= reach * 0.08
    assert names["P95"].y > names["P50"].y


def test_deploys_and_incidents_are_marked_on_every_chart() -> None:
    shapes = drawn(lines(Series(name="P95", values=(12.0,) * _BINS))).layout.shapes
    assert [(shape.type, shape.line.dash) for shape in shapes] == [("line", "dot"), ("rect", None)]
    (incident,) = [shape for shape in shapes if shape.type == "rect"]
    start, end = datetime.fromisoformat(incident.x0), datetime.fromisoformat(incident.x1)
    assert end - start >= timedelta(minutes=4)


def test_what_happened_before_and_after_the_range_is_not_drawn() -> None:
    marks = (
        Mark(kind="deploy", label="old", start=NOON - timedelta(days=3)),
        Mark(kind="incident", label="over", start=NOON - timedelta(days=3), end=NOON - timedelta(days=2)),
        Mark(kind="incident", label="goes on", start=NOON - timedelta(days=3), end=None),
    )
    axis = TimeAxis(edges=views.DAY.edges(), clock=Clock("UTC"), marks=marks)
    chart = line_chart(
        "key", "Title", "", axis, (Series(name="P95", values=(1.0,) * _BINS),), unit=Unit.MS, reason="nothing"
    )
    layout = drawn(chart).layout
    assert [shape.type for shape in layout.shapes] == ["rect"]
    assert "goes on" in {each.text for each in layout.annotations}


def test_names_of_releases_are_text_and_never_markup() -> None:
    marks = (Mark(kind="deploy", label="<b>1</b>", start=NOON - timedelta(hours=2)),)
    axis = TimeAxis(edges=views.DAY.edges(), clock=Clock("UTC"), marks=marks)
    chart = line_chart("k", "t", "", axis, (Series(name="P95", values=(1.0,) * _BINS),), unit=Unit.MS, reason="")
    assert "&lt;b&gt;1&lt;/b&gt;" in {each.text for each in drawn(chart).layout.annotations}


def test_the_period_before_is_a_faint_line_in_the_same_colour_and_a_column_of_its_own() -> None:
    chart = lines(Series(name="P95", values=(2.0,) * _BINS, before=(1.0,) * _BINS))
    faint, line = chart.traces
    assert faint["line"]["color"] == line["line"]["color"]  # type: ignore[index]
    assert 0 < faint["opacity"] < 0.5  # type: ignore[operator]
    assert chart.columns == ("Time (UTC)", "P95", "P95, before")


def test_the_table_and_the_figure_hold_the_same_values() -> None:
    values = tuple(float(index) for index in range(_BINS))
    chart = lines(Series(name="requests", values=values), unit=Unit.PER_MINUTE)
    assert chart.columns == ("Time (UTC)", "requests, a minute")
    assert [row[1] for row in chart.rows[:3]] == ["0", "1", "2"]
    assert chart.traces[0]["y"] == list(values)
    assert chart.starts[0] == "2026-11-22T12:00:00Z"


def test_a_budget_below_zero_is_shown_whole_with_its_zero_line() -> None:
    values = tuple(1 - index / 40 for index in range(_BINS))
    layout = drawn(lines(Series(name="left", values=values), unit=Unit.RATIO)).layout
    assert layout.yaxis.range[0] <= min(values) * 100
    assert 0 in layout.yaxis.tickvals
    assert layout.yaxis.zerolinecolor == "var(--bad)"


def test_bars_that_are_not_final_are_hatched() -> None:
    chart = bar_chart(
        "k",
        "t",
        "",
        _AXIS,
        (Series(name="browsers", values=(3.0,) * _BINS),),
        unit=Unit.COUNT,
        reason="",
        hatched_from=90,
    )
    shapes = drawn(chart).data[0].marker.pattern.shape
    assert set(shapes[:90]) == {""}
    assert set(shapes[90:]) == {"/"}


def test_every_colour_of_a_series_is_a_token_of_both_themes() -> None:
    assert set(COLOURS.values()) <= THEMES["light"].keys() & THEMES["dark"].keys()
    named = re.findall(r"var\(--([\w-]+)\)", json.dumps(lines(Series(name="P95", values=(1.0,) * _BINS)).figure))
    assert set(named) <= THEMES["light"].keys()


@given(
    st.lists(st.floats(0, 1e9).map(lambda value: round(value, 4)), min_size=1, max_size=30),
    st.sampled_from([Unit.MS, Unit.COUNT, Unit.PER_MINUTE]),
)
def test_ticks_hold_all_values_and_are_few(values: list[float], unit: Unit) -> None:
    scale = scale_for(unit, max(values))
    scaled = [value * scale.factor for value in values]
    axis = value_axis(scaled, scale)
    assert axis.low <= min(scaled)
    assert axis.high >= max(scaled) * 0.999
    assert 2 <= len(axis.ticks) <= 6
    assert len(set(axis.texts)) == len(axis.texts)


@pytest.mark.parametrize(
    ("values", "from_zero", "low", "high"),
    [([98.2, 99.9], False, 98.0, 100.0), ([98.2, 99.9], True, 0.0, 100.0), ([1.4, 2.0], True, 0.0, 2.0)],
)
def test_shares_near_the_top_may_be_looked_at_closely(
    values: list[float], from_zero: bool, low: float, high: float
) -> None:
    axis = value_axis(values, scale_for(Unit.RATIO, 1), from_zero=from_zero)
    assert (axis.low, axis.high) == (low, high)


@given(st.floats(0, 1e7), st.sampled_from(list(Unit)), st.booleans())
def test_what_a_tick_says_is_where_it_stands(value: float, unit: Unit, from_zero: bool) -> None:
    scale = scale_for(unit, value)
    axis = value_axis([value * scale.factor], scale, from_zero=from_zero)
    said = [float(text.split(" ")[0].replace(",", "").replace("−", "-")) for text in axis.texts]
    assert said == pytest.approx(list(axis.ticks))


def test_nobody_is_counted_in_halves() -> None:
    assert value_axis([1.0], scale_for(Unit.PEOPLE, 1)).texts == ("0", "1")


@pytest.mark.parametrize("values", [[-60.0, -50.0], [-60.0, 100.0], [-3000.0, 20.0]])
def test_a_budget_that_is_overdrawn_all_along_has_few_ticks(values: list[float]) -> None:
    axis = value_axis(values, scale_for(Unit.RATIO, 1))
    assert axis.low <= values[0]
    assert axis.high >= 100
    assert len(axis.ticks) <= 7


def test_a_rate_that_was_zero_throughout_says_that_nothing_was_recorded() -> None:
    nothing = Series(name="requests", values=(0.0,) * _BINS)
    assert lines(nothing, unit=Unit.PER_MINUTE).reason
    assert not lines(nothing, unit=Unit.RATIO).reason
    assert not lines(Series(name="requests", values=nothing.values, before=(1.0,) * _BINS), unit=Unit.PER_MINUTE).reason


def test_every_mark_has_its_name_for_the_page_to_choose_from_in_order_of_time() -> None:
    hours = (3, 2, 1)
    marks = tuple(Mark(kind="deploy", label=f"r{ago}", start=NOON - timedelta(hours=ago, minutes=5)) for ago in hours)
    axis = TimeAxis(edges=views.DAY.edges(), clock=Clock("UTC"), marks=marks)
    chart = line_chart("k", "t", "", axis, (Series(name="P95", values=(1.0,) * _BINS),), unit=Unit.MS, reason="")
    assert [each.text for each in drawn(chart).layout.annotations if each.name == "mark"] == ["r3", "r2", "r1"]


@given(st.lists(st.floats(0, 100), min_size=1, max_size=6), st.floats(1, 15))
def test_labels_never_meet_and_stay_inside(wanted: list[float], gap: float) -> None:
    places = sorted(spread(wanted, gap, 0, 100))
    assert all(-1e-6 <= place <= 100 + 1e-6 for place in places)
    assert all(b - a >= gap - 1e-6 for a, b in pairwise(places))


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"])
@pytest.mark.parametrize("hours", [1, 6, 24, 60, 168, 720, 2160])
def test_time_ticks_are_round_on_the_clock_of_the_page(zone: str, hours: int) -> None:
    start = datetime(2026, 10, 24, 7, 23, tzinfo=UTC)  # the clocks change in this range
    ticks = time_ticks(start, start + timedelta(hours=hours), Clock(zone))
    assert 2 <= len(ticks) <= 8
    moments = [at for at, _ in ticks]
    assert moments == sorted(set(moments))
    assert all(Clock(zone).local(at).second == 0 and Clock(zone).local(at).minute % 5 == 0 for at in moments)
    if hours >= 168:
        assert all(Clock(zone).local(at).hour == 0 for at in moments)


def test_bins_of_a_day_are_named_by_it_and_shorter_ones_by_their_time() -> None:
    long = TimeAxis(edges=Period(start=NOON - timedelta(days=90), end=NOON).edges(), clock=Clock("UTC"))
    assert long.times[1] == "26 Aug"
    assert _AXIS.times[0] == "22 Nov 12:00"


def test_a_sparkline_shows_gaps_lonely_values_and_a_level_line_where_nothing_changes() -> None:
    assert sparkline([1.0, 2.0, None, 2.0, 1.0]).count("M") == 2
    assert sparkline([1.0, None, 2.0]).count("h0") == 2
    assert "M0 15H160" in sparkline([3.0, 3.0])
    assert sparkline([None, 4.0]) == ""


def test_the_heat_map_draws_each_cell_once_and_says_what_it_counts() -> None:
    heat = HeatMap(title="t", bands=(500.0, 1_000.0, 2_000.0), counts=((1, 0, 0, 9), (0, 5, 0, 0), (0, 0, 0, 1)))
    edges = tuple(NOON + timedelta(hours=index) for index in range(5))
    axis = TimeAxis(edges=edges, clock=Clock("UTC"))
    svg = heat_svg(heat)
    assert svg.count("M") == 4
    assert "M30 0h" in svg  # the slowest band stands on top
    assert json.loads(heat_data(heat, axis))["counts"] == [[0, 0, 0, 1], [0, 5, 0, 0], [1, 0, 0, 9]]
    columns, rows = heat_table(heat, axis)
    assert columns == ("Time (UTC)", "over 1 s", "500 ms – 1 s", "under 500 ms")
    assert [row[0] for row in rows] == ["23 Nov 12:00", "23 Nov 13:00", "23 Nov 15:00"]


def test_bands_are_named_slowest_first() -> None:
    assert band_names((500.0, 30_000.0, 60_000.0)) == ["over 30 s", "500 ms – 30 s", "under 500 ms"]
    assert bound_names((500.0, 30_000.0, 60_000.0)) == ["longer", "30 s", "500 ms"]


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_single_event_is_seen_beside_a_million(count: int, most: int) -> None:
    assert (depth(count, max(most, count)) == 0) == (count == 0)
    assert 0 <= depth(count, max(most, count)) <= 7
