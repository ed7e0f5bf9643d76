"""Pages as simulated visitors see them: guards, states, lists."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable

import pytest
from nicegui.testing import User

from core.domain.run import RunState
from core.errors import Unavailable
from tests.fakes import FakeSummaries, progress

NOBODYS = "8f1d3c1e-5a5e-4c53-9a53-0b7f0f6a2d11"


async def _ask(visitor: User, summaries: FakeSummaries) -> uuid.UUID:
    """A new summary of this visitor."""
    known = set(summaries.kept)
    await visitor.http_client.post("/summarize", data={"address": "https://youtu.be/okTalk-0000"})
    (made,) = set(summaries.kept) - known
    return made


@pytest.mark.parametrize("address", ["/", "/summarize"])
async def test_the_first_pages_are_whole_without_a_script(visitor: User, address: str) -> None:
    answer = await visitor.http_client.get(address)
    assert answer.status_code == 200
    assert '<form class="composer" action="/summarize" method="post"' in answer.text
    assert len(answer.content) < 30 * 1024


@pytest.mark.parametrize("address", ["/nowhere", "/summaries/nonsense", f"/summaries/{NOBODYS}"])
async def test_what_is_not_there_is_a_page_with_the_right_status(visitor: User, address: str) -> None:
    answer = await visitor.http_client.get(address)
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


async def test_strangers_cannot_tell_another_persons_summary_from_none(visitor: User, summaries: FakeSummaries) -> None:
    made = await _ask(visitor, summaries)
    mine = await visitor.http_client.get(f"/summaries/{made}")
    assert mine.status_code == 200
    visitor.http_client.cookies.clear()
    theirs = await visitor.http_client.get(f"/summaries/{made}")
    nobodys = await visitor.http_client.get(f"/summaries/{uuid.uuid4()}")
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.text == nobodys.text


async def test_progress_turns_into_the_failure_without_a_reload(visitor: User, summaries: FakeSummaries) -> None:
    made = await _ask(visitor, summaries)
    await visitor.open(f"/summaries/{made}")
    await visitor.should_see("Stop")
    summaries.advance(made, RunState.RUNNING, progress(2, "writing", 0.8))
    await visitor.should_see("80 %")
    summaries.advance(made, RunState.FAILED)
    await visitor.should_see("Not summarised · nothing was counted")
    await visitor.should_see("What you can do now")


async def test_stop_cancels_and_start_again_asks_again(visitor: User, summaries: FakeSummaries) -> None:
    made = await _ask(visitor, summaries)
    await visitor.open(f"/summaries/{made}")
    visitor.find("Stop").click()
    await visitor.should_see("You stopped this summary")
    assert summaries.kept[made].state.state is RunState.CANCELLED
    visitor.find("Start again").click()
    await visitor.should_not_see("Start again")
    assert summaries.kept[made].state.state is RunState.QUEUED


async def test_a_closed_page_stops_watching(visitor: User, summaries: FakeSummaries) -> None:
    made = await _ask(visitor, summaries)
    client = await visitor.open(f"/summaries/{made}")
    await _until(lambda: summaries.open_watches == 1)
    client.delete()
    await _until(lambda: summaries.open_watches == 0)


async def test_the_library_comes_page_by_page(visitor: User, summaries: FakeSummaries) -> None:
    for _ in range(26):
        await _ask(visitor, summaries)
    await visitor.open("/library")
    await visitor.should_see("26 summaries")
    visitor.find("Show more").click()
    await visitor.should_not_see("Show more")


async def test_a_library_that_cannot_be_read_says_so_and_can_be_tried_again(
    visitor: User, summaries: FakeSummaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _ask(visitor, summaries)
    list_page = summaries.list_page

    async def fail(*_owner: object, **_page: object) -> None:
        raise Unavailable("The database is away.")

    monkeypatch.setattr(summaries, "list_page", fail)
    await visitor.open("/library")
    await visitor.should_see("The library could not be read")
    monkeypatch.setattr(summaries, "list_page", list_page)
    visitor.find("Try again").click()
    await visitor.should_see("1 summary")
    await visitor.should_not_see("The library could not be read")


async def test_an_empty_library_shows_how_to_begin(visitor: User) -> None:
    await visitor.open("/library")
    await visitor.should_see("Nothing here yet")


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(2):
        while not holds():  # noqa: ASYNC110  # what is waited for is a counter, which tells nobody
            await asyncio.sleep(0.01)
