"""Progress rows after seven days, of runs that are over."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from core.archiving.aged_rows import AgedRowSlices, NoSupport, by_table, count_rows_there, insert_children
from core.archiving.definition import Definition, Findings, PutBack, Slices
from core.archiving.faults import Step
from core.archiving.slicing import Slicing
from core.archiving.statements import stamp
from core.db.queries.archive_counts import Due, count_due, look
from core.db.queries.archive_progress import OLD_PROGRESS, insert_progress
from core.domain.archival import Policy


class ProgressRows(Definition):
    policy = Policy.PROGRESS
    title = "Progress rows"
    keeps = "older than 7 days"
    what = "progress rows"
    reason = "Operators' guide, database maintenance: archive old progress tracking data (> 7 days)"
    table = "progress_tracking"
    at = time(2, 40)

    def cutoff(self, now: datetime) -> datetime:
        return now - timedelta(days=7)

    def sql(self, cutoff: datetime) -> str:
        return f"DELETE FROM progress_tracking\nWHERE created_at < '{stamp(cutoff)}'"  # noqa: S608

    async def count(self, session: AsyncSession, cutoff: datetime) -> Due:
        return await count_due(session, OLD_PROGRESS, cutoff)

    async def look(self, session: AsyncSession, cutoff: datetime) -> Findings:
        due = await count_due(session, OLD_PROGRESS, cutoff)
        seen = await look(session, OLD_PROGRESS, cutoff)
        return Findings(
            due=due, table_rows=seen.table_rows, dependents=(), kept_back=seen.kept_back, samples=seen.samples
        )

    def slices(self, cutoff: datetime) -> Slices:
        return AgedRowSlices(OLD_PROGRESS, cutoff, NoSupport())

    async def put_back(self, session: AsyncSession, slicing: Slicing, lines: Iterator[bytes]) -> PutBack:
        rows = await asyncio.to_thread(by_table, lines)
        slicing.faults.reach(Step.PLACE_MADE)
        asked = rows.get("progress_tracking", [])
        restored = await insert_progress(session, asked)
        await insert_children(session, "progress_tracking", rows)
        return PutBack(restored=restored, existing=len(asked) - restored)

    async def count_existing(self, session: AsyncSession, lines: Iterator[bytes]) -> int:
        return await count_rows_there(session, OLD_PROGRESS, lines)
