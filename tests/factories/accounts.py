"""People with accounts on a test's own database: quick hashes, a clock moved by hand, mails that stay in a list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import text

from core.config import Settings
from core.db.database import Database
from core.db.queries.users import insert_user
from core.domain.account import Account, OpenedSession, Purpose, Visit
from core.domain.permissions import Role
from core.services.accounts import Accounts
from core.services.accounts.links import Links
from tests.factories.clocks import HeldClock
from tests.fakes import FakeRecording

PASSWORD = "a walk along the river"
HOME = Visit(address="192.0.2.7", agent="Firefox on Linux")
ELSEWHERE = Visit(address="198.51.100.9", agent="Chrome on Windows")


class CountingHasher:
    """No secret at all, and quick; counts how much slow work there would have been."""

    def __init__(self) -> None:
        self.hashed = 0
        self.verified = 0

    def hash(self, password: str) -> str:
        self.hashed += 1
        return f"hash of {password}"

    def verify(self, password: str, password_hash: str) -> bool:
        self.verified += 1
        return password_hash.removeprefix("old ") == f"hash of {password}"

    def is_outdated(self, password_hash: str) -> bool:
        return password_hash.startswith("old ")


class ListedJobs:
    """The port Jobs; only mails are asked for here."""

    def __init__(self) -> None:
        self.mails: list[tuple[UUID, str]] = []

    async def enqueue_run(self, connection: object, run_id: UUID) -> None:
        raise AssertionError("accounts start no runs")

    async def enqueue_archive_run(self, connection: object, run_id: UUID) -> None:
        raise AssertionError("accounts archive nothing")

    async def enqueue_batch(self, connection: object, batch_id: UUID) -> None:
        raise AssertionError("accounts begin no batches")

    async def enqueue_mail(self, connection: object, token_id: UUID, origin: str) -> None:
        self.mails.append((token_id, origin))


@dataclass
class AccountsWorld:
    """Accounts with everything around them in hand."""

    database: Database
    settings: Settings
    accounts: Accounts
    links: Links
    clock: HeldClock = field(default_factory=HeldClock)
    hasher: CountingHasher = field(default_factory=CountingHasher)
    recording: FakeRecording = field(default_factory=FakeRecording)
    jobs: ListedJobs = field(default_factory=ListedJobs)

    async def person(self, email: str = "ann@example.org", password: str = PASSWORD, role: Role = Role.USER) -> Account:
        """Somebody whose address was proved long ago."""
        async with self.database.transaction() as session:
            made = await insert_user(
                session, email=email, password_hash=f"hash of {password}", role=role, now=self.clock.now()
            )
        assert made is not None
        return made

    async def sign_in(self, email: str = "ann@example.org", visit: Visit = HOME) -> OpenedSession:
        return await self.accounts.sign_in(email, PASSWORD, visit)

    def last_secret(self) -> str:
        """What stands at the end of the link in the newest mail."""
        return self.links.secret(self.jobs.mails[-1][0])

    async def purpose_of_last(self) -> Purpose:
        return Purpose(await self.value("SELECT purpose FROM account_tokens WHERE id = :id", id=self.jobs.mails[-1][0]))

    async def value(self, sql: str, **parameters: object) -> object:
        async with self.database.read() as session:
            return await session.scalar(text(sql), parameters)

    async def run(self, sql: str, **parameters: object) -> None:
        async with self.database.transaction() as session:
            await session.execute(text(sql), parameters)

    async def summary_of(self, anonymous_id: str) -> UUID:
        """A summary that an anonymous browser made, with the mark that it made one."""
        run_id, summary_id = uuid4(), uuid4()
        await self.run(
            "INSERT INTO runs (id, request_key, engine, options, state) VALUES (:id, :key, 'offline', '{}', 'queued')",
            id=run_id, key=str(run_id),
        )  # fmt: skip
        await self.run(
            "INSERT INTO summaries (id, user_id, anonymous_id, run_id) VALUES (:id, 'ANONYMOUS_USER', :owner, :run)",
            id=summary_id, owner=anonymous_id, run=run_id,
        )  # fmt: skip
        await self.run(
            "INSERT INTO visitors (anonymous_id, first_summary_at) VALUES (:id, :now) ON CONFLICT DO NOTHING",
            id=anonymous_id, now=self.clock.now(),
        )  # fmt: skip
        return summary_id

    async def owner_of(self, summary_id: UUID) -> tuple[object, object]:
        async with self.database.read() as session:
            row = await session.execute(
                text("SELECT user_id, anonymous_id FROM summaries WHERE id = :id"), {"id": summary_id}
            )
            return tuple(row.one())  # type: ignore[return-value]


def accounts_world(database: Database, folder: Path, **settings: object) -> AccountsWorld:
    made = Settings(data_dir=folder, secret_key="for these tests only", **settings)
    clock, hasher, recording, jobs = HeldClock(), CountingHasher(), FakeRecording(), ListedJobs()
    accounts = Accounts(
        database=database, jobs=jobs, recording=recording, clock=clock, settings=made, hasher=hasher,
        origin="http://sightline.test",
    )  # fmt: skip
    return AccountsWorld(database, made, accounts, Links(made), clock, hasher, recording, jobs)


def everything_in(rows: Iterable[object]) -> str:
    """All of it as one text, to look for what must not stand in it."""
    return "\n".join(str(row) for row in rows)
