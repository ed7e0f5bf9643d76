"""A summary by a language model in a real browser: tabs, cards, quiz, the chapters as they come, what was chosen."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.application import run_application
from tests.browser.conftest import prepare, visiting
from tests.browser.test_appearance import FAULTS, SIZES
from tests.factories.rich_summary import rich_document

pytestmark = [pytest.mark.asyncio(loop_scope="session")]

_SCENES = ("rich", "rich?tab=insights", "rich?tab=learning", "started", "waiting", "next", "stopped", "refused")


@pytest.fixture(scope="module")
def fakes_origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The pages in front of services that play scenes."""
    command = ("-m", "tests.browser.pages_on_fakes")
    with run_application(tmp_path_factory.mktemp("fakes") / "data", command=command) as origin:
        yield origin


@pytest_asyncio.fixture(loop_scope="session")
async def reader(browser: Browser, fakes_origin: str) -> AsyncIterator[Page]:
    wrong: list[str] = []
    async with visiting(browser, fakes_origin) as page:
        page.on("pageerror", lambda error: wrong.append(str(error)))
        yield page
    assert wrong == []


async def _play(page: Page, scene: str) -> None:
    name, _, query = scene.partition("?")
    await page.goto("/summarize")
    await page.locator("#address").fill(name)
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile("/summaries/"))
    if query:
        await page.goto(f"{page.url}?{query}")
    await expect(page.locator("sl-reader, .progress, .message").first).to_be_visible()
    # Where there is a transcript, its being read shows that the scripts run and keys are heard.
    await expect(page.locator("sl-transcript:not([data-ready])")).to_have_count(0)


async def test_tabs_are_chosen_by_click_arrows_and_number_and_stay_in_the_address(reader: Page) -> None:
    await _play(reader, "rich")
    await expect(reader.get_by_role("tab", name="Summary")).to_have_attribute("aria-selected", "true")
    await reader.get_by_role("tab", name="Insights").click()
    await expect(reader).to_have_url(re.compile(r"\?tab=insights$"))
    await expect(reader.locator(".chapter").first).to_be_hidden()
    await reader.keyboard.press("ArrowRight")
    await expect(reader.get_by_role("tab", name="Learning")).to_be_focused()
    await expect(reader).to_have_url(re.compile(r"\?tab=learning$"))
    await reader.reload()
    await expect(reader.locator(".flashcard").first).to_be_visible()
    await reader.locator("h1").click()
    await reader.keyboard.press("1")
    await expect(reader).to_have_url(re.compile(r"/summaries/[0-9a-f-]+$"))
    await expect(reader.locator(".chapter").first).to_be_visible()


async def test_the_keyboard_reads_only_what_is_on_the_open_tab(reader: Page) -> None:
    await _play(reader, "rich?tab=insights")
    first_of_tab = len(rich_document()["tldr"])
    for _ in range(first_of_tab + 1):
        await reader.keyboard.press("j")
    current = reader.locator(".claim.current")
    await expect(current).to_have_attribute("data-line", rich_document()["parts"]["concepts"][0]["id"])


@pytest.mark.parametrize(
    ("tab", "part"),
    [("insights", "playbooks"), ("insights", "debunked"), ("learning", "ideas"), ("learning", "thinking")],
)
async def test_an_entry_plays_exactly_its_span_and_shows_its_quote_on_hover(reader: Page, tab: str, part: str) -> None:
    await _play(reader, f"rich?tab={tab}")
    entry = rich_document()["parts"][part][0]
    (proof,) = entry["evidence"]
    line = reader.locator(f"[data-line='{entry['id']}']")
    await line.scroll_into_view_if_needed()
    # Scrolling hides the quote, and is told a frame later.
    await reader.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    await line.locator(".opener").hover()
    await expect(reader.locator(".peek.shown q")).to_have_text(proof["quote"])
    await line.locator(".opener").click()
    await line.locator("[data-play]").click()
    player = reader.frame_locator("sl-player iframe")
    await expect(player.locator("#said")).not_to_have_text("waiting")
    assert ["seekTo", [proof["start_s"], True]] in await player.locator("body").evaluate("commands")


