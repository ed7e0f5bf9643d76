"""Making an account: nothing stands before the address is proved, and nobody learns whether one stood before."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import event

from core.db.database import Database
from core.domain.account import (
    LinkSpent,
    PasswordRefused,
    Purpose,
    TooManyTries,
    Visit,
    WrongCredentials,
)
from core.domain.permissions import Role
from core.domain.telemetry import Kind, Outcome
from core.errors import InvalidInput
from tests.factories.accounts import ELSEWHERE, HOME, PASSWORD, AccountsWorld, accounts_world, everything_in

ANNS_BROWSER = "a" * 64


@pytest.fixture
def world(database: Database, tmp_path: Path) -> AccountsWorld:
    return accounts_world(database, tmp_path)


async def ask(world: AccountsWorld, email: str = "ann@example.org", visit: Visit = HOME) -> Visit:
    """The same browser after a sign-up was asked for in it."""
    pending = await world.accounts.sign_ups.request(email, PASSWORD, visit)
    return Visit(address=visit.address, agent=visit.agent, anonymous_id=visit.anonymous_id, pending=pending)


async def test_there_is_no_account_before_the_link_is_used(world: AccountsWorld) -> None:
    visit = await ask(world)
    assert await world.value("SELECT count(*) FROM users") == 0
    opened = await world.accounts.sign_ups.finish(world.last_secret(), visit)
    assert opened.signed_in.account.email == "ann@example.org"
    assert opened.signed_in.account.role is Role.USER
    assert await world.accounts.resolve(opened.token) == opened.signed_in
    await world.sign_in()


async def test_the_table_holds_no_secret_of_a_link(world: AccountsWorld) -> None:
    await ask(world)
    stored = str(await world.value("SELECT string_agg(t::text, ' ') FROM account_tokens t"))
    assert world.last_secret() not in stored
    assert PASSWORD in stored  # as what the test's hasher makes of it: a hash, and nothing else


async def test_looking_at_a_link_changes_nothing(world: AccountsWorld) -> None:
    visit = await ask(world)
    for _ in range(3):
        pending = await world.accounts.sign_ups.look(world.last_secret(), visit)
    assert (pending.email, pending.needs_password) == ("ann@example.org", False)
    await world.accounts.sign_ups.finish(world.last_secret(), visit)


async def test_a_link_works_once_even_for_many_at_the_same_moment(world: AccountsWorld) -> None:
    visit = await ask(world)
    secret = world.last_secret()
    tried = await asyncio.gather(
        *(world.accounts.sign_ups.finish(secret, visit) for _ in range(6)), return_exceptions=True
    )
    assert sum(isinstance(each, LinkSpent) for each in tried) == 5
    assert await world.value("SELECT count(*) FROM users") == 1
    assert await world.value("SELECT count(*) FROM sessions") == 1


async def test_a_link_is_of_no_use_after_a_day_or_for_something_else(world: AccountsWorld) -> None:
    visit = await ask(world)
    secret = world.last_secret()
    with pytest.raises(LinkSpent):
        await world.accounts.resets.look(secret)
    with pytest.raises(LinkSpent):
        await world.accounts.roles.look_at_first_admin(secret)
    world.clock.forward(hours=24)
    with pytest.raises(LinkSpent):
        await world.accounts.sign_ups.finish(secret, visit)


async def test_another_browser_has_to_show_the_password_that_was_chosen(world: AccountsWorld) -> None:
    await ask(world)
    secret = world.last_secret()
    assert (await world.accounts.sign_ups.look(secret, ELSEWHERE)).needs_password
    for given in ("", "the victim's own password"):
        with pytest.raises(WrongCredentials):
            await world.accounts.sign_ups.finish(secret, ELSEWHERE, password=given)
    assert await world.value("SELECT count(*) FROM users") == 0
    opened = await world.accounts.sign_ups.finish(secret, ELSEWHERE, password=PASSWORD)
    assert opened.signed_in.account.email == "ann@example.org"


async def test_a_link_is_no_place_to_guess_passwords(world: AccountsWorld) -> None:
    await ask(world)
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            await world.accounts.sign_ups.finish(world.last_secret(), ELSEWHERE, password="guess")
    with pytest.raises(TooManyTries):
        await world.accounts.sign_ups.finish(world.last_secret(), ELSEWHERE, password=PASSWORD)


async def test_what_the_asking_browser_made_is_claimed_once(world: AccountsWorld) -> None:
    mine, other = await world.summary_of(ANNS_BROWSER), await world.summary_of("b" * 64)
    visit = await ask(world, visit=Visit(address="192.0.2.7", anonymous_id=ANNS_BROWSER))
    later = await world.summary_of(ANNS_BROWSER)
    opened = await world.accounts.sign_ups.finish(world.last_secret(), visit)
    ann = str(opened.signed_in.account.id)
    assert [await world.owner_of(each) for each in (mine, later)] == [(ann, None)] * 2
    assert await world.owner_of(other) == ("ANONYMOUS_USER", "b" * 64)
    seen = "SELECT registered_at FROM visitors WHERE anonymous_id = :id AND user_id = :user"
    assert await world.value(seen, id=ANNS_BROWSER, user=opened.signed_in.account.id) == world.clock.now()
    # Somebody who learnt the browser's id later finds nothing under it.
    bob = await ask(world, "bob@example.org", Visit(address="192.0.2.8", anonymous_id=ANNS_BROWSER))
    await world.accounts.sign_ups.finish(world.last_secret(), bob)
    assert await world.owner_of(mine) == (ann, None)


async def test_in_another_browser_the_summaries_of_the_asking_one_come_along_too(world: AccountsWorld) -> None:
    mine = await world.summary_of(ANNS_BROWSER)
    await ask(world, visit=Visit(address="192.0.2.7", anonymous_id=ANNS_BROWSER))
    opened = await world.accounts.sign_ups.finish(world.last_secret(), ELSEWHERE, password=PASSWORD)
    assert await world.owner_of(mine) == (str(opened.signed_in.account.id), None)


async def test_an_address_with_an_account_gets_another_mail_for_the_same_answer_and_work(world: AccountsWorld) -> None:
    await world.person()
    done = []
    for email in ("ann@example.org", "new@example.org"):
        statements: list[str] = []
        engine = world.database._engine.sync_engine
        note = lambda _c, _cur, statement, *_: statements.append(statement.split()[0])  # noqa: B023, E731
        event.listen(engine, "before_cursor_execute", note)
        hashed = world.hasher.hashed
        await ask(world, email)
        event.remove(engine, "before_cursor_execute", note)
        done.append((statements, world.hasher.hashed - hashed))
    assert done[0] == done[1]
    purposes = [
        await world.value("SELECT purpose FROM account_tokens WHERE id = :id", id=i) for i, _ in world.jobs.mails
    ]
    assert purposes == [Purpose.KNOWN_ADDRESS, Purpose.SIGN_UP]
    with pytest.raises(LinkSpent):
        await world.accounts.sign_ups.look(world.links.secret(world.jobs.mails[0][0]), HOME)


async def test_of_two_sign_ups_for_one_address_the_first_that_is_proved_counts(world: AccountsWorld) -> None:
    first = await ask(world)
    first_secret = world.last_secret()
    second = await ask(world, visit=ELSEWHERE)
    await world.accounts.sign_ups.finish(world.last_secret(), second)
    with pytest.raises(LinkSpent, match="by now"):
        await world.accounts.sign_ups.finish(first_secret, first)
    assert await world.value("SELECT count(*) FROM users") == 1


@pytest.mark.parametrize(
    ("email", "password", "error"),
    [("ann", PASSWORD, InvalidInput), ("ann@example.org", "password123", PasswordRefused)],
)
async def test_what_cannot_become_an_account_mails_nothing(
    world: AccountsWorld, email: str, password: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await world.accounts.sign_ups.request(email, password, HOME)
    assert world.jobs.mails == []
    assert world.recording.outcomes(Kind.SIGN_UP) == [Outcome.REFUSED]


async def test_nobody_is_mailed_without_end(world: AccountsWorld) -> None:
    for number in range(3):
        await ask(world, visit=Visit(address=f"192.0.2.{number}"))
    with pytest.raises(TooManyTries):
        await ask(world, visit=Visit(address="192.0.2.99"))
    with pytest.raises(TooManyTries):  # whatever the mail is for
        await world.accounts.resets.request("ann@example.org", Visit(address="192.0.2.98"))
    world.clock.forward(minutes=10)
    await ask(world)
    assert len(world.jobs.mails) == 4


async def test_one_place_mails_only_so_many(world: AccountsWorld) -> None:
    for number in range(20):
        await ask(world, f"somebody{number}@example.org")
    with pytest.raises(TooManyTries):
        await ask(world, "another@example.org")
    await ask(world, "another@example.org", ELSEWHERE)


async def test_the_whole_way_is_counted_without_an_address(world: AccountsWorld) -> None:
    visit = await ask(world)
    await world.accounts.sign_ups.finish(world.last_secret(), visit)
    with pytest.raises(LinkSpent):
        await world.accounts.sign_ups.finish(world.last_secret(), visit)
    assert world.recording.outcomes(Kind.SIGN_UP, "password") == [Outcome.OK]
    assert world.recording.outcomes(Kind.SIGN_IN, "verify") == [Outcome.OK, Outcome.REFUSED]
    assert "ann@" not in everything_in(world.recording.events)


async def test_links_lead_to_where_the_web_can_be_reached_and_nowhere_else(world: AccountsWorld) -> None:
    await ask(world)
    assert [origin for _, origin in world.jobs.mails] == ["http://sightline.test"]
