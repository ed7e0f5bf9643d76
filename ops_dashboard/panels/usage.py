"""Usage: summaries and how they are made, who comes back, who signs up, and whether what is said has support."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from core.domain.permissions import Action
from core.domain.telemetry import Unit
from core.metrics import METRICS
from core.metrics.reading import Reading
from core.services.operations.views import FunnelView, NamedCount, UsageView
from ops_dashboard.address import Address
from ops_dashboard.blocks import Block, Drawn, Part, Row, Rows, bones, drawn
from ops_dashboard.board import Board
from ops_dashboard.charts import Chart, Series, Target, TimeAxis, bar_chart, line_chart
from ops_dashboard.figures import Figures
from ops_dashboard.panels.definition import Group, Panel, Surroundings
from ops_dashboard.panels.overview import earlier_lines
from ops_dashboard.tiles import tile_row
from ops_dashboard.words import Clock, before_phrase, goal, percent, span, whole
from pages.words import ENGINE_NAMES, RUNG_NAMES, language_name

_COMPARED = tuple(
    METRICS[slug] for slug in ("summaries-per-hour", "summary-success-rate", "coverage", "unsupported-share")
)
_MOST_ROWS = 7
_COLUMNS, _FEWEST_COLUMNS = 6, 4


def _build(surroundings: Surroundings) -> Board:
    figures: Figures = surroundings.services.operations
    return Board("usage", surroundings, lambda address: _plan(figures, address, surroundings.feed.now()))


def _plan(figures: Figures, address: Address, now: datetime) -> Sequence[Part]:
    skeleton = (
        bones("spark", 6, "cols c6"),
        bones("chart", 2, "cols c2"),
        bones("list", 4, "cols c4"),
        bones("chart", 2, "cols c2"),
    )
    return (Part(key="usage", what="How it is used", bones=skeleton, load=lambda: _load(figures, address, now)),)


async def _load(figures: Figures, address: Address, now: datetime) -> Rows:
    period = address.period(now)
    if not address.is_compared:
        return rows(await figures.usage(period), address)
    view, before = await asyncio.gather(figures.usage(period), figures.read_all(_COMPARED, period.before))
    return rows(view, address, before)


def rows(view: UsageView, address: Address, before: Sequence[Reading] = ()) -> Rows:
    """The panel, drawn. `before`: the four lines over the period before, where they are to be compared."""
    axis = TimeAxis(edges=view.edges, clock=Clock(address.zone), marks=view.marks)
    created, trust = _lines(view, axis, address, before)
    tiles = [view.tiles[at : at + _COLUMNS] for at in range(0, len(view.tiles), _COLUMNS)]
    return (
        *(tile_row(row, address, f"c{max(len(row), _FEWEST_COLUMNS)}") for row in tiles),
        Row(classes="cols c2", blocks=created),
        Row(classes="cols c4", blocks=_made_of(view, address)),
        Row(classes="cols c2", blocks=(_active(view, address), _cohorts(view.funnel, view, address))),
        Row(classes="cols c2", blocks=trust),
    )


def _lines(
    view: UsageView, axis: TimeAxis, address: Address, before: Sequence[Reading]
) -> tuple[tuple[Block, ...], tuple[Block, ...]]:
    """Summaries an hour beside their success; coverage beside unsupported lines."""
    earlier = earlier_lines(before, len(_COMPARED))
    compared = f" · faint: {before_phrase(address.length)}" if before else ""
    length = span(address.length)
    none = f"No summary was asked for in these {length}."
    created = line_chart(
        "summaries", "Summaries", f"an hour{compared}", axis,
        (Series(name="summaries", values=view.summaries, before=earlier[0]),),
        unit=Unit.PER_HOUR, reason=none,
    )  # fmt: skip
    success = line_chart(
        "success", "Summaries that succeeded", f"share{compared}", axis,
        (Series(name="succeeded", values=view.succeeded, before=earlier[1]),),
        unit=Unit.RATIO, reason=none, from_zero=False, target=_target("summary-success-rate"),
    )  # fmt: skip
    coverage = line_chart(
        "coverage", "Speech covered by evidence", f"mean share{compared}", axis,
        (Series(name="covered", values=view.coverage, before=earlier[2]),),
        unit=Unit.RATIO, reason=f"No summary of a video with times was finished in these {length}.", from_zero=False,
    )  # fmt: skip
    unsupported = line_chart(
        "unsupported", "Lines without support", f"share of all lines{compared}", axis,
        (Series(name="unsupported", values=view.unsupported, before=earlier[3]),),
        unit=Unit.RATIO, reason=f"No summary was finished in these {length}.",
    )  # fmt: skip
    return (created, success), (coverage, unsupported)


def _target(slug: str) -> Target | None:
    target = METRICS[slug].target
    return None if target is None else Target(value=target, label=f"target {goal(target, Unit.RATIO)}")


def _made_of(view: UsageView, address: Address) -> tuple[Drawn, ...]:
    none = f"No summary was finished in these {span(address.length)}."
    return (
        _shares("engines", "Engines", "of finished summaries", _named(view.engines, ENGINE_NAMES), none),
        _rungs(view.rungs, address),
        _shares("languages", "Languages", "of finished summaries", _languages(view.languages), none),
        _shares("lengths", "Lengths of the videos", "of summaries asked for", list(view.lengths), none),
    )


def _named(counts: Sequence[NamedCount], names: dict[str, str]) -> list[NamedCount]:
    return [
        NamedCount(name=_capital(names.get(each.name, each.name)), count=each.count, ratio=each.ratio)
        for each in counts
    ]


def _languages(counts: Sequence[NamedCount]) -> list[NamedCount]:
    return [
        NamedCount(name=language_name(each.name) or "Unknown", count=each.count, ratio=each.ratio) for each in counts
    ]


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _shares(key: str, title: str, note: str, counts: Sequence[NamedCount], reason: str) -> Drawn:
    shown = _folded(counts)
    most = max((each.ratio or 0.0 for each in shown), default=0.0)
    return _bars(key, title, note, [(each, (each.ratio or 0.0) / most if most else 0.0) for each in shown], reason)


def _folded(counts: Sequence[NamedCount]) -> list[NamedCount]:
    """The most frequent ones, and the others as one row."""
    if len(counts) <= _MOST_ROWS:
        return list(counts)
    rest = counts[_MOST_ROWS - 1 :]
    others = NamedCount(
        name=f"{len(rest)} others",
        count=sum(each.count for each in rest),
        ratio=sum(each.ratio or 0.0 for each in rest),
    )
    return [*counts[: _MOST_ROWS - 1], others]


def _rungs(counts: Sequence[NamedCount], address: Address) -> Drawn:
    """Of each rung's tries, the share that gave captions: the bar is that share itself."""
    shown = _named(counts[:_MOST_ROWS], RUNG_NAMES)
    reason = f"No captions were looked for in these {span(address.length)}."
    return _bars(
        "rungs", "Ways to captions", "of tries that gave them", [(each, each.ratio or 0.0) for each in shown], reason
    )


