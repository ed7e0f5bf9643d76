"""What operators ask for: each reading in one snapshot, and once a minute for everybody who asks the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.db.database import Database
from core.db.queries.audit import append_audit
from core.db.queries.deploys import Deploy, find_release_at, insert_deploy
from core.db.queries.incidents import Incident, insert_incident
from core.db.queries.installation import add_correction
from core.db.queries.requests import list_story
from core.db.queries.rollups import read_series_version
from core.db.queries.telemetry import list_series
from core.db.statement_times import unrecorded
from core.domain.correction import Correction
from core.domain.period import Period, check_moment
from core.domain.request_ids import began_at
from core.domain.telemetry import Kind
from core.errors import InvalidInput, NotFound
from core.metrics import METRICS
from core.metrics.definition import Metric, Moment
from core.metrics.reading import Reading
from core.services.operations.cells import KnownSeries
from core.services.operations.drilling import Drill, read_requests
from core.services.operations.happenings import read_freshness
from core.services.operations.objectives import read_statuses
from core.services.operations.once import OnceAMinute
from core.services.operations.one_slo import read_slo
from core.services.operations.overview import FIGURES, PEOPLE, Beside, overview_of, read_beside, read_metrics
from core.services.operations.performance import read_performance
from core.services.operations.reference import reference
from core.services.operations.story import story_of
from core.services.operations.usage import read_usage
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
from core.slos import SLOS
from core.slos.definition import Slo
from core.slos.status import SloStatus

MOST_REQUESTS = 500
_T = TypeVar("_T")
_Read = Callable[[AsyncSession, KnownSeries], Awaitable[_T]]
_CLOCKS_DIFFER = timedelta(minutes=5)


class Operations:
    """All raise Unavailable where the database does not answer. `fresh=True` reads anew whatever is kept."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._once = OnceAMinute(clock)
        self._known: tuple[int, KnownSeries] | None = None

    async def slos(self, *, fresh: bool = False) -> tuple[SloStatus, ...]:
        """Every objective as it stands now."""

        async def read(session: AsyncSession, series: KnownSeries) -> tuple[SloStatus, ...]:
            return await read_statuses(session, series, self._clock.now())

        return await self._answer("slos", read, fresh=fresh)

    async def overview(self, period: Period, *, fresh: bool = False) -> OverviewView:
        """Figures, people and the rest are read beside each other: this is the page that is opened most often."""
        figures, people, beside = await asyncio.gather(
            self.read_all(FIGURES, period, fresh=fresh),
            self.read_all(PEOPLE, period, fresh=fresh),
            self._beside(period, fresh=fresh),
        )
        return overview_of(period, (*figures, *people), beside)

    async def performance(
        self, period: Period, *, kind: str = Kind.SUMMARY.value, fresh: bool = False
    ) -> PerformanceView:
        """`kind` is what the heat map shows. InvalidInput for one that has none."""

        async def read(session: AsyncSession, series: KnownSeries) -> PerformanceView:
            return await read_performance(session, period, kind, statuses, series, self._clock.now())

        statuses = await self.slos(fresh=fresh)
        return await self._answer(("performance", period, kind), read, fresh=fresh)

    async def usage(self, period: Period, *, fresh: bool = False) -> UsageView:
        async def read(session: AsyncSession, series: KnownSeries) -> UsageView:
            return await read_usage(session, period, series, self._clock.now())

        return await self._answer(("usage", period), read, fresh=fresh)

    async def slo(self, slug: str, period: Period, *, fresh: bool = False) -> SloView:
        """NotFound for an objective that there is not."""

        async def read(session: AsyncSession, series: KnownSeries) -> SloView:
            return await read_slo(session, period, status, series, self._clock.now())

        _known_slo(slug)
        status = next(each for each in await self.slos(fresh=fresh) if each.slo.slug == slug)
        return await self._answer(("slo", slug, period), read, fresh=fresh)

    async def read(self, slug: str, period: Period, *, fresh: bool = False) -> Reading:
        """One metric by bin. NotFound for one that there is not."""
        metric = METRICS.get(slug)
        if metric is None:
            raise NotFound("There is no metric of that name.")
        return (await self.read_all((metric,), period, fresh=fresh))[0]

    async def read_all(self, metrics: Sequence[Metric], period: Period, *, fresh: bool = False) -> tuple[Reading, ...]:
        """Several metrics by bin, from one reading of the sums."""

        async def read(session: AsyncSession, series: KnownSeries) -> tuple[Reading, ...]:
            return tuple(await read_metrics(session, metrics, period, series, self._clock.now()))

        key = ("metrics", tuple(metric.slug for metric in metrics), period)
        return await self._answer(key, read, fresh=fresh)

    async def requests(
        self,
        period: Period,
        *,
        slo: str | None = None,
        cause: str | None = None,
        kind: str | None = None,
        name: str | None = None,
        limit: int = 50,
        fresh: bool = False,
    ) -> tuple[RequestRow, ...]:
        """Kept events, worst first: the bad ones of an objective (of one cause, "" for everything else), or a route's.

        NotFound for an objective that there is not.
        """
        drill = Drill(
            slo=None if slo is None else _known_slo(slo),
            cause=cause,
            kind=kind,
            name=name,
            limit=min(max(limit, 1), MOST_REQUESTS),
        )

        async def read(session: AsyncSession, series: KnownSeries) -> tuple[RequestRow, ...]:
            return await read_requests(session, period, drill, series)

        return await self._answer(("requests", period, drill.key), read, fresh=fresh)

    async def story(self, request_id: UUID) -> Story:
        """What was kept of one request. NotFound where nothing was, or nothing is any more."""
        try:
            began = began_at(request_id)
        except (ValueError, OverflowError):
            raise _no_story() from None
        async with self._snapshot() as session:
            series = await self._series(session)
            events = await list_story(session, request_id, began)
            if not events:
                raise _no_story()
            release = await find_release_at(session, began)
        return story_of(request_id, began, events, series, release)

    async def freshness(self) -> Freshness:
        """How new the figures are; always read anew."""
        async with self._snapshot() as session:
            return await read_freshness(session, self._clock.now())

    def reference(self) -> ReferenceView:
        """Every definition, with its query spelled out."""
        return reference()

    async def record_deploy(self, deploy: Deploy, *, actor: str) -> None:
        """From now on it is marked on every chart. InvalidInput where its times make no sense."""
        now = self._clock.now()
        if not deploy.release.strip():
            raise InvalidInput("A deploy needs the name of its release.")
        for at in (deploy.deployed_at, deploy.committed_at or deploy.deployed_at):
            check_moment(at)
        if deploy.deployed_at > now + _CLOCKS_DIFFER:
            raise InvalidInput("A deploy can be recorded once it has happened; its time lies in the future.")
        if deploy.committed_at is not None and deploy.committed_at > deploy.deployed_at:
            raise InvalidInput("What was deployed was committed before: the two times are the wrong way round.")
        detail = {"release": deploy.release, "deployed_at": deploy.deployed_at.isoformat()}
        async with self._database.transaction() as session:
            await insert_deploy(session, deploy)
            await append_audit(
                session, actor=actor, action="record_deploy", subject=f"deploy:{deploy.id}", detail=detail, now=now
            )

    async def record_incident(self, incident: Incident, *, actor: str) -> int:
        """The incident's number. InvalidInput where its times make no sense, or it has no title."""
        now = self._clock.now()
        if not incident.title.strip():
            raise InvalidInput("An incident needs a title.")
        times = [incident.at(moment) for moment in Moment]
        known = [each for each in times if each is not None]
        for at in known:
            check_moment(at)
        if max(known) > now + _CLOCKS_DIFFER:
            raise InvalidInput("The times of an incident are recorded once they have come; one lies in the future.")
        if known != sorted(known) or times[: len(known)] != known:
            raise InvalidInput(
                "The times of an incident follow one another: started, detected, acknowledged, mitigated, resolved; "
                "none may be left out before a later one."
            )
        async with self._database.transaction() as session:
            number = await insert_incident(session, incident)
            await append_audit(
                session,
                actor=actor,
                action="record_incident",
                subject=f"incident:{number}",
                detail={"severity": incident.severity},
                now=now,
            )
        return number

    async def correct(self, correction: Correction, *, actor: str) -> None:
        """Takes a stretch of time out of objectives; the figures with it stay on show. InvalidInput for a wrong one."""
        if correction.slo is not None:
            _known_slo(correction.slo)
        check_moment(correction.start)
        check_moment(correction.end)
        if correction.start >= correction.end:
            raise InvalidInput("The stretch ends before it begins.")
        now = self._clock.now()
        async with self._database.transaction() as session:
            await add_correction(session, correction, now=now)
            await append_audit(
                session,
                actor=actor,
                action="correct_objectives",
                subject=f"slo:{correction.slo or 'all'}",
                detail={
                    "start": correction.start.isoformat(),
                    "end": correction.end.isoformat(),
                    "category": correction.category.value,
                },
                now=now,
            )

    async def _beside(self, period: Period, *, fresh: bool) -> Beside:
        async def read(session: AsyncSession, series: KnownSeries) -> Beside:
            return await read_beside(session, period, statuses, series, self._clock.now())

        statuses = await self.slos(fresh=fresh)
        return await self._answer(("overview", period), read, fresh=fresh)

    async def _answer(self, key: Hashable, read: _Read[_T], *, fresh: bool) -> _T:
        async def make() -> _T:
            async with self._snapshot() as session:
                return await read(session, await self._series(session))

        return await self._once.get(key, make, fresh=fresh)

    @asynccontextmanager
    async def _snapshot(self) -> AsyncIterator[AsyncSession]:
        # What operators look at must not count among the statements that people's pages wait for.
        with unrecorded():
            async with self._database.snapshot() as session:
                yield session

    async def _series(self, session: AsyncSession) -> KnownSeries:
        """All series, read only where there are others than last time."""
        version = await read_series_version(session)
        if self._known is None or self._known[0] != version:
            numbers = await list_series(session)
            self._known = version, KnownSeries({number: series for series, number in numbers.items()})
        return self._known[1]


def _known_slo(slug: str) -> Slo:
    slo = SLOS.get(slug)
    if slo is None:
        raise NotFound("There is no objective of that name.")
    return slo


def _no_story() -> NotFound:
    return NotFound("Nothing was kept of a request of that number, or it is no longer kept.")
