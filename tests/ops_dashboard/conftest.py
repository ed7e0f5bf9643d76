"""The operators' pages with hand-written figures behind them and a simulated operator in front."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from uuid import UUID

import pytest
import pytest_asyncio
from nicegui import core
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation
from starlette.middleware import Middleware
from starlette.requests import Request

import ops_dashboard
import pages
from core.api.accounts import ACCOUNT_FIELD, SignedInReader
from core.bootstrap import Services
from core.config import Settings
from core.domain.archival import ArchiveFile, Hold, PolicyState
from core.domain.audit import GENESIS, AuditCheck
from core.domain.period import Period
from core.domain.permissions import Role
from core.errors import NotFound
from core.metrics.definition import Metric
from core.metrics.reading import Reading
from core.services.operations.reference import reference
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
from ops_dashboard.feed import Feed
from pages import guards
from tests.factories import views
from tests.factories.clocks import HeldClock
from tests.fake_batches import FakeBatches
from tests.fakes import FakeAccounts, FakeSummaries


@dataclass
class FakeFigures:
    """Answers with a believable day. `is_empty`: nothing was recorded. `failure` is raised, `gate` waited for."""

    is_empty: bool = False
    failure: Exception | None = None
    gate: asyncio.Event | None = None
    fresh: Freshness = field(default_factory=views.freshness)
    asked: list[str] = field(default_factory=list)
    periods: list[Period] = field(default_factory=list)

    async def overview(self, period: Period) -> OverviewView:
        await self._answer("overview", period)
        return views.overview(period, is_empty=self.is_empty)

    async def performance(self, period: Period, *, kind: str = "summary") -> PerformanceView:
        await self._answer(f"performance of {kind}", period)
        return views.performance(period, is_empty=self.is_empty)

    async def usage(self, period: Period) -> UsageView:
        await self._answer("usage", period)
        return views.usage(period, is_empty=self.is_empty)

    async def slo(self, slug: str, period: Period) -> SloView:
        await self._answer(f"slo {slug}", period)
        return views.slo_view(slug, period, is_empty=self.is_empty)

    async def requests(
        self,
        period: Period,
        *,
        slo: str | None = None,
        cause: str | None = None,
        kind: str | None = None,
        name: str | None = None,
    ) -> tuple[RequestRow, ...]:
        await self._answer(f"requests slo={slo} cause={cause} kind={kind} name={name}", period)
        return () if self.is_empty else views.REQUESTS

    async def story(self, request_id: UUID) -> Story:
        await self._answer(f"story {request_id}", None)
        if request_id != views.REQUEST:
            raise NotFound("Nothing was kept of a request of that number, or it is no longer kept.")
        return views.STORY

    async def read_all(self, metrics: Sequence[Metric], period: Period) -> tuple[Reading, ...]:
        await self._answer(f"{len(metrics)} metrics", period)
        count = views.bins_of(period)
        return tuple(views.reading(each.slug, 0.9, None, views.wave(count, 0.9, 0.05)) for each in metrics)

    async def freshness(self) -> Freshness:
        self.asked.append("freshness")
        if self.failure is not None:
            raise self.failure
        return self.fresh

    def reference(self) -> ReferenceView:
        return reference()

    async def _answer(self, what: str, period: Period | None) -> None:
        self.asked.append(what)
        if period is not None:
            self.periods.append(period)
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure


class NothingArchived:
    """No policy, no archive, no hold, an empty audit log: for pages that are about something else."""

    def __init__(self) -> None:
        self.holds = self

    async def policies(self) -> tuple[PolicyState, ...]:
        return ()

    async def archives(self) -> tuple[ArchiveFile, ...]:
        return ()

    async def listed(self, *_what: object, **_more: object) -> tuple[Hold, ...]:
        return ()

    async def actions(self) -> tuple[str, ...]:
        return ()

    async def people(self, _actors: object) -> dict[str, str]:
        return {}

    async def check(self) -> AuditCheck:
        return AuditCheck(lines=0, head_id=None, head_hash=GENESIS)


@dataclass
class Desktop:
    """A running application and the browser in front of it. A test may put other services behind its pages."""

    user: User
    figures: FakeFigures
    accounts: FakeAccounts
    clock: HeldClock
    feed: Feed
    services: SimpleNamespace

    async def sign_in(self, role: Role = Role.OPERATOR, email: str = "mia.koch@example.org") -> str:
        """The secret of the new session."""
        secret = self.accounts.let_in(role, email)
        await self.user.http_client.get("/let-in", params={"secret": secret})
        return secret


@pytest_asyncio.fixture
async def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desktop]:
    monkeypatch.setattr(guards, "HANDLERS", {})
    figures, accounts, clock = FakeFigures(), FakeAccounts(), HeldClock()
    feed = Feed(figures, clock, every_s=3600)
    settings = Settings(data_dir=tmp_path, release="2026.11.3")
    services = SimpleNamespace(
        summaries=FakeSummaries(), batches=FakeBatches(), accounts=accounts, settings=settings, operations=figures,
        archival=NothingArchived(), audit=NothingArchived(),
    )  # fmt: skip
    async with user_simulation() as user:
        pages.register(cast("Services", services))
        ops_dashboard.register(cast("Services", services), feed=feed)
        core.app.user_middleware.append(Middleware(SignedInReader, accounts=accounts))  # type: ignore[arg-type]

        @core.app.get("/let-in")
        def let_in(request: Request, secret: str) -> dict[str, str]:
            request.session[ACCOUNT_FIELD] = secret
            return {}

        user.http_client.headers["accept"] = "text/html"
        yield Desktop(user, figures, accounts, clock, feed, services)
