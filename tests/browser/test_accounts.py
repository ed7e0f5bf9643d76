"""Accounts in a real browser: signing up by mail, in, out, a new password, and what is closed by that."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser.captions import srt
from tests.browser.conftest import prepare
from tests.browser.mailbox import Mailbox
from tests.browser.steps import summarise

pytestmark = [pytest.mark.asyncio(loop_scope="session")]

PASSWORD = "a walk along the river"
NEW = "another walk, another river"


@pytest.fixture
def email() -> str:
    return f"ann.{uuid.uuid4().hex[:8]}@example.org"


@pytest_asyncio.fixture(loop_scope="session")
async def elsewhere(browser: Browser, origin: str) -> AsyncIterator[BrowserContext]:
    """Another browser of the same person."""
    made = await browser.new_context(base_url=origin)
    await prepare(made)
    yield made
    await made.close()


async def sign_up(page: Page, mails: Mailbox, email: str) -> None:
    """A new account, signed in in this browser."""
    await page.goto("/sign-up")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Make the account").click()
    await expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    await page.goto(await mails.link_to(email, "/verify/"))
    await page.get_by_role("button", name="Finish and sign in").click()
    await page.wait_for_url("**/library")


async def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    await page.goto("/sign-in")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def test_what_was_made_before_signing_up_is_there_afterwards_in_every_browser(
    page: Page, mails: Mailbox, email: str, elsewhere: BrowserContext
) -> None:
    await summarise(page, srt(60), "Deep sea.srt")
    made = page.url
    await page.goto("/sign-in")
    await expect(page.get_by_text("The summary that you just made comes with you.")).to_be_visible()
    await page.get_by_role("link", name="Make an account").click()
    await sign_up(page, mails, email)
    await expect(page.locator("article.card")).to_contain_text("Deep sea")
    other = await elsewhere.new_page()
    assert (await other.goto(made)).status == 404  # type: ignore[union-attr]
    await sign_in(other, email)
    await other.wait_for_url("**/library")
    await expect(other.locator("article.card")).to_contain_text("Deep sea")


async def test_a_refused_sign_in_keeps_the_address_and_shows_the_password_on_demand(page: Page, email: str) -> None:
    await sign_in(page, email, "not the right one")
    field = page.get_by_label("Password", exact=True)
    await expect(page.get_by_role("alert")).to_have_text("That e-mail and password don’t match.")
    await expect(field).to_be_focused()
    await expect(page.get_by_label("E-mail")).to_have_value(email)
    await field.fill("visible")
    await page.get_by_role("button", name="Show the password").click()
    assert await field.get_attribute("type") == "text"
    await page.get_by_role("button", name="Sign in", exact=True).click()
    assert await page.get_by_label("Password", exact=True).get_attribute("type") == "password"


async def test_a_link_that_was_mailed_is_not_used_up_by_opening_it_and_another_browser_needs_the_password(
    page: Page, mails: Mailbox, email: str, elsewhere: BrowserContext
) -> None:
    await page.goto("/sign-up")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Make the account").click()
    link = await mails.link_to(email, "/verify/")
    other = await elsewhere.new_page()
    for _ in range(2):
        await other.goto(link)
    await other.get_by_label("Password", exact=True).fill(PASSWORD)
    await other.get_by_role("button", name="Finish and sign in").click()
    await other.wait_for_url("**/library")
    await page.goto(link)
    await expect(page.get_by_role("heading", name="This link does not work any more")).to_be_visible()


async def test_signing_out_closes_another_open_tab(page: Page, mails: Mailbox, email: str) -> None:
    await sign_up(page, mails, email)
    tab = await page.context.new_page()
    await tab.goto("/library")
    await expect(tab.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    await page.get_by_role("link", name="Account").click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    await expect(tab.get_by_text("You were signed out")).to_be_visible()
    assert urlsplit(tab.url).path == "/sign-in"


async def test_a_new_password_by_mail_ends_the_session_elsewhere_and_closes_its_page(
    page: Page, mails: Mailbox, email: str, elsewhere: BrowserContext
) -> None:
    await sign_up(page, mails, email)
    await expect(page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    other = await elsewhere.new_page()
    await other.goto("/sign-in")
    await other.get_by_role("link", name="Forgot the password?").click()
    await other.get_by_label("E-mail").fill(email)
    await other.get_by_role("button", name="Send the mail").click()
    await other.goto(await mails.link_to(email, "/reset/"))
    await other.get_by_label("New password").fill(NEW)
    await other.get_by_role("button", name="Set it and sign in").click()
    await other.wait_for_url("**/library")
    await expect(page.get_by_text("You were signed out")).to_be_visible()
    await sign_in(page, email)
    await expect(page.get_by_role("alert")).to_be_visible()
    await sign_in(page, email, NEW)
    await page.wait_for_url("**/library")


async def test_the_account_page_lists_the_sessions_and_ends_one(
    page: Page, mails: Mailbox, email: str, elsewhere: BrowserContext
) -> None:
    await sign_up(page, mails, email)
    other = await elsewhere.new_page()
    await sign_in(other, email)
    await other.wait_for_url("**/library")
    await page.goto("/account")
    for width in (390, 320, 1440):
        await page.set_viewport_size({"width": width, "height": 900})
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width
    await expect(page.locator("table.listing tbody tr")).to_have_count(2)
    await expect(page.get_by_text("This browser")).to_have_count(1)
    await page.get_by_role("button", name="Sign out: ").click()
    await expect(page.locator("table.listing tbody tr")).to_have_count(1)
    await expect(other.get_by_text("You were signed out")).to_be_visible()
