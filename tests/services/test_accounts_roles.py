"""Roles and bans, and how the first admin comes to be."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from core.db.database import Database
from core.domain.account import LinkSpent, PasswordRefused, WrongCredentials
from core.domain.permissions import Role
from core.errors import NotFound
from tests.factories.accounts import ELSEWHERE, HOME, PASSWORD, AccountsWorld, accounts_world


@pytest.fixture
def world(database: Database, tmp_path: Path) -> AccountsWorld:
    return accounts_world(database, tmp_path)


async def link_of(world: AccountsWorld) -> str:
    link = await world.accounts.roles.first_admin_link()
    assert link is not None
    assert link.startswith("http://sightline.test/first-admin/")
    return link.rpartition("/")[2]


async def audit(world: AccountsWorld) -> list[tuple[object, ...]]:
    told = await world.value(
        "SELECT json_agg(json_build_array(actor, action, subject, detail) ORDER BY id) FROM audit_log"
    )
    return [tuple(line) for line in told or []]  # type: ignore[union-attr]


async def test_a_grant_holds_at_once_in_open_sessions_and_is_written_down(world: AccountsWorld) -> None:
    ann = await world.person()
    opened = await world.sign_in()
    granted = await world.accounts.roles.grant("ANN@example.org", Role.ADMIN, actor="cli:root")
    assert granted.role is Role.ADMIN
    found = await world.accounts.resolve(opened.token)
    assert found is not None
    assert found.account.role is Role.ADMIN
    detail = {"from": "user", "to": "admin", "sessions_ended": 0}
    assert await audit(world) == [("cli:root", "account.grant", f"account:{ann.id}", detail)]


async def test_a_lesser_role_ends_what_was_opened_with_the_greater_one(world: AccountsWorld) -> None:
    await world.person(role=Role.ADMIN)
    opened = await world.sign_in()
    await world.accounts.roles.grant("ann@example.org", Role.OPERATOR, actor="cli:root")
    assert await world.accounts.resolve(opened.token) is None
    assert (await world.sign_in()).signed_in.account.role is Role.OPERATOR


async def test_a_ban_closes_and_unban_opens(world: AccountsWorld) -> None:
    await world.person()
    await world.person("bob@example.org")
    opened, bobs = await world.sign_in(), await world.sign_in("bob@example.org")
    await world.accounts.roles.ban("ann@example.org", actor="cli:root")
    ids = {opened.signed_in.session_id, bobs.signed_in.session_id}
    assert await world.accounts.ended_among(ids) == {opened.signed_in.session_id}
    await world.accounts.roles.unban("ann@example.org", actor="cli:root")
    await world.sign_in()
    assert [line[1] for line in await audit(world)] == ["account.ban", "account.unban"]


async def test_nobody_is_granted_anything_before_signing_up(world: AccountsWorld) -> None:
    with pytest.raises(NotFound):
        await world.accounts.roles.grant("ann@example.org", Role.ADMIN, actor="cli:root")
    assert await audit(world) == []


async def test_the_audit_log_holds_no_address(world: AccountsWorld) -> None:
    await world.person()
    await world.accounts.roles.grant("ann@example.org", Role.OPERATOR, actor="cli:root")
    await world.accounts.roles.make_first_admin(await link_of(world), "boss@example.org", PASSWORD, HOME)
    assert "example.org" not in str(await audit(world))


async def test_the_printed_link_makes_the_first_admin_once(world: AccountsWorld) -> None:
    secret = await link_of(world)
    opened = await world.accounts.roles.make_first_admin(secret, "boss@example.org", PASSWORD, HOME)
    assert opened.signed_in.account.role is Role.ADMIN
    assert await world.accounts.resolve(opened.token) == opened.signed_in
    with pytest.raises(LinkSpent):
        await world.accounts.roles.make_first_admin(secret, "other@example.org", PASSWORD, ELSEWHERE)
    assert await world.accounts.roles.first_admin_link() is None
    [(actor, action, subject, _)] = await audit(world)
    assert (actor, action, subject) == (subject, "account.first_admin", f"account:{opened.signed_in.account.id}")


async def test_of_many_who_open_the_link_at_once_one_becomes_admin(world: AccountsWorld) -> None:
    secret = await link_of(world)
    tried = await asyncio.gather(
        *(world.accounts.roles.make_first_admin(secret, f"p{n}@example.org", PASSWORD, HOME) for n in range(4)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, LinkSpent) for each in tried) == 3
    assert await world.value("SELECT count(*) FROM users") == 1


async def test_each_start_voids_the_links_of_earlier_ones(world: AccountsWorld) -> None:
    older = await link_of(world)
    newer = await link_of(world)
    with pytest.raises(LinkSpent):
        await world.accounts.roles.look_at_first_admin(older)
    await world.accounts.roles.look_at_first_admin(newer)


async def test_an_admin_made_otherwise_voids_the_link(world: AccountsWorld) -> None:
    secret = await link_of(world)
    await world.person(role=Role.ADMIN)
    with pytest.raises(LinkSpent):
        await world.accounts.roles.make_first_admin(secret, "boss@example.org", PASSWORD, HOME)


async def test_an_account_that_stands_already_has_to_show_its_password(world: AccountsWorld) -> None:
    ann = await world.person()
    secret = await link_of(world)
    with pytest.raises(WrongCredentials):
        await world.accounts.roles.make_first_admin(secret, "ann@example.org", "some other password", HOME)
    opened = await world.accounts.roles.make_first_admin(secret, "ann@example.org", PASSWORD, HOME)
    assert (opened.signed_in.account.id, opened.signed_in.account.role) == (ann.id, Role.ADMIN)


async def test_a_weak_password_does_not_use_up_the_link(world: AccountsWorld) -> None:
    secret = await link_of(world)
    with pytest.raises(PasswordRefused):
        await world.accounts.roles.make_first_admin(secret, "boss@example.org", "password123", HOME)
    await world.accounts.roles.make_first_admin(secret, "boss@example.org", PASSWORD, HOME)
