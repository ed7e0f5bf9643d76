"""Makes an archival rest longer as soon as users feel it, and hardly at all while there are none.

They feel it where answers got slower, or where somebody waits for a lock.
"""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

from core.clock import Clock
from core.db.database import Database
from core.db.queries.pressure import count_lock_waits, read_answer_times
from core.domain.period import floor_minute
from core.telemetry.buckets import merge, quantile

_LOOK_INTERVAL_S = 2.0
_RECENT = timedelta(minutes=1)
_BASE = timedelta(hours=1)
# Answers that take this many times as long as in the hour before are slower, unless all of them are this quick.
_SLOWER = 1.2
_QUICK_MS = 20.0
_FELT_WAIT_S = 0.05
# With the usual rest this is four per cent of the time at work: what the 95th of a hundred feels then is not ours.
_MOST = 4.0
NOBODY_THERE = 0.2


class WebPressure:
    """Doubles with every look that finds somebody disturbed, and goes back by steps.

    1 is users who feel nothing; `NOBODY_THERE` is no user at all in the last minute.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._level = 1.0
        self._is_empty = False
        self._looked_at = float("-inf")

    async def __call__(self) -> float:
        if time.monotonic() - self._looked_at >= _LOOK_INTERVAL_S:
            self._level = min(self._level * 2, _MOST) if await self._is_felt() else max(self._level / 1.5, 1.0)
            self._looked_at = time.monotonic()
        return NOBODY_THERE if self._level == 1 and self._is_empty else self._level

    async def _is_felt(self) -> bool:
        minute = floor_minute(self._clock.now())
        async with self._database.read() as session:
            recent = await read_answer_times(session, minute - _RECENT, minute + _RECENT)
            self._is_empty = not recent
            if await count_lock_waits(session, longer_than_s=_FELT_WAIT_S):
                return True
            before = await read_answer_times(session, minute - _RECENT - _BASE, minute - _RECENT)
        return await asyncio.to_thread(_is_slower, recent, before)


def _is_slower(recent: bytes, before: bytes) -> bool:
    now_ms, base_ms = quantile(merge(recent), 0.95), quantile(merge(before), 0.95)
    if now_ms is None or base_ms is None:
        return False
    return now_ms > _QUICK_MS and now_ms > _SLOWER * base_ms
