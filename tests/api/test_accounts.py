"""Who a request comes from: the session in the cookie, the secret of an anonymous browser, or a client's header."""

from __future__ import annotations

import json
import logging
from base64 import b64encode

import httpx
import itsdangerous
import pytest

from core.api.owners import OWNER_HEADER
from core.domain.permissions import Role
from core.errors import Unavailable
from core.logging import shown_path
from tests.api.conftest import new_client
from tests.fakes import FakeServices

URL = "/api/v1/summaries"
BODY = {"transcript": "0:00 Hello there.\n", "format": "txt"}
SECRET = "s" * 43


def cookie_with(**session: str) -> dict[str, str]:
    """The application's signed cookie, as its middleware makes it."""
    signed = itsdangerous.TimestampSigner("for-tests-only").sign(b64encode(json.dumps(session).encode()))
    return {"sid": signed.decode()}


def browser(services: FakeServices, **session: str) -> httpx.AsyncClient:
    return new_client(services, cookies=cookie_with(**session), headers={"sec-fetch-site": "same-origin"})


async def test_what_a_signed_in_browser_asks_for_is_the_accounts(services: FakeServices) -> None:
    token = services.accounts.let_in()
    async with browser(services, account=token) as client:
        made = await client.post(URL, json=BODY)
    assert OWNER_HEADER not in made.headers
    [kept] = services.summaries.kept.values()
    assert kept.owner == services.accounts.signed_in[token].account.owner


async def test_another_browser_of_the_same_person_finds_it_and_a_strangers_does_not(services: FakeServices) -> None:
    token = services.accounts.let_in()
    other = services.accounts.let_in(email="bob@example.org")
    async with browser(services, account=token) as client:
        made = await client.post(URL, json=BODY)
    for cookie, status in ((token, 200), (other, 404), ("made up", 404)):
        async with browser(services, account=cookie) as client:
            assert (await client.get(made.headers["location"])).status_code == status


async def test_a_session_that_ended_leaves_an_anonymous_browser(services: FakeServices) -> None:
    async with browser(services, account="ended", owner=SECRET) as client:
        await client.post(URL, json=BODY)
    [kept] = services.summaries.kept.values()
    assert kept.owner.anonymous_id is not None


async def test_a_clients_header_comes_before_the_session(services: FakeServices) -> None:
    token = services.accounts.let_in()
    async with browser(services, account=token) as client:
        await client.post(URL, json=BODY, headers={OWNER_HEADER: SECRET})
    [kept] = services.summaries.kept.values()
    assert kept.owner.anonymous_id is not None


async def test_an_outage_of_the_accounts_hides_no_summaries_and_stops_nobody_without_an_account(
    services: FakeServices,
) -> None:
    token = services.accounts.let_in()
    services.accounts.outage = Unavailable("The database is away.")
    async with browser(services, account=token, owner=SECRET) as client:
        assert (await client.get(URL)).status_code == 503
        assert (await client.post(URL, json=BODY)).status_code == 503
        assert (await client.get("/api/health")).status_code == 200
    async with browser(services, owner=SECRET) as client:
        assert (await client.post(URL, json=BODY)).status_code == 202


async def test_a_bug_in_looking_up_a_session_counts_as_an_outage(services: FakeServices) -> None:
    token = services.accounts.let_in()
    services.accounts.outage = RuntimeError("surprise")
    async with browser(services, account=token) as client:
        assert (await client.get(URL)).status_code == 503


@pytest.mark.parametrize(("role", "who"), [(Role.USER, "user"), (Role.OPERATOR, "operator"), (Role.ADMIN, "admin")])
async def test_what_is_recorded_of_a_request_says_what_kind_of_person_asked(
    services: FakeServices, role: Role, who: str
) -> None:
    token = services.accounts.let_in(role)
    async with browser(services, account=token) as client:
        await client.get(URL)
    async with browser(services) as client:
        await client.get(URL)
    person = services.accounts.signed_in[token].account.id
    asked = [(event.who, event.person) for event in services.recorder.events if event.kind == "api_request"]
    assert asked == [(who, person), ("anonymous", None)]


@pytest.mark.parametrize("path", ["/verify/", "/reset/", "/first-admin/"])
async def test_the_secrets_of_links_do_not_reach_the_log(
    services: FakeServices, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    with caplog.at_level(logging.DEBUG):
        async with browser(services) as client:
            await client.get(path + SECRET)
    assert SECRET not in "".join(str(record.__dict__) for record in caplog.records if record.name.startswith("core"))
    assert shown_path(path + SECRET) == path + "…"
    assert shown_path("/reset") == "/reset"
    assert shown_path("/library/verify/x") == "/library/verify/x"
