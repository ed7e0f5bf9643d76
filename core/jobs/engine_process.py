"""The engine's process as the worker holds it: started for one order, read line by line, killed with all it started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator

from core.config import PROJECT_ROOT
from core.jobs.messages import EngineEvent, EngineOrder, SpendAnswer, decode_event, encode_answer, encode_order

COMMAND = (sys.executable, "-m", "core.jobs.engine_child")
# One line holds a whole transcript; the largest upload (10 MB of text) stays below this when packed.
_LONGEST_LINE_BYTES = 64 * 1024 * 1024
# The child's environment is ours but for two things, which `env` sees to: one thread of arithmetic (the same
# bytes every time, and the second core is left to the pages), and no secrets: what it needs stands in its order.
_SECRETS = (
    "DATABASE_URL", "DATABASE_DIRECT_URL", "SECRET_KEY", "SMTP_URL", "OPENAI_API_KEY", "SENTRY_DSN",
    "SIGHTLINE_METRICS_TOKEN",
)  # fmt: skip
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_ENVIRONMENT = ("env", *(part for name in _SECRETS for part in ("-u", name)), *(f"{name}=1" for name in _THREADS))


class EngineProcess:
    """One spawned child. `pid` is also the id of its process group."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    async def events(self) -> AsyncIterator[EngineEvent]:
        """What the child tells, until it ends or closes its end."""
        assert self._process.stdout is not None  # noqa: S101  # it was started with a pipe
        while line := await self._process.stdout.readline():
            yield decode_event(line)

    async def answer(self, answer: SpendAnswer) -> None:
        """Tells a child that asked for leave to spend; one that has died meanwhile needs no answer."""
        assert self._process.stdin is not None  # noqa: S101  # it was started with a pipe
        with contextlib.suppress(ConnectionError):
            self._process.stdin.write(encode_answer(answer))
            await self._process.stdin.drain()

    async def kill(self) -> None:
        """Ends the child and whatever it started, at once; harmless where it has ended by itself."""
        if self._process.returncode is None:  # a pid that was waited for may be somebody else's by now
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        await self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()


@contextlib.asynccontextmanager
async def engine_process(order: EngineOrder) -> AsyncIterator[EngineProcess]:
    """A child that works on `order`; it does not outlive the block."""
    process = await asyncio.create_subprocess_exec(
        *_ENVIRONMENT, *COMMAND, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, start_new_session=True, cwd=PROJECT_ROOT,
        limit=_LONGEST_LINE_BYTES,
    )  # fmt: skip
    child = EngineProcess(process)
    try:
        await _give(process, order)
        yield child
    finally:
        await child.kill()


async def _give(process: Process, order: EngineOrder) -> None:
    """Writes the order and leaves stdin open: its end is how the child learns that the worker is gone."""
    assert process.stdin is not None  # noqa: S101  # it was started with a pipe
    with contextlib.suppress(ConnectionError):
        process.stdin.write(encode_order(order))
        await process.stdin.drain()
