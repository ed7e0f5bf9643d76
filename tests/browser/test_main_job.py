"""The main job in a real browser: from a caption file or an address to the exact span a line rests on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, FrameLocator, Page, expect

from core.domain.ladder import rule_of
from tests.browser.captions import srt
from tests.browser.steps import RECORD_PROGRESS, ask_for, drop_file, read_summary, summarise
from tests.world.youtube import SCENARIOS

pytestmark = [pytest.mark.asyncio(loop_scope="session")]

_MARKED = "mark.quote"


def _unspaced(text: str) -> str:
    return re.sub(r"\s+", "", text)


async def _marked_text(page: Page) -> str:
    return "".join(await page.locator(_MARKED).all_text_contents())


async def test_a_dropped_file_shows_progress_and_becomes_a_summary_whose_lines_open_their_exact_span(
    page: Page,
) -> None:
    await page.add_init_script(RECORD_PROGRESS)
    await page.goto("/")
    await drop_file(page, "Valleys and bread.srt", srt(2600, topics=6))
    await read_summary(page)

    seen = [int(value) for value in await page.evaluate("window.progressSeen")]
    assert len(seen) >= 2, seen
    assert seen == sorted(seen)

    await expect(page.locator("h1")).to_have_text("Valleys and bread")
    line = page.locator(".chapter .claim").last
    await line.locator(".opener").click()
    quote = (await line.locator(".evidence q").first.text_content()) or ""
    await expect(page.locator(_MARKED).first).to_be_in_viewport()
    assert _unspaced(await _marked_text(page)) == _unspaced(quote)
    assert await page.locator("[data-play]").count() == 0, "a play button where there is no video to play"


async def test_the_address_of_the_page_stays_the_same_from_progress_to_summary_and_after_a_reload(page: Page) -> None:
    await summarise(page, srt(120))
    address, heading = page.url, await page.locator("h1").text_content()
    await page.reload()
    await read_summary(page)
    assert page.url == address
    await expect(page.locator("h1")).to_have_text(heading or "")


async def test_opening_and_closing_a_line_moves_no_text_above_or_at_it(page: Page) -> None:
    await summarise(page, srt(400, topics=6))
    lines = page.locator(".chapter .opener")
    await lines.nth(0).click()
    target = lines.nth(3)
    await target.scroll_into_view_if_needed()
    places = "[...document.querySelectorAll('.opener')].slice(0, 7).map((line) => line.getBoundingClientRect().top)"
    before = await page.evaluate(places)
    await target.click()
    target_place = await target.evaluate("(line) => [...document.querySelectorAll('.opener')].indexOf(line)")
    opened = await page.evaluate(places)
    assert opened[: target_place + 1] == pytest.approx(before[: target_place + 1], abs=1)
    await target.click()
    assert await page.evaluate(places) == pytest.approx(before, abs=1)


async def test_the_keyboard_alone_reads_opens_and_closes_lines(page: Page) -> None:
    await summarise(page, srt(200))
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.locator(".claim").nth(1)).to_have_class(re.compile("open"))
    await page.keyboard.press("Escape")
    await expect(page.locator(".claim.open")).to_have_count(0)
    await page.keyboard.press("?")
    await expect(page.locator(".keys-dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator(".keys-dialog")).to_be_hidden()
    await page.keyboard.press("/")
    await expect(page.locator("#onebox")).to_be_focused()


async def test_hovering_over_a_line_shows_its_quote_without_a_click(page: Page) -> None:
    await summarise(page, srt(200))
    line = page.locator(".claim").first
    await line.hover()
    await expect(page.locator(".peek.shown q")).to_have_text((await line.locator("q").first.text_content()) or "")
    await expect(line).not_to_have_class(re.compile("open"))


async def test_a_pasted_transcript_without_times_shows_none_and_opens_its_paragraph(page: Page) -> None:
    words = "\n\n".join(block.splitlines()[2] for block in srt(60).split("\n\n"))
    await page.goto("/")
    await page.get_by_role("button", name="paste a transcript").click()
    await page.get_by_label("Transcript, with or without times").fill(words)
    await page.get_by_label("Title, if you like").fill("Pasted words")
    await page.locator(".paste").get_by_role("button", name="Summarise").click()
    await read_summary(page)
    await expect(page.locator("h1")).to_have_text("Pasted words")
    await expect(page.locator("article time")).to_have_count(0)
    await expect(page.locator("sl-player, sl-coverage")).to_have_count(0)
    line = page.locator(".claim").first
    place = (await line.locator(".place").text_content() or "").strip()
    await line.locator(".opener").click()
    await expect(page.locator(".passage.shown .place").first).to_have_text(place)


async def test_the_landing_page_works_without_any_script(browser: Browser, origin: str, tmp_path: Path) -> None:
    captions = tmp_path / "No script.srt"
    captions.write_text(srt(60), "utf-8")
    context = await browser.new_context(base_url=origin, java_script_enabled=False)
    page = await context.new_page()
    await page.goto("/")
    await page.locator("#address").fill("https://example.org/video")
    await page.get_by_role("button", name="Summarise").first.click()
    await expect(page.locator("#wrong")).to_be_visible()
    await expect(page.locator("#address")).to_have_value("https://example.org/video")
    await page.locator("#address").fill("")
    await page.locator("#file").set_input_files(captions)
    await page.get_by_role("button", name="Summarise").nth(0).click()
    await page.wait_for_url(re.compile("/summaries/"))
    await context.close()


async def test_an_address_becomes_a_summary_that_plays_exactly_the_span(visitor: Page) -> None:
    await ask_for(visitor, "talk")
    await read_summary(visitor)
    await expect(visitor.locator("h1")).to_have_text("The Hugging Face course")
    await expect(visitor.locator(".eyebrow")).to_contain_text("captions from YouTube")

    line = visitor.locator(".chapter .claim").nth(2)
    await line.locator(".opener").click()
    proof = line.locator(".evidence").first
    start_s, end_s = (
        float(await proof.get_attribute("data-start") or 0),
        float(await proof.get_attribute("data-end") or 0),
    )
    quote = await proof.locator("q").text_content() or ""
    assert _unspaced(await _marked_text(visitor)) == _unspaced(quote)
    assert await visitor.locator("iframe").count() == 0, "the player was loaded before anybody asked for it"

    await line.locator("[data-play]").click()
    player = visitor.frame_locator("sl-player iframe")
    await expect(player.locator("#said")).to_have_text(re.compile(r" 2$"), timeout=30_000)
    commands = await player.locator("body").evaluate("commands")
    assert ["seekTo", [start_s, True]] in commands
    assert commands[-1][0] == "pauseVideo"
    stopped_s = await _player_time(player)
    assert end_s <= stopped_s <= end_s + 2.0
    await expect(visitor.locator(".passage .now")).to_be_in_viewport()


async def test_a_click_in_the_transcript_and_on_the_strip_moves_the_player(visitor: Page) -> None:
    await ask_for(visitor, "talk")
    await read_summary(visitor)
    place = visitor.locator(".passage button.place").nth(3)
    seconds = float(await place.get_attribute("data-at") or 0) / 1000
    await place.click()
    player = visitor.frame_locator("sl-player iframe")
    await expect(player.locator("#said")).not_to_have_text("waiting")
    assert ["seekTo", [seconds, True]] in await player.locator("body").evaluate("commands")
    strip = visitor.locator(".strip")
    box = await strip.bounding_box()
    assert box
    await strip.click(position={"x": box["width"] / 2, "y": 12})
    await expect(player.locator("#said")).to_have_text(re.compile(r"^7\d\d\."))


async def test_a_video_without_captions_says_so_and_takes_them_right_there(visitor: Page, tmp_path: Path) -> None:
    await ask_for(visitor, "transcripts_disabled")
    await expect(visitor.locator(".message h1")).to_have_text("This video has no captions")
    await expect(visitor.locator(".message")).to_contain_text("nothing was counted")
    await expect(visitor.locator(".listing")).to_contain_text("Captions from YouTube")
    rescue = tmp_path / "rescue.srt"
    rescue.write_text(srt(60), "utf-8")
    await visitor.locator("#rescue").set_input_files(rescue)
    await read_summary(visitor)
    await expect(visitor.locator("h1")).to_contain_text("Angèle")


async def test_what_may_pass_can_be_tried_again(visitor: Page) -> None:
    await ask_for(visitor, "ip_blocked")
    again = visitor.get_by_role("button", name="Try again")
    await again.click()
    await expect(visitor.locator(".message h1")).to_contain_text("YouTube is limiting our server")


# One scenario for each class of failure: of several the first, since the later ones are slower.
_FAILURES = {scenario.failure: name for name, scenario in reversed(SCENARIOS.items()) if scenario.failure is not None}


@pytest.mark.parametrize("scenario", sorted(_FAILURES.values()))
async def test_each_failure_of_youtube_has_its_own_message_on_the_page_and_in_the_api(
    visitor: Page, scenario: str
) -> None:
    failure = SCENARIOS[scenario].failure
    assert failure is not None
    await ask_for(visitor, scenario)
    await expect(visitor.locator(".message")).to_contain_text("nothing was counted", timeout=40_000)
    answer = await visitor.request.get("/api/v1" + visitor.url.removeprefix(str(await visitor.evaluate("origin"))))
    told = await answer.json()
    rule = rule_of(failure)
    assert (told["status"], told["failure"]["code"]) == ("failed", failure.value)
    assert told["failure"]["message"].startswith(rule.message.partition("{")[0])
    assert told["failure"]["next_step"] == rule.next_step.value
    shown = await visitor.locator(".message").inner_text()
    for sentence in told["failure"]["message"].rstrip(".").split(". "):
        assert sentence in shown
    assert [rung["outcome"] for rung in told["tried"]] == ["failed"]


async def _player_time(player: FrameLocator) -> float:
    said = await player.locator("#said").text_content() or ""
    return float(said.split()[0])
