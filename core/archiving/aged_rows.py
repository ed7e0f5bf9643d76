"""Policies whose rows go by their age, some at a time: locked, written, read back, deleted, in one transaction each."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.archiving.archive_file import SliceWriter, row_of, table_of
from core.archiving.definition import Definition, Findings
from core.archiving.faults import Step
from core.archiving.slicing import Slicing
from core.db.queries.archival import Slice
from core.db.queries.archive_counts import (
    Due,
    OldRows,
    Place,
    count_due,
    count_present,
    delete_rows,
    find_candidates,
    lock_due,
    look,
)
from core.db.queries.archive_rows import Child, Insertion, insert_lines, list_children, read_lines
from core.db.queries.legal_holds import respect_holds
from core.domain.archival import Dependent
from core.errors import Unavailable

# Rows that somebody else holds are passed over; so often are they come back to before they are left for tomorrow.
_PASSES = 3
_ASKED_AT_ONCE = 5_000


class AgedPolicy(Definition):
    """A policy over `rows`: what is older than `age` is due."""

    rows: OldRows
    age: timedelta

    def cutoff(self, now: datetime) -> datetime:
        return now - self.age

    async def count(self, session: AsyncSession, cutoff: datetime) -> Due:
        return await count_due(session, self.rows, cutoff)

    async def look(self, session: AsyncSession, cutoff: datetime) -> Findings:
        due = await count_due(session, self.rows, cutoff)
        seen = await look(session, self.rows, cutoff)
        dependents = await self.find_dependents(session, cutoff)
        return Findings(
            due=due, table_rows=seen.table_rows, dependents=dependents, kept_back=seen.kept_back, samples=seen.samples
        )

    async def find_dependents(self, _session: AsyncSession, _cutoff: datetime) -> tuple[Dependent, ...]:
        """Rows of other tables that are copied into the archive."""
        return ()

    async def count_existing(self, session: AsyncSession, lines: Iterator[bytes]) -> int:
        keys = (json.loads(row_of(line))[self.rows.key] for line in lines if table_of(line) == self.table)
        return await count_rows_there(session, self.rows, map(UUID, keys))


class SupportChanged(Unavailable):
    """Rows were made to stand on something else between the writing of their support and their lock: take them anew."""


class Support(Protocol):
    """What rows stand on in other tables, written before them and once in each file."""

    def recall(self, line: bytes, /) -> None:
        """Learns from a line of the file."""
        ...

    async def write(self, session: AsyncSession, writer: SliceWriter, keys: list[UUID], /) -> list[UUID]:
        """Writes what these rows stand on; returns the rows it stands for: fewer where it would have been too much."""
        ...

    async def is_whole(self, session: AsyncSession, keys: list[UUID], /) -> bool:
        """True where what these rows, locked by now, stand on is in the file."""
        ...

    def committed(self) -> None:
        """What was written last stands in the file for good."""
        ...


class NoSupport(Support):
    """The rows stand by themselves."""

    def recall(self, _line: bytes) -> None:
        return

    async def write(self, _session: AsyncSession, _writer: SliceWriter, keys: list[UUID]) -> list[UUID]:
        return keys

    async def is_whole(self, _session: AsyncSession, _keys: list[UUID]) -> bool:
        return True

    def committed(self) -> None:
        return


class AgedRowSlices:
    """The due rows of one run, oldest first."""

    def __init__(self, rows: OldRows, cutoff: datetime, support: Support) -> None:
        self._rows = rows
        self._cutoff = cutoff
        self._support = support
        self._children: tuple[Child, ...] | None = None
        self._place: Place | None = None
        self._passes = 0
        self._passed_over = 0

    def recall(self, line: bytes) -> None:
        self._support.recall(line)

    async def take(self, slicing: Slicing) -> bool:
        began = time.perf_counter()
        limit = min(slicing.pace.rows, slicing.rows_left)
        if limit <= 0:
            return False
        async with slicing.transaction() as session:
            await respect_holds(session)
            found = await find_candidates(session, self._rows, self._cutoff, after=self._place, limit=limit)
            if not found:
                return self._starts_over()
            writer = await slicing.begin()
            if self._children is None:
                self._children = await list_children(session, self._rows.table)
            asked = await self._support.write(session, writer, [each.key for each in found])
            locked = time.perf_counter()
            keys = await lock_due(session, self._rows, self._cutoff, asked)
            slicing.faults.reach(Step.ROWS_LOCKED)
            if not await self._support.is_whole(session, keys):
                raise SupportChanged("What is archived was changed at the same moment.")
            made = await self._move(session, slicing, writer, keys)
        slicing.committed(made)
        self._support.committed()
        ended = time.perf_counter()
        slicing.pace.took(locked_s=ended - locked, slice_s=ended - began)
        self._place = found[len(asked) - 1]
        self._passed_over += len(asked) - len(keys)
        return True

    def _starts_over(self) -> bool:
        """True where rows were passed over that may be free by now."""
        self._passes += 1
        again = self._passed_over > 0 and self._passes < _PASSES
        self._place, self._passed_over = None, 0
        return again

    async def _move(self, session: AsyncSession, slicing: Slicing, writer: SliceWriter, keys: list[UUID]) -> Slice:
        table, key = self._rows.table, self._rows.key
        for child in self._children or ():
            writer.write(await read_lines(session, child.table, child.column, keys))
        writer.write(await read_lines(session, table, key, keys, order="created_at"))
        made = await slicing.seal(writer, len(keys))
        await slicing.note(session, made)
        if await delete_rows(session, self._rows, keys) != len(keys):
            raise RuntimeError("rows that were locked could not be deleted")
        slicing.faults.reach(Step.ROWS_DELETED)
        return made


def by_table(lines: Iterator[bytes]) -> dict[str, list[str]]:
    """The rows of a slice's lines by their table."""
    found: dict[str, list[str]] = {}
    for line in lines:
        found.setdefault(table_of(line), []).append(row_of(line))
    return found


async def insert_children(session: AsyncSession, table: str, rows: dict[str, list[str]]) -> None:
    """Puts back what a deletion from `table` took along."""
    for child in await list_children(session, table):
        await insert_lines(session, Insertion(table=child.table), rows.get(child.table, []))


async def count_rows_there(session: AsyncSession, rows: OldRows, keys: Iterable[UUID]) -> int:
    """How many of the rows with these keys are in the table. The keys are read in a thread."""
    there, left = 0, iter(keys)
    while asked := await asyncio.to_thread(lambda: list(islice(left, _ASKED_AT_ONCE))):
        there += await count_present(session, rows, asked)
    return there
