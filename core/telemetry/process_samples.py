"""How this process fares: share of a core, resident memory, and how long its event loop kept others waiting."""

from __future__ import annotations

import asyncio
import time

import psutil

from core.domain.telemetry import KINDS, Kind
from core.logging import EventLog, describe
from core.ports import Recording
from core.tasks import end_tasks

log = EventLog(__name__)

INTERVAL_S = 10.0
_LOOKS_AT_LAG = 20


class ProcessSamples:
    """One for a process; `name` ("web", "worker") is what its samples are counted under."""

    def __init__(self, recording: Recording, name: str, *, interval_s: float = INTERVAL_S) -> None:
        self._recording = recording
        self._name = name
        self._interval_s = interval_s
        self._process = psutil.Process()
        self._working: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._process.cpu_percent()  # the first call only notes where the count begins
        self._working = asyncio.create_task(self._keep_sampling(), name="process samples")

    async def close(self) -> None:
        if self._working is not None:
            await end_tasks(self._working)
            self._working = None

    def sample(self, lag_ms: float) -> None:
        """Records one sample; the CPU share is that since the sample before."""
        shares = self._process.cpu_percent() / 100
        self._recording.record(Kind.CPU, self._name, value=shares / KINDS[Kind.CPU].scale)
        self._recording.record(
            Kind.MEMORY, self._name, value=self._process.memory_info().rss / KINDS[Kind.MEMORY].scale
        )
        self._recording.record(Kind.LOOP_LAG, self._name, value=lag_ms)

    async def _keep_sampling(self) -> None:
        while True:
            lag_ms = await self._worst_lag_ms()
            try:
                self.sample(lag_ms)
            except (psutil.Error, OSError) as error:
                log.warning("telemetry.no_sample", **describe(error))

    async def _worst_lag_ms(self) -> float:
        """By how much the loop was late, at worst, over one interval."""
        wait_s, worst_s = self._interval_s / _LOOKS_AT_LAG, 0.0
        for _ in range(_LOOKS_AT_LAG):
            due_s = time.monotonic() + wait_s
            await asyncio.sleep(wait_s)
            worst_s = max(worst_s, time.monotonic() - due_s)
        return worst_s * 1000
