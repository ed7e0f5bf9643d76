"""What can be chosen, where there is a choice: offered, sent, kept when a form is refused."""

from __future__ import annotations

import pytest
from nicegui.testing import User

from core.domain.library import AddressRequest, CaptionsRequest, EngineMenu, SummaryOptions
from core.domain.summary import EngineName, Length
from tests.fakes import FakeSummaries

_BOTH = EngineMenu(engines=(EngineName.OPENAI, EngineName.OFFLINE), model="gpt-4o-mini")
_ADDRESS = {"address": "https://youtu.be/okTalk-0000"}


@pytest.mark.parametrize("page", ["/", "/summarize"])
async def test_without_a_choice_nothing_of_it_is_shown(visitor: User, page: str) -> None:
    html = (await visitor.http_client.get(page)).text
    assert "data-options" not in html
    assert "data-engines" not in html


@pytest.mark.parametrize("page", ["/", "/summarize"])
async def test_with_a_choice_engines_languages_and_lengths_are_offered(
    visitor: User, summaries: FakeSummaries, page: str
) -> None:
    summaries.menu = _BOTH
    html = (await visitor.http_client.get(page)).text
    assert 'value="openai" checked' in html
    assert "gpt-4o-mini" in html
    assert "Free, no key" in html
    assert '<option value="de">Deutsch · German</option>' in html
    assert '<option value="ja">日本語 · Japanese</option>' in html
    assert 'value="standard" checked' in html
    assert 'data-engines="openai offline"' in html


async def test_who_gets_to_see_the_words_is_said_before_they_are_given(visitor: User, summaries: FakeSummaries) -> None:
    assert "Everything is worked out on this server" in (await visitor.http_client.get("/")).text
    summaries.menu = _BOTH
    html = (await visitor.http_client.get("/")).text
    assert "Everything is worked out on this server" not in html
    assert "unless you choose the offline engine" in html


async def test_the_choices_go_along_with_an_address_and_with_a_file(visitor: User, summaries: FakeSummaries) -> None:
    chosen = {"engine": "openai", "output_language": "pt-BR", "length": "deep"}
    await visitor.http_client.post("/summarize", data={**_ADDRESS, **chosen})
    file = {"file": ("talk.srt", b"1\n00:00:00,000 --> 00:00:01,000\nHello\n")}
    await visitor.http_client.post("/summarize", data=chosen, files=file)
    expected = SummaryOptions(engine=EngineName.OPENAI, language="pt-BR", length=Length.DEEP)
    by_address, by_file = (kept.request for kept in summaries.kept.values())
    assert isinstance(by_address, AddressRequest)
    assert isinstance(by_file, CaptionsRequest)
    assert by_address.options == by_file.options == expected


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("engine", "skynet", "no such engine"), ("length", "endless", "no such length"),
     ("output_language", "xx", "not written in this language")],
)  # fmt: skip
async def test_what_cannot_be_chosen_is_refused_and_the_rest_is_kept(
    visitor: User, summaries: FakeSummaries, field: str, value: str, said: str
) -> None:
    answer = await visitor.http_client.post("/summarize", data={**_ADDRESS, field: value})
    assert answer.status_code == 422
    assert said in answer.text
    assert _ADDRESS["address"] in answer.text
    assert not summaries.kept


async def test_a_refused_form_shows_the_choices_that_were_sent(visitor: User, summaries: FakeSummaries) -> None:
    summaries.menu = _BOTH
    chosen = {"engine": "offline", "output_language": "fr", "length": "brief"}
    html = (await visitor.http_client.post("/summarize", data={"address": " ", **chosen})).text
    assert "data-given open" in html
    assert 'value="offline" checked' in html
    assert '<option value="fr" selected>' in html
    assert 'value="brief" checked' in html
