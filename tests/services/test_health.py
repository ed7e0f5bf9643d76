from __future__ import annotations

from core.bootstrap import StartingDatabase
from core.clock import SystemClock
from core.db.database import Database
from core.services.health import Health


async def reachable() -> bool:
    return True


async def unreachable() -> bool:
    raise OSError("no route")


async def test_a_service_without_a_key_is_healthy_and_says_that_none_is_set(database: Database) -> None:
    report = await Health(database=database, clock=SystemClock(), openai=None).check()
    assert (report.status, report.database, report.openai) == ("healthy", "connected", "not configured")
    assert report.http_status == 200
    assert report.timestamp.endswith("+00:00")


async def test_a_model_out_of_reach_degrades_the_service_but_does_not_stop_it(database: Database) -> None:
    report = await Health(database=database, clock=SystemClock(), openai=unreachable).check()
    assert (report.status, report.openai, report.http_status) == ("degraded", "unreachable", 200)
    report = await Health(database=database, clock=SystemClock(), openai=reachable).check()
    assert (report.status, report.openai) == ("healthy", "available")


async def test_without_its_database_the_service_is_out_of_order() -> None:
    for database in (
        Database("postgresql://nobody@127.0.0.1:9/nothing"),  # the discard port: nobody listens
        StartingDatabase(app_name="test"),
    ):
        report = await Health(database=database, clock=SystemClock(), openai=None).check()
        assert (report.status, report.database, report.http_status) == ("unhealthy", "disconnected", 503)
        await database.close()


async def test_the_parts_are_asked_once_for_many_who_ask(database: Database) -> None:
    asked = 0

    async def probe() -> bool:
        nonlocal asked
        asked += 1
        return True

    health = Health(database=database, clock=SystemClock(), openai=probe)
    assert await health.check() is await health.check()
    assert asked == 1
