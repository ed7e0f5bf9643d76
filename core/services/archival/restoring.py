"""Putting an archive back: looked at first, confirmed like a deletion, then slice by slice."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from core.archiving.archive_file import ArchiveDamaged, Member, OpenArchive, members_of
from core.archiving.definition import Definition
from core.db.database import Database
from core.db.queries.archival import NewArchiveRun, Slice, find_by_file, list_slices, lock_policy, restored_slices
from core.domain.archival import ArchiveRun, ArchiveState, Direction, Policy, RestorePreview
from core.errors import Conflict, InvalidInput
from core.services.archival.opening import Desk, get_run, refuse_second
from core.services.archival.tokens import PreviewTokens, Seen

_RESTORABLE = {ArchiveState.DONE, ArchiveState.FAILED}


class Restoring:
    """An archive is named by the run that wrote it, or by its file: one from elsewhere can be put back too."""

    def __init__(
        self,
        database: Database,
        desk: Desk,
        tokens: PreviewTokens,
        policies: Mapping[Policy, Definition],
        folder: Path,
    ) -> None:
        self._database = database
        self._desk = desk
        self._tokens = tokens
        self._policies = policies
        self._folder = folder

    async def preview(self, run_id: UUID, actor: str) -> RestorePreview:
        """What putting this archive back would do. Raises NotFound, and Conflict where there is nothing to put back."""
        async with self._database.read() as session:
            run = await self._restorable(session, run_id)
            slices = await list_slices(session, run_id)
        return await self._look(self._folder / run.file, run.policy, slices, run, actor)

    async def preview_file(self, path: Path, actor: str) -> RestorePreview:
        """As `preview`, for a file by its name or its path."""
        run, path = await self._find(path)
        if run is not None:
            async with self._database.read() as session:
                slices = await list_slices(session, run.id)
            return await self._look(path, run.policy, slices, run, actor)
        policy, slices = await asyncio.to_thread(_told_by, path)
        return await self._look(path, policy, slices, None, actor)

    async def start(self, run_id: UUID, token: str, typed_count: int, actor: str) -> ArchiveRun:
        """Begins to put back what was previewed. Raises PreviewVoid, InvalidInput, AlreadyRunning, Conflict."""
        async with self._database.transaction() as session:
            run = await self._restorable(session, run_id)
            return await self._open(session, run.policy, run.file, run, token, typed_count, actor)

    async def start_file(self, path: Path, token: str, typed_count: int, actor: str) -> ArchiveRun:
        """As `start`, for a file by its name or its path."""
        run, path = await self._find(path)
        policy = run.policy if run else (await asyncio.to_thread(_told_by, path))[0]
        async with self._database.transaction() as session:
            return await self._open(session, policy, str(path), run, token, typed_count, actor)

    async def _open(
        self,
        session: AsyncSession,
        policy: Policy,
        file: str,
        source: ArchiveRun | None,
        token: str,
        typed_count: int,
        actor: str,
    ) -> ArchiveRun:
        seen = self._tokens.read(token, subject=f"restore {Path(file).name}", actor=actor)
        if typed_count != seen.rows:
            raise InvalidInput(f"Type the number of rows, {seen.rows}, to say that these are what you mean.")
        await lock_policy(session, policy)
        await refuse_second(session, policy)
        new = NewArchiveRun(
            id=uuid4(), policy=policy, direction=Direction.RESTORE, state=ArchiveState.QUEUED,
            planned_rows=seen.rows, file=file, actor=actor, source_id=source.id if source else None,
        )  # fmt: skip
        return await self._desk.open(session, new, "restore.started", rows=seen.rows, file=Path(file).name)

    async def _restorable(self, session: AsyncSession, run_id: UUID) -> ArchiveRun:
        run = await get_run(session, run_id)
        if run.direction is not Direction.ARCHIVE or run.state not in _RESTORABLE:
            raise Conflict("This archive can't be put back: it is not finished, or its thirty days are over.")
        return run

    async def _find(self, path: Path) -> tuple[ArchiveRun | None, Path]:
        """The run that wrote this file, if it was made in this database, and where the file lies."""
        async with self._database.read() as session:
            run = await find_by_file(session, path.name)
        return run, await asyncio.to_thread(self._place_of, path)

    def _place_of(self, path: Path) -> Path:
        return path.absolute() if path.exists() else self._folder / path.name

    async def _look(
        self, path: Path, policy: Policy, slices: tuple[Slice, ...], run: ArchiveRun | None, actor: str
    ) -> RestorePreview:
        definition = self._policies[policy]
        rows = sum(each.rows for each in slices)
        existing = await self._count_existing(path, definition, slices, run)
        file = str(path) if run is None else run.file
        seen = Seen(subject=f"restore {path.name}", actor=actor, rows=rows, cutoff=None)
        return RestorePreview(
            run_id=run.id if run else None,
            policy=policy,
            title=definition.title,
            file=file,
            rows=rows,
            existing=existing,
            dependents=(),
            token=self._tokens.issue(seen),
        )

    async def _count_existing(
        self, path: Path, definition: Definition, slices: tuple[Slice, ...], run: ArchiveRun | None
    ) -> int:
        file = await asyncio.to_thread(OpenArchive, path, is_shared=True)
        try:
            async with self._database.snapshot() as session:
                if not definition.has_key:
                    back = await restored_slices(session, run.id if run else None, slices)
                    return sum(each.rows for each in slices if each.number in back)
                counts = [await _existing(session, definition, file, member) for member, _ in members_of(slices)]
            return sum(counts)
        finally:
            file.close()


async def _existing(session: AsyncSession, definition: Definition, file: OpenArchive, member: Member) -> int:
    """None of a damaged slice: it won't be put back, but the others can be."""
    try:
        return await definition.count_existing(session, file.lines(member))
    except ArchiveDamaged:
        return 0


def _told_by(path: Path) -> tuple[Policy, tuple[Slice, ...]]:
    """What a file says of itself. Raises ArchiveDamaged, Conflict. Blocking."""
    file = OpenArchive(path, is_shared=True)
    try:
        contents = file.read_contents()
        return Policy(str(contents.head.get("policy"))), contents.slices
    except ValueError:
        raise ArchiveDamaged(f"{path.name} is an archive of something that this version does not know.") from None
    finally:
        file.close()
