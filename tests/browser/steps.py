"""What a person does, in the words of the tests."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.world.scenarios import SCENARIOS

_DROP = """([name, text]) => {
  const carrier = new DataTransfer();
  carrier.items.add(new File([text], name, { type: "application/x-subrip" }));
  for (const kind of ["dragenter", "dragover", "drop"]) {
    document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: carrier, bubbles: true, cancelable: true }));
  }
}"""
# Runs in every page before its own scripts: keeps each value the progress bar ever had.
RECORD_PROGRESS = """
window.progressSeen = [];
addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
  const now = document.querySelector("[role=progressbar]")?.getAttribute("aria-valuenow");
  if (now && now !== window.progressSeen.at(-1)) window.progressSeen.push(now);
}).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-valuenow"] }));
"""


async def drop_file(page: Page, name: str, text: str) -> None:
    """Drops a file on the page, wherever it is, and waits for the summary's own page."""
    await page.evaluate(_DROP, [name, text])
    await page.wait_for_url(re.compile(r"/summaries/[0-9a-f-]{36}$"))


async def read_summary(page: Page) -> None:
    """Waits until the summary and its transcript are there."""
    await expect(page.locator("sl-reader")).to_be_visible(timeout=30_000)
    await expect(page.locator("sl-transcript[data-ready]")).to_have_count(1)


async def summarise(page: Page, text: str, name: str = "A talk.srt") -> None:
    """From the landing page to a summary that can be read."""
    await page.goto("/")
    await drop_file(page, name, text)
    await read_summary(page)


async def ask_for(page: Page, scenario: str) -> None:
    """From the landing page to the page of this video's summary, whatever becomes of it."""
    await page.goto("/")
    await page.locator("#address").fill(SCENARIOS[scenario].url)
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile("/summaries/"))
