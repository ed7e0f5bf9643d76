"""Progress rows that are due: the run they tell of is over, and nobody watches it any more."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from core.db.queries.archive_counts import OldRows
from core.db.queries.archive_rows import Insertion, insert_lines
from core.db.queries.legal_holds import SUMMARY_IS_HELD
from core.domain.run import OPEN_STATES

_OPEN = ", ".join(f"'{state}'" for state in OPEN_STATES)
# The operators' guide's own condition, "Archive old progress tracking data".
_OLD = "p.created_at < CAST(:cutoff AS timestamptz)"
_IS_OPEN = f"EXISTS (SELECT 1 FROM runs r WHERE r.id = p.run_id AND r.state IN ({_OPEN}))"  # noqa: S608
_IS_HELD = f"EXISTS (SELECT 1 FROM summaries s WHERE s.run_id = p.run_id AND {SUMMARY_IS_HELD})"  # noqa: S608

OLD_PROGRESS = OldRows(
    alias="p", table="progress_tracking", key="run_id", old=_OLD,
    due=f"{_OLD} AND NOT {_IS_OPEN} AND NOT {_IS_HELD}",
    kept=(("under legal hold", _IS_HELD), ("of runs that are not over", f"{_IS_OPEN} AND NOT {_IS_HELD}")),
)  # fmt: skip

# The run's row is held until the transaction ends: a sweep can't take it from under the row that comes back.
_RUN_IS_THERE = "EXISTS (SELECT 1 FROM runs WHERE runs.id = r.run_id::uuid FOR KEY SHARE)"


async def insert_progress(session: AsyncSession, lines: Sequence[str]) -> int:
    """How many rows came back: not those that are there, nor those whose run is gone."""
    return await insert_lines(session, Insertion(table="progress_tracking", where=_RUN_IS_THERE), lines)
