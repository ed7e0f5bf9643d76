"""How a run comes to be, whichever direction it goes: one open run a policy, its job and its line in the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.db.database import driver_connection
from core.db.queries.archival import NewArchiveRun, find_archive_run, find_open, insert_archive_run
from core.db.queries.audit import append_audit
from core.domain.archival import ArchiveRun, ArchiveState, Policy
from core.domain.audit import AuditValue
from core.errors import Conflict, NotFound
from core.ports import Jobs


class AlreadyRunning(Conflict):
    """A run of this policy is not over; `detail` names it."""

    code = "archival_already_running"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """`jobs` None: there is no queue, and whoever opens a run also carries it out."""

    jobs: Jobs | None
    clock: Clock

    async def open(self, session: AsyncSession, new: NewArchiveRun, action: str, **detail: AuditValue) -> ArchiveRun:
        """The new run with its job, if it needs nobody's consent."""
        await insert_archive_run(session, new, now=self.clock.now())
        await self.audit(session, new.id, new.actor, action, new.policy, **detail)
        if new.state is ArchiveState.QUEUED:
            await self.enqueue(session, new.id)
        return await get_run(session, new.id)

    async def enqueue(self, session: AsyncSession, run_id: UUID) -> None:
        if self.jobs is not None:
            await self.jobs.enqueue_archive_run(await driver_connection(session), run_id)

    async def audit(
        self, session: AsyncSession, run_id: UUID, actor: str, action: str, policy: Policy, **detail: AuditValue
    ) -> None:
        told: dict[str, AuditValue] = {"run": str(run_id), **detail}
        now = self.clock.now()
        await append_audit(session, actor=actor, action=action, subject=policy.value, detail=told, now=now)


async def get_run(session: AsyncSession, run_id: UUID) -> ArchiveRun:
    """Raises NotFound."""
    run = await find_archive_run(session, run_id)
    if run is None:
        raise NotFound("There is no such archival.")
    return run


async def refuse_second(session: AsyncSession, policy: Policy) -> None:
    """Raises AlreadyRunning, which says which run it is, where one of this policy is not over. Under its lock."""
    run = await find_open(session, policy)
    if run is not None:
        raise AlreadyRunning(
            f"A run of this is {run.state.value}: {run.actor} began it at {run.created_at:%Y-%m-%d %H:%M} UTC.",
            detail={"run": str(run.id), "state": run.state.value},
        )
