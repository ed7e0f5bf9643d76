"""What the forms of the site send, and what comes back when it cannot be used."""

from __future__ import annotations

import httpx
import pytest
from nicegui import core
from nicegui.testing import User

from core.domain.library import AddressRequest, CaptionsRequest
from pages.composer import preferred_languages
from tests.fakes import FakeSummaries


async def test_an_address_leads_to_its_summary(visitor: User, summaries: FakeSummaries) -> None:
    answer = await visitor.http_client.post(
        "/summarize", data={"address": "https://youtu.be/okTalk-0000"}, headers={"Accept-Language": "fr-FR,en;q=0.5"}
    )
    (made,) = summaries.kept
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/summaries/{made}"
    assert summaries.kept[made].request == AddressRequest(
        address="https://youtu.be/okTalk-0000", languages=("fr", "en")
    )


async def test_a_chosen_language_comes_before_the_browsers(visitor: User, summaries: FakeSummaries) -> None:
    await visitor.http_client.post("/summarize", data={"address": "https://youtu.be/okTalk-0000", "language": "nl"})
    (kept,) = summaries.kept.values()
    assert isinstance(kept.request, AddressRequest)
    assert kept.request.languages == ("nl",)


async def test_a_file_is_taken_before_anything_that_was_typed(visitor: User, summaries: FakeSummaries) -> None:
    await visitor.http_client.post(
        "/summarize",
        data={"address": "https://youtu.be/okTalk-0000", "title": " My  talk "},
        files={"file": ("talk.srt", b"1\n00:00:00,000 --> 00:00:01,000\nHello\n")},
    )
    (kept,) = summaries.kept.values()
    assert isinstance(kept.request, CaptionsRequest)
    assert (kept.request.filename, kept.request.title, kept.request.is_pasted) == ("talk.srt", "My talk", False)


async def test_a_refused_file_says_why_beside_the_field_and_keeps_the_rest(visitor: User) -> None:
    answer = await visitor.http_client.post(
        "/summarize", data={"address": "", "title": "Kept <b>"}, files={"file": ("empty.srt", b" ")}
    )
    assert answer.status_code == 422
    assert "The file is empty." in answer.text
    assert "Kept &lt;b&gt;" in answer.text
    assert answer.text.index('id="file"') > answer.text.index('class="wrong"')


async def test_an_empty_form_is_refused_and_stores_nothing(visitor: User, summaries: FakeSummaries) -> None:
    answer = await visitor.http_client.post("/summarize", data={"address": "  "})
    assert answer.status_code == 422
    assert "Paste the address of a video" in answer.text
    assert not summaries.kept


@pytest.mark.parametrize("place", ["a form", "a page that NiceGUI draws"])
async def test_a_bug_shows_no_more_than_that_there_is_one(
    visitor: User, summaries: FakeSummaries, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    async def fail(*_anything: object) -> None:
        raise RuntimeError("secret detail")

    await visitor.http_client.post("/summarize", data={"address": "https://youtu.be/okTalk-0000"})
    (made,) = summaries.kept
    monkeypatch.setattr(summaries, "get", fail)
    monkeypatch.setattr(summaries, "submit", fail)
    # The server logs a bug after it was answered; this transport hands on the answer only.
    transport = httpx.ASGITransport(core.app, raise_app_exceptions=False)
    client = visitor.http_client
    async with httpx.AsyncClient(transport=transport, base_url="http://test", cookies=client.cookies) as quiet:
        quiet.headers["accept"] = "text/html"
        if place == "a form":
            answer = await quiet.post("/summarize", data={"address": "https://youtu.be/okTalk-0000"})
        else:
            answer = await quiet.get(f"/summaries/{made}")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    assert "secret detail" not in answer.text


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", ("en",)),
        ("de", ("de",)),
        ("en-GB,en;q=0.9,de;q=0.8", ("en", "de")),
        ("de;q=0.3, fr;q=0.9", ("fr", "de")),
        ("*", ("en",)),
        ("fr;q=0, nl", ("nl",)),
        ("../../etc, <script>", ("en",)),
        ("a" * 5000, ("en",)),
        ("en;q=nan;q=x,it", ("it",)),
    ],
)
def test_the_browsers_languages_come_best_first(header: str, expected: tuple[str, ...]) -> None:
    assert preferred_languages(header) == expected
