"""The files themselves: which there are, and when they go."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from core.archiving.archive_file import OpenArchive, checksum_path, members_of
from core.archiving.definition import Definition
from core.clock import Clock
from core.db.database import Database
from core.db.queries.archival import (
    Slice,
    find_open,
    list_expired,
    list_files,
    list_slices,
    lock_policy,
    move_archive_run,
)
from core.db.queries.audit import append_audit
from core.db.queries.legal_holds import list_holds, respect_holds
from core.domain.archival import ArchiveFile, ArchiveRun, ArchiveState, FileState, Policy
from core.errors import AppError, Conflict
from core.logging import EventLog, describe

log = EventLog(__name__)

_MOST_LISTED = 100
_ENDING = ".jsonl.gz"


class ArchiveFiles:
    """`folder`: where archives lie on this machine."""

    def __init__(self, database: Database, clock: Clock, folder: Path, policies: Mapping[Policy, Definition]) -> None:
        self._database = database
        self._clock = clock
        self._folder = folder
        self._policies = policies

    async def listed(self) -> tuple[ArchiveFile, ...]:
        """What can be put back, newest first."""
        async with self._database.read() as session:
            found = await list_files(session, limit=_MOST_LISTED)
        return tuple(await asyncio.to_thread(self._as_listed, found))

    def _as_listed(self, found: Iterable[tuple[ArchiveRun, int]]) -> list[ArchiveFile]:
        return [
            ArchiveFile(run=run, path=str(self._folder / run.file), state=self._state_of(run), restored_rows=back)
            for run, back in found
        ]

    def _state_of(self, run: ArchiveRun) -> FileState:
        """By whether it is there and as long as it was when it was read back: hashing is for a restoration."""
        path = self._folder / run.file
        if not path.exists():
            return FileState.MISSING
        is_as_read = run.state is ArchiveState.DONE and path.stat().st_size == run.bytes
        return FileState.CHECKED if is_as_read else FileState.DAMAGED

    async def expire(self, actor: str) -> int:
        """Deletes the files whose thirty days are over, unless they hold something under legal hold; how many went."""
        async with self._database.read() as session:
            over = await list_expired(session, now=self._clock.now())
        gone = 0
        for run in over:
            try:
                gone += await self._expire(run, actor)
            except (AppError, OSError) as error:
                log.warning("archive.expiry_waits", run=str(run.id), **describe(error))
        return gone

    async def _expire(self, run: ArchiveRun, actor: str) -> bool:
        async with self._database.read() as session:
            slices = await list_slices(session, run.id)
            held = await held_subjects(session)
        path = self._folder / run.file
        if not path.exists():
            await self._forget(run, held, actor)
            return True
        file = await asyncio.to_thread(OpenArchive, path)
        try:
            if await asyncio.to_thread(self._is_about, file, run.policy, slices, held):
                log.info("archive.kept_for_hold", run=str(run.id))
                return False
            await self._forget(run, held, actor)
        finally:
            file.close()
        return True

    async def _forget(self, run: ArchiveRun, held: frozenset[str], actor: str) -> None:
        """Removes the file in the transaction that says so: what it is undone with, the next night finds gone."""
        async with self._database.transaction() as session:
            await refuse_while_needed(session, run, held)
            since = [ArchiveState.DONE, ArchiveState.FAILED]
            if await move_archive_run(session, run.id, ArchiveState.EXPIRED, since=since):
                await append_audit(
                    session, actor=actor, action="archive.expired", subject=run.policy.value,
                    detail={"file": run.file, "rows": run.done_rows}, now=self._clock.now(),
                )  # fmt: skip
            await asyncio.to_thread(remove_files, self._folder / run.file)

    def _is_about(self, file: OpenArchive, policy: Policy, slices: tuple[Slice, ...], subjects: frozenset[str]) -> bool:
        if not subjects:
            return False
        members = (member for member, _made in members_of(slices))
        return any(self._policies[policy].is_about(line, subjects) for member in members for line in file.lines(member))


async def held_subjects(session: AsyncSession) -> frozenset[str]:
    """Ids of the summaries and people under legal hold."""
    return frozenset(hold.subject_id for hold in await list_holds(session))


async def refuse_while_needed(session: AsyncSession, run: ArchiveRun, held: frozenset[str]) -> None:
    """Until the transaction ends no hold is placed and no run opened. `held`: the holds that the file was searched for.

    Raises Conflict where a hold came since, or where a restoration of the file is not over.
    """
    await respect_holds(session)
    await lock_policy(session, run.policy)
    if await held_subjects(session) - held:
        raise Conflict("A legal hold was placed at the same moment. Try again.")
    open_run = await find_open(session, run.policy)
    if open_run is not None and open_run.source_id == run.id:
        raise Conflict(f"The archive {run.file} is being put back: that has to end first.")


def next_generation(path: Path) -> Path:
    """`progress-2026-11-22-1a2b3c4d.jsonl.gz` → `…-1a2b3c4d.1.jsonl.gz` → `….2.jsonl.gz`."""
    stem, number = _generation(path)
    return path.with_name(f"{stem}.{number + 1}{_ENDING}")


def remove_older(path: Path) -> None:
    """Removes the generations before this one: a process that died may have left one behind. Blocking."""
    stem, number = _generation(path)
    for older in (path.with_name(f"{stem}.{each}{_ENDING}" if each else f"{stem}{_ENDING}") for each in range(number)):
        older.unlink(missing_ok=True)
        checksum_path(older).unlink(missing_ok=True)


def remove_files(path: Path) -> None:
    """Removes an archive, with its checksum and whatever was before it. Blocking."""
    remove_older(path)
    path.unlink(missing_ok=True)
    checksum_path(path).unlink(missing_ok=True)


def _generation(path: Path) -> tuple[str, int]:
    stem = path.name.removesuffix(_ENDING)
    first, _, number = stem.rpartition(".")
    return (first, int(number)) if first and number.isdigit() else (stem, 0)
