"""What a person, the schedule and the command line can do with archives. Each call is one transaction and audited."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from core.archiving import build_policies
from core.archiving.definition import Definition, Findings
from core.archiving.faults import Faults
from core.archiving.workplace import Workplace
from core.clock import Clock
from core.config import Settings
from core.db.database import Database
from core.db.queries.archival import (
    NewArchiveRun,
    ask_stop,
    count_admins,
    find_open,
    last_archive_run,
    lock_policy,
    move_archive_run,
    note_overdue,
    read_overdue,
)
from core.db.statement_times import unrecorded
from core.domain.archival import (
    KEPT_FOR,
    RUNS_BEHIND_TOO_MANY,
    ArchiveFile,
    ArchivePreview,
    ArchiveRun,
    ArchiveState,
    Direction,
    Policy,
    PolicyState,
    has_drifted,
    is_large,
)
from core.errors import Conflict, InvalidInput
from core.logging import EventLog
from core.ports import Jobs
from core.services.archival.backlog import growths, next_time
from core.services.archival.carrying import Carrier
from core.services.archival.erasing import Erasing
from core.services.archival.files import ArchiveFiles
from core.services.archival.holds import Holds
from core.services.archival.opening import Desk, get_run, refuse_second
from core.services.archival.pressure import WebPressure
from core.services.archival.restoring import Restoring
from core.services.archival.tokens import PreviewTokens, PreviewVoid, Seen

log = EventLog(__name__)

# Before a policy has run here: measured on a small machine, resting three quarters of the time.
_USUAL_ROWS_PER_S = 1_500
_USUAL_SLICE_ROWS = 500
_A_DAY = timedelta(days=1)
SCHEDULE = "schedule"


class Archival:
    """One for a process. `jobs` None: there is no queue, and whoever starts a run also carries it out.

    `key` signs previews: the same in every process that serves one page.
    """

    def __init__(
        self,
        *,
        database: Database,
        jobs: Jobs | None,
        clock: Clock,
        settings: Settings,
        key: Callable[[], str],
    ) -> None:
        self.database = database
        self._desk = Desk(jobs=jobs, clock=clock)
        self._clock = clock
        self._settings = settings
        self._tokens = PreviewTokens(key, clock)
        self._policies = build_policies(settings)
        self.folder = settings.archive_dir or settings.data_dir / "archives"
        self.files = ArchiveFiles(database, clock, self.folder, self._policies)
        self.erasing = Erasing(database, clock, self.folder, self._policies)
        self.holds = Holds(database, clock)
        self.restoring = Restoring(database, self._desk, self._tokens, self._policies, self.folder)

    def definition(self, policy: Policy) -> Definition:
        return self._policies[policy]

    def now(self) -> datetime:
        return self._clock.now()

    async def policies(self) -> tuple[PolicyState, ...]:
        """Every policy: what is due at this moment, its last and its open run, and when the schedule comes to it."""
        now = self._clock.now()
        async with self.database.snapshot() as session:
            overdue = await read_overdue(session)
            return tuple(
                [await self._state(session, each, now, overdue.get(each.policy.value, [])) for each in self._listed()]
            )

    def _listed(self) -> list[Definition]:
        return list(self._policies.values())

    async def _state(
        self, session: AsyncSession, definition: Definition, now: datetime, overdue: list[int]
    ) -> PolicyState:
        due = await definition.count(session, definition.cutoff(now))
        return PolicyState(
            policy=definition.policy,
            title=definition.title,
            keeps=definition.keeps,
            due_rows=due.rows,
            bytes=due.bytes,
            oldest=due.oldest,
            last=await last_archive_run(session, definition.policy),
            open_run=await find_open(session, definition.policy),
            next_at=next_time(definition.at, now),
            runs_behind=growths(overdue),
        )

    async def preview(self, policy: Policy, actor: str) -> ArchivePreview:
        """What a run would do, counted in one snapshot that can change nothing. From here on the cut-off is fixed."""
        definition = self._policies[policy]
        cutoff = definition.cutoff(self._clock.now())
        async with self.database.snapshot() as session:
            found = await definition.look(session, cutoff)
            last = await last_archive_run(session, policy)
            admins = await count_admins(session)
        due = found.due
        expected_s, slices = _expectation(found, last)
        return ArchivePreview(
            policy=policy,
            title=definition.title,
            cutoff=cutoff,
            rows=due.rows,
            table_rows=found.table_rows,
            bytes=due.bytes,
            oldest=due.oldest,
            newest=due.newest,
            dependents=found.dependents,
            kept_back=found.kept_back,
            samples=found.samples,
            expected_s=expected_s,
            slices=slices,
            sql=definition.sql(cutoff),
            free_bytes=await asyncio.to_thread(_free_bytes, self.folder),
            token=self._tokens.issue(Seen(subject=policy.value, actor=actor, rows=due.rows, cutoff=cutoff)),
            needs_second_admin=self._needs_second(due.rows, found.table_rows, admins, actor),
        )

    def _needs_second(self, rows: int, table_rows: int, admins: int, actor: str) -> bool:
        """The rule binds people at the page: the schedule does what is agreed, and who has the machine has all."""
        is_person = actor.startswith("account:")
        return is_person and admins > 1 and is_large(rows, table_rows, limit_rows=self._settings.two_admin_rows)

    async def start(self, policy: Policy, token: str, typed_count: int, actor: str) -> ArchiveRun:
        """Begins what was previewed, or proposes it to another admin where it is large.

        Raises PreviewVoid, InvalidInput for another count than the previewed one, AlreadyRunning, Conflict where
        nothing is due or there is no room for the archive.
        """
        seen = self._tokens.read(token, subject=policy.value, actor=actor)
        if seen.cutoff is None:
            raise PreviewVoid("Look again: this preview was of something else.")
        if typed_count != seen.rows:
            raise InvalidInput(f"Type the number of rows, {seen.rows}, to say that these are what you mean.")
        return await self._open(policy, seen.cutoff, actor, previewed=seen.rows)

    async def start_scheduled(self, policy: Policy) -> ArchiveRun | None:
        """The schedule's run; None where nothing is due, or a run of this policy is not over yet."""
        definition = self._policies[policy]
        cutoff = definition.cutoff(self._clock.now())
        async with self.database.snapshot() as session:
            due = await definition.count(session, cutoff)
            is_open = await find_open(session, policy) is not None
        if is_open or due.rows == 0:
            return None
        return await self._open(policy, cutoff, SCHEDULE, previewed=due.rows)

    async def tend(self, policy: Policy) -> None:
        """What the schedule does each day: sees whether it keeps up, goes on with what broke off, or starts anew."""
        definition, now = self._policies[policy], self._clock.now()
        async with self.database.snapshot() as session:
            overdue = await definition.count(session, definition.cutoff(now - _A_DAY))
            open_run = await find_open(session, policy)
        async with self.database.transaction() as session:
            await note_overdue(session, policy, overdue.rows, keep=RUNS_BEHIND_TOO_MANY + 2, now=now)
            behind = growths((await read_overdue(session))[policy.value])
        if behind >= RUNS_BEHIND_TOO_MANY:
            log.warning("archive.behind", policy=policy.value, overdue=overdue.rows, times=behind)
        if open_run is None:
            await self.start_scheduled(policy)
        elif open_run.state is ArchiveState.STOPPED and open_run.failure is not None:
            await self.resume(open_run.id, SCHEDULE)

    async def expire(self) -> int:
        """Deletes the archives whose thirty days are over; how many."""
        return await self.files.expire(SCHEDULE)

    async def archives(self) -> tuple[ArchiveFile, ...]:
        """What can be put back, newest first."""
        return await self.files.listed()

    async def _open(self, policy: Policy, cutoff: datetime, actor: str, *, previewed: int) -> ArchiveRun:
        definition = self._policies[policy]
        async with self.database.transaction() as session:
            await lock_policy(session, policy)
            await refuse_second(session, policy)
            found = await definition.look(session, cutoff)
            rows = found.due.rows
            if rows == 0:
                raise Conflict("Nothing is due: there is nothing to archive.")
            if has_drifted(previewed, rows):
                raise PreviewVoid(f"It was {previewed} rows when you looked and is {rows} now. Look again.")
            await self._check_room(found.due.bytes)
            is_proposal = self._needs_second(rows, found.table_rows, await count_admins(session), actor)
            new = self._new_run(policy, cutoff, rows, actor, is_proposal=is_proposal)
            action = "archive.proposed" if is_proposal else "archive.started"
            return await self._desk.open(session, new, action, rows=rows, cutoff=cutoff.isoformat(), file=new.file)

    def _new_run(self, policy: Policy, cutoff: datetime, rows: int, actor: str, *, is_proposal: bool) -> NewArchiveRun:
        run_id = uuid4()
        return NewArchiveRun(
            id=run_id,
            policy=policy,
            direction=Direction.ARCHIVE,
            state=ArchiveState.PROPOSED if is_proposal else ArchiveState.QUEUED,
            planned_rows=rows,
            file=f"{policy.value}-{self._clock.now():%Y-%m-%d}-{run_id.hex[:8]}.jsonl.gz",
            actor=actor,
            cutoff=cutoff,
        )

    async def _check_room(self, needed_bytes: int) -> None:
        if await asyncio.to_thread(_free_bytes, self.folder) < needed_bytes:
            raise Conflict("The archive folder has no room for these rows. Make room, or set SIGHTLINE_ARCHIVE_DIR.")

    async def approve(self, run_id: UUID, actor: str) -> ArchiveRun:
        """The second admin's consent. Raises Conflict where it is not waiting for one, or it is one's own proposal."""
        async with self.database.transaction() as session:
            run = await get_run(session, run_id)
            if run.actor == actor:
                raise Conflict("You proposed this yourself: another admin has to agree.")
            since = [ArchiveState.PROPOSED]
            if not await move_archive_run(session, run_id, ArchiveState.QUEUED, since=since, approved_by=actor):
                raise Conflict("This no longer waits for anybody's consent.")
            await self._desk.audit(session, run_id, actor, "archive.approved", run.policy, rows=run.planned_rows)
            await self._desk.enqueue(session, run_id)
            return await get_run(session, run_id)

    async def stop(self, run_id: UUID, actor: str) -> ArchiveRun:
        """Stops after the slice under way; a proposal is withdrawn. Raises Conflict where there is nothing to stop."""
        async with self.database.transaction() as session:
            run = await get_run(session, run_id)
            withdrawn = {"failure": "Withdrawn before it began.", "finished_at": self._clock.now()}
            since = [ArchiveState.PROPOSED]
            is_withdrawn = await move_archive_run(session, run_id, ArchiveState.FAILED, since=since, **withdrawn)
            if not is_withdrawn and await ask_stop(session, run_id) is None:
                raise Conflict("It is not running: there is nothing to stop.")
            action = f"{run.direction.value}.stop_asked"
            await self._desk.audit(session, run_id, actor, action, run.policy, done=run.done_rows)
            return await get_run(session, run_id)

    async def resume(self, run_id: UUID, actor: str) -> ArchiveRun:
        """Goes on where it was stopped, with the same cut-off. Raises Conflict where it is not stopped."""
        return await self._requeue(run_id, actor, "resumed")

    async def close(self, run_id: UUID, actor: str) -> ArchiveRun:
        """Leaves a stopped run at what it has done: an archive is checked and can be put back like any other.

        Raises Conflict where it is not stopped.
        """
        async with self.database.transaction() as session:
            run = await get_run(session, run_id)
        if run.direction is Direction.ARCHIVE and run.done_rows > 0:
            return await self._requeue(run_id, actor, "closed", planned_rows=run.done_rows)
        async with self.database.transaction() as session:
            now = self._clock.now()
            ended = {"failure": f"Given up after {run.done_rows} rows.", "finished_at": now}
            if run.direction is Direction.ARCHIVE:
                ended["expires_at"] = now + KEPT_FOR
            since = [ArchiveState.STOPPED]
            if not await move_archive_run(session, run_id, ArchiveState.FAILED, since=since, **ended):
                raise Conflict("It is not stopped.")
            await self._desk.audit(
                session, run_id, actor, f"{run.direction.value}.closed", run.policy, done=run.done_rows
            )
            return await get_run(session, run_id)

    async def _requeue(self, run_id: UUID, actor: str, what: str, **values: object) -> ArchiveRun:
        async with self.database.transaction() as session:
            run = await get_run(session, run_id)
            changed = {**values, "is_stop_asked": False, "failure": None, "heartbeat_at": self._clock.now()}
            since = [ArchiveState.STOPPED]
            if not await move_archive_run(session, run_id, ArchiveState.QUEUED, since=since, **changed):
                raise Conflict("It is not stopped: there is nothing to go on with.")
            await self._desk.audit(
                session, run_id, actor, f"{run.direction.value}.{what}", run.policy, done=run.done_rows
            )
            await self._desk.enqueue(session, run_id)
            return await get_run(session, run_id)

    async def run(self, run_id: UUID) -> ArchiveRun:
        """How it stands. Raises NotFound."""
        async with self.database.read() as session:
            return await get_run(session, run_id)

    async def open_run(self, policy: Policy) -> ArchiveRun | None:
        """The run of this policy that is not over, in either direction."""
        async with self.database.read() as session:
            return await find_open(session, policy)

    async def carry_out(self, run_id: UUID, stopping: asyncio.Event | None = None) -> bool:
        """Does the work in this process; False where another has it, or there is none. `stopping`: the process ends."""
        place = Workplace(
            database=self.database,
            clock=self._clock,
            folder=self.folder,
            heartbeat_s=self._settings.heartbeat_interval_s,
            rest_ratio=self._settings.archive_rest_ratio,
            faults=Faults(self._settings.kill_at),
            pressure=WebPressure(self.database, self._clock),
            stopping=stopping or asyncio.Event(),
        )
        # Maintenance is no query of a user's: it stands in no objective.
        with unrecorded():
            return await Carrier(place, self._policies, self._desk.jobs).carry_out(run_id)


def _expectation(found: Findings, last: ArchiveRun | None) -> tuple[float, int]:
    """Seconds and slices, from how the last run went, or from how runs usually go."""
    rows_per_s: float = _USUAL_ROWS_PER_S
    if last is not None and last.state is ArchiveState.DONE and last.started_at and last.finished_at:
        took_s = (last.finished_at - last.started_at) / timedelta(seconds=1)
        rows_per_s = last.done_rows / took_s if took_s > 1 and last.done_rows else rows_per_s
    rows = found.due.rows
    return rows / rows_per_s, found.slices or -(-rows // _USUAL_SLICE_ROWS)


def _free_bytes(folder: Path) -> int:
    there = next(each for each in (folder, *folder.parents) if each.exists())
    return shutil.disk_usage(there).free
