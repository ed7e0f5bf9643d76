"""Pages of both kinds tell how they felt, once, when they are left."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import BrowserContext, Page, expect

from core.api.vitals import Vitals
from tests.browser.captions import srt
from tests.browser.steps import summarise

pytestmark = [pytest.mark.asyncio(loop_scope="session")]

# A beacon of a page that is going shows up nowhere: it is noted on the way out, and sent on.
_NOTE_BEACONS = """
const send = navigator.sendBeacon.bind(navigator);
navigator.sendBeacon = (address, body) => {
  localStorage.beacons = JSON.stringify([...JSON.parse(localStorage.beacons ?? "[]"), { address, body }]);
  return send(address, body);
};
"""


async def test_pages_of_both_kinds_report_once_when_they_are_left(context: BrowserContext, page: Page) -> None:
    await context.add_init_script(_NOTE_BEACONS)
    landing = await page.goto("/")
    await page.get_by_role("textbox").first.click()
    library = await page.goto("/library")
    await expect(page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    await summarise(page, srt(60))
    await page.goto("/nowhere")
    beacons = json.loads(await page.evaluate("localStorage.beacons"))
    assert {beacon["address"] for beacon in beacons} == {"/api/vitals"}
    reports = [Vitals.model_validate_json(beacon["body"]) for beacon in beacons]
    assert [report.page for report in reports] == ["/", "/library", "/", "/summaries/{summary_id}"]
    assert landing is not None
    assert library is not None
    assert [report.request for report in reports[:2]] == [
        landing.headers["x-request-id"], library.headers["x-request-id"]
    ]  # fmt: skip
    for report, beacon in zip(reports, beacons, strict=True):
        assert report.ready_ms is not None, report
        assert 0 < (report.ttfb_ms or 0) <= (report.load_ms or 0) <= 60_000
        assert (report.fcp_ms or 0) > 0
        assert report.cls is not None
        assert report.who == "anonymous"
        answer = await context.request.post("/api/vitals", data=beacon["body"], headers={"content-type": "text/plain"})
        assert answer.status == 204
    assert reports[0].ready_ms == reports[0].load_ms
    assert reports[0].fid_ms is not None
    # An application page is ready once its socket has shaken hands and its content stands, whenever it was loaded.
    assert reports[1].ready_ms != reports[1].load_ms
    assert (reports[1].ready_ms or 0) > (reports[1].ttfb_ms or 0)


# Ten minutes and more on a page whose socket never shakes hands.
_WAIT_FOR_EVER = """
const now = performance.now.bind(performance);
performance.now = () => now() + 700_000;
Object.defineProperty(window, "did_handshake", { get: () => false, set: () => {} });
"""


async def test_a_page_that_never_became_ready_is_reported_however_long_it_stood_open(
    context: BrowserContext, page: Page
) -> None:
    await context.add_init_script(_NOTE_BEACONS)
    await context.add_init_script(_WAIT_FOR_EVER)
    await page.goto("/library")
    await expect(page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    await page.goto("/nowhere")
    [beacon] = json.loads(await page.evaluate("localStorage.beacons"))
    report = Vitals.model_validate_json(beacon["body"])
    assert (report.page, report.ready_ms, report.left_ms) == ("/library", None, 600_000)
