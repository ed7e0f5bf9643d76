"""Signing in, and the sessions that come of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import event

from core.db.database import Database
from core.domain.account import AccountClosed, LinkSpent, PasswordRefused, TooManyTries, Visit, WrongCredentials
from core.domain.permissions import Action, Role
from core.domain.telemetry import Kind, Outcome, Who
from core.errors import NotFound
from core.services.accounts.expiry import sweep_accounts
from tests.factories.accounts import ELSEWHERE, HOME, PASSWORD, AccountsWorld, accounts_world, everything_in


@pytest.fixture
def world(database: Database, tmp_path: Path) -> AccountsWorld:
    return accounts_world(database, tmp_path)


async def test_the_right_password_opens_a_session_that_says_who_it_is(world: AccountsWorld) -> None:
    ann = await world.person(role=Role.OPERATOR)
    opened = await world.accounts.sign_in(" ANN@example.org", PASSWORD, HOME)
    found = await world.accounts.resolve(opened.token)
    assert found == opened.signed_in
    assert (found.account, found.signed_in_at) == (ann, world.clock.now())
    assert await world.accounts.find_session(found.session_id) == found


async def test_the_database_holds_no_secret_of_a_session(world: AccountsWorld) -> None:
    await world.person()
    opened = await world.sign_in()
    stored = await world.value("SELECT string_agg(s::text, ' ') FROM sessions s")
    assert opened.token not in str(stored)


@pytest.mark.parametrize("token", ["", "x" * 43, "\ud800"])
async def test_a_made_up_secret_is_nobodys(world: AccountsWorld, token: str) -> None:
    await world.person()
    await world.sign_in()
    assert await world.accounts.resolve(token) is None


async def test_a_wrong_password_and_an_unknown_address_get_the_same_words_after_the_same_work(
    world: AccountsWorld,
) -> None:
    await world.person()
    await world.sign_in()  # what is made at the first use is there from now on
    told, worked = [], []
    for email in ("ann@example.org", "nobody@example.org"):
        before = (world.hasher.hashed, world.hasher.verified)
        with pytest.raises(WrongCredentials) as refused:
            await world.accounts.sign_in(email, "not her password", ELSEWHERE)
        told.append((refused.value.message, refused.value.status, refused.value.detail))
        worked.append((world.hasher.hashed - before[0], world.hasher.verified - before[1]))
    assert told[0] == told[1]
    assert worked == [(0, 1), (0, 1)]


async def test_unknown_addresses_are_compared_with_one_hash_that_is_made_once(world: AccountsWorld) -> None:
    for number in range(4):
        with pytest.raises(WrongCredentials):
            await world.accounts.sign_in(f"nobody{number}@example.org", PASSWORD, HOME)
    assert (world.hasher.hashed, world.hasher.verified) == (1, 4)


async def test_the_sixth_wrong_try_waits_and_even_the_right_password_waits_with_it(world: AccountsWorld) -> None:
    await world.person()
    left = []
    for _ in range(5):
        with pytest.raises(WrongCredentials) as refused:
            await world.accounts.sign_in("ann@example.org", "wrong", HOME)
        left.append(refused.value.detail["tries_left"])
    assert left == [4, 3, 2, 1, 0]
    worked = world.hasher.verified
    with pytest.raises(TooManyTries, match="Wait a minute") as waits:
        await world.sign_in()
    assert waits.value.detail["wait_s"] == 60
    assert world.hasher.verified == worked
    world.clock.forward(seconds=60)
    await world.sign_in()
    with pytest.raises(WrongCredentials) as refused:
        await world.accounts.sign_in("ann@example.org", "wrong", HOME)
    assert refused.value.detail["tries_left"] == 4


async def test_many_tries_at_once_are_no_way_round_the_wait(world: AccountsWorld) -> None:
    await world.person()
    tried = await asyncio.gather(
        *(world.accounts.sign_in("ann@example.org", f"guess {n}", HOME) for n in range(12)), return_exceptions=True
    )
    assert sum(isinstance(error, WrongCredentials) for error in tried) == 5
    assert sum(isinstance(error, TooManyTries) for error in tried) == 7


async def test_strangers_who_guess_from_everywhere_are_stopped_but_not_the_person_at_a_usual_place(
    world: AccountsWorld,
) -> None:
    await world.person()
    await world.sign_in(visit=HOME)
    for number in range(30):
        with pytest.raises(WrongCredentials):
            await world.accounts.sign_in("ann@example.org", "wrong", Visit(address=f"203.0.113.{number}"))
    with pytest.raises(TooManyTries):
        await world.sign_in(visit=Visit(address="203.0.113.200"))
    await world.sign_in(visit=HOME)
    world.clock.forward(seconds=30)
    with pytest.raises(TooManyTries):  # the person's own success does not open the door for the strangers
        await world.sign_in(visit=Visit(address="203.0.113.201"))


async def test_one_place_that_guesses_at_many_accounts_is_stopped(world: AccountsWorld) -> None:
    for number in range(100):
        with pytest.raises(WrongCredentials):
            await world.accounts.sign_in(f"somebody{number}@example.org", "wrong", ELSEWHERE)
    with pytest.raises(TooManyTries):
        await world.accounts.sign_in("another@example.org", "wrong", ELSEWHERE)


async def test_counters_tell_nobody_whom_they_count(world: AccountsWorld) -> None:
    with pytest.raises(WrongCredentials):
        await world.accounts.sign_in("ann@example.org", "wrong", HOME)
    keys = str(await world.value("SELECT string_agg(key, ' ') FROM attempts"))
    assert len(keys.split()) == 3
    assert not any(word in keys for word in ("ann", "example", HOME.address))


async def test_what_an_anonymous_browser_made_comes_along_at_sign_in(world: AccountsWorld) -> None:
    ann = await world.person()
    mine, other = await world.summary_of("a" * 64), await world.summary_of("b" * 64)
    await world.sign_in(visit=Visit(address="192.0.2.7", anonymous_id="a" * 64))
    assert await world.owner_of(mine) == (str(ann.id), None)
    assert await world.owner_of(other) == ("ANONYMOUS_USER", "b" * 64)
    # The account was there before: this browser's person did not sign up because of it.
    assert await world.value("SELECT registered_at FROM visitors WHERE anonymous_id = :id", id="a" * 64) is None


async def test_a_new_session_replaces_the_one_the_browser_had(world: AccountsWorld) -> None:
    await world.person()
    await world.person("bob@example.org")
    first = await world.sign_in()
    second = await world.sign_in("bob@example.org", Visit(address="192.0.2.7", signed_in=first.signed_in))
    assert await world.accounts.resolve(first.token) is None
    assert (await world.accounts.resolve(second.token)) == second.signed_in


async def test_a_session_ends_after_idle_time_and_lives_on_with_use(world: AccountsWorld) -> None:
    await world.person()
    opened = await world.sign_in()
    for _ in range(3):
        world.clock.forward(days=29)
        assert await world.accounts.resolve(opened.token) is not None
    world.clock.forward(days=4)
    assert await world.accounts.resolve(opened.token) is None  # 91 days: the longest, however much it is used
    idle = await world.sign_in()
    world.clock.forward(days=30)
    assert await world.accounts.resolve(idle.token) is None
    assert await world.accounts.find_session(idle.signed_in.session_id) is None


async def test_being_seen_is_written_at_most_once_a_minute(world: AccountsWorld) -> None:
    await world.person()
    opened = await world.sign_in()
    began = world.clock.now()
    seen = []
    for _ in range(3):
        world.clock.forward(seconds=40)
        await world.accounts.resolve(opened.token)
        seen.append(await world.value("SELECT last_seen_at FROM sessions"))
    assert [(at - began).total_seconds() for at in seen] == [0, 80, 80]


async def test_the_list_shows_a_persons_own_sessions_and_marks_this_one(world: AccountsWorld) -> None:
    await world.person()
    await world.person("bob@example.org")
    here = await world.sign_in()
    world.clock.forward(minutes=5)
    there = await world.sign_in(visit=ELSEWHERE)
    bobs = await world.sign_in("bob@example.org", ELSEWHERE)
    listed = await world.accounts.list_sessions(here.signed_in)
    assert [(each.id, each.agent, each.is_this) for each in listed] == [
        (here.signed_in.session_id, "Firefox on Linux", True),
        (there.signed_in.session_id, "Chrome on Windows", False),
    ]
    assert [each.id for each in await world.accounts.list_sessions(bobs.signed_in)] == [bobs.signed_in.session_id]


async def test_a_person_ends_their_own_sessions_and_nobody_elses(world: AccountsWorld) -> None:
    await world.person()
    await world.person("bob@example.org")
    here, there = await world.sign_in(), await world.sign_in(visit=ELSEWHERE)
    bobs = await world.sign_in("bob@example.org")
    with pytest.raises(NotFound):
        await world.accounts.revoke(here.signed_in, bobs.signed_in.session_id)
    await world.accounts.revoke(here.signed_in, there.signed_in.session_id)
    assert await world.accounts.resolve(there.token) is None
    third = await world.sign_in(visit=ELSEWHERE)
    assert await world.accounts.revoke_others(here.signed_in) == {third.signed_in.session_id}
    assert await world.accounts.resolve(here.token) is not None
    assert await world.accounts.resolve(bobs.token) is not None


async def test_of_open_sessions_those_that_ended_are_told(world: AccountsWorld) -> None:
    await world.person()
    here, there = await world.sign_in(), await world.sign_in(visit=ELSEWHERE)
    unknown = uuid4()
    await world.accounts.revoke(here.signed_in, there.signed_in.session_id)
    asked = {here.signed_in.session_id, there.signed_in.session_id, unknown}
    assert await world.accounts.ended_among(asked) == {there.signed_in.session_id, unknown}


async def test_the_password_shown_again_makes_the_session_fresh(world: AccountsWorld) -> None:
    await world.person(role=Role.ADMIN)
    opened = await world.sign_in()
    world.clock.forward(minutes=16)
    assert not opened.signed_in.is_fresh(Action.ARCHIVE, world.clock.now())
    with pytest.raises(WrongCredentials):
        await world.accounts.confirm_password(opened.signed_in.session_id, "wrong")
    await world.accounts.confirm_password(opened.signed_in.session_id, PASSWORD)
    found = await world.accounts.find_session(opened.signed_in.session_id)
    assert found is not None
    assert found.is_fresh(Action.ARCHIVE, world.clock.now())


async def test_an_open_session_asks_for_the_password_under_a_counter_of_its_own(world: AccountsWorld) -> None:
    await world.person()
    opened = await world.sign_in()
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            await world.accounts.sign_in("ann@example.org", "wrong", HOME)
    with pytest.raises(TooManyTries):
        await world.sign_in()
    await world.accounts.confirm_password(opened.signed_in.session_id, PASSWORD)
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            await world.accounts.confirm_password(opened.signed_in.session_id, "wrong")
    with pytest.raises(TooManyTries):
        await world.accounts.confirm_password(opened.signed_in.session_id, PASSWORD)


async def test_a_new_password_ends_the_other_sessions(world: AccountsWorld) -> None:
    await world.person()
    here, there = await world.sign_in(), await world.sign_in(visit=ELSEWHERE)
    with pytest.raises(WrongCredentials):
        await world.accounts.change_password(here.signed_in, "wrong", "quite another one")
    with pytest.raises(PasswordRefused):
        await world.accounts.change_password(here.signed_in, PASSWORD, "password123")
    ended = await world.accounts.change_password(here.signed_in, PASSWORD, "quite another one")
    assert ended == {there.signed_in.session_id}
    assert await world.accounts.resolve(here.token) is not None
    with pytest.raises(WrongCredentials):
        await world.sign_in()
    await world.accounts.sign_in("ann@example.org", "quite another one", HOME)


async def test_a_new_password_voids_what_was_mailed_for_another_one(world: AccountsWorld) -> None:
    await world.person()
    here = await world.sign_in()
    await world.accounts.resets.request("ann@example.org", ELSEWHERE)
    await world.accounts.change_password(here.signed_in, PASSWORD, "quite another one")
    with pytest.raises(LinkSpent):
        await world.accounts.resets.look(world.last_secret())


async def test_whoever_was_signed_out_while_a_new_password_was_hashed_does_not_set_it(
    world: AccountsWorld, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.person()
    thief = await world.sign_in(visit=ELSEWHERE)

    def hash_slowly(password: str) -> str:
        """The person resets the password by mail meanwhile."""
        with psycopg.connect(database_url) as connection:
            connection.execute("DELETE FROM sessions")
            connection.execute("UPDATE users SET password_hash = 'hash of the new and better one'")
        return f"hash of {password}"

    monkeypatch.setattr(world.hasher, "hash", hash_slowly)
    with pytest.raises(NotFound):
        await world.accounts.change_password(thief.signed_in, PASSWORD, "the thief's own one")
    assert await world.value("SELECT password_hash FROM users") == "hash of the new and better one"


async def test_a_try_at_the_moment_of_the_sweep_is_counted(world: AccountsWorld, database_url: str) -> None:
    async def guess() -> None:
        with pytest.raises(WrongCredentials) as refused:
            await world.accounts.sign_in("ann@example.org", "wrong", HOME)
        assert refused.value.detail == {"tries_left": 4}

    await guess()
    world.clock.forward(days=3)
    asked: list[str] = []

    def sweep_between(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        is_between = bool(asked) and asked[-1].startswith("INSERT INTO attempts")
        asked.append(statement)
        if is_between:
            with psycopg.connect(database_url) as connection:
                connection.execute(
                    "DELETE FROM attempts WHERE key IN (SELECT key FROM attempts FOR UPDATE SKIP LOCKED)"
                )

    engine = world.database._engine.sync_engine
    event.listen(engine, "before_cursor_execute", sweep_between)
    await guess()
    event.remove(engine, "before_cursor_execute", sweep_between)
    assert any(statement.startswith("INSERT INTO attempts") for statement in asked)


async def test_a_session_that_cannot_be_noted_as_seen_holds_all_the_same(world: AccountsWorld) -> None:
    await world.person()
    opened = await world.sign_in()
    await world.run("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'read only'; END $$")
    await world.run("CREATE TRIGGER refuse BEFORE UPDATE ON sessions FOR EACH ROW EXECUTE FUNCTION refuse()")
    world.clock.forward(minutes=2)
    assert await world.accounts.resolve(opened.token) == opened.signed_in


async def test_a_hash_of_an_earlier_cost_is_made_anew_at_sign_in(world: AccountsWorld) -> None:
    ann = await world.person()
    await world.run("UPDATE users SET password_hash = 'old ' || password_hash")
    await world.sign_in()
    assert await world.value("SELECT password_hash FROM users WHERE id = :id", id=ann.id) == f"hash of {PASSWORD}"


async def test_a_banned_person_is_told_so_only_with_the_right_password(world: AccountsWorld) -> None:
    await world.person()
    opened = await world.sign_in()
    await world.accounts.roles.ban("ann@example.org", actor="cli:test")
    assert await world.accounts.resolve(opened.token) is None
    with pytest.raises(WrongCredentials):
        await world.accounts.sign_in("ann@example.org", "wrong", HOME)
    with pytest.raises(AccountClosed):
        await world.sign_in()


async def test_tries_and_lengths_are_counted_and_addresses_are_not(world: AccountsWorld) -> None:
    ann = await world.person()
    opened = await world.sign_in()
    for _ in range(6):
        with pytest.raises((WrongCredentials, TooManyTries)):
            await world.accounts.sign_in("ann@example.org", "wrong", HOME)
    world.clock.forward(minutes=20)
    await world.accounts.revoke(opened.signed_in, opened.signed_in.session_id)
    outcomes = world.recording.outcomes(Kind.SIGN_IN, "password")
    assert outcomes == [Outcome.OK, *[Outcome.REFUSED] * 5, Outcome.LIMITED]
    assert world.recording.outcomes(Kind.REFUSAL, "back_off") == [Outcome.LIMITED]
    first, *_, last = world.recording.events
    assert (first.who, first.person) == (Who.USER, ann.id)
    assert (last.kind, last.value, last.person) == (Kind.SESSION_LENGTH, 20 * 60_000, ann.id)
    assert "ann@" not in everything_in(world.recording.events)


async def test_what_nobody_can_use_any_more_is_swept(world: AccountsWorld) -> None:
    await world.person()
    await world.sign_in()
    await world.accounts.resets.request("ann@example.org", HOME)
    with pytest.raises(WrongCredentials):
        await world.accounts.sign_in("ann@example.org", "wrong", ELSEWHERE)
    world.clock.forward(days=31)
    kept = await world.sign_in()
    assert await sweep_accounts(world.database, world.settings, world.clock, world.recording) == 1
    assert await world.value("SELECT id FROM sessions") == kept.signed_in.session_id
    assert await world.value("SELECT count(*) FROM account_tokens") == 0
    # What is left: the usual place and the counters that this day's sign-in touched.
    assert await world.value("SELECT count(*) FROM attempts WHERE last_failed_at < :now", now=world.clock.now()) == 0
    assert world.recording.outcomes(Kind.SESSION_LENGTH) == [Outcome.OK]


async def test_a_broken_database_counts_as_our_fault_not_as_the_persons(tmp_path: Path, database: Database) -> None:
    world = accounts_world(Database("postgresql://nobody@127.0.0.1:1/none"), tmp_path)
    with pytest.raises(Exception, match="does not answer"):
        await world.sign_in()
    assert world.recording.outcomes(Kind.SIGN_IN) == [Outcome.SERVER_ERROR]
