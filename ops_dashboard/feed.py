"""One look-out for all open pages of the process: it asks how fresh the figures are, while somebody looks.

What the pages then load is read once a minute for all of them, by the operations service itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime

from nicegui import Client, Event, background_tasks

from core.clock import Clock
from core.domain.period import floor_minute
from core.errors import AppError
from core.logging import EventLog
from core.services.operations.views import Freshness
from ops_dashboard.figures import Figures

LOOK_EVERY_S = 5.0
# Longer than that and the pages say that the figures stand still, though the answer may yet come.
_PATIENCE_S = 8.0
_log = EventLog(__name__)


class Feed:
    """`looked` is emitted after each look, `closed` when a new minute has begun since the last one."""

    def __init__(
        self, figures: Figures, clock: Clock, *, every_s: float = LOOK_EVERY_S, patience_s: float = _PATIENCE_S
    ) -> None:
        self._figures = figures
        self._clock = clock
        self._every_s = every_s
        self._patience_s = patience_s
        self._viewers: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        self._minute: datetime | None = None
        self.looked: Event[[]] = Event()
        self.closed: Event[[]] = Event()
        self.freshness: Freshness | None = None
        self.is_reachable = True

    @property
    def viewers(self) -> int:
        return len(self._viewers)

    def now(self) -> datetime:
        """The time by the service's clock: presets end with its minute."""
        return self._clock.now()

    def join(self, client: Client) -> None:
        """Counts this page as a viewer until its client goes; the first one starts the look-out."""
        self._viewers.add(client.id)
        client.on_delete(lambda: self._leave(client.id))
        if self._task is None or self._task.done():
            self._task = background_tasks.create(self._look_on(), name="operations feed")

    async def look(self) -> None:
        """Asks once how fresh the figures are and tells the pages."""
        try:
            self.freshness, self.is_reachable = await self._ask(), True
        except AppError:
            self.is_reachable = False
        except Exception as error:  # one bad look must not end the feed for all
            self.is_reachable = False
            _log.exception("operations.feed", error)
        has_closed = self._turn_over()
        self.looked.emit()
        if has_closed:
            self.closed.emit()

    async def _ask(self) -> Freshness:
        """A database that hangs, rather than refuses, is told of while it is still waited for."""
        asking = asyncio.ensure_future(self._figures.freshness())
        try:
            done, _ = await asyncio.wait({asking}, timeout=self._patience_s)
            if not done:
                self.is_reachable = False
                self.looked.emit()
            return await asking
        finally:
            asking.cancel()

    def _turn_over(self) -> bool:
        """True where a minute has ended since the last look."""
        minute = floor_minute(self._clock.now())
        if minute == self._minute:
            return False
        is_first = self._minute is None
        self._minute = minute
        return not is_first

    def _leave(self, viewer: str) -> None:
        self._viewers.discard(viewer)
        if not self._viewers and self._task is not None:
            self._task.cancel()
            self._task = None
            # Whoever comes next loads everything anyway: no minute has closed for them.
            self._minute = None

    async def _look_on(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            while self._viewers:
                await self.look()
                await asyncio.sleep(self._every_s)
