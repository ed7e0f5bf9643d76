"""The services of one process, put together. Here alone are concrete adapters picked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import SystemClock
from core.config import Settings
from core.db.database import Database
from core.db.migrate import prepare
from core.db.urls import DatabaseUrls, ensure_database
from core.errors import Unavailable
from core.integrations.argon2 import Argon2
from core.integrations.calls import recorded
from core.integrations.openai import OpenAiDoor, door_of
from core.jobs.queue import QueuedJobs, build_queue
from core.ports import Recording
from core.secrets import session_key
from core.services.accounts import Accounts
from core.services.archival import Archival
from core.services.audit import AuditLog
from core.services.batches import Batches
from core.services.engines import engine_choices
from core.services.health import Health
from core.services.operations.operations import Operations
from core.services.progress import ProgressHub
from core.services.summaries import Summaries
from core.telemetry.process import ProcessTelemetry
from core.telemetry.recorder import Recorder, recorder_for


class StartingDatabase(Database):
    """A database whose address becomes known at the start: the embedded server is up only then."""

    def __init__(self, *, app_name: str, recording: Recording | None = None) -> None:
        self._app_name = app_name
        self._recording = recording
        self._is_connected = False

    def connect_to(self, url: str) -> None:
        super().__init__(url, app_name=self._app_name, recording=self._recording)
        self._is_connected = True

    async def close(self) -> None:
        if self._is_connected:
            await super().close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        self._check()
        async with super().transaction() as session:
            yield session

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        self._check()
        async with super().read() as session:
            yield session

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        self._check()
        async with super().snapshot() as session:
            yield session

    def _check(self) -> None:
        if not self._is_connected:
            raise Unavailable("Sightline is starting. Try again in a few seconds.")


@dataclass(slots=True, kw_only=True)
class Services:
    """Built without any I/O; `start` before the first use, `close` at the end."""

    settings: Settings
    summaries: Summaries
    batches: Batches
    health: Health
    database: StartingDatabase
    hub: ProgressHub
    accounts: Accounts
    archival: Archival
    audit: AuditLog
    recorder: Recorder
    operations: Operations
    telemetry: ProcessTelemetry
    _urls: DatabaseUrls | None = field(default=None, init=False)

    async def start(self) -> None:
        """Finds or starts the database, brings its schema up to date where that is ours to do, opens what waits.

        Raises ConfigurationError, Unavailable, or what the embedded server cannot do.
        """
        self._urls = await asyncio.to_thread(ensure_database, self.settings)
        try:
            await asyncio.to_thread(prepare, self.settings, self._urls)
            self.database.connect_to(self._urls.url)
            await self.database.open()
        except BaseException:
            await self.close()
            raise
        self.hub.start(self._urls.direct_url)
        self.telemetry.start()

    async def close(self) -> None:
        await self.hub.close()
        await self.telemetry.close()
        await self.database.close()
        if self._urls is not None:
            await asyncio.to_thread(self._urls.release)
            self._urls = None


def build_services(settings: Settings, *, app_name: str = "sightline", origin: str | None = None) -> Services:
    """The services, wired but not started. `origin`: where mailed links lead if no PUBLIC_ORIGIN is set."""
    clock = SystemClock()
    recorder = recorder_for(settings, clock, process=app_name.removeprefix("sightline-"))
    database = StartingDatabase(app_name=app_name, recording=recorder)
    hub = ProgressHub(database)
    # Jobs are added on the services' own transactions: this queue never connects.
    jobs = QueuedJobs(build_queue("postgresql://"))
    summaries = Summaries(
        database=database,
        jobs=jobs,
        hub=hub,
        settings=settings,
        clock=clock,
        engines=engine_choices(settings),
        recording=recorder,
    )
    return Services(
        settings=settings,
        summaries=summaries,
        batches=Batches(database=database, jobs=jobs, summaries=summaries, clock=clock),
        health=Health(database=database, clock=clock, openai=_door(settings, recorder)),
        database=database,
        hub=hub,
        accounts=Accounts(
            database=database,
            jobs=jobs,
            recording=recorder,
            clock=clock,
            settings=settings,
            hasher=Argon2(),
            origin=settings.public_origin or origin or f"http://localhost:{settings.port}",
        ),
        archival=Archival(
            database=database, jobs=jobs, clock=clock, settings=settings, key=lambda: session_key(settings)
        ),
        audit=AuditLog(database),
        recorder=recorder,
        operations=Operations(database=database, clock=clock),
        telemetry=ProcessTelemetry(recorder, database, clock, settings),
    )


def _door(settings: Settings, recorder: Recorder) -> Callable[[], Awaitable[bool]] | None:
    """Asks whether the language model's vendor can be reached; None where nobody here has a key."""
    if settings.openai_api_key is None:
        return None
    host, port = door_of(settings.openai_base_url)
    return OpenAiDoor(recorded(recorder), host=host, port=port).is_reachable


@asynccontextmanager
async def open_services(settings: Settings, *, app_name: str = "sightline") -> AsyncIterator[Services]:
    """Started services for the length of the block."""
    services = build_services(settings, app_name=app_name)
    await services.start()
    try:
        yield services
    finally:
        await services.close()
