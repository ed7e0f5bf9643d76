"""Deploys as dotted lines with their release, incidents as bands with their name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from core.services.operations.views import Mark
from ops_dashboard.charts.chart import Json, token

# Shares of the chart's width: a band is seen however short the incident was.
_LEAST_WIDTH = 0.004
_NEAR_THE_END = 0.86
FONT_PX = 10


def mark_shapes(marks: Sequence[Mark], start: datetime, end: datetime) -> list[Json]:
    """The shapes of those marks that lie in [start, end]."""
    shapes: list[Json] = []
    for mark in _within(marks, start, end):
        if mark.kind == "deploy":
            line: Json = {"color": token("ink-3"), "width": 1, "dash": "dot"}
            shapes.append(_shape("line", mark.start, mark.start) | {"line": line})
        else:
            first, last = _band(mark, start, end)
            look: Json = {"fillcolor": token("bad"), "opacity": 0.09, "line": {"width": 0}}
            shapes.append(_shape("rect", first, last) | look)
    return shapes


def mark_labels(marks: Sequence[Mark], start: datetime, end: datetime, *, is_foot_free: bool = True) -> list[Json]:
    """Names beside the marks in order of time: deploys at the foot, incidents above.

    Where bars stand on the foot, deploys are named at the head. chart.js, which knows how wide the chart is, leaves out
    those that would meet.
    """
    labels: list[Json] = []
    for mark in sorted(_within(marks, start, end), key=lambda each: each.start):
        at = max(mark.start, start)
        label = _label(mark, at, is_near_end=(at - start) / (end - start) > _NEAR_THE_END)
        if mark.kind == "deploy" and not is_foot_free:
            label |= {"y": 1, "yanchor": "top"}
        labels.append(label)
    return labels


def _within(marks: Sequence[Mark], start: datetime, end: datetime) -> list[Mark]:
    return [mark for mark in marks if mark.start < end and (mark.start >= start or _reaches(mark, start))]


def _reaches(mark: Mark, start: datetime) -> bool:
    """True for an incident that began before the range and was not over then."""
    return mark.kind != "deploy" and (mark.end is None or mark.end > start)


def _band(mark: Mark, start: datetime, end: datetime) -> tuple[datetime, datetime]:
    first = max(mark.start, start)
    last = min(mark.end or end, end)
    return first, max(last, first + (end - start) * _LEAST_WIDTH)


def _shape(kind: str, first: datetime, last: datetime) -> Json:
    return {
        "type": kind, "layer": "below", "xref": "x", "yref": "paper", "y0": 0, "y1": 1,
        "x0": moment(first), "x1": moment(last),
    }  # fmt: skip


def _label(mark: Mark, at: datetime, *, is_near_end: bool) -> Json:
    is_deploy = mark.kind == "deploy"
    return {
        "name": "mark", "text": plain(mark.label), "showarrow": False, "xref": "x", "x": moment(at), "yref": "paper",
        "y": 0 if is_deploy else 1, "yanchor": "bottom",
        "xanchor": "right" if is_near_end else "left", "xshift": -3 if is_near_end else 3,
        "font": {"size": FONT_PX, "color": token("ink-3" if is_deploy else "bad")},
        "bgcolor": token("paper"), "borderpad": 1,
    }  # fmt: skip


def plain(text: str) -> str:
    """Text of others in a figure: Plotly reads a little HTML in labels, so its signs are made harmless."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def moment(at: datetime) -> str:
    """A time as figures hold it: UTC without a mark, which Plotly neither shifts nor reads by the browser's clock."""
    return at.strftime("%Y-%m-%d %H:%M:%S")
