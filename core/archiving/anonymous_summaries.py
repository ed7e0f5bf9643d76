"""Anonymous summaries after 90 days, with the runs, versions and words they need to be opened again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.archiving.aged_rows import AgedRowSlices, by_table, count_rows_there, insert_children
from core.archiving.archive_file import SliceWriter, row_of, table_of
from core.archiving.definition import Definition, Findings, PutBack, Slices
from core.archiving.faults import Step
from core.archiving.slicing import Slicing
from core.archiving.statements import stamp
from core.db.queries.archive_counts import Due, count_due, look
from core.db.queries.archive_rows import read_lines
from core.db.queries.archive_summaries import (
    OLD_SUMMARIES,
    count_support,
    find_support,
    insert_summaries,
    insert_support,
)
from core.domain.archival import Policy
from core.domain.owner import ANONYMOUS_USER

# The words of a five-hour talk are a few hundred kilobytes: so many at a time stay within a few tens of megabytes.
_READ_AT_ONCE = 50
_MOST_TRANSCRIPTS = 200


class AnonymousSummaries(Definition):
    policy = Policy.ANONYMOUS_SUMMARIES
    title = "Anonymous summaries"
    keeps = "older than 90 days"
    what = "anonymous summaries"
    reason = "Operators' guide, database maintenance: archive old anonymous summaries (> 90 days)"
    table = "summaries"
    at = time(2, 30)

    def cutoff(self, now: datetime) -> datetime:
        return now - timedelta(days=90)

    def sql(self, cutoff: datetime) -> str:
        return f"DELETE FROM summaries\nWHERE user_id = '{ANONYMOUS_USER}'\nAND created_at < '{stamp(cutoff)}'"  # noqa: S608

    async def count(self, session: AsyncSession, cutoff: datetime) -> Due:
        return await count_due(session, OLD_SUMMARIES, cutoff)

    async def look(self, session: AsyncSession, cutoff: datetime) -> Findings:
        due = await count_due(session, OLD_SUMMARIES, cutoff)
        seen = await look(session, OLD_SUMMARIES, cutoff)
        return Findings(
            due=due, table_rows=seen.table_rows, dependents=await count_support(session, cutoff),
            kept_back=seen.kept_back, samples=seen.samples,
        )  # fmt: skip

    def slices(self, cutoff: datetime) -> Slices:
        return AgedRowSlices(OLD_SUMMARIES, cutoff, _SummarySupport())

    async def put_back(self, session: AsyncSession, slicing: Slicing, lines: Iterator[bytes]) -> PutBack:
        rows = await asyncio.to_thread(by_table, lines)
        await insert_support(
            session,
            transcripts=rows.get("transcripts", []),
            runs=rows.get("runs", []),
            versions=rows.get("summary_versions", []),
        )
        slicing.faults.reach(Step.PLACE_MADE)
        asked = rows.get("summaries", [])
        restored = await insert_summaries(session, asked)
        await insert_children(session, "summaries", rows)
        return PutBack(restored=restored, existing=len(asked) - restored)

    async def count_existing(self, session: AsyncSession, lines: Iterator[bytes]) -> int:
        return await count_rows_there(session, OLD_SUMMARIES, lines)


class _SummarySupport:
    """Remembers what stands in the file, so that a run that a thousand summaries share is written once."""

    def __init__(self) -> None:
        self._written: dict[str, set[bytes]] = {"transcripts": set(), "runs": set(), "summary_versions": set()}
        self._fresh: dict[str, list[UUID]] = {}

    def recall(self, line: bytes) -> None:
        known = self._written.get(table_of(line))
        if known is not None:
            known.add(UUID(json.loads(row_of(line))["id"]).bytes)

    async def write(self, session: AsyncSession, writer: SliceWriter, keys: list[UUID]) -> list[UUID]:
        found = await self._find_missing(session, keys)
        while len(found["transcripts"]) > _MOST_TRANSCRIPTS and len(keys) > 1:
            keys = keys[: len(keys) // 2]
            found = await self._find_missing(session, keys)
        for table, ids in found.items():
            for start in range(0, len(ids), _READ_AT_ONCE):
                lines = await read_lines(session, table, "id", ids[start : start + _READ_AT_ONCE])
                await asyncio.to_thread(writer.write, lines)
        self._fresh = found
        return keys

    def committed(self) -> None:
        for table, ids in self._fresh.items():
            self._written[table].update(each.bytes for each in ids)

    async def _find_missing(self, session: AsyncSession, keys: list[UUID]) -> dict[str, list[UUID]]:
        """Ids by table of what these summaries stand on and what is not in the file, in the order of a restoration."""
        support = await find_support(session, keys)
        asked = {
            "transcripts": support.transcripts,
            "runs": support.runs,
            "summary_versions": support.versions,
        }
        return {
            table: sorted(each for each in ids if each.bytes not in self._written[table])
            for table, ids in asked.items()
        }
