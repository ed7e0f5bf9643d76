"""Carries out one run wherever it is called: in the worker's job, or in the process of a command line."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

from core.archiving.archive_file import ArchiveDamaged, ArchiveInUse, OpenArchive
from core.archiving.archiver import Archiver
from core.archiving.definition import Definition
from core.archiving.faults import Step
from core.archiving.restorer import Restorer
from core.archiving.running import PASSING, Interrupted, Interruption, beating
from core.archiving.workplace import LeaseLost, Workplace
from core.db.database import driver_connection
from core.db.queries.archival import (
    ArchiveLease,
    claim_archive_run,
    find_archive_run,
    leave_archive_run,
    list_slices,
    move_archive_run,
)
from core.db.queries.audit import append_audit
from core.domain.archival import KEPT_FOR, ArchiveRun, ArchiveState, Direction, Policy
from core.errors import AppError, Conflict
from core.logging import EventLog, describe
from core.ports import Jobs

log = EventLog(__name__)

_CLAIMED = {Direction.ARCHIVE: Step.ARCHIVE_CLAIMED, Direction.RESTORE: Step.RESTORE_CLAIMED}


class Carrier:
    """`jobs`: the queue into which a run goes back when the process ends; None where there is none, so it stops."""

    def __init__(self, place: Workplace, policies: Mapping[Policy, Definition], jobs: Jobs | None) -> None:
        self._place = place
        self._policies = policies
        self._jobs = jobs

    async def carry_out(self, run_id: UUID) -> bool:
        """Takes the run and works on it until it ends, is stopped, or taken away. False where there was none to take.

        The file is taken before the run: only a process that is gone has let go of it.
        """
        async with self._place.database.read() as session:
            run = await find_archive_run(session, run_id)
            is_new = not await list_slices(session, run_id)
        if run is None or run.state not in {ArchiveState.QUEUED, ArchiveState.RUNNING, ArchiveState.STOPPED}:
            return False
        creates = is_new and run.direction is Direction.ARCHIVE
        try:
            file = await asyncio.to_thread(OpenArchive, self.path_of(run), creates=creates)
        except ArchiveInUse:
            log.info("archive.busy", run=str(run_id))
            return False
        except (Conflict, OSError) as error:
            await self._stop_unopened(run, error)
            return False
        try:
            return await self._with_file(run, file)
        finally:
            file.close()

    def path_of(self, run: ArchiveRun) -> Path:
        """Where the run's file lies; a file from elsewhere is named by its whole path."""
        return self._place.folder / run.file

    async def _with_file(self, run: ArchiveRun, file: OpenArchive) -> bool:
        async with self._place.database.transaction() as session:
            lease = await claim_archive_run(session, run.id, now=self._place.clock.now())
        if lease is None:
            return False
        self._place.faults.reach(_CLAIMED[run.direction])
        try:
            await self._work(run, lease, file)
        except LeaseLost:
            log.info("archive.lease_lost", run=str(run.id))
        except Interrupted as interrupted:
            await self._leave_for(run, lease, interrupted.why)
        except asyncio.CancelledError:
            await asyncio.shield(self._leave_for(run, lease, Interruption.STOPPING))
            raise
        except Exception as error:
            await self._give_up(run, lease, error)
            if not isinstance(error, (AppError, OSError, *PASSING)):
                raise
        return True

    async def _work(self, run: ArchiveRun, lease: ArchiveLease, file: OpenArchive) -> None:
        definition = self._policies[run.policy]
        kind = Archiver if run.direction is Direction.ARCHIVE else Restorer
        async with beating(self._place, lease) as signals:
            await kind(self._place, run, lease, definition, file).carry_out(signals)

    async def _leave_for(self, run: ArchiveRun, lease: ArchiveLease, why: Interruption) -> None:
        """Between two slices: a person's stop stays one; a process that ends gives the run to the next."""
        goes_on = why is Interruption.STOPPING and self._jobs is not None
        state = ArchiveState.QUEUED if goes_on else ArchiveState.STOPPED
        async with self._place.database.transaction() as session:
            if not await leave_archive_run(session, lease, state, now=self._place.clock.now()):
                return
            if self._jobs is not None and goes_on:
                await self._jobs.enqueue_archive_run(await driver_connection(session), run.id)
        log.info("archive.left", run=str(run.id), state=state.value)

    async def _give_up(self, run: ArchiveRun, lease: ArchiveLease, error: Exception) -> None:
        """What may work later stops the run; what is wrong with the file ends it. Either way the page says why."""
        is_final = isinstance(error, ArchiveDamaged)
        state = ArchiveState.FAILED if is_final else ArchiveState.STOPPED
        reason = _reason(error)
        log.error("archive.given_up", run=str(run.id), state=state.value, **describe(error))
        with contextlib.suppress(*PASSING):
            async with self._place.database.transaction() as session:
                now = self._place.clock.now()
                expires_at = now + KEPT_FOR if run.direction is Direction.ARCHIVE else None
                if await leave_archive_run(session, lease, state, failure=reason, now=now, expires_at=expires_at):
                    await append_audit(
                        session, actor=run.actor, action=f"{run.direction.value}.{state.value}",
                        subject=run.policy.value, detail={"run": str(run.id), "reason": reason}, now=now,
                    )  # fmt: skip

    async def _stop_unopened(self, run: ArchiveRun, error: Exception) -> None:
        log.error("archive.no_file", run=str(run.id), **describe(error))
        async with self._place.database.transaction() as session:
            await move_archive_run(
                session, run.id, ArchiveState.STOPPED, since=[ArchiveState.QUEUED], failure=_reason(error)
            )


def _reason(error: Exception) -> str:
    if isinstance(error, AppError):
        return error.message
    if isinstance(error, OSError):
        return f"The archive could not be written: {error.strerror or type(error).__name__}. Nothing more was deleted."
    if isinstance(error, PASSING):
        return "The database did not answer in time, again and again. Nothing was lost: resume when it is back."
    return f"Something went wrong in Sightline itself ({type(error).__name__}). Nothing was lost; the log says more."
