"""What goes from the recorder to the database at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from core.domain.telemetry import Series
from core.telemetry.sampling import Row, Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """What one writer has counted of a series in a minute (since 1970): absolute, so that writing it twice is once."""

    minute: int
    series: Series
    writer: Writer
    count: int
    total: float
    histogram: dict[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What is written in one transaction. `dropped`: all events of this process so far that no row stands for."""

    seq: int
    writer: Writer
    rows: tuple[Row, ...]
    sums: tuple[Sum, ...]
    active: tuple[tuple[date, UUID], ...]
    dropped: int
