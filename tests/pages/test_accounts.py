"""Signing up, in and out, as browsers see it: forms, cookies, where one goes, and what is closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from nicegui import Client

from core.db.database import Database
from core.domain.permissions import Role
from core.errors import Unavailable
from pages.account_forms import local_path
from pages.open_pages import close_ended, open_sessions
from tests.factories.accounts import PASSWORD
from tests.pages.people import Site, sign_in, site_on, wrong_beside

NEW = "the new and better one"


@pytest_asyncio.fixture
async def site(database: Database, tmp_path: Path) -> AsyncIterator[Site]:
    async with site_on(database, tmp_path) as made:
        yield made


@pytest.fixture
def ann(site: Site) -> httpx.AsyncClient:
    """Ann's browser, whose open pages can be looked at."""
    return site.visitor.http_client


async def is_signed_in(client: httpx.AsyncClient) -> bool:
    return (await client.get("/account")).status_code == 200


async def test_signing_in_leads_to_where_one_wanted_to_go(site: Site, ann: httpx.AsyncClient) -> None:
    await site.world.person()
    asked = await ann.get("/account")
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?next=/account")
    form = await ann.get(asked.headers["location"])
    assert '<input type="hidden" name="next" value="/account">' in form.text
    answer = await sign_in(ann, next="/account")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    page = await ann.get("/account")
    assert "ann@example.org" in page.text
    assert "Firefox on Linux" in page.text
    assert (await ann.get("/sign-in?next=/account")).headers["location"] == "/account"


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\/evil.example", "/\t/evil.example",
     "/ /x", "javascript:alert(1)", "", None, "/" + "x" * 600, "/a\nSet-Cookie: x=1"],
)  # fmt: skip
def test_nobody_is_sent_to_another_site_after_signing_in(target: str | None) -> None:
    assert local_path(target) == "/library"


@pytest.mark.parametrize("target", ["/", "/account", "/ops/performance?from=2026-11-01&route=%2Flibrary#slow"])
def test_a_path_of_this_site_is_kept(target: str) -> None:
    assert local_path(target) == target


async def test_a_refused_sign_in_says_so_beside_the_password_and_keeps_the_address(
    site: Site, ann: httpx.AsyncClient
) -> None:
    await site.world.person()
    answers = [
        await ann.post("/sign-in", data={"email": email, "password": "no <b>"})
        for email in ("ann@example.org", "nobody@example.org")
    ]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert wrong_beside(answers[0].text) == {"password": "That e-mail and password don’t match."}
    assert answers[0].text.replace("ann@", "nobody@") == answers[1].text
    assert 'value="ann@example.org"' in answers[0].text
    assert "no &lt;b&gt;" not in answers[0].text


async def test_too_many_tries_say_how_long_to_wait(site: Site, ann: httpx.AsyncClient) -> None:
    for _ in range(5):
        last = await ann.post("/sign-in", data={"email": "ann@example.org", "password": "wrong"})
    assert "short wait" in wrong_beside(last.text)["password"]
    answer = await sign_in(ann)
    assert answer.status_code == 429
    assert wrong_beside(answer.text) == {"password": "Too many tries. Wait a minute, then try again."}


async def test_the_browser_gets_a_new_name_and_loses_its_anonymous_secret_at_sign_in(
    site: Site, ann: httpx.AsyncClient
) -> None:
    await site.world.person()
    await ann.post("/summarize", data={"address": "https://youtu.be/okTalk-0000"})
    note = await ann.get("/sign-in")
    assert "The summary that you just made comes with you." in note.text
    before = ann.cookies["session"]
    await sign_in(ann)
    after = ann.cookies["session"]
    # The old cookie opens nothing of the person's; the new one holds nothing of the old.
    assert before != after
    async with site.browser() as thief:
        thief.cookies.set("session", before)
        assert not await is_signed_in(thief)
    assert "comes with you" not in (await ann.get("/sign-in")).text


