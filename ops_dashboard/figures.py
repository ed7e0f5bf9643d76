"""What the panels ask of the operations service, in their own words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from core.domain.period import Period
from core.metrics.definition import Metric
from core.metrics.reading import Reading
from core.services.operations.views import (
    Freshness,
    OverviewView,
    PerformanceView,
    ReferenceView,
    RequestRow,
    SloView,
    Story,
    UsageView,
)


class Figures(Protocol):
    """Each call reads one snapshot. All raise AppError where the database does not answer or the thing is not there."""

    async def overview(self, period: Period) -> OverviewView: ...

    async def performance(self, period: Period, *, kind: str = "summary") -> PerformanceView: ...

    async def usage(self, period: Period) -> UsageView: ...

    async def slo(self, slug: str, period: Period) -> SloView: ...

    async def requests(
        self,
        period: Period,
        *,
        slo: str | None = None,
        cause: str | None = None,
        kind: str | None = None,
        name: str | None = None,
    ) -> tuple[RequestRow, ...]: ...

    async def story(self, request_id: UUID) -> Story: ...

    async def read_all(self, metrics: Sequence[Metric], period: Period) -> tuple[Reading, ...]: ...

    async def freshness(self) -> Freshness: ...

    def reference(self) -> ReferenceView: ...
