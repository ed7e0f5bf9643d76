"""Batches in the workers' hands: fed a few at a time, by as many workers as there are, through pauses and deaths."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter

import pytest
from sqlalchemy import text

from core.bootstrap import Services
from core.config import Settings
from core.db.queries.batch_feeding import find_next, find_order
from core.domain.addresses import ListAddress, ListKind
from core.domain.batch import BatchCounts, BatchRequest, BatchState
from core.domain.library import AddressRequest, SummaryOptions
from core.domain.summary import EngineName
from core.domain.video_lists import ListedVideo, ListProblem, ListUnavailable
from tests.factories.applications import ANN, BOB, engine_processes, until, worker_process
from tests.factories.batches import (
    PLAYLIST,
    ListsInHand,
    batch_where,
    end_open,
    feeding_on,
    request_for,
    states_of,
    values,
    video_id,
)
from tests.world.scenarios import SCENARIOS
from tests.world.youtube import FakeYouTube

LISTED = BatchRequest(list_address=PLAYLIST)


async def test_so_many_as_the_setting_says_are_open_at_a_time_and_the_next_begins_when_one_ends(
    services: Services, settings: Settings
) -> None:
    batch_id = await services.batches.create(request_for(5), ANN)
    feeding = feeding_on(services, settings)
    seen = []
    for _ in range(5):
        await feeding.advance(batch_id)
        seen.append((await services.batches.get(batch_id, ANN)).counts)
        await end_open(services, batch_id)
    assert seen[:3] == [
        BatchCounts(open=2, waiting=3), BatchCounts(open=2, waiting=1, done=2), BatchCounts(open=1, done=4),
    ]  # fmt: skip
    assert (await services.batches.get(batch_id, ANN)).state is BatchState.DONE


async def test_many_workers_at_once_begin_no_video_twice(services: Services, settings: Settings) -> None:
    batch_id = await services.batches.create(request_for(12), ANN)
    workers = [feeding_on(services, settings) for _ in range(6)]
    for _ in range(8):
        await asyncio.gather(*(worker.advance(batch_id) for worker in workers))
        assert (await services.batches.get(batch_id, ANN)).counts.open <= settings.batch_at_once
        await end_open(services, batch_id)
    assert await states_of(services, batch_id) == ["done"] * 12
    asked = Counter(await values(services, "SELECT video_id FROM summaries"))
    assert asked == {video_id(number): 1 for number in range(1, 13)}


async def test_a_video_that_somebody_else_waits_for_is_shared_and_one_made_before_is_there_at_once(
    services: Services, settings: Settings
) -> None:
    await services.summaries.submit(AddressRequest(address=f"https://youtu.be/{video_id(1)}"), BOB)
    batch_id = await services.batches.create(request_for(2), ANN)
    await feeding_on(services, settings).advance(batch_id)
    assert await values(services, "SELECT count(*) FROM runs") == [2]
    assert await values(services, "SELECT count(*) FROM summaries") == [3]


async def test_a_pause_in_the_same_moment_leaves_the_video_in_line(services: Services, settings: Settings) -> None:
    batch_id = await services.batches.create(request_for(2), ANN)
    feeding = feeding_on(services, settings)
    async with services.database.read() as session:
        order, item = await find_order(session, batch_id), await find_next(session, batch_id)
    assert order is not None
    assert item is not None
    await services.batches.pause(batch_id, ANN)
    assert not await feeding._begin(order, item)
    assert await states_of(services, batch_id) == ["waiting", "waiting"]
    assert await values(services, "SELECT count(*) FROM summaries") == [0]


async def test_a_batch_deleted_in_the_same_moment_begins_nothing_more(services: Services, settings: Settings) -> None:
    batch_id = await services.batches.create(request_for(2), ANN)
    feeding = feeding_on(services, settings)
    async with services.database.read() as session:
        order, item = await find_order(session, batch_id), await find_next(session, batch_id)
    assert order is not None
    assert item is not None
    await services.batches.delete(batch_id, ANN)
    assert not await feeding._begin(order, item)
    await feeding.advance(batch_id)
    assert await values(services, "SELECT count(*) FROM summaries") == [0]


async def test_a_playlist_becomes_rows_in_its_order_each_video_once(services: Services, settings: Settings) -> None:
    one, two = ListedVideo(id=video_id(1), title="One", duration_ms=61_000), ListedVideo(id=video_id(2))
    lists = ListsInHand(two, one, two)
    batch_id = await services.batches.create(LISTED, ANN)
    await feeding_on(services, settings, lists).advance(batch_id)
    rows = await services.batches.items(batch_id, ANN)
    assert [(row.video_id, row.title, row.duration_s) for row in rows] == [
        (video_id(2), None, None), (video_id(1), "One", 61.0),
    ]  # fmt: skip
    assert [row.state.value for row in rows] == ["queued", "queued"]
    assert lists.asked == [ListAddress(kind=ListKind.PLAYLIST, name="PLabcdefghijkl")]


async def test_a_list_read_twice_at_once_is_stored_once(services: Services, settings: Settings) -> None:
    lists = ListsInHand(*(ListedVideo(id=video_id(number)) for number in range(1, 4)))
    batch_id = await services.batches.create(LISTED, ANN)
    await asyncio.gather(*(feeding_on(services, settings, lists).advance(batch_id) for _ in range(3)))
    assert sorted(await states_of(services, batch_id)) == ["queued", "queued", "waiting"]


async def test_a_list_that_cannot_be_read_says_why_and_can_be_read_again(
    services: Services, settings: Settings
) -> None:
    lists = ListsInHand(ListedVideo(id=video_id(1)), error=ListUnavailable(ListProblem.TIMED_OUT))
    batch_id = await services.batches.create(LISTED, ANN)
    feeding = feeding_on(services, settings, lists)
    await feeding.advance(batch_id)
    batch = await services.batches.get(batch_id, ANN)
    assert batch.state is BatchState.FAILED
    assert (batch.failure_message or "").startswith("YouTube took too long")
    lists.error = None
    assert await services.batches.retry_failed(batch_id, ANN) == 0
    await feeding.advance(batch_id)
    assert await states_of(services, batch_id) == ["queued"]


async def test_a_bug_while_a_list_is_read_is_told_without_its_words(services: Services, settings: Settings) -> None:
    batch_id = await services.batches.create(LISTED, ANN)
    await feeding_on(services, settings, ListsInHand(error=RuntimeError("a secret"))).advance(batch_id)
    batch = await services.batches.get(batch_id, ANN)
    assert (batch.failure_message or "").startswith("Something went wrong on our side.")


async def test_what_cannot_be_asked_for_fails_row_by_row_and_holds_nothing_up(
    services: Services, settings: Settings
) -> None:
    asked = BatchRequest(addresses=request_for(3).addresses, options=SummaryOptions(engine=EngineName.OPENAI))
    batch_id = await services.batches.create(asked, ANN)
    await feeding_on(services, settings).advance(batch_id)
    rows = await services.batches.items(batch_id, ANN)
    assert [row.state.value for row in rows] == ["failed"] * 3
    assert "no language model" in (rows[0].failure_message or "")
    assert (await services.batches.get(batch_id, ANN)).state is BatchState.DONE


async def test_a_look_gives_each_batch_that_can_go_further_one_job(services: Services, settings: Settings) -> None:
    feeding, made = feeding_on(services, settings), {}
    for place, name in enumerate(("room", "full", "paused", "over")):
        made[name] = await services.batches.create(request_for(4, first=10 * place), ANN)
        await feeding.advance(made[name])
    await end_open(services, made["room"])
    for name in ("paused", "over"):
        await services.batches.pause(made[name], ANN)
    for number in (3, 4):
        await services.batches.cancel_item(made["over"], number, ANN)
    await end_open(services, made["over"])
    await _forget_jobs(services)
    assert await feeding.look() == 2
    assert await feeding.look() == 0
    jobs = "SELECT lock FROM procrastinate_jobs WHERE task_name = 'batches:advance'"
    assert set(await values(services, jobs)) == {str(made["room"]), str(made["over"])}
    await feeding.advance(made["over"])
    assert (await services.batches.get(made["over"], ANN)).state is BatchState.DONE


async def test_the_job_of_a_dead_worker_is_given_to_another(services: Services, settings: Settings) -> None:
    await services.batches.create(LISTED, ANN)
    feeding = feeding_on(services, settings)
    async with services.database.transaction() as session:
        await session.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))
    assert await feeding.look() == 1
    assert sorted(await values(services, "SELECT status::text FROM procrastinate_jobs")) == ["failed", "todo"]


async def test_two_looks_at_once_do_no_more_than_one(services: Services, settings: Settings) -> None:
    for _ in range(3):
        await services.batches.create(request_for(1), ANN)
    await _forget_jobs(services)
    given = await asyncio.gather(*(feeding_on(services, settings).look() for _ in range(4)))
    assert sum(given) == 3


@pytest.mark.slow
async def test_a_worker_killed_in_the_middle_of_a_batch_loses_no_row_and_doubles_none(
    services: Services, settings: Settings, database_url: str, youtube: FakeYouTube
) -> None:
    names = [name for name, scenario in SCENARIOS.items() if scenario.failure is None][:3]
    videos = [SCENARIOS["talk"].video_id, *(SCENARIOS[name].video_id for name in names if name != "talk")]
    batch_id = await services.batches.create(
        BatchRequest(addresses=tuple(f"https://youtu.be/{each}" for each in videos)), ANN
    )
    with worker_process(database_url, settings.data_dir) as doomed:
        await until(lambda: engine_processes(doomed.pid))
        doomed.signal(signal.SIGKILL)
        doomed.process.wait()
    assert (await services.batches.get(batch_id, ANN)).is_open
    with (
        worker_process(database_url, settings.data_dir) as first,
        worker_process(database_url, settings.data_dir) as second,
    ):
        await batch_where(services, batch_id, BatchState.DONE, within_s=100)
        logs = first.end() + second.end()
    assert await states_of(services, batch_id) == ["done"] * len(videos)
    assert sorted(await values(services, "SELECT video_id FROM summaries")) == sorted(videos)
    assert "ERROR" not in logs


async def _forget_jobs(services: Services) -> None:
    async with services.database.transaction() as session:
        await session.execute(text("DELETE FROM procrastinate_jobs"))
