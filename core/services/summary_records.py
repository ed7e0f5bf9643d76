"""Reads summaries for many at once: whoever asks while a look is under way shares the next one."""

from __future__ import annotations

import asyncio
from uuid import UUID

from core.db.database import Database
from core.db.queries.summaries import SummaryRecord, read_summaries
from core.domain.owner import Owner
from core.errors import NotFound

_Answer = SummaryRecord | Exception | None


class SummaryRecords:
    """A thousand watchers of one run cause one query a change, not a thousand."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[UUID, asyncio.Future[_Answer]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def get(self, summary_id: UUID, owner: Owner) -> SummaryRecord:
        """The record as it is now; NotFound where there is none or it is another's."""
        if summary_id not in self._waiting:
            self._waiting[summary_id] = asyncio.get_running_loop().create_future()
        answer = self._waiting[summary_id]
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_waiting())
        record = await asyncio.shield(answer)
        if isinstance(record, Exception):
            raise record
        if record is None or record.owner != owner:
            raise NotFound("There is no such summary, or it belongs to somebody else.")
        return record

    async def _read_waiting(self) -> None:
        try:
            while self._waiting:
                asked, self._waiting = self._waiting, {}
                answers = await self._read(list(asked))
                for summary_id, future in asked.items():
                    future.set_result(answers.get(summary_id) if isinstance(answers, dict) else answers)
        finally:
            self._reading = None

    async def _read(self, ids: list[UUID]) -> dict[UUID, SummaryRecord] | Exception:
        try:
            async with self._database.read() as session:
                return {record.id: record for record in await read_summaries(session, ids)}
        except Exception as error:  # it belongs to those who asked, each of whom raises it
            return error
