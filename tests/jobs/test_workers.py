"""Workers as processes of their own, killed and stopped in the middle of their work."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from uuid import UUID

import pytest
from sqlalchemy import text

from core.bootstrap import Services
from core.clock import SystemClock
from core.config import Settings
from core.db.database import Database
from core.db.queries.jobs import try_rescue_lock
from core.db.queries.runs import NewVersion, claim_run
from core.domain.library import AddressRequest
from core.domain.packed import pack_transcript
from core.domain.run import RungAttempt, RungOutcome, RunState
from core.domain.video import Video
from core.errors import InvalidInput
from core.jobs.beside import start_worker_beside
from core.jobs.messages import WordsFetched, failure_of
from core.jobs.queue import QueuedJobs, build_queue
from core.jobs.rescue import rescue_runs
from core.jobs.run_record import RunRecord
from core.ports import NoRecording
from tests.factories.applications import (
    ANN,
    STALLED_AFTER_S,
    engine_processes,
    final_state,
    is_alive,
    state_where,
    until,
    worker_on,
    worker_process,
)
from tests.factories.captions import upload
from tests.fakes import WORDS
from tests.world.scenarios import SCENARIOS
from tests.world.youtube import FakeYouTube

LONG = 6_000


async def endings(database: Database) -> Counter[str]:
    """How many runs, versions and jobs there are in each state."""
    async with database.read() as session:
        rows = await session.execute(
            text(
                """
                SELECT 'run ' || state AS what FROM runs UNION ALL SELECT 'version' FROM summary_versions
                UNION ALL SELECT 'job ' || status FROM procrastinate_jobs WHERE lock IS NOT NULL
                """
            )
        )
        return Counter(row.what for row in rows)


async def run_row(services: Services) -> tuple[object, ...]:
    async with services.database.read() as session:
        row = await session.execute(
            text(
                """
                SELECT r.state, r.attempt, r.finished_at, r.version_id, p.seq, p.stage, p.updated_at
                  FROM runs r JOIN progress_tracking p ON p.run_id = r.id
                """
            )
        )
        return tuple(row.one())


@pytest.mark.slow
async def test_two_workers_share_fifty_jobs_and_each_is_done_once(
    services: Services, settings: Settings, database_url: str
) -> None:
    ids = [await services.summaries.submit(upload(10, seed=n), ANN) for n in range(50)]
    with (
        worker_process(database_url, settings.data_dir) as first,
        worker_process(database_url, settings.data_dir) as second,
    ):
        states = await asyncio.gather(*(final_state(services, each, within_s=100) for each in ids))
        assert {state.state for state in states} == {RunState.DONE}
        async with services.database.read() as session:
            shares = (
                await session.execute(
                    text("SELECT count(*) AS jobs FROM procrastinate_jobs WHERE lock IS NOT NULL GROUP BY worker_id")
                )
            ).all()
            attempts = await session.scalar(text("SELECT max(attempt) FROM runs"))
        logs = first.end() + second.end()
    assert await endings(services.database) == {"run done": 50, "version": 50, "job succeeded": 50}
    assert attempts == 1
    assert len(shares) == 2, "one of the workers did nothing"
    assert "ERROR" not in logs


async def are_words_kept(services: Services) -> bool:
    async with services.database.read() as session:
        return bool(await session.scalar(text("SELECT count(transcript_id) FROM runs")))


@pytest.mark.slow
async def test_a_killed_worker_is_noticed_and_its_run_ends_once_elsewhere_without_fetching_again(
    services: Services, settings: Settings, database_url: str, youtube: FakeYouTube
) -> None:
    video = SCENARIOS["talk"]
    summary_id = await services.summaries.submit(AddressRequest(address=video.url), ANN)
    with worker_process(database_url, settings.data_dir) as doomed:
        await until(lambda: engine_processes(doomed.pid))
        [child] = engine_processes(doomed.pid)
        # The row itself is asked: what people watch tells of the words up to a quarter of a second later.
        while not await are_words_kept(services):
            pass
        doomed.signal(signal.SIGKILL)
        await until(lambda: not is_alive(child), within_s=3)
    asked = youtube.requests_for(video.video_id)
    assert asked == ["watch", "player", "captions"]
    assert (await services.summaries.get(summary_id, ANN)).state is RunState.RUNNING
    with worker_process(database_url, settings.data_dir):
        state = await final_state(services, summary_id)
    assert state.state is RunState.DONE
    assert youtube.requests_for(video.video_id) == asked
    assert await endings(services.database) == {"run done": 1, "version": 1, "job failed": 1, "job succeeded": 1}
    assert (await run_row(services))[1] == 2


@pytest.mark.slow
async def test_a_worker_stopped_past_its_lease_and_woken_changes_nothing(
    services: Services, settings: Settings, database_url: str
) -> None:
    summary_id = await services.summaries.submit(upload(LONG), ANN)
    with worker_process(database_url, settings.data_dir) as sleeper:
        await until(lambda: engine_processes(sleeper.pid))
        await state_where(services, summary_id, lambda state: "progress" in state.document)
        sleeper.signal(signal.SIGSTOP)
        with worker_process(database_url, settings.data_dir):
            assert (await final_state(services, summary_id)).state is RunState.DONE
            before = await run_row(services)
            sleeper.signal(signal.SIGCONT)
            await until(lambda: not engine_processes(sleeper.pid), within_s=10)
            other = await services.summaries.submit(upload(10, seed=9), ANN)
            await final_state(services, other)
            await services.summaries.delete(other, ANN)
    async with services.database.transaction() as session:
        await session.execute(text("DELETE FROM runs r WHERE NOT EXISTS (SELECT FROM summaries WHERE run_id = r.id)"))
    assert await run_row(services) == before
    found = await endings(services.database)
    assert (found["run done"], found["version"], found["job failed"]) == (1, 1, 1)


async def test_a_worker_stopped_before_its_claim_does_not_take_the_run_from_the_next(
    services: Services, settings: Settings, database_url: str
) -> None:
    """The job was fetched, the claim not made: the dead job is all that the woken worker has."""
    summary_id = await services.summaries.submit(upload(), ANN)
    run_id, job_id = await _fetch_job(services)
    assert (
        await rescue_runs(services.database, _jobs(), SystemClock(), NoRecording(), stalled_after_s=STALLED_AFTER_S)
        == 1
    )
    async with services.database.transaction() as session:
        assert await claim_run(session, run_id, job_id, now=SystemClock().now()) is None
    async with worker_on(database_url, settings):
        assert (await final_state(services, summary_id)).state is RunState.DONE
    assert (await run_row(services))[1] == 1


async def test_two_rescues_at_once_give_a_run_one_new_job(services: Services) -> None:
    await services.summaries.submit(upload(), ANN)
    await _fetch_job(services)
    await asyncio.gather(
        *(
            rescue_runs(services.database, _jobs(), SystemClock(), NoRecording(), stalled_after_s=STALLED_AFTER_S)
            for _ in range(5)
        )
    )
    assert await endings(services.database) == {"run queued": 1, "job failed": 1, "job todo": 1}


async def test_a_rescue_leaves_everything_to_the_one_that_is_under_way(services: Services) -> None:
    await services.summaries.submit(upload(), ANN)
    await _fetch_job(services)
    async with services.database.transaction() as session:
        assert await try_rescue_lock(session)
        assert (
            await rescue_runs(services.database, _jobs(), SystemClock(), NoRecording(), stalled_after_s=STALLED_AFTER_S)
            == 0
        )
    assert await endings(services.database) == {"run queued": 1, "job doing": 1}
    assert (
        await rescue_runs(services.database, _jobs(), SystemClock(), NoRecording(), stalled_after_s=STALLED_AFTER_S)
        == 1
    )


@pytest.mark.parametrize("is_over", [True, False], ids=["over", "under way"])
async def test_no_write_of_a_lost_lease_changes_anything(services: Services, *, is_over: bool) -> None:
    """Every write that a woken worker could still make, after and while the next one does the work."""
    await services.summaries.submit(upload(), ANN)
    now, jobs, database = SystemClock().now(), _jobs(), services.database
    claims = []
    for _ in range(2):
        run_id, job_id = await _fetch_job(services)
        async with database.transaction() as session:
            claims.append(await claim_run(session, run_id, job_id, now=now))
        await rescue_runs(database, jobs, SystemClock(), NoRecording(), stalled_after_s=STALLED_AFTER_S) if len(
            claims
        ) == 1 else None
    lost, held = (RunRecord(database, SystemClock(), claim, NoRecording()) for claim in claims if claim)
    await held.open()
    made = NewVersion(engine="offline", draft={"tags": []}, lines=1, supported_lines=1)
    if is_over:
        assert await held.finish("key", made)
    before = await run_row(services)
    failure = failure_of(InvalidInput("nothing"))
    lost.note_attempt(RungAttempt(rung="youtube", outcome=RungOutcome.OK, code=None, message="", duration_ms=1))
    words = WordsFetched(transcript=pack_transcript(WORDS), video=Video(id="GJLlxj_dtq8", title="Another"))
    assert not await lost.write_progress()
    assert not await lost.keep_words(words, ("en",))
    assert not await lost.finish("another key", made)
    assert not await lost.fail(failure)
    assert not await lost.release(jobs)
    assert await run_row(services) == before
    async with database.read() as session:
        assert (await session.scalars(text("SELECT tried FROM runs"))).all() == [[]]
        assert await session.scalar(text("SELECT title FROM summaries")) == "A talk"
        assert await session.scalar(text("SELECT count(*) FROM videos")) == 0


async def test_a_run_without_any_live_job_is_given_one(services: Services) -> None:
    await services.summaries.submit(upload(), ANN)
    async with services.database.transaction() as session:
        await session.execute(text("DELETE FROM procrastinate_jobs"))
    assert (
        await rescue_runs(services.database, _jobs(), SystemClock(), NoRecording(), stalled_after_s=STALLED_AFTER_S)
        == 1
    )
    assert (
        await rescue_runs(services.database, _jobs(), SystemClock(), NoRecording(), stalled_after_s=STALLED_AFTER_S)
        == 0
    )
    assert await endings(services.database) == {"run queued": 1, "job todo": 1}


async def test_a_living_workers_job_is_left_alone(services: Services) -> None:
    await services.summaries.submit(upload(), ANN)
    async with services.database.transaction() as session:
        worker_id = await session.scalar(text("SELECT worker_id FROM procrastinate_register_worker_v1()"))
        await session.execute(
            text("UPDATE procrastinate_jobs SET status = 'doing', worker_id = :id"), {"id": worker_id}
        )
    assert (
        await rescue_runs(services.database, _jobs(), SystemClock(), NoRecording(), stalled_after_s=STALLED_AFTER_S)
        == 0
    )


@pytest.mark.slow
async def test_a_worker_whose_web_is_gone_gives_its_run_back_and_ends(
    services: Services, settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in _environment(database_url).items():
        monkeypatch.setenv(name, value)
    summary_id = await services.summaries.submit(upload(LONG), ANN)
    beside = await start_worker_beside(settings)
    try:
        await until(lambda: beside.pid and engine_processes(beside.pid))
        first = beside.pid or 0
        os.kill(first, signal.SIGKILL)
        await until(lambda: beside.pid not in {first, None} and engine_processes(beside.pid or 0))
        second = beside.pid or 0
        started_s = time.monotonic()
    finally:
        await beside.close()
    assert time.monotonic() - started_s < 5
    assert not is_alive(second)
    assert (await services.summaries.get(summary_id, ANN)).state is RunState.QUEUED
    assert (await endings(services.database))["job todo"] == 1


async def _fetch_job(services: Services) -> tuple[UUID, int]:
    """Takes the one job as a worker does that dies at once."""
    async with services.database.transaction() as session:
        row = (
            await session.execute(
                text(
                    """
                    UPDATE procrastinate_jobs SET status = 'doing' WHERE status = 'todo'
                    RETURNING id, args ->> 'run_id' AS run_id
                    """
                )
            )
        ).one()
        return UUID(row.run_id), row.id


def _jobs() -> QueuedJobs:
    return QueuedJobs(build_queue("postgresql://"))


def _environment(database_url: str) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url,
        "DATABASE_DIRECT_URL": database_url,
        "SIGHTLINE_HEARTBEAT_INTERVAL_S": "0.3",
        "SIGHTLINE_STALLED_AFTER_S": "1.5",
    }
