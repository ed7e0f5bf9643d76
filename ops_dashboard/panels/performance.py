"""Performance: how long things take and how often they fail, and the way from an objective down to one request."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from markupsafe import Markup

from core.domain.permissions import Action
from core.domain.telemetry import Unit
from core.metrics import METRICS
from core.metrics.definition import Direction
from core.metrics.reading import Reading
from core.services.operations.views import HeatMap, PercentileLines, PerformanceView, RouteRow
from core.slos import SLOS
from ops_dashboard.address import HEATS, Address
from ops_dashboard.blocks import Block, Drawn, Part, Row, Rows, bones, drawn
from ops_dashboard.board import Board
from ops_dashboard.charts import Chart, Series, Target, TimeAxis, line_chart
from ops_dashboard.charts.heat import bound_names, heat_data, heat_svg, heat_table, heat_ticks
from ops_dashboard.figures import Figures
from ops_dashboard.panels import drill
from ops_dashboard.panels.definition import Group, Panel, Surroundings
from ops_dashboard.panels.overview import PERFORMANCE_PATH, card_of
from ops_dashboard.tiles import tile_row
from ops_dashboard.words import Clock, before_phrase, change, duration, goal, percent, span, whole

_KINDS = {"page_request": "page", "api_request": "API", "page_open": "opening"}
_HEAT_NAMES = dict(zip(HEATS, ("Summaries", "Page opens", "API answers"), strict=True))
# Which of the compared metrics belong to the lines of the view.
_QUANTILES = ("p50", "p95", "p99")
_MOST_ROUTES = 40


def _build(surroundings: Surroundings) -> Board:
    figures: Figures = surroundings.services.operations
    return Board("performance", surroundings, lambda address: _plan(figures, address, surroundings.feed.now()))


def _heading(address: Address) -> tuple[str, str]:
    if address.slo:
        return "Performance", SLOS[address.slo].title
    if address.kind and address.name:
        return "Performance", address.name
    return ("Performance", "One request") if address.request else ("", "Performance")


def _plan(figures: Figures, address: Address, now: datetime) -> Sequence[Part]:
    if address.slo or (address.kind and address.name) or address.request:
        return drill.parts(figures, address, now)
    skeleton = (
        bones("tile", 4, "cols c4"),
        bones("chart", 2, "cols c2"),
        bones("chart", 2, "cols c2"),
        bones("list"),
        bones("spark", 7, "cols c7"),
        bones("list"),
    )
    return (Part(key="performance", what="How it performs", bones=skeleton, load=lambda: _load(figures, address, now)),)


async def _load(figures: Figures, address: Address, now: datetime) -> Rows:
    period = address.period(now)
    if not address.is_compared:
        return rows(await figures.performance(period, kind=address.heat), address)
    wanted = [METRICS[f"{slug}-{q}"] for slug in ("page", "api", "summary") for q in _QUANTILES]
    view, before = await asyncio.gather(
        figures.performance(period, kind=address.heat), figures.read_all(wanted, period.before)
    )
    return rows(view, address, before)


def rows(view: PerformanceView, address: Address, before: Sequence[Reading] = ()) -> Rows:
    """The panel, drawn. `before`: the percentiles of page opens, API and summaries over the period before."""
    axis = TimeAxis(edges=view.edges, clock=Clock(address.zone), marks=view.marks)
    earlier = {reading.metric.slug: reading for reading in before}
    charts: list[Block] = [times_chart(lines, axis, address, earlier) for lines in view.lines]
    charts.append(_heat(view.heat, axis, address))
    cards = tuple(drawn(s.slo.slug, "slo_card.html.jinja", card=card_of(s, address)) for s in view.slos)
    return (
        *((Row(classes="cols c4", blocks=cards),) if cards else ()),
        Row(classes="cols c2", blocks=tuple(charts[:2])),
        Row(classes="cols c2", blocks=tuple(charts[2:])),
        Row(classes="cols", blocks=(_stages(view.stages),)),
        tile_row(view.vitals, address, "c7"),
        Row(classes="cols", blocks=(_routes(view.routes, address),)),
    )


def times_chart(lines: PercentileLines, axis: TimeAxis, address: Address, earlier: dict[str, Reading]) -> Chart:
    """P50, P95 and P99 of one time; the period before is faint, and its P95 alone, or there would be six lines."""
    known = earlier.get(f"{lines.slug}-p95")
    overall = " · ".join(
        f"{name} {duration(value)}" for name, value in zip(("P50", "P95", "P99"), lines.overall, strict=True)
    )
    note = f"{overall} of {whole(lines.count)}" if lines.count else ""
    if known:
        note = f"{overall} · faint: P95, {before_phrase(address.length)}"
    target = (
        Target(value=lines.target_ms, label=f"target {goal(lines.target_ms, Unit.MS)}") if lines.target_ms else None
    )
    return line_chart(
        f"times-{lines.slug}",
        lines.title,
        note,
        axis,
        (
            Series(name="P99", values=lines.p99),
            Series(name="P95", values=lines.p95, before=known.points if known else None),
            Series(name="P50", values=lines.p50),
        ),
        unit=Unit.MS,
        reason=f"Nothing of this was recorded in these {span(address.length)}.",
        target=target,
    )


def _heat(heat: HeatMap, axis: TimeAxis, address: Address) -> Drawn:
    columns, table = heat_table(heat, axis)
    links = [
        (name, replace(address, heat=kind).href(PERFORMANCE_PATH), kind == address.heat)
        for kind, name in _HEAT_NAMES.items()
    ]
    return drawn(
        "heat",
        "heat.html.jinja",
        title=f"{heat.title}, how long they took",
        # Paths of our own making, from numbers.
        svg=Markup(heat_svg(heat)),  # noqa: S704
        data=heat_data(heat, axis),
        bounds=bound_names(heat.bands),
        ticks=heat_ticks(axis),
        columns=columns,
        rows=table,
        links=links,
        reason=f"Nothing of this was recorded in these {span(address.length)}.",
    )


def _stages(stages: Sequence[PercentileLines]) -> Drawn:
    """What a summary's time goes into: P50 and P95 of each stage as bars on one scale."""
    longest = max((lines.overall[1] or 0.0 for lines in stages), default=0.0)
    found = [
        {
            "title": lines.title,
            "count": whole(lines.count),
            "p50": str(duration(lines.overall[0])),
            "p95": str(duration(lines.overall[1])),
            "p99": str(duration(lines.overall[2])),
            "width50": _share(lines.overall[0], longest),
            "width95": _share(lines.overall[1], longest),
            "change": change(lines.overall[1], lines.before[1], Unit.MS, Direction.DOWN),
        }
        for lines in stages
        if lines.count
    ]
    return drawn("stages", "stages.html.jinja", rows=found)


