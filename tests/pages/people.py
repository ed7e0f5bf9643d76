"""The pages with real accounts behind them, and browsers that people sign in with."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from uuid import UUID

import httpx
from nicegui import core
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation
from sqlalchemy import text
from starlette.middleware import Middleware

import pages
from core.api.accounts import SignedInReader
from core.bootstrap import Services
from core.db.database import Database
from tests.factories.accounts import PASSWORD, AccountsWorld, accounts_world
from tests.fake_batches import FakeBatches
from tests.fakes import FakeSummaries

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Site:
    """A running application. `visitor` is a person whose open pages are simulated too."""

    def __init__(self, world: AccountsWorld, summaries: FakeSummaries, visitor: User) -> None:
        self.world = world
        self.summaries = summaries
        self.visitor = visitor

    async def sessions(self) -> list[tuple[str, UUID]]:
        """E-mail and session of everybody who is signed in."""
        async with self.world.database.read() as session:
            rows = await session.execute(text("SELECT u.email, s.id FROM sessions s JOIN users u ON u.id = s.user_id"))
            return [(row.email, row.id) for row in rows]

    @asynccontextmanager
    async def browser(self) -> AsyncIterator[httpx.AsyncClient]:
        """Another browser, with cookies of its own."""
        transport = httpx.ASGITransport(core.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            client.headers.update({"accept": "text/html", "user-agent": FIREFOX})
            yield client


@asynccontextmanager
async def site_on(database: Database, folder: Path, **settings: object) -> AsyncIterator[Site]:
    world, summaries = accounts_world(database, folder, **settings), FakeSummaries()
    services = SimpleNamespace(
        summaries=summaries, batches=FakeBatches(), accounts=world.accounts, settings=world.settings
    )
    async with user_simulation() as visitor:
        pages.register(cast("Services", services))
        # Inside of the session's middleware, as core.api.register puts it.
        core.app.user_middleware.append(Middleware(SignedInReader, accounts=world.accounts))
        visitor.http_client.headers.update({"accept": "text/html", "user-agent": FIREFOX})
        yield Site(world, summaries, visitor)


async def sign_in(client: httpx.AsyncClient, email: str = "ann@example.org", **fields: str) -> httpx.Response:
    return await client.post("/sign-in", data={"email": email, "password": PASSWORD, **fields})


def wrong_beside(html: str) -> dict[str, str]:
    """What stands under each field of a form that is refused, by the field's name."""
    found = re.findall(r'id="(\w+)-note" role="alert">([^<]+)<', html)
    return dict(found)
