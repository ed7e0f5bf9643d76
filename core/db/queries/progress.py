"""Progress rows, and the announcements that tell other processes to read them again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from uuid import UUID

from psycopg import AsyncConnection, sql
from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.models import ProgressRow
from core.db.queries.runs import Lease
from core.domain.document import StageDocument
from core.domain.progress import Progress

CHANNEL = "sightline_runs"
# A connection that says nothing for so long is asked whether it still lives.
LISTEN_CHECK_S = 15.0

# FOR SHARE makes the write wait for a take-over or a cancellation that is being committed, and then see it.
_WRITE_AS_HOLDER = text(
    """
    INSERT INTO progress_tracking AS p (run_id, seq, attempt, stage, ratio, stages, created_at, updated_at)
    SELECT r.id, 1, r.attempt, :stage, :ratio, :stages, :now, :now
      FROM runs r WHERE r.id = :run_id AND r.attempt = :attempt AND (:is_final OR r.state = 'running') FOR SHARE
    ON CONFLICT (run_id) DO UPDATE
       SET seq = p.seq + 1, attempt = excluded.attempt, stage = excluded.stage, ratio = excluded.ratio,
           stages = excluded.stages, updated_at = excluded.updated_at
    RETURNING p.seq
    """
).bindparams(bindparam("stages", type_=JSONB))


async def start_progress(session: AsyncSession, run_id: UUID, progress: Progress, *, now: datetime) -> None:
    """The first row of a new run."""
    await session.execute(
        insert(ProgressRow).values(
            run_id=run_id, seq=1, attempt=0, stage=progress.stage.value, ratio=progress.ratio,
            stages=list(progress.stages), created_at=now, updated_at=now,
        )
    )  # fmt: skip


async def write_progress(
    session: AsyncSession, lease: Lease, progress: Progress, *, now: datetime, is_final: bool = False
) -> bool:
    """True where the row was written and announced; False where the lease is lost, and then nothing changed.

    `is_final` is for the transaction that ends the run itself and holds its row.
    """
    seq = await session.scalar(
        _WRITE_AS_HOLDER,
        {
            "run_id": lease.run_id,
            "attempt": lease.attempt,
            "is_final": is_final,
            "stage": progress.stage.value,
            "ratio": progress.ratio,
            "stages": list(progress.stages),
            "now": now,
        },
    )
    if seq is None:
        return False
    await announce(session, lease.run_id)
    return True


async def touch_progress(session: AsyncSession, run_id: UUID) -> None:
    """Raises the number of a run's row and announces it, where something beside the progress itself changed."""
    await session.execute(text("UPDATE progress_tracking SET seq = seq + 1 WHERE run_id = :id"), {"id": run_id})
    await announce(session, run_id)


async def copy_progress(session: AsyncSession, run_id: UUID, copy_id: UUID) -> None:
    """Gives run `copy_id` the progress that `run_id` has."""
    await session.execute(
        text(
            """
            INSERT INTO progress_tracking (run_id, seq, attempt, stage, ratio, stages, created_at, updated_at)
            SELECT :copy_id, 1, attempt, stage, ratio, stages, created_at, updated_at
              FROM progress_tracking WHERE run_id = :run_id
            """
        ),
        {"run_id": run_id, "copy_id": copy_id},
    )


async def find_stages(session: AsyncSession, run_id: UUID) -> list[StageDocument]:
    """The stages as last written, empty where there is no row."""
    rows: list[StageDocument] | None = await session.scalar(
        select(ProgressRow.stages).where(ProgressRow.run_id == run_id)
    )
    return rows or []


async def read_marks(session: AsyncSession, run_ids: Iterable[UUID]) -> dict[UUID, tuple[int, str]]:
    """(seq, state) of each run: what polling compares, where nothing can be listened to."""
    found = await session.execute(
        text(
            """
            SELECT r.id, coalesce(p.seq, 0) AS seq, r.state
              FROM runs r LEFT JOIN progress_tracking p ON p.run_id = r.id WHERE r.id = ANY(:ids)
            """
        ),
        {"ids": list(run_ids)},
    )
    return {row.id: (row.seq, row.state) for row in found}


async def announce(session: AsyncSession, run_id: UUID) -> None:
    """Tells every listening process, once the transaction is committed, that this run changed."""
    await session.execute(text("SELECT pg_notify(:channel, :id)"), {"channel": CHANNEL, "id": str(run_id)})


async def listen_for_runs(direct_url: str) -> AsyncIterator[UUID | None]:
    """None once it listens (all that was known before may be stale), then the id of each run that changed.

    `direct_url` must not lead through a transaction pooler. Raises psycopg.Error when the connection is lost.
    """
    connection = await AsyncConnection.connect(direct_url, autocommit=True, prepare_threshold=None)
    async with connection:
        await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
        yield None
        while True:
            async for message in connection.notifies(timeout=LISTEN_CHECK_S):
                yield UUID(message.payload)
            await connection.execute("SELECT 1")
