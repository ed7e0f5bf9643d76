"""The application's parts on a test's own database: services as the web has them, workers in this loop or beside it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from uuid import UUID

from core.bootstrap import Services, build_services
from core.config import PROJECT_ROOT, Settings
from core.db.urls import DatabaseUrls
from core.domain.library import SummaryState
from core.domain.owner import Owner
from core.jobs.worker import work_until

ANN = Owner.anonymous("the secret of Ann's browser")
BOB = Owner.anonymous("the secret of Bob's browser")

# Quick enough for a test, and in the same order as the real ones: several heartbeats fit into a lease.
HEARTBEAT_S = 0.3
STALLED_AFTER_S = 1.5


def settings_for(data_dir: Path, **changes: object) -> Settings:
    quick = {"heartbeat_interval_s": HEARTBEAT_S, "stalled_after_s": STALLED_AFTER_S}
    return Settings(data_dir=data_dir, **{**quick, **changes})


@contextlib.asynccontextmanager
async def services_on(database_url: str, settings: Settings, *, listens: bool = True) -> AsyncIterator[Services]:
    """Started services; `listens` False is what they are behind a pooler without a direct address."""
    services = build_services(settings, app_name="test")
    services.database.connect_to(database_url)
    services.hub.start(database_url if listens else None)
    services.telemetry.start()
    try:
        yield services
    finally:
        await services.close()


@contextlib.asynccontextmanager
async def worker_on(database_url: str, settings: Settings, *, listens: bool = True) -> AsyncIterator[None]:
    """A worker in this event loop; it is asked to stop at the end of the block, and gives back what it has."""
    stopping = asyncio.Event()
    urls = DatabaseUrls(url=database_url, direct_url=database_url if listens else None)
    working = asyncio.create_task(work_until(stopping, settings, urls))
    try:
        yield
    finally:
        stopping.set()
        await working


class WorkerProcess:
    """`sightline worker` as a process of its own."""

    def __init__(self, database_url: str, data_dir: Path, env: Mapping[str, str] | None = None) -> None:
        settings = {
            "DATABASE_URL": database_url,
            "DATABASE_DIRECT_URL": database_url,
            "SIGHTLINE_DATA_DIR": str(data_dir),
            "SIGHTLINE_HEARTBEAT_INTERVAL_S": str(HEARTBEAT_S),
            "SIGHTLINE_STALLED_AFTER_S": str(STALLED_AFTER_S),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "core.cli", "worker"],
            cwd=PROJECT_ROOT,
            env={**os.environ, **settings, **(env or {})},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self.process.pid

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> str:
        """Ends it, woken first where it was stopped, and returns what it logged."""
        if self.process.poll() is None:
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)
        try:
            return self.process.communicate(timeout=15)[1]
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.communicate()[1]


@contextlib.contextmanager
def worker_process(database_url: str, data_dir: Path, env: Mapping[str, str] | None = None) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(database_url, data_dir, env)
    try:
        yield worker
    finally:
        worker.end()


def engine_processes(worker_pid: int, module: str = "core.jobs.engine_child") -> list[int]:
    """Pids of the engine processes that this process has started and that still run."""
    return [pid for pid, parent, command in _processes() if parent == worker_pid and module in command]


def is_alive(pid: int) -> bool:
    """True while this process runs; a zombie does not."""
    return any(found == pid for found, _parent, _command in _processes())


async def until(is_true: Callable[[], object], *, within_s: float = 20.0) -> None:
    """Returns once `is_true()`; fails after `within_s`."""
    async with asyncio.timeout(within_s):
        while not is_true():  # noqa: ASYNC110  # processes and sockets ring no bell
            await asyncio.sleep(0.02)


async def final_state(
    services: Services, summary_id: UUID, owner: Owner = ANN, *, within_s: float = 60
) -> SummaryState:
    """The last state that watching this summary shows."""
    async with asyncio.timeout(within_s):
        states = [state async for state in services.summaries.watch(summary_id, owner)]
    return states[-1]


async def state_where(
    services: Services, summary_id: UUID, is_it: Callable[[SummaryState], bool], *, within_s: float = 30
) -> SummaryState:
    """The first watched state of Ann's summary for which `is_it` holds."""
    async with asyncio.timeout(within_s):
        async for state in services.summaries.watch(summary_id, ANN):
            if is_it(state):
                return state
    raise AssertionError("the summary ended without such a state")


def _processes() -> Iterator[tuple[int, int, str]]:
    """(pid, parent's pid, command line) of every process that is no zombie."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                if state != "Z":
                    yield int(folder.name), int(parent), (folder / "cmdline").read_text().replace("\0", " ")