async def test_the_whole_way_from_sign_up_to_a_session(site: Site, ann: httpx.AsyncClient) -> None:
    form = await ann.get("/sign-up")
    assert 'autocomplete="new-password"' in form.text
    sent = await ann.post("/sign-up", data={"email": "ann@example.org", "new_password": PASSWORD})
    assert sent.status_code == 200
    assert "A mail is on its way to ann@example.org." in sent.text
    link = f"/verify/{site.world.last_secret()}"
    for _ in range(2):
        page = await ann.get(link)
        assert page.status_code == 200
        assert 'name="password"' not in page.text
    assert (page.headers["cache-control"], page.headers["referrer-policy"]) == ("no-store", "same-origin")
    assert not await is_signed_in(ann)
    answer = await ann.post(link)
    assert (answer.status_code, answer.headers["location"]) == (303, "/library")
    assert await is_signed_in(ann)
    again = await ann.post(link)
    assert again.status_code == 404
    assert "This link does not work any more" in again.text


async def test_a_known_address_sees_the_same_page(site: Site, ann: httpx.AsyncClient) -> None:
    await site.world.person()
    known = await ann.post("/sign-up", data={"email": "ann@example.org", "new_password": PASSWORD})
    other = await ann.post("/sign-up", data={"email": "new@example.org", "new_password": PASSWORD})
    assert known.status_code == other.status_code == 200
    assert known.text.replace("ann@", "new@") == other.text
    assert known.headers.keys() == other.headers.keys()


async def test_another_browser_is_asked_for_the_password_chosen_at_sign_up(site: Site, ann: httpx.AsyncClient) -> None:
    await ann.post("/sign-up", data={"email": "ann@example.org", "new_password": PASSWORD})
    link = f"/verify/{site.world.last_secret()}"
    async with site.browser() as other:
        page = await other.get(link)
        assert 'name="password"' in page.text
        refused = await other.post(link, data={"password": "the other person's own"})
        assert refused.status_code == 403
        assert wrong_beside(refused.text)["password"].startswith("This is not the password that was chosen")
        await other.post(link, data={"password": PASSWORD})
        assert await is_signed_in(other)


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"email": "ann", "new_password": PASSWORD}, "email"),
        ({"email": "ann@example.org", "new_password": "short"}, "new_password"),
        ({"email": "ann@example.org", "new_password": "password123"}, "new_password"),
        ({}, "email"),
    ],
)
async def test_what_is_wrong_at_sign_up_stands_beside_its_field(
    ann: httpx.AsyncClient, fields: dict[str, str], place: str
) -> None:
    answer = await ann.post("/sign-up", data=fields)
    assert answer.status_code == 422
    assert list(wrong_beside(answer.text)) == [place]
    assert f'id="{place}"' in answer.text.partition("aria-invalid")[0].rpartition("<input")[2]


async def test_a_reset_by_mail_signs_in_here_and_out_elsewhere(site: Site, ann: httpx.AsyncClient) -> None:
    await site.world.person()
    async with site.browser() as other:
        await sign_in(other)
        sent = await ann.post("/reset", data={"email": "ann@example.org"})
        nobody = await ann.post("/reset", data={"email": "nobody@example.org"})
        assert sent.text.replace("ann@", "nobody@") == nobody.text
        link = f"/reset/{site.world.links.secret(site.world.jobs.mails[0][0])}"
        assert "ann@example.org" in (await ann.get(link)).text
        refused = await ann.post(link, data={"new_password": "password123"})
        assert list(wrong_beside(refused.text)) == ["new_password"]
        await ann.post(link, data={"new_password": NEW})
        assert await is_signed_in(ann)
        assert not await is_signed_in(other)
    assert (await ann.get(link)).status_code == 404
    assert (await ann.get(f"/reset/{site.world.last_secret()}")).status_code == 404


