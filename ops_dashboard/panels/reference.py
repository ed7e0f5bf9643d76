"""Reference: every metric and objective with formula, unit, source and query, straight from the registries."""

from __future__ import annotations

from collections.abc import Sequence

from core.domain.permissions import Action
from core.domain.telemetry import Unit
from core.metrics.definition import Area, Direction
from core.services.operations.views import MetricEntry, ReferenceView, SloEntry
from ops_dashboard.blocks import Drawn, Part, Row, Rows, bones, drawn
from ops_dashboard.board import Board
from ops_dashboard.figures import Figures
from ops_dashboard.panels.definition import Group, Panel, Surroundings
from ops_dashboard.words import goal, span

_AREAS = {
    Area.PERFORMANCE: "Performance",
    Area.USAGE: "Usage",
    Area.INFRASTRUCTURE: "Infrastructure",
    Area.TRUST: "Quality and trust",
    Area.SECURITY: "Security",
}
_BETTER = {Direction.UP: "more is better", Direction.DOWN: "less is better", Direction.NEITHER: "neither way is better"}


def _build(surroundings: Surroundings) -> Board:
    figures: Figures = surroundings.services.operations
    return Board("reference", surroundings, lambda _address: _plan(figures))


def _plan(figures: Figures) -> Sequence[Part]:
    async def load() -> Rows:
        return rows(figures.reference())

    return (Part(key="reference", what="The reference", bones=(bones("list", 2, "cols"),), load=load),)


def rows(view: ReferenceView) -> Rows:
    """The objectives, then the metrics by the panel on which they stand first."""
    found = [_terms("objectives", "Objectives", [_slo(entry) for entry in view.slos])]
    for area in Area:
        entries = [_metric(entry) for entry in view.metrics if entry.metric.area is area]
        if entries:
            found.append(_terms(area.value, f"Metrics: {_AREAS[area]}", entries))
    return tuple(Row(blocks=(block,)) for block in found)


def _terms(key: str, title: str, entries: Sequence[dict[str, object]]) -> Drawn:
    return drawn(key, "terms.html.jinja", title=title, note=f"{len(entries)}", entries=entries)


def _metric(entry: MetricEntry) -> dict[str, object]:
    metric = entry.metric
    bounds = [
        f"{word} {goal(value, metric.unit)}"
        for word, value in (("target", metric.target), ("critical", metric.critical))
        if value is not None
    ]
    return {
        "slug": metric.slug,
        "title": metric.title,
        "facts": [
            ("Formula", metric.formula),
            ("Unit", f"{metric.unit.value}; {_BETTER[metric.direction]}{'; ' if bounds else ''}{', '.join(bounds)}"),
            ("Together", metric.aggregate),
            ("Source", metric.source),
        ],
        "queries": [("Query", entry.query)],
    }


def _slo(entry: SloEntry) -> dict[str, object]:
    slo = entry.slo
    rules = [f"{rule.severity} at {rule.factor:g}× over {span(rule.long)} and {span(rule.short)}" for rule in slo.rules]
    allowed = goal(slo.allowed, Unit.RATIO)
    late = f"; unfinished after {goal(slo.stuck_after_s, Unit.SECONDS)} is bad at once" if slo.stuck_after_s else ""
    return {
        "slug": f"slo-{slo.slug}",
        "title": slo.title,
        "facts": [
            ("Objective", f"{goal(slo.objective, Unit.RATIO)} over {span(slo.window)}; critical: {slo.critical}{late}"),
            (
                "Budget",
                f"{allowed} may be bad; left = 1 − bad ÷ (valid × {allowed})",
            ),
            ("Alerts", "; ".join(rules) or "none: incidents are counted one by one"),
            ("Source", slo.source),
        ],
        "queries": [("Valid", entry.valid), ("Bad", entry.bad)],
    }


PANEL = Panel(
    slug="reference",
    title="Reference",
    group=Group.WATCH,
    action=Action.SEE_OPERATIONS,
    build=_build,
    has_range=False,
    note="Every number here has one definition. Anyone can compute it again.",
)
