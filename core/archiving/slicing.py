"""One run's hold on its database row and its file: what every policy does its slices with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.archiving.archive_file import Member, OpenArchive, SliceWriter
from core.archiving.faults import Step
from core.archiving.pacing import Pace
from core.archiving.workplace import LeaseLost, Workplace
from core.db.queries.archival import ArchiveLease, Slice, Totals, is_held, note_slice
from core.db.queries.archive_rows import print_plainly

# Who waits in a queue for a lock holds up everybody behind: longer than this nobody is held up by us.
_LIMITS = text("SELECT set_config('lock_timeout', '100ms', true), set_config('statement_timeout', '10s', true)")


class Slicing:
    """What is committed stands in `slices`; whatever the file holds beyond them is cut off before the next one."""

    def __init__(self, place: Workplace, file: OpenArchive, lease: ArchiveLease, table: str) -> None:
        self.database = place.database
        self.faults = place.faults
        self.file = file
        self.pace = Pace(rest_ratio=place.rest_ratio)
        self.slices: list[Slice] = []
        # How many more rows the run may take: no more than were previewed.
        self.rows_left = 0
        self._clock = place.clock
        self._lease = lease
        self._table = table

    def now(self) -> datetime:
        return self._clock.now()

    @property
    def end(self) -> int:
        return self.slices[-1].end if self.slices else 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One for a slice. Raises LeaseLost where the run is not ours; the note, at its end, asks once more."""
        async with self.database.transaction() as session:
            await session.execute(_LIMITS)
            await print_plainly(session)
            if not await is_held(session, self._lease):
                raise LeaseLost
            yield session

    async def begin(self) -> SliceWriter:
        """The next slice's place in the file, free of whatever an undone slice has left there."""
        await asyncio.to_thread(self.file.cut, self.end)
        return self.file.begin(len(self.slices))

    async def seal(self, writer: SliceWriter, rows: int) -> Slice:
        """Waits until the slice is on the disk, reads it back and compares. Raises ArchiveDamaged, OSError."""
        member, made = await asyncio.to_thread(writer.finish, rows, self.faults)
        self.faults.reach(Step.SLICE_SYNCED)
        await asyncio.to_thread(self.file.check, member, made, self._table)
        self.faults.reach(Step.SLICE_READ_BACK)
        return made

    async def note(self, session: AsyncSession, made: Slice) -> None:
        """Writes the manifest's line in the transaction that deletes its rows."""
        totals = Totals(done=made.rows, bytes=made.end)
        await self._note(session, made, totals)
        self.faults.reach(Step.SLICE_NOTED)

    def committed(self, made: Slice) -> None:
        self.slices.append(made)
        self.rows_left -= made.rows
        self.faults.reach(Step.SLICE_COMMITTED)

    async def note_restored(self, session: AsyncSession, made: Slice, *, restored: int, existing: int) -> None:
        """Writes that the rows of a slice are back, in the transaction that inserts them."""
        noted = Slice(number=made.number, rows=restored, end=made.end, sha256=made.sha256)
        totals = Totals(done=restored, skipped=existing, bytes=made.end)
        await self._note(session, noted, totals)
        self.faults.reach(Step.RESTORE_NOTED)

    async def note_head(self, session: AsyncSession, made: Slice) -> None:
        """Writes that the file has its head."""
        await self._note(session, made, Totals(done=0, bytes=made.end))

    async def _note(self, session: AsyncSession, made: Slice, totals: Totals) -> None:
        if not await note_slice(session, self._lease, made, totals, now=self._clock.now()):
            raise LeaseLost


def member_of(slices: Sequence[Slice], number: int) -> Member:
    """Where the slice of this number lies."""
    return Member(slices[number - 1].end if number else 0, slices[number].end)
