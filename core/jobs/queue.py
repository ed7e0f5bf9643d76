"""The queue: procrastinate on our own Postgres. Adding machines is adding workers to the same database."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from procrastinate import App, PsycopgConnector

from core.db.database import connect_arguments

SUMMARIZATION_QUEUE = "summarization"
MAINTENANCE_QUEUE = "maintenance"
RUN_TASK = "summaries:run"
SWEEP_TASK = "maintenance:sweep"
ARCHIVE_TASK = "maintenance:archive"
FORGET_TASK = "telemetry:forget"
MAIL_QUEUE = "mail"
MAIL_TASK = "mail:send"
BATCH_QUEUE = "batches"
BATCH_TASK = "batches:advance"


def build_queue(url: str) -> App:
    """The procrastinate application on this database, not yet opened. Works behind a transaction pooler."""
    arguments = connect_arguments(url, app_name="sightline-queue")
    return App(connector=PsycopgConnector(kwargs=arguments, min_size=1, max_size=4, timeout=10.0))


class QueuedJobs:
    """The port `Jobs`. It needs no connection of its own: jobs are added on the caller's."""

    def __init__(self, queue: App) -> None:
        self._queue = queue

    async def enqueue_run(self, connection: object, run_id: UUID, *, at: datetime | None = None) -> None:
        """Adds the job of this run to the caller's transaction. The lock keeps two jobs of one run apart."""
        job = self._queue.configure_task(
            RUN_TASK, queue=SUMMARIZATION_QUEUE, lock=str(run_id), schedule_at=at, connection=connection
        )
        await job.defer_async(run_id=str(run_id))

    async def enqueue_mail(self, connection: object, token_id: UUID, origin: str) -> None:
        job = self._queue.configure_task(MAIL_TASK, queue=MAIL_QUEUE, lock=str(token_id), connection=connection)
        await job.defer_async(token_id=str(token_id), origin=origin)

    async def enqueue_archive_run(self, connection: object, run_id: UUID) -> None:
        job = self._queue.configure_task(ARCHIVE_TASK, queue=MAINTENANCE_QUEUE, lock=str(run_id), connection=connection)
        await job.defer_async(run_id=str(run_id))

    async def enqueue_batch(self, connection: object, batch_id: UUID) -> None:
        job = self._queue.configure_task(BATCH_TASK, queue=BATCH_QUEUE, lock=str(batch_id), connection=connection)
        await job.defer_async(batch_id=str(batch_id))
