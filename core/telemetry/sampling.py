"""Which events keep a row of their own, and how the others' weight stays exact.

Kept whole: what went wrong by our fault or a vendor's, what was slow, and whatever brings a detail. Of the rest, in
each batch, the first of each series and bucket and then one in N; the others add their weight to the last kept row of
the same minute, series and bucket. So Σ weight is the true count for every minute, series and bucket.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from core.domain.telemetry import Series, is_kept_whole
from core.ports import Detail

# The column is a smallint.
LARGEST_WEIGHT = 32_767


class Cell:
    """The exact sums of one series in one minute, as one writer counts them; and what of it awaits the next batch.

    `newest`: the last row of each bucket in the batch that is being filled. `touched`: the minute of the last change.
    """

    __slots__ = (
        "count", "histogram", "is_dirty", "is_whole", "minute", "newest", "series", "total", "touched", "writer",
    )  # fmt: skip

    def __init__(self, minute: int, series: Series, writer: Writer) -> None:
        self.minute = minute
        self.series = series
        self.writer = writer
        self.is_whole = is_kept_whole(series)
        self.is_dirty = False
        self.touched = minute
        self.count = 0
        self.total = 0.0
        self.histogram: dict[int, int] = {}
        self.newest: dict[int, Row] = {}

    def add(self, value: float, bucket: int, count: int) -> None:
        self.count += count
        self.total += value * count
        self.histogram[bucket] = self.histogram.get(bucket, 0) + count

    def fold(self, bucket: int, count: int, keep_one_in: int) -> bool:
        """Adds the weight to the last row of this bucket; False where the event has to become a row itself."""
        row = self.newest.get(bucket)
        if row is None or self.is_whole or row.weight + count > keep_one_in:
            return False
        row.weight += count
        return True


class Row:
    """One raw event that will be written."""

    __slots__ = ("at", "bucket", "cell", "detail", "person", "request_id", "value", "weight")

    def __init__(
        self,
        cell: Cell,
        at: datetime,
        value: float,
        bucket: int,
        weight: int,
        request_id: UUID | None,
        person: UUID | None,
        detail: Detail | None,
    ) -> None:
        self.cell = cell
        self.at = at
        self.value = value
        self.bucket = bucket
        self.weight = weight
        self.request_id = request_id
        self.person = person
        self.detail = detail


class Writer:
    """The number under which sums are written; None until the database has given one."""

    __slots__ = ("id",)

    def __init__(self) -> None:
        self.id: int | None = None