async def test_a_card_turns_to_its_answer_and_back_and_its_hidden_side_cannot_be_reached(reader: Page) -> None:
    await _play(reader, "rich?tab=learning")
    card = reader.locator(".flashcard").first
    await card.locator(".front").click()
    await expect(card).to_have_class(re.compile("flipped"))
    assert await card.locator(".front").evaluate("(face) => face.inert")
    await expect(card.locator(".back .opener")).to_be_focused()
    await reader.keyboard.press("Enter")
    await expect(card.locator(".back .evidence")).to_be_visible()
    await card.get_by_role("button", name="Back to the question").click()
    assert await card.locator(".back").evaluate("(face) => face.inert")


async def test_a_quiz_tells_each_answer_at_once_explains_it_and_can_be_taken_again(reader: Page) -> None:
    await _play(reader, "rich?tab=learning")
    questions = reader.locator(".question")
    count = await questions.count()
    await questions.nth(0).locator("[data-answer]:not([data-right])").first.click()
    await expect(questions.nth(0).locator("[data-result=wrong] .told")).to_have_text("Your answer")
    await expect(questions.nth(0).locator("[data-result=right] .told")).to_have_text("The right answer")
    await expect(questions.nth(0).locator(".because .evidence q")).to_be_visible()
    await questions.nth(0).locator("[data-right]").click(force=True)
    await expect(reader.locator(".tally output")).to_have_text(f"0 of 1 right so far, {count - 1} to go.")
    for at in range(1, count):
        await questions.nth(at).locator("[data-right]").click()
    await expect(reader.locator(".tally output")).to_have_text(f"{count - 1} of {count} right.")
    await reader.get_by_role("button", name="Start again").click()
    await expect(reader.locator("[data-result=right], .because:visible")).to_have_count(0)


async def test_an_opened_line_stays_open_while_more_is_being_written(reader: Page) -> None:
    await _play(reader, "started")
    line = reader.locator(".claim").first
    await line.locator(".opener").click()
    await expect(line.locator(".evidence q")).to_be_visible()
    await expect(reader.locator(".chapter")).to_have_count(3)
    await expect(reader.locator(".coming:visible")).to_have_count(1)


async def test_waiting_tells_the_time_where_the_reader_is_and_hands_over_the_offline_summary(reader: Page) -> None:
    await _play(reader, "waiting")
    await expect(reader.locator("sl-moment")).to_have_text(re.compile(r"\d\d:\d\d$"))
    await expect(reader.locator("sl-moment")).to_have_attribute("title", re.compile("UTC$"))
    await reader.get_by_role("button", name="Take the offline summary now").click()
    await expect(reader.locator(".notice")).to_contain_text("will take its place")
    await expect(reader.locator("sl-transcript[data-ready]")).to_have_count(1)


async def test_choices_are_remembered_and_sent_by_forms_that_do_not_show_them(reader: Page) -> None:
    await reader.goto("/")
    await reader.get_by_role("button", name="Options").click()
    await reader.locator("#output-language").select_option("de")
    await reader.locator(".pick", has_text="Deep").click()
    await expect(reader.locator("[data-told]")).to_have_text(": Deutsch, Deep")
    await reader.goto("/library")
    async with reader.expect_request("**/summarize") as sent:
        await reader.locator("#onebox").fill("rich")
        await reader.keyboard.press("Enter")
    assert (await sent.value).post_data == "address=rich&engine=openai&output_language=de&length=deep"
    await reader.goto("/summarize")
    await expect(reader.locator("[data-told]")).to_have_text(": Deutsch, Deep")
    await expect(reader.locator("#output-language")).to_have_value("de")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_scene_overflows_or_has_a_nameless_control(
    browser: Browser, fakes_origin: str, scheme: Literal["light", "dark"]
) -> None:
    context = await browser.new_context(base_url=fakes_origin, color_scheme=scheme, reduced_motion="reduce")
    await prepare(context)
    page = await context.new_page()
    for scene in _SCENES:
        await _play(page, scene)
        for name, (width, height) in SIZES.items():
            await page.set_viewport_size({"width": width, "height": height})
            overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert overflow <= 0, (scene, name, overflow)
        assert await page.evaluate(FAULTS) == [], scene
    await context.close()
