"""A running application and a real browser in front of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Route, async_playwright

from tests.browser.application import run_application
from tests.browser.chromium import ARGUMENTS, find_chromium, reason_there_is_none
from tests.browser.mailbox import Mailbox, mailbox
from tests.fixtures_database import data_folder
from tests.world.internet import require
from tests.world.youtube import FakeYouTube

_PLAYER = Path(__file__).with_name("standin_player.html")
# What YouTube does shows as it is: no other rung comes to its help, and however often it fails it is asked again.
_UNVEILED = {"SIGHTLINE_CAPTION_ORDER": "youtube", "SIGHTLINE_RUNG_FAULTS": "1000"}


@pytest.fixture(scope="session")
def mails() -> Iterator[Mailbox]:
    """What the application mails."""
    with mailbox() as made:
        yield made


@pytest.fixture(scope="session")
def origin(mails: Mailbox) -> Iterator[str]:
    """The application's origin; one process serves all browser tests, each with a browser profile of its own."""
    with data_folder() as folder, run_application(folder / "data", {"SMTP_URL": mails.smtp_url}) as origin:
        yield origin


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    if reason := reason_there_is_none():
        pytest.fail(reason)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=find_chromium(), args=[*ARGUMENTS])
        yield running
        await running.close()


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser, origin: str) -> AsyncIterator[BrowserContext]:
    made = await browser.new_context(base_url=origin, viewport={"width": 1440, "height": 1000})
    await prepare(made)
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> AsyncIterator[Page]:
    """A page of a new visitor. Any script error or breach of the content policy fails the test at its end."""
    page = await context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console", lambda message: wrong.append(message.text) if "Content Security Policy" in message.text else None
    )
    yield page
    assert wrong == []


@pytest.fixture(scope="session")
def youtube_origin() -> Iterator[str]:
    """The application with recorded answers for YouTube."""
    require()
    with (
        FakeYouTube() as youtube,
        data_folder() as folder,
        run_application(folder / "data", {**youtube.internet.env, **_UNVEILED}) as origin,
    ):
        yield origin


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(browser: Browser, youtube_origin: str) -> AsyncIterator[Page]:
    """A page of a new visitor, where YouTube answers."""
    async with visiting(browser, youtube_origin) as page:
        yield page


@asynccontextmanager
async def visiting(browser: Browser, origin: str) -> AsyncIterator[Page]:
    """A page of a new visitor, with a browser profile of its own."""
    context = await browser.new_context(base_url=origin, viewport={"width": 1440, "height": 1000})
    await prepare(context)
    yield await context.new_page()
    await context.close()


async def prepare(context: BrowserContext) -> None:
    """The stand-in answers for the player's embed; nothing else of the outside is reached."""
    context.set_default_timeout(20_000)
    await context.route("https://www.youtube-nocookie.com/**", _answer_as_player)
    await context.route("https://i.ytimg.com/**", lambda route: route.abort())


async def _answer_as_player(route: Route) -> None:
    await route.fulfill(body=_PLAYER.read_text("utf-8"), content_type="text/html")