def _share(value: float | None, whole_: float) -> str:
    return f"{(value or 0.0) / whole_ * 100:.2f}" if whole_ else "0"


def _routes(routes: Sequence[RouteRow], address: Address) -> Drawn:
    found = [
        {
            "name": row.name,
            "kind": _KINDS.get(row.kind, row.kind.replace("_", " ")),
            "href": replace(address.without_drill(), kind=row.kind, name=row.name).href(PERFORMANCE_PATH),
            "count": whole(row.count),
            "errors": percent(row.error_ratio) if row.errors else "0 %",
            "is_bad": (row.error_ratio or 0) >= 0.01,
            "times": [str(duration(value)) for value in (row.p50, row.p95, row.p99)],
            "change": change(row.p95, row.p95_before, Unit.MS, Direction.DOWN),
        }
        for row in routes[:_MOST_ROUTES]
    ]
    left_out = len(routes) - len(found)
    note = f"worst first{f' · {left_out} more are quieter' if left_out > 0 else ''}"
    return drawn(
        "routes",
        "routes.html.jinja",
        rows=found,
        note=note,
        against=before_phrase(address.length),
        reason=f"No page and no call was recorded in these {span(address.length)}.",
    )


PANEL = Panel(
    slug="performance",
    title="Performance",
    group=Group.WATCH,
    action=Action.SEE_OPERATIONS,
    build=_build,
    heading=_heading,
)
