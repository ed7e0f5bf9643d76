"""Notices within half a second that a run was cancelled or taken over, whatever its work is busy with."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError

from core.db.database import Database
from core.db.queries.runs import Lease, find_lost_leases
from core.db.statement_times import unrecorded
from core.errors import Unavailable
from core.logging import EventLog, describe

log = EventLog(__name__)

LOOK_INTERVAL_S = 0.4


class LeaseWatch:
    """One for a worker: a single query looks at all its runs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lost: dict[Lease, asyncio.Event] = {}

    @contextlib.contextmanager
    def holding(self, lease: Lease) -> Iterator[asyncio.Event]:
        """An event that is set once the lease is lost."""
        lost = self._lost[lease] = asyncio.Event()
        try:
            yield lost
        finally:
            del self._lost[lease]

    async def run(self) -> None:
        """Looks again and again until cancelled. While the database is away nothing is lost and nothing is written."""
        while True:
            await asyncio.sleep(LOOK_INTERVAL_S)
            if self._lost:
                try:
                    await self._look()
                except (SQLAlchemyError, Unavailable) as error:
                    log.warning("leases.not_seen", **describe(error))

    async def _look(self) -> None:
        with unrecorded():
            async with self._database.read() as session:
                gone = await find_lost_leases(session, list(self._lost))
        for lease, lost in self._lost.items():
            if lease.run_id in gone:
                lost.set()
