"""A recording in a real browser: chosen like a caption file, listened to, and read with the times it was said at."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.application import run_application
from tests.browser.conftest import visiting
from tests.browser.steps import read_summary
from tests.fixtures_database import data_folder
from tests.world import speech
from tests.world.speech import make_talk, speech_server

pytestmark = [pytest.mark.asyncio(loop_scope="session")]

_NEAR_S = 0.5


@pytest.fixture(scope="module")
def listening_origin() -> Iterator[str]:
    """The application with a stand-in that hears what espeak-ng said."""
    speech.require()
    with speech_server() as server, data_folder() as folder:
        keys = {"OPENAI_API_KEY": "a key for tests", "OPENAI_BASE_URL": server.base_url}
        with run_application(folder / "data", keys) as origin:
            yield origin


@pytest_asyncio.fixture(loop_scope="session")
async def listener(browser: Browser, listening_origin: str) -> AsyncIterator[Page]:
    async with visiting(browser, listening_origin) as page:
        yield page


async def _hand_in(page: Page, path: Path) -> None:
    await page.goto("/summarize")
    await page.get_by_role("button", name="Options").click()
    await page.locator("label:has(input[name=engine][value=offline])").click()
    await page.locator("#file").set_input_files(path)


async def test_a_recording_becomes_a_summary_whose_lines_stand_where_they_were_said(
    listener: Page, tmp_path: Path
) -> None:
    talk = make_talk(tmp_path / "Floods.wav", sentences=6)
    await _hand_in(listener, talk.path)
    await listener.wait_for_url(re.compile("/summaries/"))
    await read_summary(listener)
    await expect(listener.locator("h1")).to_have_text("Floods")
    await expect(listener.locator(".eyebrow")).to_contain_text(re.compile("speech", re.IGNORECASE))
    lines = await listener.locator(".claim .evidence").evaluate_all(
        "(proofs) => proofs.map((proof) => Number(proof.dataset.start))"
    )
    assert lines
    said = [each.start_ms / 1000 for each in talk.said]
    assert all(min(abs(start_s - said_s) for said_s in said) <= _NEAR_S for start_s in lines)


async def test_a_file_that_only_looks_like_a_recording_is_refused_in_words(listener: Page, tmp_path: Path) -> None:
    fake = tmp_path / "Not sound.mp3"
    fake.write_bytes(b"\x00\x01\x02\x03" * 4000)
    await _hand_in(listener, fake)
    await expect(listener.locator("#wrong")).to_contain_text("Of recordings, these can be read: MP3")
