"""What a person can do with a batch, and what a stranger cannot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from core.bootstrap import Services
from core.clock import SystemClock
from core.config import Settings
from core.db.queries.archive_rows import list_children
from core.db.queries.batches import claim_batches, delete_old_batches
from core.db.queries.users import claim_summaries
from core.domain.batch import BatchCounts, BatchRequest, BatchState
from core.domain.library import SummaryOptions
from core.domain.owner import Owner
from core.domain.summary import EngineName, Length
from core.errors import Conflict, InvalidInput, NotFound
from core.services.batches import read_options, stored_options
from tests.factories.applications import ANN, BOB, services_on, settings_for
from tests.factories.batches import PLAYLIST, end_open, feeding_on, request_for, states_of, values


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path)


@pytest.fixture
async def services(database_url: str, settings: Settings) -> AsyncIterator[Services]:
    async with services_on(database_url, settings) as services:
        yield services


async def test_a_list_of_addresses_is_stored_with_its_job_in_one_go(services: Services) -> None:
    batch_id = await services.batches.create(request_for(3), ANN)
    batch = await services.batches.get(batch_id, ANN)
    assert (batch.state, batch.counts) == (BatchState.RUNNING, BatchCounts(waiting=3))
    assert await values(services, "SELECT lock FROM procrastinate_jobs") == [str(batch_id)]
    [first, *_] = await services.batches.items(batch_id, ANN)
    assert (first.number, first.video_id, first.summary_id) == (1, "video000001", None)


async def test_what_cannot_be_read_is_refused_and_nothing_is_stored(services: Services) -> None:
    wrong = [
        BatchRequest(),
        BatchRequest(addresses=("https://youtu.be/GJLlxj_dtq8", "https://example.org/")),
        BatchRequest(list_address="https://example.org/"),
        BatchRequest(list_address="https://youtu.be/GJLlxj_dtq8"),
        BatchRequest(list_address=PLAYLIST, addresses=("https://youtu.be/GJLlxj_dtq8",)),
    ]
    for request in wrong:
        with pytest.raises(InvalidInput):
            await services.batches.create(request, ANN)
    assert await values(services, "SELECT count(*) FROM batches") == [0]


async def test_of_a_lists_address_only_our_own_writing_is_kept(services: Services) -> None:
    batch_id = await services.batches.create(
        BatchRequest(list_address="m.youtube.com/playlist?list=PLabcdefghijkl&si=tracking"), ANN
    )
    batch = await services.batches.get(batch_id, ANN)
    assert (batch.state, batch.source_url) == (BatchState.LISTING, PLAYLIST)


async def test_what_was_chosen_is_kept_for_all_videos() -> None:
    options = SummaryOptions(engine=EngineName.OFFLINE, language="de", length=Length.BRIEF)
    request = BatchRequest(addresses=("x",), languages=("de", "en"), options=options)
    assert read_options(stored_options(request)) == (options, ("de", "en"))
    assert read_options({}) == (SummaryOptions(), ("en",))


async def test_a_paused_batch_begins_nothing_and_lets_the_open_ones_end(services: Services, settings: Settings) -> None:
    batch_id = await services.batches.create(request_for(4), ANN)
    feeding = feeding_on(services, settings)
    await feeding.advance(batch_id)
    await services.batches.pause(batch_id, ANN)
    await services.batches.pause(batch_id, ANN)
    assert await states_of(services, batch_id) == ["queued", "queued", "waiting", "waiting"]
    await end_open(services, batch_id)
    await feeding.advance(batch_id)
    assert await states_of(services, batch_id) == ["done", "done", "waiting", "waiting"]
    await services.batches.resume(batch_id, ANN)
    await feeding.advance(batch_id)
    assert await states_of(services, batch_id) == ["done", "done", "queued", "queued"]


async def test_a_failed_row_is_tried_again_alone_with_the_same_summary(services: Services, settings: Settings) -> None:
    batch_id = await services.batches.create(request_for(2), ANN)
    feeding = feeding_on(services, settings)
    await feeding.advance(batch_id)
    await end_open(services, batch_id, "failed", [2])
    await end_open(services, batch_id, "done", [1])
    await feeding.advance(batch_id)
    assert (await services.batches.get(batch_id, ANN)).state is BatchState.DONE
    [_done, failed] = await services.batches.items(batch_id, ANN)
    assert failed.failure_message == "There are no captions."
    await services.batches.retry_item(batch_id, 2, ANN)
    await feeding.advance(batch_id)
    [done, again] = await services.batches.items(batch_id, ANN)
    assert (done.state.value, again.state.value, again.summary_id) == ("done", "queued", failed.summary_id)
    assert await values(services, "SELECT count(*) FROM summaries") == [2]


async def test_all_failed_rows_are_put_back_in_line_and_no_others(services: Services, settings: Settings) -> None:
    batch_id = await services.batches.create(request_for(5), ANN)
    feeding = feeding_on(services, settings.model_copy(update={"batch_at_once": 5}))
    await feeding.advance(batch_id)
    await end_open(services, batch_id, "failed", [1, 3])
    await end_open(services, batch_id, "cancelled", [4])
    await end_open(services, batch_id, "done", [2, 5])
    assert await services.batches.retry_failed(batch_id, ANN) == 2
    assert await states_of(services, batch_id) == ["waiting", "done", "waiting", "cancelled", "done"]
    with pytest.raises(Conflict):
        await services.batches.retry_failed(batch_id, ANN)


async def test_a_waiting_row_can_be_left_out_and_put_back(services: Services, settings: Settings) -> None:
    batch_id = await services.batches.create(request_for(3), ANN)
    await services.batches.cancel_item(batch_id, 2, ANN)
    await feeding_on(services, settings).advance(batch_id)
    assert await states_of(services, batch_id) == ["queued", "left_out", "queued"]
    assert (await services.batches.get(batch_id, ANN)).counts == BatchCounts(open=2, left_out=1)
    await services.batches.retry_item(batch_id, 2, ANN)
    assert await states_of(services, batch_id) == ["queued", "waiting", "queued"]


async def test_an_open_row_is_stopped_alone_and_makes_room(services: Services, settings: Settings) -> None:
    batch_id = await services.batches.create(request_for(3), ANN)
    feeding = feeding_on(services, settings)
    await feeding.advance(batch_id)
    await services.batches.cancel_item(batch_id, 1, ANN)
    await feeding.advance(batch_id)
    assert await states_of(services, batch_id) == ["cancelled", "queued", "queued"]
    await end_open(services, batch_id)
    with pytest.raises(Conflict):
        await services.batches.cancel_item(batch_id, 2, ANN)
    with pytest.raises(Conflict):
        await services.batches.retry_item(batch_id, 2, ANN)


async def test_a_summary_that_was_deleted_leaves_its_row_which_can_make_it_anew(
    services: Services, settings: Settings
) -> None:
    batch_id = await services.batches.create(request_for(1), ANN)
    feeding = feeding_on(services, settings)
    await feeding.advance(batch_id)
    [item] = await services.batches.items(batch_id, ANN)
    assert item.summary_id is not None
    await services.summaries.delete(item.summary_id, ANN)
    assert await states_of(services, batch_id) == ["deleted"]
    await services.batches.retry_item(batch_id, 1, ANN)
    await feeding.advance(batch_id)
    [again] = await services.batches.items(batch_id, ANN)
    assert again.state.value == "queued"
    assert again.summary_id not in {None, item.summary_id}


async def test_a_deleted_batch_leaves_its_summaries_in_the_library(services: Services, settings: Settings) -> None:
    batch_id = await services.batches.create(request_for(3), ANN)
    await feeding_on(services, settings).advance(batch_id)
    await services.batches.delete(batch_id, ANN)
    assert (await services.summaries.list_page(ANN)).total == 2
    assert await values(services, "SELECT count(*) FROM batch_items") == [0]


async def test_a_stranger_is_told_that_nothing_is_there(services: Services) -> None:
    batch_id = await services.batches.create(request_for(2), ANN)
    batches = services.batches
    acts: list[Callable[[UUID, Owner], Awaitable[object]]] = [
        batches.get, batches.items, batches.pause, batches.resume, batches.retry_failed, batches.delete,
        lambda found, owner: batches.retry_item(found, 1, owner),
        lambda found, owner: batches.cancel_item(found, 1, owner),
        lambda found, owner: anext(batches.watch(found, owner)),
    ]  # fmt: skip
    for act in acts:
        for asked in (batch_id, uuid4()):
            with pytest.raises(NotFound):
                await act(asked, BOB)
    assert (await batches.list_page(BOB)).items == ()
    assert (await batches.get(batch_id, ANN)).counts == BatchCounts(waiting=2)
    with pytest.raises(NotFound):
        await batches.retry_item(batch_id, 3, ANN)


async def test_what_a_browser_made_comes_along_at_sign_up_and_goes_on_for_the_account(
    services: Services, settings: Settings
) -> None:
    batch_id = await services.batches.create(request_for(3), ANN)
    feeding = feeding_on(services, settings)
    await feeding.advance(batch_id)
    account = uuid4()
    person = Owner(user_id=str(account), anonymous_id=None)
    async with services.database.transaction() as session:
        await claim_batches(session, account, [ANN.anonymous_id or ""])
        await claim_summaries(session, account, [ANN.anonymous_id or ""])
    with pytest.raises(NotFound):
        await services.batches.get(batch_id, ANN)
    await end_open(services, batch_id)
    await feeding.advance(batch_id)
    assert await states_of(services, batch_id, person) == ["done", "done", "queued"]
    assert (await services.summaries.list_page(person)).total == 3


async def test_a_batch_is_no_child_of_its_summaries_that_an_archival_would_take(services: Services) -> None:
    async with services.database.read() as session:
        children = await list_children(session, "summaries")
    assert "batch_items" not in {child.table for child in children}


async def test_old_batches_of_anonymous_people_are_swept_and_no_others(services: Services) -> None:
    person = Owner(user_id=str(uuid4()), anonymous_id=None)
    kept = await services.batches.create(request_for(1), person)
    await services.batches.create(request_for(1), ANN)
    async with services.database.transaction() as session:
        assert await delete_old_batches(session, before=SystemClock().now()) == 1
    assert await values(services, "SELECT id FROM batches") == [kept]


async def test_the_list_is_paged_and_refuses_a_cursor_that_is_none_of_ours(services: Services) -> None:
    made = [await services.batches.create(request_for(1), ANN) for _ in range(3)]
    first = await services.batches.list_page(ANN, limit=2)
    second = await services.batches.list_page(ANN, cursor=first.next_cursor, limit=2)
    assert [batch.id for batch in (*first.items, *second.items)] == made[::-1]
    assert (first.total, second.next_cursor) == (3, None)
    for cursor in ("x", "eHx5", "é"):
        with pytest.raises(InvalidInput):
            await services.batches.list_page(ANN, cursor=cursor)


async def test_rows_come_page_by_page_in_order(services: Services) -> None:
    batch_id = await services.batches.create(request_for(120), ANN)
    pages = [await services.batches.items(batch_id, ANN, after=after, limit=50) for after in (0, 50, 100)]
    assert [item.number for page in pages for item in page] == list(range(1, 121))


async def test_watching_shows_each_change_and_ends_when_nothing_changes_any_more(
    services: Services, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.services.batches.READ_AGAIN_AFTER_S", 0.02)
    batch_id = await services.batches.create(request_for(1), ANN)
    feeding = feeding_on(services, settings)
    seen = []
    async with asyncio.timeout(10):
        async for batch in services.batches.watch(batch_id, ANN):
            seen.append((batch.state.value, batch.counts.waiting, batch.counts.open, batch.counts.done))
            await feeding.advance(batch_id) if batch.counts.waiting else await end_open(services, batch_id)
            if batch.counts.done:
                await feeding.advance(batch_id)
    assert seen == [("running", 1, 0, 0), ("running", 0, 1, 0), ("running", 0, 0, 1), ("done", 0, 0, 1)]