async def test_the_first_admin_is_made_by_the_printed_link(site: Site, ann: httpx.AsyncClient) -> None:
    link = await site.world.accounts.roles.first_admin_link()
    assert link is not None
    path = link.removeprefix("http://sightline.test")
    assert "Become the first admin" in (await ann.get(path)).text
    answer = await ann.post(path, data={"email": "boss@example.org", "new_password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/ops")
    assert "Admin" in (await ann.get("/account")).text
    assert (await ann.get(path)).status_code == 404
    assert (await ann.get("/first-admin/" + "x" * 43)).status_code == 404


async def test_the_navigation_fits_the_person(site: Site, ann: httpx.AsyncClient) -> None:
    await site.world.person("op@example.org", role=Role.OPERATOR)
    await site.world.person()
    strangers = (await ann.get("/")).text
    assert 'href="/sign-in"' in strangers
    assert 'href="/account"' not in strangers
    await sign_in(ann)
    persons = (await ann.get("/")).text
    assert 'href="/account"' in persons
    assert 'href="/ops"' not in persons
    async with site.browser() as operator:
        await sign_in(operator, "op@example.org")
        for page in ("/", "/library", "/nowhere"):
            assert 'href="/ops"' in (await operator.get(page)).text


async def test_a_person_ends_a_session_in_the_list_but_nobody_elses(site: Site, ann: httpx.AsyncClient) -> None:
    await site.world.person()
    await site.world.person("bob@example.org")
    await sign_in(ann)
    async with site.browser() as bob, site.browser() as other:
        await sign_in(bob, "bob@example.org")
        await sign_in(other)
        ids = dict(await site.sessions())
        answer = await ann.post(f"/account/sessions/{ids['bob@example.org']}")
        assert (answer.status_code, answer.headers["location"]) == (303, "/account")
        assert await is_signed_in(bob)
        await ann.post("/account/sessions/others")
        assert [await is_signed_in(each) for each in (ann, other, bob)] == [True, False, True]


@pytest.mark.parametrize("path", ["/account/password", "/account/sessions/others", f"/account/sessions/{'0' * 32}"])
async def test_strangers_are_asked_to_sign_in_first(ann: httpx.AsyncClient, path: str) -> None:
    answer = await ann.post(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/account")


async def test_a_new_password_is_asked_for_with_the_present_one(site: Site, ann: httpx.AsyncClient) -> None:
    await site.world.person()
    await sign_in(ann)
    wrong = await ann.post("/account/password", data={"password": "wrong", "new_password": NEW})
    assert list(wrong_beside(wrong.text)) == ["password"]
    weak = await ann.post("/account/password", data={"password": PASSWORD, "new_password": "12345678"})
    assert list(wrong_beside(weak.text)) == ["new_password"]
    done = await ann.post("/account/password", data={"password": PASSWORD, "new_password": NEW})
    assert "The new password is set." in (await ann.get(done.headers["location"])).text


async def test_signing_out_closes_the_pages_that_were_open(site: Site, ann: httpx.AsyncClient) -> None:
    await site.world.person()
    await sign_in(ann)
    open_page = await site.visitor.open("/library")
    assert len(open_sessions()) == 1
    answer = await ann.post("/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert open_page.id not in Client.instances
    assert open_page.is_deleted
    assert not await is_signed_in(ann)


async def test_what_ended_in_another_process_is_closed_by_the_watch_and_the_rest_is_not(
    site: Site, ann: httpx.AsyncClient
) -> None:
    await site.world.person()
    await sign_in(ann)
    open_page = await site.visitor.open("/library")
    await close_ended(site.world.accounts)
    assert not open_page.is_deleted
    await site.world.accounts.roles.ban("ann@example.org", actor="cli:test")
    await close_ended(site.world.accounts)
    assert open_page.is_deleted


async def test_a_strangers_open_page_concerns_no_session(site: Site) -> None:
    open_page = await site.visitor.open("/library")
    assert open_sessions() == frozenset()
    await close_ended(site.world.accounts)
    assert not open_page.is_deleted


async def test_without_the_database_nobody_is_taken_for_a_stranger_and_public_pages_stand(
    site: Site, ann: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.world.person()
    await sign_in(ann)

    async def fail(_token: str) -> None:
        raise Unavailable("The database is away.")

    async def hang(_token: str) -> None:
        await asyncio.sleep(60)

    for outage in (fail, hang):
        monkeypatch.setattr(site.world.accounts, "resolve", outage)
        monkeypatch.setattr("core.api.accounts._LONGEST_S", 0.05)
        landing = await ann.get("/")
        assert landing.status_code == 200
        assert 'href="/sign-in"' not in landing.text
        refused = await ann.post("/summarize", data={"address": "https://youtu.be/okTalk-0000"})
        assert refused.status_code == 503
        assert (await ann.get("/account")).status_code == 503
    assert not site.summaries.kept
    async with site.browser() as stranger:
        made = await stranger.post("/summarize", data={"address": "https://youtu.be/okTalk-0000"})
        assert made.status_code == 303


async def test_a_link_that_cannot_be_looked_up_at_the_moment_says_so_and_stays_good(
    site: Site, ann: httpx.AsyncClient
) -> None:
    await ann.post("/sign-up", data={"email": "ann@example.org", "new_password": PASSWORD})
    sign_up = f"/verify/{site.world.last_secret()}"
    await site.world.person("bob@example.org")
    await ann.post("/reset", data={"email": "bob@example.org"})
    reset = f"/reset/{site.world.last_secret()}"
    first_admin = str(await site.world.accounts.roles.first_admin_link()).removeprefix("http://sightline.test")

    def away() -> None:
        raise Unavailable("The database is away.")

    fields = {"email": "boss@example.org", "password": PASSWORD, "new_password": NEW}
    for path in (sign_up, reset, first_admin):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(site.world.database, "read", away)
            assert [(await ann.get(path)).status_code, (await ann.post(path, data=fields)).status_code] == [503, 503]
        async with site.browser() as other:
            assert (await other.post(path, data=fields)).status_code == 303


async def test_a_service_that_can_send_no_mail_does_not_say_that_one_is_on_its_way(
    database: Database, tmp_path: Path
) -> None:
    told = []
    for settings in ({"smtp_url": "smtp://mail.example"}, {}, {"public_origin": "https://sightline.test"}):
        async with site_on(database, tmp_path, **settings) as site:
            fields = {"email": f"ann{len(told)}@example.org", "new_password": PASSWORD}
            sent = await site.visitor.http_client.post("/sign-up", data=fields)
            told.append(("is on its way" in sent.text, "stands in its log" in sent.text, "SMTP_URL" in sent.text))
    assert told == [(True, False, False), (True, True, True), (False, False, True)]


async def test_what_a_person_makes_is_theirs_in_every_browser(site: Site, ann: httpx.AsyncClient) -> None:
    await site.world.person()
    await sign_in(ann)
    await ann.post("/summarize", data={"address": "https://youtu.be/okTalk-0000"})
    [(summary_id, kept)] = site.summaries.kept.items()
    assert kept.owner.anonymous_id is None
    async with site.browser() as other:
        assert (await other.get(f"/summaries/{summary_id}")).status_code == 404
        await sign_in(other)
        assert (await other.get(f"/summaries/{summary_id}")).status_code == 200


async def test_signing_out_without_a_session_keeps_what_an_anonymous_browser_made(
    site: Site, ann: httpx.AsyncClient
) -> None:
    await ann.post("/summarize", data={"address": "https://youtu.be/okTalk-0000"})
    [summary_id] = site.summaries.kept
    await ann.post("/sign-out")
    assert (await ann.get(f"/summaries/{summary_id}")).status_code == 200


@pytest.mark.parametrize(
    "typed", ["\0", "ann\0@example.org", "x" * 5_000, "\u202eann@example.org", "<script>", "' OR 1=1 --"]
)
@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/reset"])
async def test_no_form_breaks_over_what_is_typed_into_it(ann: httpx.AsyncClient, path: str, typed: str) -> None:
    answer = await ann.post(path, data={"email": typed, "password": typed, "new_password": typed})
    assert answer.status_code in {403, 422}
    assert 'value="<' not in answer.text
