"""What the worker does for the operators' figures: sums up hours, makes room for coming days, takes samples."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from procrastinate import App

from core.clock import Clock
from core.db.database import Database
from core.db.queries.samples import sample_queues, sample_server
from core.db.statement_times import unrecorded
from core.domain.telemetry import KINDS, Kind
from core.jobs.queue import FORGET_TASK, MAINTENANCE_QUEUE
from core.logging import EventLog, describe
from core.ports import Recording
from core.telemetry.summing import Summing

log = EventLog(__name__)

QUEUE_SAMPLE_S = 10.0
SERVER_SAMPLE_S = 60.0
SUM_UP_S = 10.0
MAKE_ROOM_S = 600.0


class Upkeep:
    """One for a worker; any number of workers do no more than one."""

    def __init__(self, database: Database, recording: Recording, clock: Clock, *, queues: Sequence[str]) -> None:
        self._database = database
        self._recording = recording
        self._queues = list(queues)
        self._summing = Summing(database, clock)

    async def run(self) -> None:
        """Goes on until cancelled, whatever becomes of a single piece of it."""
        await asyncio.gather(
            _keep(MAKE_ROOM_S, self._summing.make_room),
            _keep(SUM_UP_S, self._summing.sum_up),
            _keep(QUEUE_SAMPLE_S, self.sample_queues),
            _keep(SERVER_SAMPLE_S, self.sample_server),
        )

    async def forget(self) -> None:
        """Deletes sums that are past their time."""
        log.info("telemetry.forgot", rows=await self._summing.forget())

    async def sample_queues(self) -> None:
        """Records how much waits in each queue, and for how long."""
        with unrecorded():
            async with self._database.read() as session:
                samples = await sample_queues(session, self._queues)
        for sample in samples:
            self._recording.record(Kind.QUEUE_DEPTH, sample.queue, value=sample.waiting)
            self._recording.record(Kind.QUEUE_AGE, sample.queue, value=sample.oldest_s * 1000)

    async def sample_server(self) -> None:
        """Records the share of connections that is taken, and the size of the database."""
        with unrecorded():
            async with self._database.read() as session:
                sample = await sample_server(session)
        self._recording.record(Kind.CONNECTIONS, "all", value=sample.connections / KINDS[Kind.CONNECTIONS].scale)
        self._recording.record(Kind.DATABASE_SIZE, "all", value=sample.bytes / KINDS[Kind.DATABASE_SIZE].scale)


def register_telemetry(queue: App, upkeep: Upkeep) -> None:
    """The daily task that deletes what was kept for long enough."""

    @queue.periodic(cron="41 3 * * *")
    @queue.task(name=FORGET_TASK, queue=MAINTENANCE_QUEUE)
    async def forget(timestamp: int) -> None:  # noqa: ARG001  # procrastinate passes the scheduled time by this name
        await upkeep.forget()


async def _keep(interval_s: float, work: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await work()
        except Exception as error:  # the next time may succeed; without it the figures would stand still for good
            log.warning("telemetry.upkeep_failed", work=getattr(work, "__name__", "work"), **describe(error))
        await asyncio.sleep(interval_s)
