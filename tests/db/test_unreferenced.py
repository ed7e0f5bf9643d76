from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from core.db.database import Database
from core.db.queries.unreferenced import delete_unreferenced
from core.domain.run import RunState
from tests.factories.aged import fill, run_sql
from tests.factories.applications import ANN, BOB, final_state, services_on, settings_for, worker_on
from tests.factories.captions import upload


async def sweep(database: Database, *, after: timedelta, most: int = 10) -> tuple[int, int]:
    """A sweep of what ended more than a day before the moment `after` now."""
    before = datetime.now(UTC) + after - timedelta(days=1)
    async with database.transaction() as session:
        return await delete_unreferenced(session, before=before, cached_before=before, most=most)


async def test_only_what_nobody_points_at_is_swept_and_only_once_it_is_old(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path)
    async with services_on(database_url, settings) as services, worker_on(database_url, settings):
        kept = await services.summaries.submit(upload(seed=1), ANN)
        dropped = await services.summaries.submit(upload(seed=2), ANN)
        for each in (kept, dropped):
            await final_state(services, each)
        await services.summaries.delete(dropped, ANN)
        assert await sweep(database, after=timedelta(0)) == (0, 0)
        assert await sweep(database, after=timedelta(days=2)) == (1, 1)
        assert (await services.summaries.get(kept, ANN)).document["tldr"]
        again = await final_state(services, await services.summaries.submit(upload(seed=2), BOB), BOB)
        assert again.state is RunState.DONE


async def test_a_version_that_another_run_took_over_outlives_its_own_run(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, summary_cache_ttl_s=0)
    async with services_on(database_url, settings) as services, worker_on(database_url, settings):
        first = await services.summaries.submit(upload(), ANN)
        await final_state(services, first)
        second = await services.summaries.submit(upload(), BOB)
        await final_state(services, second, BOB)
        await services.summaries.delete(first, ANN)
        assert await sweep(database, after=timedelta(days=2)) == (0, 0)
        assert (await services.summaries.get(second, BOB)).document["tldr"]
    async with database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM summary_versions")) == 1


async def test_after_an_archival_what_is_left_goes_so_many_at_a_time(database: Database, database_url: str) -> None:
    """One statement over all of it would run into its time limit, and the next hour's too."""
    fill(database_url, runs=5)
    run_sql(database_url, "DELETE FROM summaries")
    counts = [await sweep(database, after=timedelta(days=365), most=2) for _ in range(4)]
    assert counts == [(2, 2), (2, 2), (1, 1), (0, 0)]
