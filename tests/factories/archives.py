"""Archivals as a test starts them, carries them out, and disturbs them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import UUID

from core.archiving.faults import Faults, Step
from core.archiving.workplace import Workplace
from core.domain.archival import ArchiveRun, ArchiveState, Policy
from core.services.archival import Archival
from core.services.archival.carrying import Carrier

ACTOR = "cli:tester"


async def archive_with(archival: Archival, policy: Policy) -> ArchiveRun:
    preview = await archival.preview(policy, ACTOR)
    run = await archival.start(policy, preview.token, preview.rows, ACTOR)
    assert await archival.carry_out(run.id)
    return await archival.run(run.id)


async def restore_with(archival: Archival, archived: ArchiveRun) -> ArchiveRun:
    run = await start_restoring(archival, archived)
    assert await archival.carry_out(run.id)
    return await archival.run(run.id)


class Hook(Faults):
    """Does something of the test's at a step, the first time it is reached."""

    def __init__(self, step: Step, act: Callable[[], object]) -> None:
        super().__init__()
        self._at = step
        self._act = act
        self.was_reached = False

    def reach(self, step: Step) -> None:
        if step is self._at and not self.was_reached:
            self.was_reached = True
            self._act()


async def carry_out_with(archival: Archival, run_id: UUID, faults: Faults) -> None:
    """As `archival.carry_out`, with something happening on the way.

    What happens blocks the event loop. After the first sign of life there is none beside the work: one that stood
    half-way in the database meanwhile would be waited for until Postgres ends it.
    """
    place = Workplace(
        database=archival.database,
        clock=archival,
        folder=archival.folder,
        heartbeat_s=3600,
        rest_ratio=0,
        faults=faults,
    )
    policies = {policy: archival.definition(policy) for policy in Policy}
    assert await Carrier(place, policies, None).carry_out(run_id)


async def start(archival: Archival, policy: Policy) -> ArchiveRun:
    preview = await archival.preview(policy, ACTOR)
    return await archival.start(policy, preview.token, preview.rows, ACTOR)


async def start_restoring(archival: Archival, archived: ArchiveRun) -> ArchiveRun:
    preview = await archival.restoring.preview(archived.id, ACTOR)
    return await archival.restoring.start(archived.id, preview.token, preview.rows, ACTOR)


async def over(archival: Archival, run: ArchiveRun, *, within_s: float = 30) -> ArchiveRun:
    """The run once a worker has ended it."""
    async with asyncio.timeout(within_s):
        while (run := await archival.run(run.id)).state in {ArchiveState.QUEUED, ArchiveState.RUNNING}:  # noqa: ASYNC110  # workers ring no bell
            await asyncio.sleep(0.05)
    return run
