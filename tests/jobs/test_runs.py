from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from uuid import UUID

import pytest
from sqlalchemy import text

from core.bootstrap import Services
from core.config import Settings
from core.domain.library import AddressRequest, SummaryState
from core.domain.run import RunState
from core.jobs import engine_process
from tests.factories.applications import (
    ANN,
    BOB,
    engine_processes,
    final_state,
    services_on,
    settings_for,
    state_where,
    until,
    worker_on,
)
from tests.factories.captions import upload
from tests.jobs.conftest import SilentProxy
from tests.world.scenarios import SCENARIOS
from tests.world.youtube import FakeYouTube

VIDEO = AddressRequest(address="https://youtu.be/GJLlxj_dtq8")
PATIENT = {"youtube_timeout_s": 30, "youtube_total_timeout_s": 60}


def put_engine(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Stands a process in the engine's place that does what tests.factories.stuck_engine says."""
    monkeypatch.setattr(engine_process, "COMMAND", (sys.executable, "-m", "tests.factories.stuck_engine", what))


async def test_progress_goes_through_every_stage_and_never_back(
    services: Services, settings: Settings, database_url: str
) -> None:
    summary_id = await services.summaries.submit(upload(1500), ANN)
    async with worker_on(database_url, settings):
        states = [state async for state in services.summaries.watch(summary_id, ANN)]
    moments = [state.document["progress"] for state in states if "progress" in state.document]
    ratios = [moment["ratio"] for moment in moments]
    assert ratios == sorted(ratios)
    assert states[-1].state is RunState.DONE
    async with services.database.read() as session:
        row = (await session.execute(text("SELECT stage, ratio, stages FROM progress_tracking"))).one()
    assert (row.stage, row.ratio) == ("done", 1.0)
    assert all(stage["state"] == "done" for stage in row.stages)
    took = {stage["name"]: stage["seconds"] for stage in row.stages}
    assert [name for name, seconds in took.items() if seconds is None] == ["done"]


async def test_progress_is_written_at_most_four_times_a_second_however_much_is_reported(
    services: Services, settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_engine(monkeypatch, "chatter")
    summary_id = await services.summaries.submit(upload(), ANN)
    async with worker_on(database_url, settings):
        await final_state(services, summary_id)
    async with services.database.read() as session:
        run = (
            await session.execute(
                text("SELECT seq, finished_at - started_at AS took FROM progress_tracking JOIN runs ON id = run_id")
            )
        ).one()
    assert run.took.total_seconds() > 2
    # One row is there before the run begins; the first and the last write stand at the edges of the time.
    assert 5 < run.seq <= 4 * run.took.total_seconds() + 3


async def test_the_recorded_video_becomes_a_summary_with_its_title(
    services: Services, settings: Settings, database_url: str, youtube: FakeYouTube
) -> None:
    summary_id = await services.summaries.submit(AddressRequest(address=SCENARIOS["talk"].url), ANN)
    async with worker_on(database_url, settings):
        state = await final_state(services, summary_id)
    assert state.state is RunState.DONE, state.document.get("failure")
    assert state.document["video"]["title"] == SCENARIOS["talk"].title
    assert state.document["transcript"]["source"].startswith("youtube_")
    again = await services.summaries.submit(AddressRequest(address=SCENARIOS["talk"].url), BOB)
    assert (await services.summaries.get(again, BOB)).document["video"]["title"] == SCENARIOS["talk"].title


async def test_captions_that_cannot_be_had_end_the_run_with_what_to_do_and_what_was_tried(
    services: Services, settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # the discard port: nobody listens
    summary_id = await services.summaries.submit(VIDEO, ANN)
    async with worker_on(database_url, settings):
        state = await final_state(services, summary_id)
    assert state.state is RunState.FAILED
    assert state.document["failure"]["code"] == "proxy_failed"
    assert state.document["failure"]["message"]
    assert set(state.document["failure"]) == {"code", "message", "next_step", "retryable"}
    attempt = state.document["tried"][0]
    assert (attempt["rung"], attempt["outcome"], attempt["code"]) == ("youtube", "failed", "proxy_failed")
    assert "failed" in [stage["state"] for stage in state.document["progress"]["stages"]]
    [item] = (await services.summaries.list_page(ANN)).items
    assert item.failure_message == state.document["failure"]["message"]


async def cancel_and_measure(services: Services, summary_id: UUID) -> float:
    """Seconds from the cancellation until no engine process is left."""
    started_s = time.monotonic()
    await services.summaries.cancel(summary_id, ANN)
    assert (await services.summaries.get(summary_id, ANN)).state is RunState.CANCELLED
    await until(lambda: not engine_processes(os.getpid()), within_s=5)
    return time.monotonic() - started_s


async def test_a_run_that_waits_can_be_cancelled_and_its_job_does_nothing(
    services: Services, settings: Settings, database_url: str
) -> None:
    summary_id = await services.summaries.submit(upload(), ANN)
    assert await cancel_and_measure(services, summary_id) < 1
    async with worker_on(database_url, settings):
        other = await services.summaries.submit(upload(seed=2), ANN)
        await final_state(services, other)
    state = await services.summaries.get(summary_id, ANN)
    assert state.state is RunState.CANCELLED
    assert state.document["tldr"] == []


async def test_fetching_can_be_cancelled_within_a_second(
    services: Services, settings: Settings, database_url: str, hanging_youtube: SilentProxy
) -> None:
    summary_id = await services.summaries.submit(VIDEO, ANN)
    async with worker_on(database_url, settings.model_copy(update=PATIENT)):
        await until(lambda: hanging_youtube.calls)
        assert await cancel_and_measure(services, summary_id) < 1
        assert (await final_state(services, summary_id)).state is RunState.CANCELLED


@pytest.mark.parametrize("stage", ["reading", "chapters", "writing", "checking"])
async def test_every_stage_of_the_engine_can_be_cancelled_within_a_second(
    services: Services, settings: Settings, database_url: str, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_engine(monkeypatch, stage)
    summary_id = await services.summaries.submit(upload(), ANN)
    async with worker_on(database_url, settings):
        at_work = await state_where(services, summary_id, lambda state: _detail(state, stage) == "half of it")
        assert at_work.document["progress"]["stage"] == stage
        started_s = time.monotonic()
        await services.summaries.cancel(summary_id, ANN)
        assert (await services.summaries.get(summary_id, ANN)).state is RunState.CANCELLED
        await until(lambda: not engine_processes(os.getpid(), "stuck_engine"), within_s=5)
        assert time.monotonic() - started_s < 1
        async with services.database.read() as session:
            assert await session.scalar(text("SELECT state FROM runs")) == "cancelled"


def _detail(state: SummaryState, stage: str) -> str:
    return {row["name"]: row["detail"] for row in state.document["progress"]["stages"]}[stage]


@pytest.mark.parametrize(("what", "code"), [("crash", "engine_failed"), ("silence", "engine_stopped")])
async def test_an_engine_that_ends_badly_fails_the_run_honestly(
    services: Services, settings: Settings, database_url: str, what: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_engine(monkeypatch, what)
    summary_id = await services.summaries.submit(upload(), ANN)
    async with worker_on(database_url, settings):
        state = await final_state(services, summary_id)
    assert (state.state, state.document["failure"]["code"]) == (RunState.FAILED, code)


async def test_a_run_that_three_workers_could_not_finish_is_given_up_with_the_reason(
    services: Services, settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the process says cannot be read, which ends the job each time; the rescue starts it anew twice."""
    put_engine(monkeypatch, "nonsense")
    summary_id = await services.summaries.submit(upload(), ANN)
    async with worker_on(database_url, settings):
        state = await final_state(services, summary_id)
    assert state.document["failure"]["code"] == "worker_stopped_repeatedly"
    async with services.database.read() as session:
        jobs = (await session.scalars(text("SELECT status::text FROM procrastinate_jobs WHERE lock IS NOT NULL"))).all()
        assert jobs == ["failed"] * 3
        assert await session.scalar(text("SELECT attempt FROM runs")) == 4


async def test_work_that_takes_too_long_is_stopped_and_says_so(
    services: Services, settings: Settings, database_url: str, hanging_youtube: SilentProxy
) -> None:
    summary_id = await services.summaries.submit(VIDEO, ANN)
    async with worker_on(database_url, settings.model_copy(update={**PATIENT, "job_timeout_s": 3.0})):
        state = await final_state(services, summary_id)
        assert engine_processes(os.getpid()) == []
    assert state.document["failure"]["code"] == "took_too_long"
    assert state.document["failure"]["retryable"]
    assert hanging_youtube.calls


async def test_an_engine_process_that_dies_fails_the_run_honestly(
    services: Services, settings: Settings, database_url: str
) -> None:
    summary_id = await services.summaries.submit(upload(3000), ANN)
    async with worker_on(database_url, settings):
        await until(lambda: engine_processes(os.getpid()))
        for child in engine_processes(os.getpid()):
            os.kill(child, signal.SIGKILL)
        state = await final_state(services, summary_id)
    assert state.document["failure"]["code"] == "engine_stopped"


async def test_deleting_a_summary_at_work_ends_its_engine_and_its_watchers(
    services: Services, settings: Settings, database_url: str, hanging_youtube: SilentProxy
) -> None:
    summary_id = await services.summaries.submit(VIDEO, ANN)
    watching = asyncio.create_task(final_state(services, summary_id))
    async with worker_on(database_url, settings.model_copy(update=PATIENT)):
        await until(lambda: hanging_youtube.calls)
        await services.summaries.delete(summary_id, ANN)
        await until(lambda: not engine_processes(os.getpid()), within_s=2)
    assert not (await watching).state.is_final


async def test_without_a_direct_address_everything_works_by_asking(database_url: str, settings: Settings) -> None:
    async with (
        services_on(database_url, settings, listens=False) as services,
        worker_on(database_url, settings, listens=False),
    ):
        started_s = time.monotonic()
        state = await final_state(services, await services.summaries.submit(upload(), ANN))
    assert state.state is RunState.DONE
    assert not services.hub.is_listening
    assert time.monotonic() - started_s < 15


async def test_a_worker_that_is_asked_to_stop_gives_its_run_back_with_the_checkpoint(
    services: Services, database_url: str, settings: Settings, youtube: FakeYouTube
) -> None:
    video = SCENARIOS["talk"]
    summary_id = await services.summaries.submit(AddressRequest(address=video.url), ANN)
    async with worker_on(database_url, settings):
        await state_where(services, summary_id, lambda state: state.has_transcript)
        for child in engine_processes(os.getpid()):
            os.kill(child, signal.SIGSTOP)
    state = await services.summaries.get(summary_id, ANN)
    assert state.state in {RunState.QUEUED, RunState.DONE}
    asked = len(youtube.requests_for(video.video_id))
    async with worker_on(database_url, settings_for(settings.data_dir)):
        assert (await final_state(services, summary_id)).state is RunState.DONE
    assert len(youtube.requests_for(video.video_id)) == asked
