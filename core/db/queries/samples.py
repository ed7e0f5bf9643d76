"""Figures of the queue and of the server as they are now."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSample:
    """Jobs of one queue that could be done now and wait; `oldest_s` is the age of the oldest, 0 where none waits."""

    queue: str
    waiting: int
    oldest_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSample:
    """`connections`: share 0…1 of what the server allows; `bytes`: size of our database."""

    connections: float
    bytes: int


async def sample_queues(session: AsyncSession, queues: list[str]) -> list[QueueSample]:
    """One sample for each of these queues. A job waits from when it was added, or from when it was to be done."""
    found = await session.execute(
        text(
            """
            SELECT asked.queue, count(job.id) AS waiting,
                   coalesce(extract(epoch FROM now() - min(greatest(job.scheduled_at, added.at))), 0) AS oldest_s
              FROM unnest(cast(:queues AS text[])) AS asked (queue)
              LEFT JOIN procrastinate_jobs job ON job.queue_name = asked.queue AND job.status = 'todo'
                        AND coalesce(job.scheduled_at, now()) <= now()
              LEFT JOIN LATERAL (SELECT min(at) AS at FROM procrastinate_events e WHERE e.job_id = job.id) added ON true
             GROUP BY asked.queue
            """
        ),
        {"queues": queues},
    )
    return [QueueSample(queue=row.queue, waiting=row.waiting, oldest_s=float(row.oldest_s)) for row in found]


async def sample_server(session: AsyncSession) -> ServerSample:
    row = (
        await session.execute(
            text(
                """
                SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')
                       / current_setting('max_connections')::float AS connections,
                       pg_database_size(current_database()) AS bytes
                """
            )
        )
    ).one()
    return ServerSample(connections=row.connections, bytes=row.bytes)
