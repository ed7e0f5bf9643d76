"""The guard of the operators' pages: who opens them, and who may still act in an open one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from nicegui import ui
from starlette.requests import Request

from core.db.database import Database
from core.domain.permissions import Action, Role
from core.errors import NotFound
from pages import guards
from pages.components.elements import text
from pages.guards import HANDLERS, Desk, PasswordNeeded, only
from tests.factories.accounts import PASSWORD
from tests.pages.people import Site, sign_in, site_on


@pytest_asyncio.fixture
async def site(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """With a page of two buttons: one to see something, one to do what can't be undone."""
    monkeypatch.setattr(guards, "HANDLERS", {})
    async with site_on(database, tmp_path) as made:
        made.done, made.desks = [], []

        @ui.page("/ops/test", dependencies=[only(Action.SEE_OPERATIONS)])
        def page(request: Request) -> None:
            desk = Desk(made.world.accounts, request, clock=made.world.clock)
            made.desks.append(desk)

            async def look() -> None:
                made.done.append("looked")
                ui.notify("It was looked")

            def archive(event: object) -> None:
                made.done.append(f"archived by {type(event).__name__}")
                ui.notify("It was archived")

            text("button", "Look").on("click", desk.acting(Action.EXPORT_FIGURES, look, name="test.look"))
            text("button", "Archive").on("click", desk.acting(Action.ARCHIVE, archive, name="test.archive"))

        yield made


async def enter(site: Site, role: Role) -> None:
    await site.world.person(role=role)
    await sign_in(site.visitor.http_client)


@pytest.mark.parametrize("role", [None, Role.USER])
async def test_whoever_may_not_see_the_page_gets_what_an_unknown_address_gets(site: Site, role: Role | None) -> None:
    if role is not None:
        await enter(site, role)
    refused = await site.visitor.http_client.get("/ops/test")
    unknown = await site.visitor.http_client.get("/ops/nothing")
    assert refused.status_code == unknown.status_code == 404
    assert refused.text == unknown.text
    assert site.desks == []


async def test_handlers_are_noted_with_what_one_must_be_allowed_to_do(site: Site) -> None:
    await enter(site, Role.OPERATOR)
    await site.visitor.open("/ops/test")
    assert guards.HANDLERS == {"test.look": Action.EXPORT_FIGURES, "test.archive": Action.ARCHIVE}
    assert guards.HANDLERS is not HANDLERS
    with pytest.raises(ValueError, match="two actions"):
        site.desks[0].acting(Action.ARCHIVE, lambda: None, name="test.look")


async def test_an_operator_does_what_operators_may_and_no_more(site: Site) -> None:
    await enter(site, Role.OPERATOR)
    await site.visitor.open("/ops/test")
    site.visitor.find("Look").click()
    await site.visitor.should_see("It was looked")
    site.visitor.find("Archive").click()
    await site.visitor.should_see("You may not do this")
    assert site.done == ["looked"]


async def test_an_open_page_does_nothing_more_once_the_role_is_gone(site: Site) -> None:
    await enter(site, Role.ADMIN)
    await site.visitor.open("/ops/test")
    await site.world.run("UPDATE users SET role = 'user'")
    site.visitor.find("Look").click()
    await site.visitor.should_see("You may not do this")
    assert site.done == []


async def test_an_open_page_does_nothing_more_once_the_session_ended(site: Site) -> None:
    await enter(site, Role.ADMIN)
    await site.visitor.open("/ops/test")
    await site.world.run("DELETE FROM sessions")
    with pytest.raises(NotFound):
        await site.desks[0].check(Action.EXPORT_FIGURES)


async def test_within_a_quarter_of_an_hour_of_the_password_no_second_one_is_asked_for(site: Site) -> None:
    await enter(site, Role.ADMIN)
    await site.visitor.open("/ops/test")
    site.world.clock.forward(minutes=15)
    site.visitor.find("Archive").click()
    await site.visitor.should_see("It was archived")
    assert site.done == ["archived by GenericEventArguments"]


async def test_after_that_the_password_is_asked_for_in_place_and_then_it_is_done(site: Site) -> None:
    await enter(site, Role.ADMIN)
    await site.visitor.open("/ops/test")
    site.world.clock.forward(minutes=15, seconds=1)
    with pytest.raises(PasswordNeeded):
        await site.desks[0].check(Action.ARCHIVE)
    site.visitor.find("Archive").click()
    await site.visitor.should_see("Your password, once more")
    site.visitor.find(ui.input).type("wrong")
    site.visitor.find("Go on").click()
    await site.visitor.should_see("That is not your password.")
    assert site.done == []
    site.visitor.find(ui.input).clear().type(PASSWORD)
    site.visitor.find("Go on").click()
    await site.visitor.should_see("It was archived")
    assert site.done == ["archived by GenericEventArguments"]


async def test_whoever_gives_up_at_the_password_does_nothing(site: Site) -> None:
    await enter(site, Role.ADMIN)
    await site.visitor.open("/ops/test")
    site.world.clock.forward(hours=1)
    site.visitor.find("Archive").click()
    await site.visitor.should_see("Your password, once more")
    site.visitor.find("Cancel").click()
    await site.visitor.should_not_see("Your password, once more")
    assert site.done == []
