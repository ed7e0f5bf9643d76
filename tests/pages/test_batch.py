"""The page of a batch as its owner and strangers see it: every state, and every button."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace
from uuid import UUID

import pytest
from nicegui import ui
from nicegui.testing import User
from starlette.requests import Request

from core.api.owners import owner_of
from core.domain.batch import Batch, BatchCounts, BatchRequest, BatchState, ItemState
from core.domain.owner import Owner
from core.errors import Conflict, Unavailable
from pages.batch_words import batch_name, progress_words, state_words
from pages.components.batch_strip import show_batches
from tests.fake_batches import MORNING, FakeBatches, row
from tests.fakes import FakeSummaries

BATCH = Batch(
    id=uuid.uuid4(), created_at=MORNING, title=None, source_url=None, state=BatchState.RUNNING, failure_message=None,
    counts=BatchCounts(),
)  # fmt: skip


async def owner_from(visitor: User, summaries: FakeSummaries) -> Owner:
    """Who the visitor is once they have made something."""
    await visitor.http_client.post("/summarize", data={"address": "https://youtu.be/okTalk-0000"})
    return next(reversed(summaries.kept.values())).owner


async def make_batch(visitor: User, summaries: FakeSummaries, batches: FakeBatches, count: int = 3) -> UUID:
    owner = await owner_from(visitor, summaries)
    addresses = tuple(f"https://youtu.be/video{number:06d}" for number in range(1, count + 1))
    return await batches.create(BatchRequest(addresses=addresses, title="Lectures"), owner)


async def test_a_stranger_cannot_tell_another_persons_batch_from_none(
    visitor: User, summaries: FakeSummaries, batches: FakeBatches
) -> None:
    made = await make_batch(visitor, summaries, batches)
    assert (await visitor.http_client.get(f"/batch/{made}")).status_code == 200
    visitor.http_client.cookies.clear()
    answers = [await visitor.http_client.get(f"/batch/{each}") for each in (made, uuid.uuid4(), "nonsense")]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert len({answer.text for answer in answers}) == 1


async def test_rows_move_on_without_a_reload_and_tell_their_real_stage(
    visitor: User, summaries: FakeSummaries, batches: FakeBatches
) -> None:
    made = await make_batch(visitor, summaries, batches)
    await visitor.open(f"/batch/{made}")
    await visitor.should_see("0 of 3 done, 3 waiting")
    batches.put(made, row(1, ItemState.RUNNING, title="The first lecture"))
    await visitor.should_see("The first lecture")
    await visitor.should_see("62 %")
    batches.put(made, row(1, ItemState.DONE, title="The first lecture"), row(2, ItemState.FAILED))
    await visitor.should_see("1 of 3 done, 1 failed, 1 waiting")
    await visitor.should_see("This video has no captions. Upload them as a file.")
    await visitor.should_see("Retry 1 failed")


async def test_pause_and_go_on(visitor: User, summaries: FakeSummaries, batches: FakeBatches) -> None:
    made = await make_batch(visitor, summaries, batches)
    await visitor.open(f"/batch/{made}")
    visitor.find("Pause").click()
    await visitor.should_see("What is being read goes on to its end.")
    visitor.find("Go on").click()
    await visitor.should_not_see("What is being read goes on to its end.")
    assert [asked[0] for asked in batches.asked] == ["pause", "resume"]


async def test_one_row_is_tried_again_or_left_out_alone(
    visitor: User, summaries: FakeSummaries, batches: FakeBatches
) -> None:
    made = await make_batch(visitor, summaries, batches, count=2)
    batches.put(made, row(1, ItemState.FAILED), row(2, ItemState.DONE))
    await visitor.open(f"/batch/{made}")
    await visitor.should_see("Try again")
    visitor.find("Leave out").click()
    await visitor.should_see("left out")
    visitor.find("Put back").click()
    await visitor.should_see("1 of 2 done, 1 waiting")
    assert batches.asked == [("cancel_item", 1), ("retry_item", 1)]


async def test_all_that_failed_is_retried_with_one_button(
    visitor: User, summaries: FakeSummaries, batches: FakeBatches
) -> None:
    made = await make_batch(visitor, summaries, batches)
    batches.put(made, row(1, ItemState.FAILED), row(3, ItemState.FAILED))
    await visitor.open(f"/batch/{made}")
    await visitor.should_see("Retry 2 failed")
    visitor.find("Retry 2 failed").click()
    await visitor.should_see("0 of 3 done, 3 waiting")


async def test_what_is_refused_is_said_and_the_page_goes_on(
    visitor: User, summaries: FakeSummaries, batches: FakeBatches
) -> None:
    made = await make_batch(visitor, summaries, batches)
    await visitor.open(f"/batch/{made}")
    batches.error = Conflict("Only a batch that is at work can be paused.")
    visitor.find("Pause").click()
    await visitor.should_see("Only a batch that is at work can be paused.")
    batches.error = None
    batches.put(made, row(1, ItemState.DONE))
    await visitor.should_see("1 of 3 done, 2 waiting")


async def test_a_list_that_is_being_read_says_so_and_one_that_cannot_be_says_why(
    visitor: User, summaries: FakeSummaries, batches: FakeBatches
) -> None:
    owner = await owner_from(visitor, summaries)
    address = "https://www.youtube.com/playlist?list=PLabcdefghijkl"
    made = await batches.create(BatchRequest(list_address=address), owner)
    await visitor.open(f"/batch/{made}")
    await visitor.should_see("The list is being read")
    batches.move(made, BatchState.FAILED, failure="This playlist is private.")
    await visitor.should_see("This playlist is private.")
    await visitor.should_see("Try again")
    assert not [each for each in visitor.client.elements.values() if "bone" in each.classes]  # nothing is on its way


async def test_an_empty_list_says_that_it_is(visitor: User, summaries: FakeSummaries, batches: FakeBatches) -> None:
    made = await make_batch(visitor, summaries, batches, count=1)
    batches.kept[made].items.clear()
    batches.kept[made].batch = replace(batches.kept[made].batch, counts=BatchCounts(), state=BatchState.DONE)
    await visitor.open(f"/batch/{made}")
    await visitor.should_see("There are no videos in this list.")


async def test_rows_that_cannot_be_read_say_so_and_can_be_tried_again(
    visitor: User, summaries: FakeSummaries, batches: FakeBatches, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await make_batch(visitor, summaries, batches)
    items = batches.items

    async def fail(*_asked: object, **_page: object) -> None:
        raise Unavailable("The database is away.")

    monkeypatch.setattr(batches, "items", fail)
    await visitor.open(f"/batch/{made}")
    await visitor.should_see("The database is away.")
    monkeypatch.setattr(batches, "items", items)
    visitor.find("Try again").click()
    await visitor.should_see("Video video000001")
    await visitor.should_not_see("The database is away.")


async def test_many_rows_come_fifty_at_a_time(visitor: User, summaries: FakeSummaries, batches: FakeBatches) -> None:
    made = await make_batch(visitor, summaries, batches, count=120)
    await visitor.open(f"/batch/{made}")
    await visitor.should_see("1 to 50 of 120")
    visitor.find("Next").click()
    await visitor.should_see("51 to 100 of 120")
    visitor.find("Next").click()
    await visitor.should_see("101 to 120 of 120")
    await visitor.should_not_see("Next")
    visitor.find("Before").click()
    await visitor.should_see("Video video000051")


async def test_a_list_is_deleted_only_by_whoever_says_so_twice(
    visitor: User, summaries: FakeSummaries, batches: FakeBatches
) -> None:
    made = await make_batch(visitor, summaries, batches)
    await visitor.open(f"/batch/{made}")
    visitor.find("Delete list").click()
    await visitor.should_see("stay in your library")
    visitor.find("Keep it").click()
    await visitor.should_not_see("stay in your library")
    assert made in batches.kept
    visitor.find("Delete list").click()
    await visitor.should_see("stay in your library")
    visitor.find("Delete it").click()
    async with asyncio.timeout(2):
        while made in batches.kept:  # noqa: ASYNC110  # what is waited for is a dictionary, which tells nobody
            await asyncio.sleep(0.01)


async def test_the_strip_shows_the_newest_lists_and_nothing_where_there_are_none(visitor: User) -> None:
    batches = FakeBatches()

    @ui.page("/strip")
    async def strip(request: Request) -> None:
        await show_batches(batches, owner_of(request) or Owner.anonymous("somebody"))

    await visitor.open("/strip")
    await visitor.should_not_see("Batches")
    for number in range(5):
        addresses = ("https://youtu.be/video000001", f"https://youtu.be/video00000{number + 2}")
        await batches.create(BatchRequest(addresses=addresses, title=f"List {number}"), Owner.anonymous("somebody"))
    await visitor.open("/strip")
    await visitor.should_see("the newest 4 of 5")
    await visitor.should_see("List 4")
    await visitor.should_not_see("List 0")
    batches.error = Unavailable("The database is away.")
    await visitor.open("/strip")
    await visitor.should_not_see("List 4")


@pytest.mark.parametrize(("counts", "words"), [
    (BatchCounts(done=12, failed=2, waiting=26), "12 of 40 done, 2 failed, 26 waiting"),
    (BatchCounts(done=40), "40 of 40 done"),
    (BatchCounts(done=1, cancelled=1, open=2, left_out=3), "1 of 4 done, 1 stopped, 2 being read, 3 left out"),
])  # fmt: skip
def test_how_far_a_batch_is_is_said_in_words(counts: BatchCounts, words: str) -> None:
    assert progress_words(replace(BATCH, counts=counts)) == words


def test_a_batch_without_a_title_is_named_for_what_it_is() -> None:
    address = "https://www.youtube.com/"
    assert batch_name(replace(BATCH, counts=BatchCounts(waiting=3))) == "3 videos"
    assert batch_name(replace(BATCH, source_url=f"{address}playlist?list=PLabcdefghijkl")) == "Playlist"
    assert batch_name(replace(BATCH, source_url=f"{address}@somebody")) == "Channel @somebody"


@pytest.mark.parametrize("state", list(ItemState))
def test_each_state_has_a_word(state: ItemState) -> None:
    assert state_words(row(1, state))[1]
