"""Stretches of time that are taken out of objectives, with the reason. The figures with them stay on show beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Category(StrEnum):
    """Why what happened then is not the service's fault, or not real use."""

    MAINTENANCE = "maintenance"
    VENDOR = "vendor"
    LOAD_TEST = "load test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """[start, end), whole minutes in UTC. `slo` is the slug of the objective it is taken out of, None for all."""

    start: datetime
    end: datetime
    category: Category
    note: str = ""
    slo: str | None = None

    def covers(self, start: datetime, end: datetime) -> bool:
        return self.start <= start and end <= self.end
