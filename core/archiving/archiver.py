"""Carries out one archival: slices until nothing is left, then the manifest, then everything read once more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from core.archiving.archive_file import (
    ArchiveDamaged,
    OpenArchive,
    head_line,
    manifest_line,
    members_of,
    write_checksum,
)
from core.archiving.definition import Definition, Slices
from core.archiving.faults import Faults, Step
from core.archiving.running import Signals, seconds_since, with_patience
from core.archiving.slicing import Slicing
from core.archiving.statements import stamp
from core.archiving.workplace import LeaseLost, Workplace
from core.db.queries.archival import (
    ArchiveLease,
    find_archive_run,
    finish_archive_run,
    list_slices,
)
from core.db.queries.archive_rows import list_columns
from core.db.queries.audit import append_audit
from core.db.queries.schema import schema_revision
from core.domain.archival import KEPT_FOR, ArchiveRun
from core.domain.audit import AuditValue


class Archiver:
    """One attempt at one run, with its file held and its lease claimed."""

    def __init__(
        self, place: Workplace, run: ArchiveRun, lease: ArchiveLease, definition: Definition, file: OpenArchive
    ) -> None:
        if run.cutoff is None:
            raise ValueError("an archival without a cut-off")
        self._place = place
        self._run = run
        self._lease = lease
        self._definition = definition
        self._file = file
        self._cutoff = run.cutoff
        self._slicing = Slicing(place, file, lease, definition.table)
        self._source: Slices = definition.slices(self._cutoff)

    async def carry_out(self, signals: Signals) -> None:
        """Returns once it is through. Raises Interrupted, LeaseLost, ArchiveDamaged, OSError, or what does not pass."""
        await self._take_up()
        if self._slicing.rows_left > 0:
            await self._take_all(signals)
        await self._finish(await self._close_file())

    async def _take_up(self) -> None:
        """Goes on from what is committed: an earlier attempt's, or one whose commit was not heard of."""
        async with self._place.database.read() as session:
            slices = await list_slices(session, self._run.id)
            run = await find_archive_run(session, self._run.id)
        slicing = self._slicing
        if run is None:
            raise LeaseLost
        slicing.rows_left = run.planned_rows - run.done_rows
        if slices and slicing.slices == list(slices):
            return
        slicing.slices, self._source = list(slices), self._definition.slices(self._cutoff)
        await asyncio.to_thread(self._file.cut, slicing.end)
        if not slices:
            await self._write_head()
        await asyncio.to_thread(self._recall)

    def _recall(self) -> None:
        for line in self._committed_lines():
            self._source.recall(line)

    def _committed_lines(self) -> Iterator[bytes]:
        for member, _made in members_of(self._slicing.slices):
            yield from self._file.lines(member)

    async def _write_head(self) -> None:
        writer = self._file.begin(0)
        writer.write([head_line(await self._head())])
        _member, made = await asyncio.to_thread(writer.finish, 0, Faults())
        self._place.faults.reach(Step.HEAD_SYNCED)
        async with self._slicing.transaction() as session:
            await self._slicing.note_head(session, made)
        self._slicing.slices = [made]
        self._place.faults.reach(Step.HEAD_NOTED)

    async def _head(self) -> dict[str, object]:
        async with self._place.database.read() as session:
            columns = await list_columns(session, self._definition.table)
            revision = await schema_revision(session)
        return {
            "policy": self._run.policy.value,
            "run": str(self._run.id),
            "cutoff": stamp(self._cutoff),
            "made_at": stamp(self._slicing.now()),
            "table": self._definition.table,
            "columns": {column.name: column.type for column in columns},
            "schema": revision,
        }

    async def _take_all(self, signals: Signals) -> None:
        while True:
            await signals.check()
            began = time.perf_counter()
            if not await with_patience(signals, self._take_one, self._take_up):
                return
            took_s = seconds_since(began)
            await signals.rest(self._slicing.pace.rest_s(took_s, await self._place.pressure()))

    async def _take_one(self) -> bool:
        return await self._source.take(self._slicing)

    async def _close_file(self) -> str:
        """Writes the manifest and reads the whole file again; its SHA-256. Raises ArchiveDamaged."""
        slices = self._slicing.slices
        writer = await self._slicing.begin()
        writer.write([manifest_line(slices)])
        await asyncio.to_thread(writer.finish, 0, Faults())
        self._place.faults.reach(Step.MANIFEST_SYNCED)
        await asyncio.to_thread(self._check_all)
        sha256 = await asyncio.to_thread(self._file.sha256)
        await asyncio.to_thread(write_checksum, self._file.path, sha256)
        self._place.faults.reach(Step.FILE_VERIFIED)
        return sha256

    def _check_all(self) -> None:
        slices = self._slicing.slices
        for member, made in members_of(slices):
            self._file.check(member, made, self._definition.table)
        if self._file.read_contents().slices != tuple(slices):
            raise ArchiveDamaged(f"The manifest of {self._file.path.name} is not that of its slices.")

    async def _finish(self, sha256: str) -> None:
        now, rows = self._slicing.now(), sum(each.rows for each in self._slicing.slices)
        async with self._slicing.transaction() as session:
            run = await find_archive_run(session, self._run.id)
            if run is None or run.done_rows != rows:
                raise ArchiveDamaged("The archive does not hold as many rows as were deleted.")
            size = self._file.size
            if not await finish_archive_run(
                session, self._lease, sha256=sha256, size=size, now=now, expires_at=now + KEPT_FOR
            ):
                raise LeaseLost
            detail: dict[str, AuditValue] = {
                "rows": rows,
                "bytes": size,
                "file": self._file.path.name,
                "sha256": sha256,
            }
            subject, actor = self._run.policy.value, self._run.actor
            await append_audit(session, actor=actor, action="archive.done", subject=subject, detail=detail, now=now)
            self._place.faults.reach(Step.ARCHIVE_FINISHED)
        self._place.faults.reach(Step.ARCHIVE_DONE)
