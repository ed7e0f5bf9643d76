"""What an archival and a restoration share: the claim, signs of life, being told to stop, and how each may end."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from enum import StrEnum

import psycopg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from core.archiving.workplace import LeaseLost, Workplace
from core.db.queries.archival import ArchiveLease, beat
from core.errors import Unavailable
from core.logging import EventLog, describe
from core.tasks import end_tasks

log = EventLog(__name__)

# What passes by itself: a lock that was not free, a statement that took too long, a connection that broke.
PASSING = (psycopg.OperationalError, OperationalError, InterfaceError, Unavailable)
_TRIES = 8
_FIRST_REST_S = 0.25
_LONGEST_REST_S = 5.0


class Interruption(StrEnum):
    """What ends the work from outside before it is through."""

    ASKED = "asked"  # by a person
    STOPPING = "stopping"  # the process ends


class Interrupted(Exception):
    """Raised between two slices: everything so far is committed."""

    def __init__(self, why: Interruption) -> None:
        super().__init__(why.value)
        self.why = why


class Signals:
    """What came from outside while the work went on."""

    def __init__(self, place: Workplace, lease: ArchiveLease) -> None:
        self._place = place
        self._lease = lease
        self._stopping = place.stopping
        self._asked = False
        self._is_lost = False
        self._changed = asyncio.Event()

    async def listen(self) -> None:
        """Shows a sign of life, and hears what the run is told."""
        async with self._place.database.transaction() as session:
            answer = await beat(session, self._lease, now=self._place.clock.now())
        self._asked = self._asked or answer is True
        self._is_lost = answer is None
        if self._asked or self._is_lost:
            self._changed.set()

    async def check(self) -> None:
        """Listens once more, between two slices. Raises Interrupted or LeaseLost where the work must not go on."""
        with contextlib.suppress(*PASSING):
            await self.listen()
        if self._is_lost:
            raise LeaseLost
        if self._asked:
            raise Interrupted(Interruption.ASKED)
        if self._stopping.is_set():
            raise Interrupted(Interruption.STOPPING)

    async def rest(self, seconds: float) -> None:
        """Leaves the database to others for so long, or until something is heard."""
        waiting = {asyncio.create_task(self._stopping.wait()), asyncio.create_task(self._changed.wait())}
        try:
            await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end_tasks(*waiting)


@contextlib.asynccontextmanager
async def beating(place: Workplace, lease: ArchiveLease) -> AsyncIterator[Signals]:
    """Signs of life for the length of the block, however long a slice takes."""
    signals = Signals(place, lease)
    heart = asyncio.create_task(_keep_beating(place, signals))
    try:
        yield signals
    finally:
        await end_tasks(heart)


async def _keep_beating(place: Workplace, signals: Signals) -> None:
    while True:
        try:
            await signals.listen()
        except (DBAPIError, Unavailable) as error:
            log.warning("archive.no_heartbeat", **describe(error))
        await asyncio.sleep(place.heartbeat_s)


async def with_patience(
    signals: Signals, act: Callable[[], Awaitable[bool]], undo: Callable[[], Awaitable[None]]
) -> bool:
    """Does it again, after `undo` and a rest that grows, while what goes wrong is of the kind that passes."""
    rest_s = _FIRST_REST_S
    for attempt in range(_TRIES):
        try:
            if attempt:
                await undo()
            return await act()
        except PASSING as error:
            log.warning("archive.slice_undone", attempt=attempt, **describe(error))
            if attempt == _TRIES - 1:
                raise
        await signals.rest(rest_s)
        await signals.check()
        rest_s = min(rest_s * 2, _LONGEST_REST_S)
    return False


def seconds_since(began: float) -> float:
    return time.perf_counter() - began
