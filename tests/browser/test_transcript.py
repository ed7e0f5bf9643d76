"""The transcript view: quick at five hours, exact about spans, searchable."""

from __future__ import annotations

import itertools
import re

import pytest
from playwright.async_api import Page, expect

from pages.assets import asset_url
from tests.browser.captions import CUES_OF_FIVE_HOURS, srt
from tests.browser.steps import drop_file, read_summary, summarise

pytestmark = [pytest.mark.asyncio(loop_scope="session")]

_READY_WITHIN_MS = 1000
_LONGEST_TASK_MS = 100
_RECORD_TASKS = (
    "window.tasks = []; new PerformanceObserver((list) => "
    "window.tasks.push(...list.getEntries().map((task) => [task.startTime, task.duration])))"
    ".observe({ type: 'longtask', buffered: true })"
)
_READY_MS = """() => {
  const fetched = performance.getEntriesByType("resource").find((entry) => entry.name.endsWith("/transcript"));
  return [fetched.startTime, performance.getEntriesByName("transcript-ready")[0].startTime];
}"""
# A fast reader: two hundred steps over the whole roll, one a frame.
_SCROLL = """() => new Promise((done) => {
  const lines = document.querySelector(".lines");
  let step = 0;
  const go = () => {
    lines.scrollTop = (lines.scrollHeight / 200) * step;
    step += 1;
    if (step <= 200) requestAnimationFrame(go); else done(document.querySelectorAll(".passage").length);
  };
  go();
})"""


async def test_five_hours_are_ready_within_a_second_and_scroll_without_a_stall(page: Page) -> None:
    await page.add_init_script(_RECORD_TASKS)
    await page.goto("/")
    await drop_file(page, "Five hours.srt", srt(CUES_OF_FIVE_HOURS, topics=24))
    await read_summary(page)
    await page.reload()
    await read_summary(page)
    assert await page.locator("sl-transcript").get_attribute("data-ready") == str(CUES_OF_FIVE_HOURS)

    asked_ms, ready_ms = await page.evaluate(_READY_MS)
    assert ready_ms - asked_ms < _READY_WITHIN_MS
    drawn = await page.evaluate(_SCROLL)
    assert drawn < 120, f"{drawn} passages are in the page at once"
    slow = [task for task in await page.evaluate("window.tasks") if task[0] >= asked_ms and task[1] > _LONGEST_TASK_MS]
    assert slow == []


async def test_rows_never_overlap_or_leave_holes_wherever_one_scrolls(page: Page) -> None:
    await summarise(page, srt(1500, topics=6))
    for share in (0.0, 0.37, 0.81, 1.0):
        await page.evaluate(
            "(share) => { const l = document.querySelector('.lines'); l.scrollTop = l.scrollHeight * share }", share
        )
        await page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        edges = await page.evaluate(
            "[...document.querySelectorAll('.passage')].map((p) => [p.offsetTop, p.getBoundingClientRect().height])"
        )
        edges.sort()
        for (top, height), (next_top, _height) in itertools.pairwise(edges):
            assert abs(top + height - next_top) <= 1.5, (share, top, height, next_top)


async def test_searching_counts_marks_and_walks_through_the_finds(page: Page) -> None:
    await summarise(page, srt(1200, topics=6))
    await page.get_by_role("button", name="Find", exact=True).click()
    field, said = page.get_by_label("Find in the transcript"), page.locator(".finder output")
    await field.fill("LIGHTHOUSES")
    await expect(said).to_have_text(re.compile(r"^1 of \d+"))
    await page.keyboard.press("Enter")
    await expect(said).to_have_text(re.compile(r"^2 of \d+"))
    await page.keyboard.press("Shift+Enter")
    await expect(said).to_have_text(re.compile(r"^1 of \d+"))
    await expect(page.locator("mark.here")).to_be_in_viewport()
    await field.fill("never said")
    await expect(said).to_have_text("Not said")
    await page.keyboard.press("Escape")
    await expect(page.locator("mark.found")).to_have_count(0)


async def test_passages_join_captions_and_part_at_speakers_pauses_and_sentences(page: Page) -> None:
    rows = [
        [0, 2000, "Hello there,", "Ann"],
        [2000, 4000, "dear people.", "Ann"],
        [4000, 6000, "Good day.", "Bob"],
        [20000, 22000, "After a pause.", "Bob"],
    ]
    passages = await _run(page, "(m, rows) => m.joinPassages(rows)", rows)
    assert [passage["text"] for passage in passages] == ["Hello there, dear people.", "Good day.", "After a pause."]
    untimed = await _run(
        page, "(m, rows) => m.joinPassages(rows)", [[None, None, "One.", None], [None, None, "Two.", None]]
    )
    assert len(untimed) == 2


@pytest.mark.parametrize(
    ("rows", "quote", "expected"),
    [
        (["we build", "small tools for it"], "build small  tools", [(0, 3, 8), (1, 0, 11)]),
        (["日本語は", "美しいです"], "語は美しい", [(0, 2, 4), (1, 0, 3)]),
        (["😀 yes 😀", "no"], "yes 😀 no", [(0, 3, 9), (1, 0, 2)]),
        (["not here", "at all"], "something else", [(0, 0, 8), (1, 0, 6)]),
    ],
    ids=["over two rows", "no spaces", "beyond the basic plane", "not found: the whole rows"],
)
async def test_a_quote_is_located_to_the_character(
    page: Page, rows: list[str], quote: str, expected: list[tuple[int, int, int]]
) -> None:
    timed = [[at * 1000, at * 1000 + 900, text, None] for at, text in enumerate(rows)]
    spans = await _run(page, "(m, rows, quote) => m.locateQuote(rows, 0, 1, quote)", timed, quote)
    assert [(span["row"], span["from"], span["to"]) for span in spans] == expected


async def _run(page: Page, code: str, *values: object) -> list[dict[str, object]]:
    """The result of a function over the module that joins and searches captions."""
    await page.goto("/")
    address = asset_url("passages.js")
    result: list[dict[str, object]] = await page.evaluate(
        f"async ([address, values]) => ({code})(await import(address), ...values)", [address, list(values)]
    )
    return result
