"""The worker that runs beside the web: a child that holds a pipe, started again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process

from core.config import PROJECT_ROOT, Settings
from core.jobs.worker import GRACE_S
from core.logging import EventLog
from core.tasks import end_tasks

log = EventLog(__name__)

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
# A worker that lived so long did not die of how it was started.
_SOUND_AFTER_S = 60.0


class WorkerBeside:
    """One worker process for as long as the web lives; when the web is killed, the pipe's end tells the worker."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: Process | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._read_end, self._write_end = -1, -1

    @property
    def pid(self) -> int | None:
        """Process id of the present worker; None between two."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        self._read_end, self._write_end = os.pipe()
        self._keeping = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Asks the worker to give its runs back, and waits for its end."""
        if self._keeping is None:
            return
        await end_tasks(self._keeping)
        self._keeping = None
        os.close(self._write_end)
        os.close(self._read_end)
        if self._process is not None:
            await _wait_or_kill(self._process)

    async def _keep(self) -> None:
        pause_s = _FIRST_PAUSE_S
        loop = asyncio.get_running_loop()
        while True:
            started_s = loop.time()
            self._process = await self._spawn()
            code = await self._process.wait()
            pause_s = _FIRST_PAUSE_S if loop.time() - started_s > _SOUND_AFTER_S else min(pause_s * 2, _LONGEST_PAUSE_S)
            log.warning("worker.died", code=code, again_in_s=pause_s)
            await asyncio.sleep(pause_s)

    async def _spawn(self) -> Process:
        return await asyncio.create_subprocess_exec(
            "env", f"SIGHTLINE_DATA_DIR={self._settings.data_dir}",  # all else is inherited
            sys.executable, "-m", "core.cli", "worker", "--parent-pipe", str(self._read_end),
            stdin=DEVNULL, pass_fds=(self._read_end,), cwd=PROJECT_ROOT, start_new_session=True,
        )  # fmt: skip


async def start_worker_beside(settings: Settings) -> WorkerBeside:
    """Starts the worker and keeps it running until `close`."""
    beside = WorkerBeside(settings)
    await beside.start()
    return beside


async def _wait_or_kill(process: Process) -> None:
    try:
        await asyncio.wait_for(process.wait(), GRACE_S + 5.0)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        await process.wait()
