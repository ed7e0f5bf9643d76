"""Library, missing pages, refusals, stopping, and text of strangers."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.captions import CUES_OF_FIVE_HOURS, srt
from tests.browser.steps import drop_file, read_summary, summarise

pytestmark = [pytest.mark.asyncio(loop_scope="session")]

_HOSTILE = '<img src=x onerror="window.hacked=1"></p><script>window.hacked=1</script>{{ 7*7 }}'


async def test_the_library_shows_opens_and_deletes(page: Page) -> None:
    await summarise(page, srt(80), "First talk.srt")
    await summarise(page, srt(100), "Second talk.srt")
    await page.get_by_role("link", name="Library").click()
    cards = page.locator("article.card")
    await expect(cards).to_have_count(2)
    await expect(cards.first).to_contain_text("Second talk")
    await page.get_by_role("button", name="Delete First talk").click()
    await page.get_by_role("button", name="Keep it").click()
    await expect(cards).to_have_count(2)
    await page.get_by_role("button", name="Delete First talk").click()
    await page.get_by_role("button", name="Delete", exact=True).click()
    await expect(cards).to_have_count(1)
    await page.get_by_role("link", name="Second talk").click()
    await read_summary(page)


async def test_an_empty_library_offers_the_first_step(page: Page) -> None:
    await page.goto("/library")
    await expect(page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    await expect(page.locator(".composer #address")).to_be_visible()


async def test_what_another_browser_made_is_not_found(page: Page, browser: Browser, origin: str) -> None:
    await summarise(page, srt(60))
    stranger = await browser.new_context(base_url=origin)
    theirs = await stranger.new_page()
    for address in (
        page.url,
        f"{origin}/summaries/{uuid.uuid4()}",
        f"{origin}/summaries/nonsense",
        f"{origin}/nowhere",
    ):
        answer = await theirs.goto(address)
        assert answer is not None
        assert answer.status == 404, address
        await expect(theirs.locator("h1")).to_have_text("There is nothing here")
    await stranger.close()


async def test_text_of_strangers_is_shown_and_never_run(page: Page) -> None:
    hostile = srt(90).replace("The glaciers", f"The {_HOSTILE} glaciers")
    await summarise(page, hostile, f"{_HOSTILE.replace('/', '∕')}.srt")
    await page.locator(".claim .opener").first.click()
    await page.locator("[data-find]").click()
    await page.locator("#finder").fill("glaciers")
    await expect(page.locator(".finder output")).to_have_text(re.compile(r"^\d+ of "))
    await page.goto("/library")
    await expect(page.locator("article.card")).to_have_count(1)
    assert await page.evaluate("window.hacked") is None
    assert await page.locator("img[src=x]").count() == 0


async def test_a_file_that_is_no_captions_is_refused_beside_the_field(page: Page) -> None:
    await page.goto("/")
    await page.locator("#file").set_input_files(
        {"name": "archive.srt", "mimeType": "x", "buffer": b"PK\x03\x04" + bytes(900)}
    )
    await expect(page.locator("#wrong")).to_be_visible()
    await expect(page.locator("#file")).to_have_attribute("aria-invalid", "true")
    assert page.url.endswith("/summarize")


async def test_stopping_ends_the_work_and_starting_again_goes_on(page: Page) -> None:
    await page.goto("/")
    await drop_file(page, "Long.srt", srt(CUES_OF_FIVE_HOURS, topics=24))
    stop = page.get_by_role("button", name="Stop")
    await stop.click()
    await expect(page.get_by_role("heading", name="You stopped this summary")).to_be_visible(timeout=5_000)
    await page.get_by_role("button", name="Start again").click()
    await read_summary(page)
