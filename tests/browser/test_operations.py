"""Operators at work in a real browser: from a burning objective to one request, and archival with its way back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from core.cli import main as sightline
from core.clock import SystemClock
from core.config import Settings
from core.db.database import Database
from core.db.queries.users import insert_user
from core.db.urls import ensure_database
from core.domain.permissions import Role
from core.integrations.argon2 import Argon2
from tests.browser.application import run_application
from tests.browser.conftest import prepare
from tests.fixtures_database import data_folder

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]

PASSWORD = "a walk along the river"
_WIDE = {"width": 1440, "height": 1000}
# A class that another sheet uses too would lay a cell out as something else.
_CELLS_THAT_ARE_NONE = """[...document.querySelectorAll("td, th")].filter((cell) => cell.checkVisibility()
  && getComputedStyle(cell).display !== "table-cell").map((cell) => cell.outerHTML)"""


@pytest.fixture(scope="module")
def operated() -> Iterator[str]:
    """The origin of an application with a history of its own, an operator and an admin."""
    with data_folder() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGHTLINE_DATA_DIR", str(folder / "data"))
        # A thread of its own: the tests' has an event loop already.
        with ThreadPoolExecutor(max_workers=1) as thread:
            thread.submit(_fill, folder / "data").result()
        with run_application(folder / "data") as origin:
            yield origin


def _fill(data_dir: Path) -> None:
    assert sightline(["seed", "--days", "100", "--users", "150", "--events", "200000"]) == 0
    urls = ensure_database(Settings(data_dir=data_dir))
    try:
        asyncio.run(_add_people(urls.url))
    finally:
        urls.release()


async def _add_people(url: str) -> None:
    database = Database(url, app_name="test")
    async with database.transaction() as session:
        for role in (Role.OPERATOR, Role.ADMIN):
            await insert_user(
                session, email=f"{role}@example.org", password_hash=Argon2().hash(PASSWORD), role=role,
                now=SystemClock().now(),
            )  # fmt: skip
    await database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def desk(browser: Browser, operated: str) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(base_url=operated, viewport=_WIDE, reduced_motion="reduce")
    await prepare(context)
    yield context
    await context.close()


async def enter(context: BrowserContext, role: Role) -> Page:
    """A page of somebody with this role; a script error or a breach of the content policy fails the test."""
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    await page.goto("/sign-in?next=/ops")
    await page.get_by_label("E-mail").fill(f"{role}@example.org")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.wait_for_url("**/ops")
    await settled(page)
    return page


async def settled(page: Page) -> None:
    """Everything that was asked for is drawn."""
    await page.wait_for_function("window.did_handshake && !document.querySelector('[aria-busy=true]')")


async def test_from_a_burning_objective_to_one_request_in_four_clicks(desk: BrowserContext) -> None:
    page = await enter(desk, Role.OPERATOR)
    await expect(page.get_by_text("Demonstration data")).to_be_visible()
    # A month: the last day of a made-up history may hold nothing bad.
    await page.locator("a[data-key='5']").click()
    for way_on in (
        "a.tile[href*='range=30d']:has-text('Summaries, 30 s')", "a.why >> nth=0", "a.row-link[href*='cause='] >> nth=0"
    ):  # fmt: skip
        await page.locator(way_on).click()
        await settled(page)
    story = page.get_by_role("region", name="One request’s story")
    await expect(story.locator(".story").first).to_be_visible()
    shares = await page.locator("a.why").evaluate_all(
        "rows => rows.map((row) => parseInt(row.lastChild.lastChild.data))"
    )
    assert sum(shares) == 100
    # All of it stands in the address: opened anew it is the same.
    told = await story.inner_text()
    await page.goto(page.url)
    await settled(page)
    assert await page.get_by_role("region", name="One request’s story").inner_text() == told


async def test_keys_and_ranges_change_what_is_seen_and_the_address_with_it(desk: BrowserContext) -> None:
    page = await enter(desk, Role.OPERATOR)
    await page.keyboard.press("5")
    await page.wait_for_url("**/ops?range=30d")
    await settled(page)
    await page.keyboard.press("w")
    await page.wait_for_url("**wall=1**")
    await expect(page.locator(".rail")).to_be_hidden()
    await page.keyboard.press("w")
    await expect(page.locator(".rail")).to_be_visible()


async def test_keys_pressed_before_the_page_was_drawn_anew_all_count(desk: BrowserContext) -> None:
    page = await enter(desk, Role.OPERATOR)
    for key in ("5", "w", "c", "w", "w"):
        await page.keyboard.press(key)
    query = parse_qs(await page.evaluate("location.search.slice(1)"))
    assert (query["range"], query["wall"], "compare" in query) == (["30d"], ["1"], True)
    await expect(page.locator(".rail")).to_be_hidden()
    await expect(page.locator("a[data-key='5'][aria-current]")).to_be_attached()
    await page.keyboard.press("w")
    await expect(page.locator(".rail")).to_be_visible()
    assert parse_qs(await page.evaluate("location.search.slice(1)"))["range"] == ["30d"]


async def test_a_range_that_ends_before_it_begins_is_said_beside_its_field(desk: BrowserContext) -> None:
    page = await enter(desk, Role.OPERATOR)
    await page.get_by_label("A range of your own").click()
    await page.get_by_label("From", exact=True).fill("2026-11-20T10:00")
    await page.get_by_label("To", exact=True).fill("2026-11-20T09:00")
    show = page.get_by_role("button", name="Show")
    await show.click()
    assert await page.get_by_label("To", exact=True).evaluate("field => field.validationMessage")
    assert "from=" not in page.url
    await expect(show).not_to_have_class(re.compile("busy"))
    await page.get_by_label("To", exact=True).fill("2026-11-20T11:00")
    await show.click()
    await page.wait_for_url("**from=2026-11-20T10%3A00&to=2026-11-20T11%3A00")
    await expect(page.get_by_label("A range of your own")).to_have_text("20 Nov 10:00 – 20 Nov 11:00")


async def test_whoever_uses_keys_keeps_their_place(desk: BrowserContext) -> None:
    page = await enter(desk, Role.OPERATOR)
    await page.locator("a[data-key='4']").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("a[data-key='4'][aria-current]")).to_be_focused()
    await page.get_by_label("A range of your own").click()
    await page.get_by_label("From", exact=True).focus()
    await page.keyboard.press("Escape")
    await expect(page.get_by_label("From", exact=True)).to_be_hidden()
    await expect(page.get_by_label("A range of your own")).to_be_focused()


_CHARTS_OUT_OF_PLACE = """[...document.querySelectorAll(".plot .canvas")].filter((canvas) => {
  const within = canvas.closest("section").getBoundingClientRect();
  return [...canvas.querySelectorAll("text")].some((text) => {
    const { left, right, width } = text.getBoundingClientRect();
    return width && (left < within.left || right > within.right);
  });
}).map((canvas) => canvas.closest("section").ariaLabel)"""
_MARKS_THAT_MEET = """[...document.querySelectorAll(".plot .canvas")].flatMap((canvas) => {
  const names = [...canvas.querySelectorAll(".annotation text")].map((text) => text.getBoundingClientRect());
  return names.filter((one, at) => names.some((other, more) => more > at && one.left < other.right - 1
    && other.left < one.right - 1 && one.top < other.bottom - 1 && other.top < one.bottom - 1));
}).length"""


async def test_charts_keep_their_labels_inside_and_apart_at_every_width(desk: BrowserContext) -> None:
    page = await enter(desk, Role.OPERATOR)
    await page.goto("/ops?range=90d")
    await settled(page)
    for width in (1440, 140, 1440, 1100, 390):
        await page.set_viewport_size({"width": width, "height": 1400})
        await page.wait_for_timeout(400)
        await expect(page.locator(".canvas .trace")).to_have_count(4)
        if width > 300:
            assert await page.evaluate(_CHARTS_OUT_OF_PLACE) == [], width
            assert await page.evaluate(_MARKS_THAT_MEET) == 0, width


@pytest.mark.parametrize("path", ["/ops", "/ops/performance?range=7d", "/ops/usage?range=30d", "/ops/reference"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_panel_overflows_or_leaves_a_chart_empty_without_saying_why(
    browser: Browser, operated: str, path: str, scheme: str
) -> None:
    context = await browser.new_context(base_url=operated, viewport=_WIDE, color_scheme=scheme)
    await prepare(context)
    page = await enter(context, Role.OPERATOR)
    for width, height in ((1440, 1000), (390, 844)):
        await page.set_viewport_size({"width": width, "height": height})
        await page.goto(path)
        await settled(page)
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (path, width)
    await page.set_viewport_size(_WIDE)
    assert await page.evaluate(_CELLS_THAT_ARE_NONE) == []
    assert await _empty_charts(page) == []
    await context.close()


async def _empty_charts(page: Page) -> list[str]:
    """Headings of charts that, once in view, show neither a line nor a reason."""
    charts = page.locator("section.chart")
    empty = []
    for number in range(await charts.count()):
        chart = charts.nth(number)
        await chart.scroll_into_view_if_needed()
        try:
            await expect(chart.locator(".canvas .trace, .cells svg > *, .void").first).to_be_attached(timeout=20_000)
        except AssertionError:
            empty.append(await chart.get_attribute("aria-label") or "")
    return empty


async def test_operators_find_nothing_where_admins_archive(desk: BrowserContext) -> None:
    page = await enter(desk, Role.OPERATOR)
    answer = await page.goto("/ops/archival")
    assert answer is not None
    assert answer.status == 404


async def test_an_admin_previews_confirms_watches_and_restores(desk: BrowserContext) -> None:
    page = await enter(desk, Role.ADMIN)
    await page.goto("/ops/archival")
    await settled(page)
    assert await page.evaluate(_CELLS_THAT_ARE_NONE) == []
    row = page.get_by_role("row", name=re.compile("Anonymous summaries"))
    await row.get_by_role("button", name="Preview").click()
    confirm = page.get_by_label(re.compile("^Type"))
    await expect(confirm).to_be_visible()
    shown = await page.locator("label", has_text=re.compile("^Type")).inner_text()
    count = re.search(r"Type ([\d,]+)", shown)
    assert count is not None
    await confirm.fill(count[1].replace(",", ""))
    await page.get_by_role("button", name=re.compile("^Archive ")).click()
    archives = page.get_by_role("table", name="Archives")
    await expect(archives.get_by_role("row", name=re.compile("anonymous-summaries"))).to_be_visible(timeout=60_000)
    await archives.get_by_role("button", name="Restore").first.click()
    await page.get_by_label(re.compile("^Type")).fill(count[1].replace(",", ""))
    await page.get_by_role("button", name=re.compile("^Restore ")).click()
    await expect(page.get_by_text(re.compile("restored", re.IGNORECASE)).first).to_be_visible(timeout=60_000)
