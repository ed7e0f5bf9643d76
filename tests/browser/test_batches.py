"""Many videos at once in a real browser: a list in the one field becomes rows that get on, fail and go on alone."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.steps import read_summary
from tests.world.scenarios import SCENARIOS

pytestmark = [pytest.mark.asyncio(loop_scope="session")]

# The first two keep their places for seconds, so that a pause has something to hold back.
_ASKED = ("hang", "drip", "talk", "transcripts_disabled")


async def _hand_in(page: Page, *scenarios: str) -> None:
    await page.goto("/")
    await page.locator("#address").fill(" ".join(SCENARIOS[name].url for name in scenarios))
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile(r"/batch/[0-9a-f-]{36}$"))
    await expect(page.locator(".batch-rows > li[data-state]")).to_have_count(len(scenarios))


async def test_a_list_becomes_rows_that_can_be_held_back_left_out_retried_and_read(visitor: Page) -> None:
    await _hand_in(visitor, *_ASKED)
    await expect(visitor.locator("h1")).to_have_text("4 videos")
    rows = visitor.locator(".batch-rows > li")
    await expect(rows.nth(1)).to_have_attribute("data-state", re.compile("queued|running"), timeout=30_000)
    await visitor.get_by_role("button", name="Pause").click()
    await expect(visitor.locator(".note")).to_contain_text("Paused")
    await expect(rows.nth(0)).to_have_attribute("data-state", "failed", timeout=40_000)
    await expect(rows.nth(1)).to_have_attribute("data-state", "failed", timeout=40_000)
    await visitor.reload()
    await expect(rows.nth(2)).to_have_attribute("data-state", "waiting")

    await visitor.get_by_role("button", name="Go on").click()
    await expect(rows.nth(2)).to_have_attribute("data-state", "done", timeout=60_000)
    await expect(rows.nth(3)).to_have_attribute("data-state", "failed", timeout=60_000)
    await expect(rows.nth(3)).to_contain_text("no captions")
    await expect(visitor.locator(".so-far")).to_have_text("1 of 4 done, 3 failed")

    await rows.nth(0).get_by_role("button", name="Leave out").click()
    await expect(rows.nth(0)).to_have_attribute("data-state", "left_out")
    await rows.nth(3).get_by_role("button", name="Try again").click()
    await expect(rows.nth(3).locator(".state")).to_have_text(re.compile("queue|waiting|captions", re.IGNORECASE))
    await expect(rows.nth(3)).to_have_attribute("data-state", "failed", timeout=60_000)

    await rows.nth(2).get_by_role("link").click()
    await read_summary(visitor)
    await expect(visitor.locator("h1")).to_have_text("The Hugging Face course")


async def test_the_library_shows_the_list_and_keeps_its_summaries_when_it_is_deleted(visitor: Page) -> None:
    await _hand_in(visitor, "talk", "success")
    states = visitor.locator(".batch-rows > li[data-state=done]")
    await expect(states).to_have_count(2, timeout=60_000)
    await visitor.goto("/library")
    await visitor.get_by_role("link", name="2 videos").click()
    await visitor.get_by_role("button", name="Delete list").click()
    await visitor.get_by_role("button", name="Delete it").click()
    await visitor.wait_for_url(re.compile("/library$"))
    await expect(visitor.get_by_role("link", name="2 videos")).to_have_count(0)
    await expect(visitor.locator("body")).to_contain_text("The Hugging Face course")


async def test_a_long_list_pasted_into_the_one_field_is_taken_whole(visitor: Page) -> None:
    await visitor.goto("/")
    await visitor.locator("#address").focus()
    lines = "\n".join(f"https://www.youtube.com/watch?v=video{number:06d}" for number in range(1, 121))
    await visitor.evaluate("(text) => document.execCommand('insertText', false, text)", lines)
    await visitor.keyboard.press("Enter")
    await visitor.wait_for_url(re.compile(r"/batch/[0-9a-f-]{36}$"))
    await expect(visitor.locator("h1")).to_have_text("120 videos")
    await expect(visitor.locator(".after-rows")).to_contain_text("1 to 50 of 120")
    await visitor.get_by_role("button", name="Delete list").click()
    await visitor.get_by_role("button", name="Delete it").click()
    await visitor.wait_for_url(re.compile("/library$"))


async def test_a_list_of_somebody_else_does_not_exist(visitor: Page, youtube_origin: str) -> None:
    await _hand_in(visitor, "talk", "success")
    assert visitor.context.browser
    stranger = await visitor.context.browser.new_context(base_url=youtube_origin)
    answer = await (await stranger.new_page()).goto(visitor.url)
    assert answer
    assert answer.status == 404
    await stranger.close()


async def test_a_broken_line_among_addresses_is_named_and_nothing_is_lost(visitor: Page) -> None:
    typed = f"{SCENARIOS['talk'].url} {SCENARIOS['success'].url} https://www.youtube.com/watch?v=short"
    await visitor.goto("/")
    await visitor.locator("#address").fill(typed)
    await visitor.keyboard.press("Enter")
    await expect(visitor.locator("#wrong")).to_contain_text("Line 1")
    await expect(visitor.locator("#address")).to_have_value(typed)