def _bars(key: str, title: str, note: str, counts: Sequence[tuple[NamedCount, float]], reason: str) -> Drawn:
    found = [
        {
            "label": each.name,
            "width": f"{share * 100:.1f}",
            "count": whole(each.count),
            "percent": percent(each.ratio),
        }
        for each, share in counts
    ]
    return drawn(key, "bars.html.jinja", title=title, note=note, rows=found, reason=reason)


def _active(view: UsageView, address: Address) -> Chart:
    """Days are UTC days whatever the clock of the page: that is how people are counted."""
    days = [day for day, _ in view.active_days]
    reason = f"Nobody with an account was active in these {span(address.length)}."
    if not days:
        return Chart(key="active", title="Active people", note="a UTC day", reason=reason)
    axis = TimeAxis(edges=(*days, days[-1] + timedelta(days=1)), clock=Clock("UTC"), marks=())
    series = (Series(name="people", values=tuple(float(count) for _, count in view.active_days)),)
    note = "distinct accounts with a summary, view or question, a UTC day · hatched: the day still runs"
    running = next((i for i, day in enumerate(days) if day + timedelta(days=1) > view.freshness.read_at), len(days))
    return bar_chart(
        "active", "Active people", note, axis, series, unit=Unit.PEOPLE, reason=reason, hatched_from=running
    )


def _cohorts(funnel: FunnelView, view: UsageView, address: Address) -> Chart:
    """Browsers by the day of their first summary, and of each day's those that signed up; open cohorts are hatched."""
    days = [day for day, _, _ in funnel.days]
    reason = f"No browser made its first summary in these {span(address.length)}."
    title = "From anonymous to registered"
    if not days:
        return Chart(key="funnel", title=title, note="by day of the first summary", reason=reason)
    edges = (*days, days[-1] + timedelta(days=1))
    open_from = next((i for i, day in enumerate(days) if day + timedelta(days=1) > funnel.mature_until), len(days))
    return bar_chart(
        "funnel",
        title,
        _funnel_note(funnel),
        TimeAxis(edges=edges, clock=Clock("UTC"), marks=view.marks),
        (
            Series(name="browsers", values=tuple(float(count) for _, count, _ in funnel.days)),
            Series(name="signed up", values=tuple(float(count) for _, _, count in funnel.days)),
        ),
        unit=Unit.COUNT,
        reason=reason,
        hatched_from=open_from,
    )


def _funnel_note(funnel: FunnelView) -> str:
    so_far = f"{whole(funnel.registered)} of {whole(funnel.visitors)} so far"
    if funnel.mature_ratio is None:
        return f"{so_far} · hatched: their 30 days are not over"
    return f"{percent(funnel.mature_ratio)} within 30 days · {so_far} · hatched: not over yet"


PANEL = Panel(slug="usage", title="Usage", group=Group.WATCH, action=Action.SEE_OPERATIONS, build=_build)
