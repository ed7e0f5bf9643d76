"""The pages on NiceGUI's application, with a hand-written service behind them and simulated visitors in front."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest_asyncio
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

import pages
from core.bootstrap import Services
from core.config import Settings
from tests.fake_batches import FakeBatches
from tests.fakes import FakeAccounts, FakeSummaries


@pytest_asyncio.fixture
async def summaries() -> FakeSummaries:
    return FakeSummaries()


@pytest_asyncio.fixture
async def batches() -> FakeBatches:
    return FakeBatches()


@pytest_asyncio.fixture
async def visitor(summaries: FakeSummaries, batches: FakeBatches, tmp_path: Path) -> AsyncIterator[User]:
    """A person with a browser of their own; `visitor.http_client` shares their cookies."""
    settings = Settings(data_dir=tmp_path)
    async with user_simulation() as user:
        services = SimpleNamespace(summaries=summaries, batches=batches, accounts=FakeAccounts(), settings=settings)
        pages.register(cast("Services", services))
        user.http_client.headers["accept"] = "text/html"
        yield user
