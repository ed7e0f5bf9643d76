"""A new password by mail."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from sqlalchemy import event

from core.db.database import Database
from core.domain.account import LinkSpent, PasswordRefused, WrongCredentials
from core.domain.telemetry import Kind, Outcome
from tests.factories.accounts import ELSEWHERE, HOME, PASSWORD, AccountsWorld, accounts_world

NEW = "the new and better one"


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AccountsWorld:
    made = accounts_world(database, tmp_path)
    await made.person()
    return made


async def asked(world: AccountsWorld, email: str = "ann@example.org") -> str:
    await world.accounts.resets.request(email, HOME)
    return world.last_secret()


async def test_the_link_sets_the_password_signs_in_and_ends_every_other_session(world: AccountsWorld) -> None:
    here, there = await world.sign_in(), await world.sign_in(visit=ELSEWHERE)
    secret = await asked(world)
    assert await world.accounts.resets.look(secret) == "ann@example.org"
    opened, ended = await world.accounts.resets.finish(secret, NEW, HOME)
    assert ended == {here.signed_in.session_id, there.signed_in.session_id}
    assert await world.accounts.resolve(here.token) is None
    assert await world.accounts.resolve(opened.token) == opened.signed_in
    with pytest.raises(WrongCredentials):
        await world.sign_in()
    await world.accounts.sign_in("ann@example.org", NEW, HOME)
    assert world.recording.outcomes(Kind.SIGN_IN, "reset") == [Outcome.OK]


async def test_nobody_learns_by_answer_or_work_whether_an_address_has_an_account(world: AccountsWorld) -> None:
    done = []
    for email in ("ann@example.org", "nobody@example.org"):
        statements: list[str] = []
        engine = world.database._engine.sync_engine
        note = lambda _c, _cur, statement, *_: statements.append(statement.split()[0])  # noqa: B023, E731
        event.listen(engine, "before_cursor_execute", note)
        assert await world.accounts.resets.request(email, HOME) is None
        event.remove(engine, "before_cursor_execute", note)
        done.append(statements)
    assert done[0] == done[1]
    assert len(world.jobs.mails) == 2
    with pytest.raises(LinkSpent):
        await world.accounts.resets.look(world.last_secret())


async def test_a_link_works_once_even_for_many_at_the_same_moment(world: AccountsWorld) -> None:
    secret = await asked(world)
    tried = await asyncio.gather(
        *(world.accounts.resets.finish(secret, f"{NEW} {n}", HOME) for n in range(5)), return_exceptions=True
    )
    assert sum(isinstance(each, LinkSpent) for each in tried) == 4
    assert await world.value("SELECT count(*) FROM sessions") == 1


async def test_a_used_link_voids_the_others_and_an_hour_voids_them_all(world: AccountsWorld) -> None:
    first, second = await asked(world), await asked(world)
    await world.accounts.resets.finish(first, NEW, HOME)
    with pytest.raises(LinkSpent):
        await world.accounts.resets.finish(second, PASSWORD, HOME)
    third = await asked(world)
    world.clock.forward(hours=1)
    with pytest.raises(LinkSpent):
        await world.accounts.resets.look(third)


async def test_of_two_links_used_at_the_same_moment_one_counts(
    world: AccountsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets, together = [await asked(world), await asked(world)], threading.Barrier(2)

    def hash_together(password: str) -> str:
        together.wait(5)
        return f"hash of {password}"

    monkeypatch.setattr(world.hasher, "hash", hash_together)
    tried = await asyncio.gather(
        *(world.accounts.resets.finish(secret, NEW, HOME) for secret in secrets), return_exceptions=True
    )
    assert [type(each) for each in tried if isinstance(each, BaseException)] == [LinkSpent]
    assert await world.value("SELECT count(*) FROM sessions") == 1


async def test_a_password_that_protects_nothing_is_refused_and_the_link_stays_good(world: AccountsWorld) -> None:
    secret = await asked(world)
    with pytest.raises(PasswordRefused):
        await world.accounts.resets.finish(secret, "ann@example.org", HOME)
    await world.accounts.resets.finish(secret, NEW, HOME)


async def test_a_banned_person_gets_no_way_back_by_mail(world: AccountsWorld) -> None:
    before = await asked(world)
    await world.accounts.roles.ban("ann@example.org", actor="cli:test")
    with pytest.raises(LinkSpent):
        await world.accounts.resets.finish(before, NEW, HOME)
    with pytest.raises(LinkSpent):
        await world.accounts.resets.look(await asked(world))


async def test_the_mail_goes_to_the_address_that_was_proved_not_to_another_spelling(world: AccountsWorld) -> None:
    await asked(world, "ＡＮＮ@EXAMPLE.org")
    assert await world.value("SELECT email FROM account_tokens") == "ann@example.org"
