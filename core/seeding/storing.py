"""Stores a simulated history in one transaction: all of it, or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.database import Database
from core.db.queries import seeding as queries
from core.db.queries.deploys import Deploy, insert_deploy
from core.db.queries.incidents import Incident, insert_incident
from core.db.queries.installation import DEMO_FACT, is_demo
from core.db.queries.partitions import ensure_partitions
from core.db.queries.summing import try_summing_lock
from core.db.queries.telemetry import advance_writer, ensure_series, register_writer
from core.domain.period import Tier
from core.errors import Conflict
from core.seeding import library as rows
from core.seeding.copying import EVENT_COLUMNS, HEADER, SUM_COLUMNS, TRAILER, event_rows, sum_rows
from core.seeding.counting import Counted, Sums, count, join
from core.seeding.day import Jobs
from core.seeding.history import History, Stretch
from core.seeding.ledger import Ledger
from core.seeding.plan import DAY_MINUTES, MINUTE_US, Plan, minute_of, moment_of
from core.seeding.talks import make_talks
from core.telemetry.summing import KEPT

TABLES = (
    "users", "visitors", "transcripts", "runs", "summary_versions", "summaries", "progress_tracking", "series",
    "rollup_minutes", "rollup_hours", "rollup_days", "active_days", "events",
)  # fmt: skip
# The sums of hours and days are made of all writers' minutes.
_ALL_WRITERS = 0
_HOUR_MINUTES = 60
_TRIES_TO_HOLD, _BETWEEN_TRIES_S = 300, 0.1

Report = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How long single events are kept, how many of them, and how long sums of minutes: as in a running service."""

    event_days: int
    keep_one_in: int
    minutes: timedelta = KEPT[Tier.MINUTE]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What was made: the ledger is what the simulation knows of itself."""

    ledger: Ledger
    events: int
    kept_rows: int
    summaries: int


async def store_history(
    database: Database, plan: Plan, keeping: Keeping, *, is_forced: bool = False, report: Report = lambda *_: None
) -> Stored:
    """Simulates and stores. Conflict where the database is in use already; with `is_forced` its rows stay beside.

    A database that holds a made-up history already gets no second one, forced or not.
    """
    async with database.read() as session:
        await _check(session, is_forced=is_forced)
    history = History(plan)
    async with database.transaction() as session:
        await ensure_partitions(session, _kept_days(plan, keeping))
    async with database.transaction() as session:
        await queries.take_time(session)
        await _hold_summing(session)
        # Once more: somebody may have come, or another seeding ended, while this one waited.
        await _check(session, is_forced=is_forced)
        storing = _Storing(session, history, keeping, report, is_beside_others=is_forced)
        await storing.events()
        await storing.people()
        await storing.operators()
        return storing.stored()


class _Storing:
    def __init__(
        self, session: AsyncSession, history: History, keeping: Keeping, report: Report, *, is_beside_others: bool
    ) -> None:
        self._is_beside_others = is_beside_others
        self._session = session
        self._history = history
        self._plan = history.plan
        self._keeping = keeping
        self._report = report
        self._ledger = Ledger(history)
        self._library = rows.Library(history.plan, history.people, history.visitors, make_talks())
        self._people = rows.halves(self._library.ids)
        self._ids: dict[int, int] = {}
        self._jobs: list[Jobs] = []
        self._kept_rows = 0
        self._summaries = 0

    async def events(self) -> None:
        """Everything that was counted. While one stretch is written, the next is simulated beside it."""
        writer = await register_writer(self._session, "seed", now=self._plan.end)
        stretches = self._history.stretches()
        coming = asyncio.create_task(asyncio.to_thread(self._next, stretches))
        while (found := await coming) is not None:
            coming = asyncio.create_task(asyncio.to_thread(self._next, stretches))
            stretch, counted = found
            await self._write(stretch, counted, writer)
            done = stretch.first + DAY_MINUTES - minute_of(self._plan.start)
            self._report("Events", min(done / self._plan.minutes, 1.0))
        await advance_writer(self._session, writer, 1, dropped=0, now=self._plan.end)

    async def people(self) -> None:
        """Accounts, browsers and summaries: known only once all of the history is."""
        self._report("Summaries", 0.0)
        library, copy = self._library, self._copy
        pieces = await asyncio.to_thread(library.pieces, self._jobs)
        firsts = rows.first_runs(library, pieces)
        makers = list(firsts.values())
        others = [piece for piece in pieces if piece not in makers]
        await copy("users", rows.USERS, library.users())
        await copy("visitors", rows.VISITORS, library.browsers())
        await copy("transcripts", rows.TRANSCRIPTS, library.transcripts())
        await copy("runs", rows.RUNS, rows.runs(library, makers, firsts))
        await copy("summary_versions", rows.VERSIONS, library.versions(firsts))
        await queries.link_versions(self._session)
        await copy("runs", rows.RUNS, rows.runs(library, others, firsts))
        await copy("summaries", rows.SUMMARIES, rows.summaries(library, pieces))
        await copy("progress_tracking", rows.PROGRESS, rows.progress(self._plan, pieces))
        self._summaries = len(pieces)

    async def operators(self) -> None:
        """Deploys, incidents, and the mark that all of this is a demonstration."""
        plan = self._plan
        for number, release in enumerate(plan.releases):
            deploy_id = rows.uuids(np.random.default_rng([plan.seed, 1_000_003, number]), 1)[0]
            await insert_deploy(
                self._session,
                Deploy(
                    id=deploy_id, release=release.name, deployed_at=release.at, committed_at=release.committed_at,
                    commits=release.commits, note=release.note,
                ),
            )  # fmt: skip
        for trouble in plan.troubles:
            await insert_incident(
                self._session,
                Incident(
                    id=0, severity=trouble.severity, title=trouble.title, started_at=trouble.started_at,
                    detected_at=trouble.detected_at, acknowledged_at=trouble.acknowledged_at,
                    mitigated_at=trouble.mitigated_at, resolved_at=trouble.resolved_at,
                ),
            )  # fmt: skip
        await queries.write_fact(self._session, DEMO_FACT, self._mark(), now=plan.end)

    def stored(self) -> Stored:
        return Stored(
            ledger=self._ledger, events=self._ledger.events, kept_rows=self._kept_rows, summaries=self._summaries
        )

    def _next(self, stretches: Iterator[Stretch]) -> tuple[Stretch, Counted] | None:
        stretch = next(stretches, None)
        return None if stretch is None else (stretch, count(stretch.rows, keep_one_in=self._keeping.keep_one_in))

    async def _write(self, stretch: Stretch, counted: Counted, writer: int) -> None:
        ids = await self._series_ids(counted.codes)
        self._ledger.add(stretch)
        self._jobs += stretch.jobs
        if stretch.first >= minute_of(self._plan.end - self._keeping.minutes):
            await self._copy_sums("rollup_minutes", counted.minutes, ids, writer)
        await self._copy_sums("rollup_hours", join(counted.minutes, _HOUR_MINUTES), ids, _ALL_WRITERS)
        await self._copy_sums("rollup_days", join(counted.minutes, DAY_MINUTES), ids, _ALL_WRITERS)
        day = moment_of(stretch.first * MINUTE_US).date()
        await self._copy(
            "active_days", {"day": "date", "user_id": "uuid"},
            ((day, self._library.ids[account]) for account in stretch.active),
        )  # fmt: skip
        if day in _kept_days(self._plan, self._keeping):
            await self._copy_events(counted, ids)

    async def _copy_events(self, counted: Counted, ids: NDArray[np.int64]) -> None:
        data = await asyncio.to_thread(
            event_rows, counted.kept, series_ids=ids[counted.kept_series], bucket=counted.kept_bucket,
            weight=counted.kept_weight, people=self._people, details=self._history.book.details,
        )  # fmt: skip
        self._kept_rows += len(counted.kept)
        await queries.copy_binary(self._session, "events", EVENT_COLUMNS, (HEADER, data, TRAILER))

    async def _copy_sums(self, table: str, sums: Sums, ids: NDArray[np.int64], writer: int) -> None:
        data = await asyncio.to_thread(sum_rows, sums, ids, writer)
        has_others = self._is_beside_others and writer == _ALL_WRITERS
        copy = queries.add_sums if has_others else queries.copy_binary
        await copy(self._session, table, SUM_COLUMNS, (HEADER, data, TRAILER))

    async def _copy(self, table: str, columns: dict[str, str], found: Iterable[rows.Row]) -> None:
        await queries.copy_rows(self._session, table, columns, found)

    async def _series_ids(self, codes: NDArray[np.int32]) -> NDArray[np.int64]:
        """The database's number of each of these series."""
        new = [int(code) for code in codes if int(code) not in self._ids]
        if new:
            series = {code: self._history.book.series(code) for code in new}
            known = await ensure_series(self._session, series.values())
            self._ids |= {code: known[each] for code, each in series.items()}
        return np.array([self._ids[int(code)] for code in codes], dtype=np.int64)

    def _mark(self) -> dict[str, object]:
        plan = self._plan
        return {
            "seeded_at": plan.end.isoformat(), "days": plan.days, "users": plan.users, "events": self._ledger.events,
            "seed": plan.seed,
        }  # fmt: skip


async def _check(session: AsyncSession, *, is_forced: bool) -> None:
    if await is_demo(session):
        raise Conflict("This database holds a made-up history already. Seed an empty one.")
    if not is_forced and await queries.is_in_use(session):
        raise Conflict(
            "This database holds people's data already, and a made-up history would mix with it. Seed an empty one, or "
            "say --force to put it beside what is there."
        )


async def _hold_summing(session: AsyncSession) -> None:
    """Until the end of the transaction no worker makes sums of hours and days, which would be the same rows."""
    for _ in range(_TRIES_TO_HOLD):
        if await try_summing_lock(session):
            return
        await asyncio.sleep(_BETWEEN_TRIES_S)
    raise Conflict("A worker has been adding up figures for a long time. Try again in a minute.")


def _kept_days(plan: Plan, keeping: Keeping) -> set[date]:
    """The days of which single events are still kept at the end."""
    first = max(plan.start, plan.end - timedelta(days=keeping.event_days)).date()
    return {first + timedelta(days=number) for number in range((plan.end.date() - first).days + 1)}
