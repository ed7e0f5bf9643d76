"""Progress rows after seven days, of runs that are over."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from core.archiving.aged_rows import AgedPolicy, AgedRowSlices, NoSupport, by_table, insert_children
from core.archiving.definition import PutBack, Slices
from core.archiving.faults import Step
from core.archiving.slicing import Slicing
from core.archiving.statements import stamp
from core.db.queries.archive_progress import OLD_PROGRESS, insert_progress
from core.domain.archival import Policy


class ProgressRows(AgedPolicy):
    policy = Policy.PROGRESS
    title = "Progress rows"
    keeps = "older than 7 days"
    reason = "Operators' guide, database maintenance: archive old progress tracking data (> 7 days)"
    rows = OLD_PROGRESS
    table = OLD_PROGRESS.table
    age = timedelta(days=7)
    at = time(2, 40)

    def sql(self, cutoff: datetime) -> str:
        return f"DELETE FROM progress_tracking\nWHERE created_at < '{stamp(cutoff)}'"  # noqa: S608

    def slices(self, cutoff: datetime) -> Slices:
        return AgedRowSlices(OLD_PROGRESS, cutoff, NoSupport())

    async def put_back(self, session: AsyncSession, slicing: Slicing, lines: Iterator[bytes]) -> PutBack:
        rows = await asyncio.to_thread(by_table, lines)
        slicing.faults.reach(Step.PLACE_MADE)
        asked = rows.get(self.table, [])
        restored = await insert_progress(session, asked)
        await insert_children(session, self.table, rows)
        # Those of runs that are gone count as there: nobody waits for them any more.
        return PutBack(restored=restored, existing=len(asked) - restored)
