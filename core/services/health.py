"""Is the service able to do its work: real checks, time-boxed, and asked of the parts at most every two seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from core.clock import Clock
from core.db.database import Database
from core.errors import AppError

CHECK_TIMEOUT_S = 1.0
KEPT_S = 2.0

Probe = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthReport:
    """The words of the operators' guide. 503 only where the core flow cannot work; `timestamp` is ISO 8601."""

    status: str
    database: str
    openai: str
    timestamp: str
    http_status: int


class Health:
    """`openai` is None where no key is set: the embedded engine carries the core flow then."""

    def __init__(self, *, database: Database, clock: Clock, openai: Probe | None) -> None:
        self._database = database
        self._clock = clock
        self._openai = openai
        self._checking = asyncio.Lock()
        self._kept: tuple[float, HealthReport] | None = None

    async def check(self) -> HealthReport:
        """The report, at most two seconds old."""
        async with self._checking:
            if self._kept is None or time.monotonic() - self._kept[0] > KEPT_S:
                self._kept = time.monotonic(), await self._report()
            return self._kept[1]

    async def _report(self) -> HealthReport:
        database, openai = await asyncio.gather(_answers(self._asks_database), self._openai_state())
        return HealthReport(
            status=_status(has_database=database, openai=openai),
            database="connected" if database else "disconnected",
            openai=openai,
            timestamp=self._clock.now().isoformat(),
            http_status=200 if database else 503,
        )

    async def _openai_state(self) -> str:
        if self._openai is None:
            return "not configured"
        return "available" if await _answers(self._openai) else "unreachable"

    async def _asks_database(self) -> bool:
        async with self._database.read():  # opening it runs a query
            return True


def _status(*, has_database: bool, openai: str) -> str:
    if not has_database:
        return "unhealthy"
    return "degraded" if openai == "unreachable" else "healthy"


async def _answers(probe: Probe) -> bool:
    try:
        return await asyncio.wait_for(probe(), CHECK_TIMEOUT_S)
    except (TimeoutError, OSError, SQLAlchemyError, AppError):
        return False
