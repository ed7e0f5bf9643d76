"""Anonymous summaries after 90 days, with the runs, versions and words they need to be opened again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.archiving.aged_rows import AgedPolicy, AgedRowSlices, by_table, count_rows_there, insert_children
from core.archiving.archive_file import SliceWriter, row_of, table_of
from core.archiving.definition import PutBack, Slices
from core.archiving.faults import Step
from core.archiving.slicing import Slicing
from core.archiving.statements import stamp
from core.db.queries.archive_rows import read_lines
from core.db.queries.archive_summaries import (
    NAMED_TRANSCRIPTS,
    OLD_SUMMARIES,
    Support,
    count_support,
    find_support,
    insert_summaries,
    insert_support,
    name_transcripts,
)
from core.domain.archival import Dependent, Policy
from core.domain.owner import ANONYMOUS_USER

# The words of a five-hour talk are a few hundred kilobytes: so many at a time stay within a few tens of megabytes.
_READ_AT_ONCE = 50
_MOST_TRANSCRIPTS = 200


class AnonymousSummaries(AgedPolicy):
    policy = Policy.ANONYMOUS_SUMMARIES
    title = "Anonymous summaries"
    keeps = "older than 90 days"
    reason = "Operators' guide, database maintenance: archive old anonymous summaries (> 90 days)"
    rows = OLD_SUMMARIES
    table = OLD_SUMMARIES.table
    age = timedelta(days=90)
    at = time(2, 30)

    def sql(self, cutoff: datetime) -> str:
        return f"DELETE FROM summaries\nWHERE user_id = '{ANONYMOUS_USER}'\nAND created_at < '{stamp(cutoff)}'"  # noqa: S608

    async def find_dependents(self, session: AsyncSession, cutoff: datetime) -> tuple[Dependent, ...]:
        return await count_support(session, cutoff)

    def slices(self, cutoff: datetime) -> Slices:
        return AgedRowSlices(OLD_SUMMARIES, cutoff, _SummarySupport())

    async def put_back(self, session: AsyncSession, slicing: Slicing, lines: Iterator[bytes]) -> PutBack:
        rows = await asyncio.to_thread(by_table, lines)
        await insert_support(
            session,
            transcripts=rows.get("transcripts", []),
            named=rows.get(NAMED_TRANSCRIPTS, []),
            runs=rows.get("runs", []),
            versions=rows.get("summary_versions", []),
        )
        slicing.faults.reach(Step.PLACE_MADE)
        asked = rows.get(self.table, [])
        restored = await insert_summaries(session, asked)
        there = await count_rows_there(session, self.rows, (UUID(json.loads(row)["id"]) for row in asked))
        await insert_children(session, self.table, rows)
        return PutBack(restored=restored, existing=there - restored)


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
        support = await find_support(session, keys)
        found = self._missing(support)
        while len(found["transcripts"]) > _MOST_TRANSCRIPTS and len(keys) > 1:
            keys = keys[: len(keys) // 2]
            support = await find_support(session, keys)
            found = self._missing(support)
        writer.write(await name_transcripts(session, support.transcripts.difference(found["transcripts"])))
        for table, ids in found.items():
            for start in range(0, len(ids), _READ_AT_ONCE):
                lines = await read_lines(session, table, "id", ids[start : start + _READ_AT_ONCE])
                await asyncio.to_thread(writer.write, lines)
        self._fresh = found
        return keys

    async def is_whole(self, session: AsyncSession, keys: list[UUID]) -> bool:
        missing = self._missing(await find_support(session, keys))
        return all(set(ids) <= set(self._fresh[table]) for table, ids in missing.items())

    def committed(self) -> None:
        for table, ids in self._fresh.items():
            self._written[table].update(each.bytes for each in ids)

    def _missing(self, support: Support) -> dict[str, list[UUID]]:
        """Ids by table of what the file does not hold yet, in the order of a restoration."""
        asked = {
            "transcripts": support.transcripts,
            "runs": support.runs,
            "summary_versions": support.versions,
        }
        return {
            table: sorted(each for each in ids if each.bytes not in self._written[table])
            for table, ids in asked.items()
        }
