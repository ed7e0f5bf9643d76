"""Both themes, phone and desk: nothing overflows, everything has a name, the choice of theme stays."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.captions import srt
from tests.browser.conftest import prepare
from tests.browser.steps import summarise

pytestmark = [pytest.mark.asyncio(loop_scope="session")]

# What axe would call serious, as far as it can be told without it: names, labels, one heading, no doubled ids.
FAULTS = """() => {
  const seen = (element) =>
    element.checkVisibility({ visibilityProperty: true }) && !element.closest("[aria-hidden=true]");
  const named = (element) => (element.getAttribute("aria-label") || element.textContent || element.title || "").trim();
  const labelled = (field) => field.getAttribute("aria-label") || field.labels?.length;
  const faults = [];
  if (!document.documentElement.lang) faults.push("no language");
  if (!document.title) faults.push("no title");
  if (document.querySelectorAll("h1").length !== 1) faults.push("not one h1");
  if (!document.querySelector("main")) faults.push("no main");
  const blame = (selector, isWell, word) => [...document.querySelectorAll(selector)]
    .filter((element) => seen(element) && !isWell(element))
    .forEach((element) => faults.push(`${word} ${element.outerHTML.slice(0, 80)}`));
  blame("button, a[href], summary", named, "nameless");
  blame("input:not([type=hidden]), textarea", labelled, "unlabelled");
  for (const image of document.querySelectorAll("img:not([alt])")) faults.push("image without alt");
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  const doubled = ids.filter((id, at) => ids.indexOf(id) !== at);
  if (doubled.length) faults.push(`doubled ids ${doubled}`);
  return faults;
}"""
SIZES = {"phone": (390, 844), "desk": (1440, 1000), "small phone": (320, 640)}


@pytest_asyncio.fixture(loop_scope="session", params=["light", "dark"])
async def themed(browser: Browser, origin: str, request: pytest.FixtureRequest) -> AsyncIterator[Page]:
    scheme: Literal["light", "dark"] = request.param
    context = await browser.new_context(base_url=origin, color_scheme=scheme, reduced_motion="reduce")
    await prepare(context)
    yield await context.new_page()
    await context.close()


async def test_no_page_overflows_or_has_a_nameless_control(themed: Page) -> None:
    await summarise(themed, srt(150), "A title-that-is-one-very-long-word-" + "x" * 90 + ".srt")
    for address in (
        themed.url,
        "/",
        "/summarize",
        "/library",
        "/nowhere",
        "/sign-in",
        "/sign-up",
        "/reset",
        "/reset/x",
    ):
        await themed.goto(address)
        await expect(themed.locator("h1")).to_be_visible()
        for name, (width, height) in SIZES.items():
            await themed.set_viewport_size({"width": width, "height": height})
            overflow = await themed.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert overflow <= 0, (address, name, overflow)
        assert await themed.evaluate(FAULTS) == [], address


async def test_on_a_phone_text_and_transcript_share_the_place(page: Page) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await summarise(page, srt(200))
    await expect(page.locator("article")).to_be_visible()
    await expect(page.locator("sl-transcript")).to_be_hidden()
    line = page.locator(".claim").first
    await line.locator(".opener").click()
    await line.get_by_role("button", name="In the transcript").click()
    await expect(page.locator("article")).to_be_hidden()
    await expect(page.locator("mark.quote").first).to_be_in_viewport()
    await page.get_by_role("tab", name="Text").click()
    await expect(page.locator("article")).to_be_visible()


async def test_the_chosen_theme_stays_and_is_there_before_the_first_paint(page: Page) -> None:
    await page.emulate_media(color_scheme="light")
    await page.goto("/")
    await page.get_by_role("button", name="Switch between light and dark").click()
    dark = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    # The body does not exist yet when the script in the head runs: nothing was painted before it.
    await page.add_init_script(
        "new MutationObserver(() => { if (document.body && !window.themeAtBody) "
        "window.themeAtBody = document.documentElement.dataset.theme || 'none' })"
        ".observe(document, { childList: true, subtree: true })"
    )
    for address in ("/library", "/"):
        await page.goto(address)
        await expect(page.locator("h1")).to_be_visible()
        assert await page.evaluate("window.themeAtBody") == "dark", address
        assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == dark


async def test_the_landing_page_is_under_thirty_kilobytes(page: Page) -> None:
    await page.goto("/", wait_until="networkidle")
    sizes = await page.evaluate(
        "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
        ".map((entry) => [entry.name, entry.transferSize])"
    )
    assert sum(size for _name, size in sizes) < 30 * 1024, sizes
