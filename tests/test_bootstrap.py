from __future__ import annotations

from pathlib import Path

import pytest

from core.bootstrap import build_services, open_services
from core.config import Settings
from core.db.migrate import PendingMigrations
from core.domain.run import RunState
from core.errors import Unavailable
from tests.factories.applications import ANN
from tests.factories.captions import upload


def settings_on(database_url: str, data_dir: Path) -> Settings:
    return Settings(data_dir=data_dir, database_url=database_url, database_direct_url=database_url)


async def test_services_are_built_without_a_database_and_say_so_until_they_are_started(tmp_path: Path) -> None:
    services = build_services(Settings(data_dir=tmp_path))
    with pytest.raises(Unavailable):
        await services.summaries.submit(upload(), ANN)
    assert (await services.health.check()).http_status == 503
    await services.close()


async def test_started_services_take_submissions(database_url: str, tmp_path: Path) -> None:
    async with open_services(settings_on(database_url, tmp_path), app_name="test") as services:
        summary_id = await services.summaries.submit(upload(), ANN)
        assert (await services.summaries.get(summary_id, ANN)).state is RunState.QUEUED
        assert (await services.health.check()).status == "healthy"


async def test_an_operators_database_without_our_tables_is_refused_with_what_to_do(
    empty_database_url: str, tmp_path: Path
) -> None:
    with pytest.raises(PendingMigrations, match="sightline migrate"):
        async with open_services(settings_on(empty_database_url, tmp_path)):
            pass
