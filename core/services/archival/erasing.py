"""Takes what belongs to one person out of the archives: their right reaches what was put away, too."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.archiving.archive_file import checksum_path
from core.archiving.definition import Definition
from core.archiving.rewriting import Rewritten, rewrite_without
from core.clock import Clock
from core.db.database import Database
from core.db.queries.archival import find_open, list_files, list_slices, replace_file
from core.db.queries.audit import append_audit
from core.domain.archival import ArchiveRun, Direction, Policy
from core.errors import AppError, Conflict
from core.services.archival.files import held_subjects, next_generation, refuse_while_needed, remove_older

_MOST_FILES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """How many rows went; `unreached`: the archives that could not be searched, each with the reason."""

    rows: int
    unreached: tuple[tuple[str, str], ...]


class Erasing:
    """`folder`: where archives lie on this machine."""

    def __init__(self, database: Database, clock: Clock, folder: Path, policies: Mapping[Policy, Definition]) -> None:
        self._database = database
        self._clock = clock
        self._folder = folder
        self._policies = policies

    async def erase(self, subjects: Iterable[str], actor: str) -> Erasure:
        """Takes every row of these summaries or people out of every archive, but for what another hold keeps.

        `subjects`: ids of summaries, of accounts, or of anonymous browsers. Each file is written anew beside the old
        one, which goes once the new one is in the books. What only the erased rows stood on goes with them. Raises
        Conflict where one of the subjects is under legal hold.
        """
        asked = frozenset(subjects)
        async with self._database.read() as session:
            if asked & await held_subjects(session):
                raise Conflict("This is under legal hold: nothing of it may be erased.")
            found = [run for run, _back in await list_files(session, limit=_MOST_FILES)]
            open_runs = [await find_open(session, policy) for policy in self._policies]
        rows, unreached = 0, [
            (run.file, "It is still being written: finish or close that run first.")
            for run in open_runs
            if run is not None and run.direction is Direction.ARCHIVE and run.done_rows
        ]  # fmt: skip
        for run in found:
            try:
                rows += await self._erase_from(run, asked, actor)
            except (AppError, OSError) as error:
                unreached.append((run.file, error.message if isinstance(error, AppError) else str(error)))
        return Erasure(rows=rows, unreached=tuple(unreached))

    async def _erase_from(self, run: ArchiveRun, subjects: frozenset[str], actor: str) -> int:
        old = self._folder / run.file
        new = next_generation(old)
        async with self._database.read() as session:
            slices = await list_slices(session, run.id)
            held = await held_subjects(session)
        await asyncio.to_thread(remove_older, old)
        made = await asyncio.to_thread(
            rewrite_without, old, new, slices, self._policies[run.policy], subjects, held=held
        )
        if made is None:
            return 0
        try:
            await self._replace(run, new, made, held, actor)
        except Conflict:
            new.unlink()
            checksum_path(new).unlink()
            raise
        await asyncio.to_thread(remove_older, new)
        return made.erased

    async def _replace(self, run: ArchiveRun, new: Path, made: Rewritten, held: frozenset[str], actor: str) -> None:
        async with self._database.transaction() as session:
            await refuse_while_needed(session, run, held)
            await replace_file(session, run.id, file=new.name, sha256=made.sha256, size=made.size, slices=made.slices)
            await append_audit(
                session, actor=actor, action="archive.erased_from", subject=run.policy.value,
                detail={"file": new.name, "rows": made.erased}, now=self._clock.now(),
            )  # fmt: skip
