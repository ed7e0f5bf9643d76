"""Ends tasks that run beside others."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

AGAIN_AFTER_S = 1.0


async def end_tasks(*tasks: asyncio.Task[Any], again_after_s: float = AGAIN_AFTER_S) -> None:
    """Cancels tasks, and again every `again_after_s`, until all have ended; what they raise is of no interest.

    One cancel can be lost: a database driver that is cancelled in the middle of a COPY raises the connection's error
    in its place, and a loop made to outlive errors goes on.
    """
    pending: Collection[asyncio.Task[Any]] = tasks
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=again_after_s)
    await asyncio.gather(*tasks, return_exceptions=True)
