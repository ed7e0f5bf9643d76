"""One answer for everybody who asks the same thing in the same minute."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from typing import TypeVar, cast

from core.clock import Clock
from core.domain.period import floor_minute

_T = TypeVar("_T")
# Ranges that people draw by hand are all different: the oldest go first.
_MOST_KEPT = 256


class OnceAMinute:
    """Keeps answers until the minute is over; whoever asks while one is being made waits for that one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._minute = floor_minute(clock.now())
        self._kept: dict[Hashable, asyncio.Task[object]] = {}

    async def get(self, key: Hashable, make: Callable[[], Coroutine[object, object, _T]], *, fresh: bool = False) -> _T:
        """The answer under `key`; `fresh` makes it anew, and keeps it for the others. A failure is not kept."""
        minute = floor_minute(self._clock.now())
        if minute != self._minute:
            self._minute, self._kept = minute, {}
        task = self._kept.get(key)
        if task is None or fresh:
            task = self._begin(key, make())
        # One who gives up waiting must not end it for the others.
        return cast("_T", await asyncio.shield(cast("Awaitable[object]", task)))

    def _begin(self, key: Hashable, work: Coroutine[object, object, _T]) -> asyncio.Task[object]:
        if len(self._kept) >= _MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        task = cast("asyncio.Task[object]", asyncio.create_task(work, name="operations reading"))
        self._kept[key] = task
        task.add_done_callback(lambda done: self._forget_failure(key, done))
        return task

    def _forget_failure(self, key: Hashable, task: asyncio.Task[object]) -> None:
        # Asking for the exception also says that it was seen, where everybody who waited is gone.
        if (task.cancelled() or task.exception() is not None) and self._kept.get(key) is task:
            del self._kept[key]
