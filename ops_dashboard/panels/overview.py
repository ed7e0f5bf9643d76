"""Overview: is it healthy now, what happened, and the one thing to look at next."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.domain.permissions import Action
from core.domain.telemetry import Unit
from core.metrics import METRICS
from core.metrics.reading import Reading
from core.services.operations.views import Advice, Happening, Line, OverviewView
from core.slos.status import Health, SloStatus
from ops_dashboard.address import Address
from ops_dashboard.blocks import Drawn, Part, Row, Rows, bones, drawn
from ops_dashboard.board import Board
from ops_dashboard.charts import Chart, Series, Target, TimeAxis, line_chart
from ops_dashboard.figures import Figures
from ops_dashboard.panels.definition import Group, Panel, Surroundings
from ops_dashboard.tiles import tile_row
from ops_dashboard.words import (
    HEALTH_WORDS,
    NOTHING,
    Amount,
    Clock,
    amount,
    before_phrase,
    counted,
    duration,
    goal,
    percent,
    points,
    span,
)

PERFORMANCE_PATH = "/ops/performance"
# The objectives of the guide, in the order of the page; the others stand on the Performance panel.
CARDS = ("availability", "page-2s", "api-200ms", "summary-30s", "critical-errors", "recovery")
_COMPARED = tuple(METRICS[slug] for slug in ("requests-per-minute", "errors-per-minute", "summary-p50", "summary-p95"))


def _build(surroundings: Surroundings) -> Board:
    figures: Figures = surroundings.services.operations
    return Board("overview", surroundings, lambda address: _plan(figures, address, surroundings.feed.now()))


def _plan(figures: Figures, address: Address, now: datetime) -> Sequence[Part]:
    skeleton = (
        bones("line"),
        bones("tile", 6, "cols c6"),
        bones("chart", 2, "cols c2"),
        bones("spark", 6, "cols c6"),
        bones("list", 2, "cols c2 off-wall"),
    )
    return (
        Part(
            key="overview",
            what="The overview",
            bones=skeleton,
            load=lambda: _load(figures, address, now),
            classes="wide",
        ),
    )


async def _load(figures: Figures, address: Address, now: datetime) -> Rows:
    period = address.period(now)
    if not address.is_compared:
        return rows(await figures.overview(period), address)
    view, before = await asyncio.gather(figures.overview(period), figures.read_all(_COMPARED, period.before))
    return rows(view, address, before)


def rows(view: OverviewView, address: Address, before: Sequence[Reading] = ()) -> Rows:
    """The panel, drawn. `before`: the four lines over the period before, where they are to be compared."""
    shown = [status for slug in CARDS for status in view.slos if status.slo.slug == slug]
    cards = tuple(drawn(each.slo.slug, "slo_card.html.jinja", card=card_of(each, address)) for each in shown)
    return (
        Row(blocks=(_next(view.advice, address),)),
        Row(classes="cols c6", blocks=cards),
        Row(classes="cols c2", blocks=_charts(view, address, before)),
        tile_row(view.tiles, address, "c6"),
        Row(classes="cols c2 off-wall", blocks=(_vendors(view), _happenings(view, address))),
    )


def slo_href(status_slug: str, address: Address) -> str:
    """The objective in depth, with the same range and clock."""
    return replace(address.without_drill(), slo=status_slug, is_wall=False).href(PERFORMANCE_PATH)


def _next(advice: Advice, address: Address) -> Drawn:
    href = slo_href(advice.slo, address) if advice.slo else None
    label = {"ok": "All is well", "": "Nothing yet"}.get(advice.tone, "Look here next")
    return drawn("next", "next.html.jinja", advice=advice, href=href, label=label)


@dataclass(frozen=True, slots=True, kw_only=True)
class SloCard:
    """What a card says. `bar`, 0…100: how much of the budget is left; for recovery how much of its limit was used."""

    name: str
    title: str
    href: str
    word: str
    tone: str
    value: Amount
    bar: float
    left: str
    target: str


def card_of(status: SloStatus, address: Address) -> SloCard:
    """An objective as a card: its value, its state in a word and a colour, budget and target."""
    word, tone = HEALTH_WORDS[status.health]
    is_recovery = status.slo.incidents is not None
    filled = min((status.median_s or 0.0) / status.slo.incidents.within_s, 1.0) if status.slo.incidents else None
    value = amount(status.median_s, Unit.SECONDS) if is_recovery else amount(status.sli, Unit.RATIO)
    return SloCard(
        name=f"{status.slo.short_title}, median" if is_recovery else status.slo.short_title,
        title=status.slo.title,
        href=slo_href(status.slo.slug, address),
        word=word,
        tone=tone,
        value=value,
        bar=(max(0.0, min(1.0, status.budget_left or 0.0)) if filled is None else filled) * 100,
        left=_left(status),
        target=_target(status),
    )


def _left(status: SloStatus) -> str:
    """What matters beside the value: the budget where it shrinks, else the P95 or the count."""
    if status.health is Health.NO_DATA or status.budget_left is None:
        return "nothing counted yet"
    if status.slo.incidents is not None:
        return f"{counted(status.valid, 'incident', 'incidents')}, {span(status.slo.window)}"
    if status.health is Health.OK and status.slo.slug == "critical-errors":
        return f"{status.bad:,} of {status.valid:,} failed"
    if status.health is Health.OK and status.p95 is not None and status.slo.slug != "availability":
        return f"P95 {duration(status.p95)}"
    return f"{points(status.budget_left)} of budget left"


def _target(status: SloStatus) -> str:
    if (rule := status.slo.incidents) is not None:
        return duration(rule.within_s * 1000).value
    return goal(status.slo.objective, Unit.RATIO).removesuffix(" %")


def _charts(view: OverviewView, address: Address, before: Sequence[Reading]) -> tuple[Chart, Chart]:
    axis = TimeAxis(edges=view.edges, clock=Clock(address.zone), marks=view.marks)
    earlier = earlier_lines(before, len(_COMPARED))
    compared = f" · faint: {before_phrase(address.length)}" if before else ""
    length = span(address.length)
    return (
        line_chart(
            "requests",
            "Requests and errors",
            f"per minute{compared}",
            axis,
            (
                Series(name="requests", values=view.requests, before=earlier[0]),
                Series(name="errors", values=view.errors, before=earlier[1]),
            ),
            unit=Unit.PER_MINUTE,
            reason=f"No requests were recorded in these {length}.",
        ),
        line_chart(
            "summary-times",
            "Summarisation, from request to last line",
            f"P50 and P95{compared}",
            axis,
            (
                Series(name="P95", values=view.summary_p95, before=earlier[3]),
                Series(name="P50", values=view.summary_p50, before=earlier[2]),
            ),
            unit=Unit.MS,
            reason=f"No summary was finished in these {length}.",
            target=Target(value=30_000, label="target 30 s"),
        ),
    )


def earlier_lines(before: Sequence[Reading], count: int) -> list[Line | None]:
    """The lines of the period before; as many Nones where nothing is compared."""
    return [reading.points for reading in before] if before else [None] * count


def _vendors(view: OverviewView) -> Drawn:
    found = [
        {
            "name": row.vendor,
            "calls": f"{row.calls:,}",
            "errors": percent(row.error_ratio),
            "is_bad": (row.error_ratio or 0) >= 0.01,
            "p95": str(duration(row.p95)),
            "state": _vendor_state(row.error_ratio),
        }
        for row in view.vendors
    ]
    return drawn("vendors", "vendors.html.jinja", rows=found)


def _vendor_state(error_ratio: float | None) -> tuple[str, str]:
    """In the guide's bounds: over 0.1 % failing is worth a look, over 1 % is bad."""
    if error_ratio is None:
        return NOTHING, ""
    if error_ratio >= 0.01:
        return "failing", "bad"
    return ("some fail", "warn") if error_ratio >= 0.001 else ("answering", "ok")


_KIND_WORDS = {
    "deploy": "Deploy",
    "incident": "Incident",
    "archival": "Archival",
    "restore": "Restored",
    "audit": "Admin",
}


def _happenings(view: OverviewView, address: Address) -> Drawn:
    clock = Clock(address.zone)
    lines = [_happening(each, clock, view.period.end) for each in view.happenings]
    return drawn("happenings", "happenings.html.jinja", rows=lines, note=f"in these {span(address.length)}")


def _happening(happening: Happening, clock: Clock, now: datetime) -> dict[str, str]:
    return {
        "when": clock.moment(happening.at, now),
        "exact": f"{happening.at:%Y-%m-%d %H:%M:%S} UTC",
        "kind": _KIND_WORDS.get(happening.kind, happening.kind.capitalize()),
        "tone": happening.tone,
        "text": happening.text,
    }


PANEL = Panel(slug="", title="Overview", group=Group.WATCH, action=Action.SEE_OPERATIONS, build=_build)
