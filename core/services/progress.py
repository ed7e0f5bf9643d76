"""News of runs in a web process: one connection listens for all, and wakes those who watch a run."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from core.db.database import Database
from core.db.queries.progress import listen_for_runs, read_marks
from core.db.statement_times import unrecorded
from core.errors import Unavailable
from core.logging import EventLog, describe
from core.tasks import end_tasks

log = EventLog(__name__)

POLL_INTERVAL_S = 0.5
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 10.0


class Changes:
    """One watcher's bell."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    def clear(self) -> None:
        """Before reading: what rings from now on is news."""
        self._rung.clear()

    async def wait(self, timeout_s: float) -> None:
        """Returns at the next change, or after `timeout_s`."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), timeout_s)


class ProgressHub:
    """Listens where a direct address is known, asks twice a second where only a pooled one is.

    After every new connection all watchers are woken: what was said meanwhile was not heard.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._watchers: dict[UUID, set[Changes]] = defaultdict(set)
        self._marks: dict[UUID, tuple[int, str]] = {}
        self._working: asyncio.Task[None] | None = None
        self.is_listening = False

    def start(self, direct_url: str | None) -> None:
        """Begins to listen, or to poll where `direct_url` is None."""
        work = self._poll() if direct_url is None else self._keep_listening(direct_url)
        self._working = asyncio.create_task(work, name="progress hub")

    async def close(self) -> None:
        if self._working is not None:
            await end_tasks(self._working)
            self._working = None

    @contextlib.contextmanager
    def watching(self, run_id: UUID) -> Iterator[Changes]:
        """A bell that rings at every change of this run, for the length of the block."""
        changes = Changes()
        self._watchers[run_id].add(changes)
        try:
            yield changes
        finally:
            self._watchers[run_id].discard(changes)
            if not self._watchers[run_id]:
                del self._watchers[run_id]
                self._marks.pop(run_id, None)

    def _ring(self, run_id: UUID) -> None:
        for changes in self._watchers.get(run_id, ()):
            changes.ring()

    def _ring_all(self) -> None:
        for run_id in self._watchers:
            self._ring(run_id)

    async def _keep_listening(self, direct_url: str) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                async for run_id in listen_for_runs(direct_url):
                    self.is_listening, pause_s = True, _FIRST_PAUSE_S
                    self._ring_all() if run_id is None else self._ring(run_id)
            except (psycopg.Error, OSError) as error:
                log.warning("progress.listening_interrupted", again_in_s=pause_s, **describe(error))
            self.is_listening = False
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL_INTERVAL_S)
            if self._watchers:
                try:
                    await self._compare_marks()
                except (SQLAlchemyError, Unavailable) as error:
                    log.warning("progress.polling_interrupted", **describe(error))

    async def _compare_marks(self) -> None:
        with unrecorded():
            async with self._database.read() as session:
                marks = await read_marks(session, list(self._watchers))
        for run_id in list(self._watchers):
            if self._marks.get(run_id) != marks.get(run_id):
                self._ring(run_id)
        self._marks = {run_id: mark for run_id, mark in marks.items() if run_id in self._watchers}
