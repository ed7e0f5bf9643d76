"""Whether what the summaries say stands on the video: coverage and lines without support."""

from __future__ import annotations

from core.domain.telemetry import Kind, Unit
from core.metrics.definition import Area, Direction, Mean, Metric, Quantile, Selection, Share

_COVERAGE = (Selection(kind=Kind.COVERAGE),)
_LINES = (Selection(kind=Kind.LINES),)
_UNSUPPORTED = (Selection(kind=Kind.LINES, names=("unsupported",)),)
_QUALITY = "Business KPIs: “Quality: User satisfaction (NPS), support ticket volume”; design, “Quality and trust”"

TRUST: tuple[Metric, ...] = (
    Metric(
        slug="coverage",
        title="Speech covered",
        unit=Unit.RATIO,
        direction=Direction.UP,
        area=Area.TRUST,
        formula="mean over finished summaries of the share of speech within 30 s of some evidence",
        source=_QUALITY,
        query=Mean(of=_COVERAGE),
        aggregate="recomputed from sums and counts",
    ),
    Metric(
        slug="coverage-p10",
        title="Speech covered, worst tenth",
        unit=Unit.RATIO,
        direction=Direction.UP,
        area=Area.TRUST,
        formula="the share of speech that the least covered tenth of the finished summaries stays under",
        source=_QUALITY,
        query=Quantile(of=_COVERAGE, q=0.1),
        aggregate="recomputed from merged histograms, never averaged",
    ),
    Metric(
        slug="unsupported-share",
        title="Unsupported lines",
        unit=Unit.RATIO,
        direction=Direction.DOWN,
        area=Area.TRUST,
        formula="lines without enough support in the transcript ÷ lines of finished summaries",
        source=_QUALITY,
        query=Share(part=_UNSUPPORTED, whole=_LINES),
        aggregate="recomputed from counts",
    ),
)
