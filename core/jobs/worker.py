"""The worker: takes runs from the queue until it is told to stop. `sightline worker`, or a child beside the web."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from procrastinate import App, JobContext

from core.clock import Clock, SystemClock
from core.config import Settings
from core.db.database import Database
from core.db.migrate import prepare
from core.db.queries.awaited import forget_ended
from core.db.queries.batches import delete_old_batches
from core.db.queries.finished_parts import delete_parts
from core.db.queries.unreferenced import MOST_SWEPT, delete_unreferenced
from core.db.queries.uploads import delete_unused_uploads
from core.db.statement_times import unrecorded
from core.db.urls import DatabaseUrls, ensure_database
from core.integrations.calls import recorded
from core.integrations.mail import build_mailer
from core.jobs.archival import register_archival, rescue_archive_runs
from core.jobs.batches import BatchFeeding, register_batches, youtube_lists
from core.jobs.leases import LeaseWatch
from core.jobs.mail import register_mail
from core.jobs.queue import (
    BATCH_QUEUE,
    MAIL_QUEUE,
    MAINTENANCE_QUEUE,
    RUN_TASK,
    SUMMARIZATION_QUEUE,
    SWEEP_TASK,
    QueuedJobs,
    build_queue,
)
from core.jobs.rescue import rescue_runs
from core.jobs.runs import RunWork
from core.jobs.telemetry import Upkeep, register_telemetry
from core.jobs.vendors import VendorStates
from core.logging import EventLog, describe
from core.ports import Recording
from core.secrets import session_key
from core.services.accounts.expiry import sweep_accounts
from core.services.accounts.links import Links
from core.services.accounts.mails import AccountMails
from core.services.archival import Archival
from core.services.engines import engine_choices
from core.services.progress import ProgressHub
from core.services.summaries import Summaries
from core.tasks import end_tasks
from core.telemetry.process import ProcessTelemetry
from core.telemetry.recorder import recorder_for
from core.telemetry.traces import find_trace

log = EventLog(__name__)

# Without LISTEN (only a pooled address is known) the queue is asked so often; with it, in case a notice was lost.
POLL_INTERVAL_S = 0.5
POLL_INTERVAL_LISTENING_S = 5.0
# A run that is asked to stop writes one row; longer than this, something hangs.
GRACE_S = 10.0
_RESTART_PAUSE_S = 2.0
_WORK = [SUMMARIZATION_QUEUE]
_MAILS_AT_ONCE = 2
_BATCHES_AT_ONCE = 2
_UPKEEP_AT_ONCE = 2
_UNREFERENCED_FOR = timedelta(days=1)
_PARTS_KEPT_FOR = timedelta(days=7)
# As long as the summaries of anonymous people stand in their library.
_BATCHES_KEPT_FOR = timedelta(days=90)
_JOBS_KEPT_H = 24 * 14


async def run_worker(settings: Settings, *, parent_pipe: int | None = None) -> None:
    """Works until SIGTERM, SIGINT, or the end of `parent_pipe`; then gives unfinished runs back and returns."""
    stopping = asyncio.Event()
    with _stop_on_signals(stopping), _stop_with_parent(parent_pipe, stopping):
        urls = await asyncio.to_thread(ensure_database, settings)
        try:
            await asyncio.to_thread(prepare, settings, urls)
            await work_until(stopping, settings, urls)
        finally:
            await asyncio.to_thread(urls.release)


async def work_until(stopping: asyncio.Event, settings: Settings, urls: DatabaseUrls) -> None:
    """The worker on a database that stands ready."""
    clock = SystemClock()
    recording = recorder_for(settings, clock, process="worker")
    database = Database(urls.url, app_name="sightline-worker", recording=recording)
    queue = build_queue(urls.migration_url)
    leases = LeaseWatch(database)
    jobs = QueuedJobs(queue)
    # fmt: off
    work = RunWork(
        database=database, jobs=jobs, settings=settings, clock=clock, leases=leases, stopping=stopping,
        recording=recording, vendors=VendorStates(database, clock, settings),
    )
    # fmt: on
    _register_tasks(queue, work)
    mailer = build_mailer(settings, clock, recorded(recording))
    register_mail(queue, AccountMails(database=database, clock=clock, links=Links(settings), mailer=mailer))
    feeding = _batch_feeding(database, jobs, settings, clock, recording)
    register_batches(queue, feeding)
    upkeep = Upkeep(database, recording, clock, queues=[*_WORK, MAINTENANCE_QUEUE, MAIL_QUEUE, BATCH_QUEUE])
    register_telemetry(queue, upkeep)
    archival = Archival(database=database, jobs=jobs, clock=clock, settings=settings, key=lambda: session_key(settings))
    register_archival(queue, archival, stopping)
    telemetry = ProcessTelemetry(recording, database, clock, settings)
    telemetry.start()
    side_tasks = [
        asyncio.create_task(upkeep.run()),
        asyncio.create_task(leases.run()),
        asyncio.create_task(feeding.keep_looking()),
        asyncio.create_task(_keep_rescuing(database, jobs, clock, recording, settings)),
    ]
    try:
        async with queue.open_async():
            await _serve_all(queue, settings, stopping, listens=urls.direct_url is not None)
    finally:
        await end_tasks(*side_tasks)
        await telemetry.close()
        await database.close()


def _batch_feeding(
    database: Database, jobs: QueuedJobs, settings: Settings, clock: Clock, recording: Recording
) -> BatchFeeding:
    # fmt: off
    summaries = Summaries(
        database=database, jobs=jobs, hub=ProgressHub(database), settings=settings, clock=clock,
        engines=engine_choices(settings), recording=recording,
    )
    # fmt: on
    lists = youtube_lists(settings, recording)
    return BatchFeeding(database=database, jobs=jobs, summaries=summaries, lists=lists, settings=settings)


def _register_tasks(queue: App, work: RunWork) -> None:
    trace = find_trace(work.settings)

    @queue.task(name=RUN_TASK, queue=SUMMARIZATION_QUEUE, pass_context=True)
    async def carry_out_run(context: JobContext, run_id: str) -> None:
        with trace(RUN_TASK):
            await work.carry_out(UUID(run_id), context.job.id or 0)

    @queue.periodic(cron="17 * * * *")
    @queue.task(name=SWEEP_TASK, queue=MAINTENANCE_QUEUE)
    async def sweep(timestamp: int) -> None:  # noqa: ARG001  # procrastinate passes the scheduled time by this name
        await _sweep(work.database, work.clock, work.settings)
        await sweep_accounts(work.database, work.settings, work.clock, work.recording)
        await queue.job_manager.delete_old_jobs(
            nb_hours=_JOBS_KEPT_H, include_failed=True, include_cancelled=True, include_aborted=True
        )


async def _sweep(database: Database, clock: Clock, settings: Settings) -> None:
    now = clock.now()
    cached_before = now - timedelta(seconds=settings.metadata_cache_ttl_s)
    runs, transcripts, is_more = 0, 0, True
    while is_more:
        async with database.transaction() as session:
            swept = await delete_unreferenced(session, before=now - _UNREFERENCED_FOR, cached_before=cached_before)
        runs, transcripts, is_more = runs + swept[0], transcripts + swept[1], max(swept) == MOST_SWEPT
    async with database.transaction() as session:
        await delete_parts(session, before=now - _PARTS_KEPT_FOR)
        await delete_old_batches(session, before=now - _BATCHES_KEPT_FOR)
        await forget_ended(session, before=now - _UNREFERENCED_FOR)
        await delete_unused_uploads(session, before=now - _UNREFERENCED_FOR)
    log.info("maintenance.swept", runs=runs, transcripts=transcripts)


async def _serve_all(queue: App, settings: Settings, stopping: asyncio.Event, *, listens: bool) -> None:
    """Each kind of work has places of its own.

    Nobody waits for a mailed link until somebody else's video is done, and an archival, which takes minutes, never
    takes the place of a summary.
    """
    places = (
        (_WORK, settings.worker_concurrency),
        ([MAIL_QUEUE], _MAILS_AT_ONCE),
        ([BATCH_QUEUE], _BATCHES_AT_ONCE),
        ([MAINTENANCE_QUEUE], _UPKEEP_AT_ONCE),
    )
    await asyncio.gather(
        *(
            _serve(queue, settings, stopping, queues=queues, concurrency=concurrency, listens=listens)
            for queues, concurrency in places
        )
    )


async def _serve(
    queue: App, settings: Settings, stopping: asyncio.Event, *, queues: list[str], concurrency: int, listens: bool
) -> None:
    """Keeps one procrastinate worker running: it ends by itself when the database goes away, or has pruned it."""
    while not stopping.is_set():
        worker = asyncio.create_task(_run_queue_worker(queue, settings, queues, concurrency, listens=listens))
        stop = asyncio.create_task(stopping.wait())
        await asyncio.wait({worker, stop}, return_when=asyncio.FIRST_COMPLETED)
        await end_tasks(worker, stop, again_after_s=2 * GRACE_S)
        if stopping.is_set():
            return
        if not worker.cancelled() and (error := worker.exception()) is not None:
            log.error("worker.interrupted", **describe(error))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), _RESTART_PAUSE_S)


async def _run_queue_worker(
    queue: App, settings: Settings, queues: list[str], concurrency: int, *, listens: bool
) -> None:
    log.info("worker.started", queues=" ".join(queues), concurrency=concurrency, listens=listens)
    await queue.run_worker_async(
        queues=queues,
        concurrency=concurrency,
        listen_notify=listens,
        fetch_job_polling_interval=POLL_INTERVAL_LISTENING_S if listens else POLL_INTERVAL_S,
        update_heartbeat_interval=settings.heartbeat_interval_s,
        stalled_worker_timeout=settings.stalled_after_s,
        shutdown_graceful_timeout=GRACE_S,
        install_signal_handlers=False,
    )


async def _keep_rescuing(
    database: Database, jobs: QueuedJobs, clock: Clock, recording: Recording, settings: Settings
) -> None:
    while True:
        try:
            with unrecorded():
                await rescue_runs(database, jobs, clock, recording, stalled_after_s=settings.stalled_after_s)
            await rescue_archive_runs(database, jobs, clock, stalled_after_s=settings.stalled_after_s)
        except Exception as error:  # the next look may succeed; without it no run would ever be rescued again
            log.warning("rescue.failed", **describe(error))
        await asyncio.sleep(settings.heartbeat_interval_s)


@contextlib.contextmanager
def _stop_on_signals(stopping: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT)
    for each in signals:
        loop.add_signal_handler(each, stopping.set)
    try:
        yield
    finally:
        for each in signals:
            loop.remove_signal_handler(each)


@contextlib.contextmanager
def _stop_with_parent(parent_pipe: int | None, stopping: asyncio.Event) -> Iterator[None]:
    """The parent holds the other end and never writes: the end of the file is its death."""
    if parent_pipe is None:
        yield
        return
    loop = asyncio.get_running_loop()

    def read() -> None:
        if not os.read(parent_pipe, 1):
            loop.remove_reader(parent_pipe)
            stopping.set()

    loop.add_reader(parent_pipe, read)
    try:
        yield
    finally:
        loop.remove_reader(parent_pipe)
