"""What a policy is: a title, what it keeps, why, the statement it comes down to, and how its rows go and come back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from core.archiving.slicing import Slicing
from core.db.queries.archive_counts import Due
from core.domain.archival import Dependent, Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a look into the tables shows of a policy, all in one snapshot."""

    due: Due
    table_rows: int
    dependents: tuple[Dependent, ...]
    kept_back: tuple[tuple[str, int], ...]
    samples: tuple[str, ...]
    slices: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBack:
    """What became of the rows of a slice; what is in neither count could not come back."""

    restored: int
    existing: int


class Slices(Protocol):
    """The rows of one run, slice by slice, until there are none left."""

    def recall(self, line: bytes, /) -> None:
        """Learns from a line that an earlier attempt has written and committed."""
        ...

    async def take(self, slicing: Slicing) -> bool:
        """Archives and deletes the next slice; False where nothing is left. What fails is undone and taken again."""
        ...


class Definition(ABC):
    """An entry of `core.archiving.build_policies`. `at` is when the schedule comes to it each day, UTC.

    `table` is the one whose lines are counted; `reason` says where the rule comes from.
    """

    policy: Policy
    title: str
    keeps: str
    reason: str
    table: str
    at: time
    # False where a row can't be told from another like it: a slice must then come back once and no more.
    has_key = True

    @abstractmethod
    def cutoff(self, now: datetime) -> datetime:
        """What is older is due, seen from this moment. A run never asks again: its own cut-off is frozen."""

    @abstractmethod
    def sql(self, cutoff: datetime) -> str:
        """The statement that the whole action comes down to, as the page shows it."""

    @abstractmethod
    async def count(self, session: AsyncSession, cutoff: datetime) -> Due: ...

    @abstractmethod
    async def look(self, session: AsyncSession, cutoff: datetime) -> Findings:
        """For the preview: `session` is one snapshot that can change nothing."""

    @abstractmethod
    def slices(self, cutoff: datetime) -> Slices:
        """The rows of one run."""

    @abstractmethod
    async def put_back(self, session: AsyncSession, slicing: Slicing, lines: Iterator[bytes]) -> PutBack:
        """Inserts the rows of one slice, in the caller's transaction."""

    @abstractmethod
    async def count_existing(self, session: AsyncSession, lines: Iterator[bytes], /) -> int:
        """How many of a slice's rows are there already."""

    def is_about(self, line: bytes, subjects: frozenset[str]) -> bool:
        """True where the line holds something of one of these summaries or people."""
        return any(f'"{subject}"'.encode() in line for subject in subjects)
