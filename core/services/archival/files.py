"""The files themselves: which there are, when they go, and how what belongs to one person leaves them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path

from core.archiving.archive_file import ArchiveInUse, OpenArchive, checksum_path, members_of
from core.archiving.definition import Definition
from core.archiving.rewriting import Rewritten, rewrite_without
from core.clock import Clock
from core.db.database import Database
from core.db.queries.archival import (
    Slice,
    list_expired,
    list_files,
    list_slices,
    move_archive_run,
    replace_file,
)
from core.db.queries.audit import append_audit
from core.db.queries.legal_holds import list_holds
from core.domain.archival import ArchiveFile, ArchiveRun, ArchiveState, FileState, Policy
from core.logging import EventLog

log = EventLog(__name__)

_MOST_LISTED = 100


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
            held = frozenset(hold.subject_id for hold in await list_holds(session))
        gone = 0
        for run in over:
            try:
                gone += await self._expire(run, held, actor)
            except ArchiveInUse:
                log.info("archive.expiry_waits", run=str(run.id))
        return gone

    async def _expire(self, run: ArchiveRun, held: frozenset[str], actor: str) -> bool:
        path = self._folder / run.file
        async with self._database.read() as session:
            slices = await list_slices(session, run.id)
        if path.exists():
            is_held: bool = await asyncio.to_thread(self._holds_any, run, slices, held)
            if is_held:
                log.info("archive.kept_for_hold", run=str(run.id))
                return False
            await asyncio.to_thread(_remove, path)
        async with self._database.transaction() as session:
            now = self._clock.now()
            if await move_archive_run(session, run.id, ArchiveState.EXPIRED, since=[ArchiveState.DONE]):
                await append_audit(
                    session, actor=actor, action="archive.expired", subject=run.policy.value,
                    detail={"file": run.file, "rows": run.done_rows}, now=now,
                )  # fmt: skip
        return True

    def _holds_any(self, run: ArchiveRun, slices: tuple[Slice, ...], subjects: frozenset[str]) -> bool:
        if not subjects:
            return False
        with OpenArchive(self._folder / run.file) as file:
            definition = self._policies[run.policy]
            members = (member for member, _made in members_of(slices))
            return any(definition.is_about(line, subjects) for member in members for line in file.lines(member))

    async def erase(self, subjects: Iterable[str], actor: str) -> int:
        """Takes every row of these summaries or people out of every archive; how many rows went.

        `subjects`: ids of summaries, of accounts, or of anonymous browsers. Each file is written anew beside the old
        one, which goes once the new one is in the books. What only the erased rows stood on goes with them.
        """
        asked, erased = frozenset(subjects), 0
        async with self._database.read() as session:
            found = await list_files(session, limit=10_000)
            manifests = {run.id: await list_slices(session, run.id) for run, _ in found}
        for run, _ in found:
            if (self._folder / run.file).exists():
                erased += await self._erase_from(run, manifests[run.id], asked, actor)
        return erased

    async def _erase_from(
        self, run: ArchiveRun, slices: tuple[Slice, ...], subjects: frozenset[str], actor: str
    ) -> int:
        old = self._folder / run.file
        new = old.with_name(_next_name(run.file))
        made: Rewritten | None = await asyncio.to_thread(
            rewrite_without, old, new, slices, self._policies[run.policy], subjects
        )
        if made is None:
            return 0
        async with self._database.transaction() as session:
            await replace_file(session, run.id, file=new.name, sha256=made.sha256, size=made.size, slices=made.slices)
            await append_audit(
                session, actor=actor, action="archive.erased_from", subject=run.policy.value,
                detail={"file": new.name, "rows": made.erased}, now=self._clock.now(),
            )  # fmt: skip
        await asyncio.to_thread(_remove, old)
        return made.erased


def _next_name(file: str) -> str:
    """`progress-2026-11-22-1a2b3c4d.jsonl.gz` → `…-1a2b3c4d.1.jsonl.gz` → `….2.jsonl.gz`."""
    stem = file.removesuffix(".jsonl.gz")
    first, _, number = stem.rpartition(".")
    return f"{first}.{int(number) + 1}.jsonl.gz" if number.isdigit() and first else f"{stem}.1.jsonl.gz"


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    checksum_path(path).unlink(missing_ok=True)
