"""Keeps hour and day sums in step with the minutes, and deletes what has been kept for long enough."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from core.clock import Clock
from core.db.database import Database
from core.db.queries import summing as queries
from core.db.queries.partitions import ensure_partitions
from core.db.statement_times import unrecorded
from core.domain.period import DAY, HOUR, Tier
from core.logging import EventLog
from core.telemetry.rollups import compact

log = EventLog(__name__)

# An hour is summed up once it is over and the last batch of it has had time to come.
SETTLED_AFTER = timedelta(minutes=2)
# Operators' design: raw events 35 days, minutes 90 days, hours 2 years, days for ever. A day more of each, so that a
# range of just that length can be read to its first minute.
KEPT = {Tier.MINUTE: timedelta(days=91), Tier.HOUR: timedelta(days=732)}
_DAYS_AHEAD = 3
# Merging a heavy hour's histograms is work of tens of milliseconds: the loop has other things to do meanwhile.
_MERGED_AT_ONCE = 100


class Summing:
    """Safe to run in several processes, to be killed anywhere, and to be run again: each day is one transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def sum_up(self) -> int:
        """How many hours were summed: all that changed and are over."""
        before = (self._clock.now() - SETTLED_AFTER).replace(minute=0, second=0, microsecond=0)
        summed = 0
        with unrecorded():
            while hours := await self._sum_day(before):
                summed += hours
        return summed

    async def make_room(self) -> None:
        """Makes the partitions of today and the next days."""
        today = self._clock.now().date()
        days = [today + timedelta(days=ahead) for ahead in range(_DAYS_AHEAD + 1)]
        with unrecorded():
            async with self._database.transaction() as session:
                made = await ensure_partitions(session, days)
        if made:
            log.info("telemetry.partitions_made", first=made[0].isoformat(), days=len(made))

    async def forget(self) -> int:
        """Deletes sums that are past their time, a stretch at a time, and returns how many rows that were."""
        now, deleted = self._clock.now(), 0
        with unrecorded():
            for tier, kept in KEPT.items():
                before = (now - kept).replace(minute=0, second=0, microsecond=0)
                deleted += await self._forget(tier, before)
            async with self._database.transaction() as session:
                await queries.delete_idle_writers(session, before=now - KEPT[Tier.MINUTE])
        return deleted

    async def _forget(self, tier: Tier, before: datetime) -> int:
        total = 0
        while True:
            async with self._database.transaction() as session:
                deleted = await queries.delete_old_sums(session, tier, before=before)
            total += deleted
            if not deleted:
                return total

    async def _sum_day(self, before: datetime) -> int:
        """Sums the changed hours of the oldest day that has any, and the day itself; 0 where none has."""
        async with self._database.transaction() as session:
            if not await queries.try_summing_lock(session):
                return 0
            hours = await queries.find_dirty_day(session, before=before)
            hours = await queries.clean_hours(session, hours)
            for hour in hours:
                sums = await queries.read_series_sums(session, Tier.MINUTE, hour, hour + HOUR)
                await queries.replace_sums(session, Tier.HOUR, hour, await _compacted(sums))
            if hours:
                day = hours[0].replace(hour=0)
                sums = await queries.read_series_sums(session, Tier.HOUR, day, day + DAY)
                await queries.replace_sums(session, Tier.DAY, day, await _compacted(sums))
        return len(hours)


async def _compacted(sums: Sequence[queries.SeriesSum]) -> list[queries.SeriesSum]:
    found = []
    for number, each in enumerate(sums, start=1):
        found.append(each._replace(histogram=compact(each.histogram)))
        if number % _MERGED_AT_ONCE == 0:
            await asyncio.sleep(0)
    return found
