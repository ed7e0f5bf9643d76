"""Whether what the summaries say stands on the video: coverage and lines without support."""

from __future__ import annotations

from functools import partial

from core.domain.telemetry import Kind
from core.metrics.definition import Area, Direction, Mean, Metric, Quantile, Selection, Share
from core.metrics.making import make

_COVERAGE = (Selection(kind=Kind.COVERAGE),)
_LINES = (Selection(kind=Kind.LINES),)
_UNSUPPORTED = (Selection(kind=Kind.LINES, names=("unsupported",)),)
_QUALITY = "Business KPIs: “Quality: User satisfaction (NPS), support ticket volume”; design, “Quality and trust”"
_figure = partial(make, Area.TRUST)

TRUST: tuple[Metric, ...] = (
    _figure(
        "coverage",
        "Speech covered",
        "mean over finished summaries of the share of speech within 30 s of some evidence",
        _QUALITY,
        Mean(of=_COVERAGE),
        direction=Direction.UP,
    ),
    _figure(
        "coverage-p10",
        "Speech covered, worst tenth",
        "the share of speech that the least covered tenth of the finished summaries stays under",
        _QUALITY,
        Quantile(of=_COVERAGE, q=0.1),
        direction=Direction.UP,
    ),
    _figure(
        "unsupported-share",
        "Unsupported lines",
        "lines without enough support in the transcript ÷ lines of finished summaries",
        _QUALITY,
        Share(part=_UNSUPPORTED, whole=_LINES),
    ),
)
