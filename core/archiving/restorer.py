"""Puts the rows of an archive back, slice by slice: what is there already stays as it is."""

from __future__ import annotations

import asyncio
import time

from core.archiving.archive_file import ArchiveDamaged, Member, OpenArchive, members_of
from core.archiving.definition import Definition
from core.archiving.faults import Step
from core.archiving.running import Signals, seconds_since, with_patience
from core.archiving.slicing import Slicing
from core.archiving.workplace import LeaseLost, Workplace
from core.db.queries.archival import (
    ArchiveLease,
    Slice,
    find_archive_run,
    finish_archive_run,
    list_slices,
    restored_slices,
)
from core.db.queries.audit import append_audit
from core.domain.archival import ArchiveRun
from core.logging import EventLog, describe

log = EventLog(__name__)


class Restorer:
    """One attempt at one restoration, with its file held and its lease claimed."""

    def __init__(
        self, place: Workplace, run: ArchiveRun, lease: ArchiveLease, definition: Definition, file: OpenArchive
    ) -> None:
        self._place = place
        self._run = run
        self._lease = lease
        self._definition = definition
        self._file = file
        self._slicing = Slicing(place, file, lease, definition.table)
        self._slices: tuple[Slice, ...] = ()
        self._damaged: list[Slice] = []
        self._noted: set[int] = set()
        self._brought_back: frozenset[int] = frozenset()

    async def carry_out(self, signals: Signals) -> None:
        """Returns once it is through. Raises Interrupted, LeaseLost, OSError, ArchiveDamaged where slices are unfit.

        What is whole is put back all the same.
        """
        self._slices = await self._manifest()
        await self._take_up()
        for member, made in members_of(self._slices):
            if made.number in self._noted:
                continue
            await signals.check()
            began = time.perf_counter()
            await with_patience(signals, lambda at=member, of=made: self._put_back(at, of), self._take_up)  # type: ignore[misc]
            pause_s = self._slicing.pace.rest_s(seconds_since(began), await self._place.pressure())
            await signals.rest(pause_s)
        await self._finish()

    async def _manifest(self) -> tuple[Slice, ...]:
        """As the database has it, where this archive was made in it; else as the file says."""
        if self._run.source_id is not None:
            async with self._place.database.read() as session:
                return await list_slices(session, self._run.source_id)
        return (await asyncio.to_thread(self._file.read_contents)).slices

    async def _take_up(self) -> None:
        async with self._place.database.read() as session:
            self._noted = {each.number for each in await list_slices(session, self._run.id)}
            self._brought_back = await restored_slices(session, self._run.source_id, self._slices)

    async def _put_back(self, member: Member, made: Slice) -> bool:
        if made.number in self._noted:
            return True
        if not await self._is_whole(member, made):
            self._damaged.append(made)
            return True
        self._place.faults.reach(Step.SLICE_CHECKED)
        async with self._slicing.transaction() as session:
            if made.number in self._brought_back and not self._definition.has_key:
                await self._slicing.note_restored(session, made, restored=0, existing=made.rows)
                return True
            back = await self._definition.put_back(session, self._slicing, self._file.lines(member))
            self._place.faults.reach(Step.ROWS_INSERTED)
            await self._slicing.note_restored(session, made, restored=back.restored, existing=back.existing)
        self._place.faults.reach(Step.RESTORE_COMMITTED)
        return True

    async def _is_whole(self, member: Member, made: Slice) -> bool:
        try:
            await asyncio.to_thread(self._file.check, member, made, self._definition.table)
        except ArchiveDamaged as error:
            log.warning("archive.slice_damaged", slice=made.number, rows=made.rows, **describe(error))
            return False
        return True

    async def _finish(self) -> None:
        if self._damaged:
            async with self._place.database.read() as session:
                run = await find_archive_run(session, self._run.id)
            if run is None:
                raise LeaseLost
            # With a slice also goes what other slices stand on: its own rows are not all that is lost.
            rows = sum(each.rows for each in self._slices) - run.done_rows - run.skipped_rows
            raise ArchiveDamaged(
                f"{rows} rows could not be put back: of {self._file.path.name} the slices "
                f"{_listed([each.number for each in self._damaged])} are not what was written. Everything else is back."
            )
        now = self._slicing.now()
        async with self._slicing.transaction() as session:
            run = await find_archive_run(session, self._run.id)
            if not await finish_archive_run(
                session, self._lease, sha256=self._run.sha256, size=self._file.size, now=now, expires_at=None
            ):
                raise LeaseLost
            counts = {"restored": run.done_rows, "skipped": run.skipped_rows} if run else {}
            await append_audit(
                session, actor=self._run.actor, action="restore.done", subject=self._run.policy.value,
                detail={**counts, "file": self._run.file}, now=now,
            )  # fmt: skip
            self._place.faults.reach(Step.RESTORE_FINISHED)
        self._place.faults.reach(Step.RESTORE_DONE)


def _listed(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:10]))
    return shown if len(numbers) <= 10 else f"{shown} and {len(numbers) - 10} more"
