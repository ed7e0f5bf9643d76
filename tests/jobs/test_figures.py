"""What the operators' figures hold once a summary was asked for, made, failed, stopped, or served from earlier work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from core.bootstrap import Services
from core.config import Settings
from core.domain.library import AddressRequest
from core.domain.owner import Owner
from core.domain.request_ids import new_request_id
from core.domain.run import RunState
from core.errors import InvalidInput
from core.logging import request_id
from tests.factories.applications import ANN, BOB, final_state, until, worker_on
from tests.factories.captions import upload
from tests.fakes import NOON
from tests.jobs.conftest import SilentProxy
from tests.jobs.test_runs import PATIENT, VIDEO, put_engine
from tests.world.scenarios import SCENARIOS
from tests.world.youtube import FakeYouTube

Figures = dict[tuple[str, str, str], int]
Read = Callable[[], Awaitable[Figures]]


@pytest.fixture
def read(services: Services) -> Read:
    """Events by kind, name and outcome, of both processes; the worker has written its own when it ends."""

    async def figures() -> Figures:
        await services.telemetry.flush()
        async with services.database.read() as session:
            rows = await session.execute(
                text(
                    "SELECT kind, name, outcome, sum(count)::int FROM rollup_minutes JOIN series ON id = series_id"
                    " GROUP BY 1, 2, 3"
                )
            )
            return {(kind, name, outcome): count for kind, name, outcome, count in rows}

    return figures


async def details(services: Services, kind: str) -> list[dict[str, object] | None]:
    statement = text("SELECT detail FROM events JOIN series ON id = series_id WHERE kind = :kind")
    async with services.database.read() as session:
        return list(await session.scalars(statement, {"kind": kind}))


def only(figures: Figures, *kinds: str) -> Figures:
    return {key: count for key, count in figures.items() if key[0] in kinds}


async def test_a_finished_summary_is_counted_with_its_stages_its_lines_and_its_wait(
    services: Services, settings: Settings, database_url: str, read: Read
) -> None:
    summary_id = await services.summaries.submit(upload(), ANN)
    async with worker_on(database_url, settings):
        state = await final_state(services, summary_id)
    figures = await read()
    lines = [*state.document["tldr"], *state.document["key_moments"]]
    lines += [point for chapter in state.document["chapters"] for point in chapter["points"]]
    supported = sum(line["supported"] for line in lines)
    assert only(figures, "submit") == {("submit", "file", "ok"): 1}
    [(_, band, outcome)] = only(figures, "summary")
    assert (band, outcome) == ("under 5 min", "ok")
    assert only(figures, "engine", "language", "coverage") == {
        ("engine", "offline", "ok"): 1, ("language", "en", "ok"): 1, ("coverage", "offline", "ok"): 1,
    }  # fmt: skip
    assert figures["lines", "supported", "ok"] == supported
    assert figures.get(("lines", "unsupported", "ok"), 0) == len(lines) - supported
    assert {name for _, name, _ in only(figures, "stage")} == {"queued", "reading", "chapters", "writing", "checking"}
    assert figures["cache", "summary", "miss"] == 1
    async with services.database.read() as session:
        waited, took = (
            await session.execute(
                text(
                    "SELECT value, extract(epoch FROM finished_at - created_at) * 1000 AS took"
                    " FROM events JOIN series ON series.id = series_id, runs WHERE kind = 'summary'"
                )
            )
        ).one()
    assert waited == pytest.approx(float(took), rel=1e-3)


async def test_whoever_asked_is_found_again_by_the_number_of_their_request(
    services: Services, settings: Settings, database_url: str, read: Read
) -> None:
    number = new_request_id(NOON)
    token = request_id.set(number.hex)
    summary_id = await services.summaries.submit(upload(), ANN)
    request_id.reset(token)
    async with worker_on(database_url, settings):
        await final_state(services, summary_id)
    await read()
    async with services.database.read() as session:
        assert await session.scalar(text("SELECT request_id FROM runs")) == number
        kinds = await session.scalars(
            text("SELECT DISTINCT kind FROM events JOIN series ON id = series_id WHERE request_id = :number"),
            {"number": number},
        )
        assert {"submit", "summary", "stage", "engine", "query"} <= set(kinds)


async def test_all_who_wait_for_one_run_are_counted_and_who_comes_later_is_served_at_once(
    services: Services, settings: Settings, database_url: str, read: Read
) -> None:
    first = await services.summaries.submit(upload(), ANN)
    await services.summaries.submit(upload(), BOB)
    async with worker_on(database_url, settings):
        await final_state(services, first)
    await services.summaries.submit(upload(), BOB)
    figures = await read()
    assert only(figures, "summary") == {
        ("summary", "under 5 min", "ok"): 2, ("summary", "under 5 min", "cached"): 1
    }  # fmt: skip
    assert only(figures, "submit") == {("submit", "file", "ok"): 2, ("submit", "file", "cached"): 1}
    assert figures["engine", "offline", "ok"] == 2
    assert (figures["cache", "summary", "miss"], figures["cache", "summary", "hit"]) == (2, 1)
    async with services.database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM visitors")) == 2


async def test_the_calls_of_the_engines_process_are_recorded_in_the_worker(
    services: Services, settings: Settings, database_url: str, youtube: FakeYouTube, read: Read
) -> None:
    video = SCENARIOS["talk"]
    summary_id = await services.summaries.submit(AddressRequest(address=video.url), ANN)
    async with worker_on(database_url, settings):
        assert (await final_state(services, summary_id)).state is RunState.DONE
    figures = await read()
    calls = only(figures, "call")
    assert {name for _, name, _ in calls} == {"youtube.watch", "youtube.player", "youtube.captions"}
    assert sum(calls.values()) == len(youtube.requests_for(video.video_id))
    assert figures["rung", "youtube", "ok"] == 1
    assert (figures["cache", "captions", "miss"], figures["cache", "metadata", "miss"]) == (1, 1)
    assert ("stage", "fetching_captions", "ok") in figures


async def test_a_failure_is_counted_with_its_code_and_where_it_happened(
    services: Services, settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch, read: Read
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # the discard port: nobody listens
    summary_id = await services.summaries.submit(VIDEO, ANN)
    async with worker_on(database_url, settings):
        await final_state(services, summary_id)
    figures = await read()
    assert only(figures, "summary", "rung") == {
        ("summary", "unknown", "failed"): 1, ("rung", "youtube", "failed"): 1
    }  # fmt: skip
    assert figures["stage", "fetching_captions", "failed"] == 1
    assert [detail["code"] for detail in await details(services, "summary") if detail] == ["proxy_failed"]
    assert [detail["code"] for detail in await details(services, "rung") if detail] == ["proxy_failed"]
    assert {outcome for _, _, outcome in only(figures, "call")} == {"failed"}


async def test_a_run_that_used_up_its_time_is_a_timeout(
    services: Services, settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch, read: Read
) -> None:
    put_engine(monkeypatch, "writing")
    summary_id = await services.summaries.submit(upload(), ANN)
    async with worker_on(database_url, settings.model_copy(update={"job_timeout_s": 1})):
        await final_state(services, summary_id)
    figures = await read()
    assert only(figures, "summary") == {("summary", "under 5 min", "timeout"): 1}
    assert figures["stage", "writing", "failed"] == 1


async def test_what_a_person_stops_is_no_failure(
    services: Services, settings: Settings, database_url: str, hanging_youtube: SilentProxy, read: Read
) -> None:
    stopped = await services.summaries.submit(VIDEO, ANN)
    async with worker_on(database_url, settings.model_copy(update=PATIENT)):
        await until(lambda: hanging_youtube.calls)
        await services.summaries.cancel(stopped, ANN)
    deleted = await services.summaries.submit(VIDEO, BOB)
    await services.summaries.delete(deleted, BOB)
    figures = await read()
    assert only(figures, "summary") == {("summary", "unknown", "cancelled"): 2}


async def test_a_submission_that_cannot_be_carried_out_is_the_callers(services: Services, read: Read) -> None:
    with pytest.raises(InvalidInput):
        await services.summaries.submit(AddressRequest(address="https://example.org/"), ANN)
    assert only(await read(), "submit", "summary") == {("submit", "address", "client_error"): 1}


async def test_a_person_with_an_account_is_active_by_making_and_by_reading(services: Services, read: Read) -> None:
    maker = Owner(user_id=str(uuid4()), anonymous_id=None)
    summary_id = await services.summaries.submit(upload(), maker)
    await services.summaries.get(summary_id, maker)
    await services.summaries.submit(upload(), ANN)
    await read()
    async with services.database.read() as session:
        assert list(await session.scalars(text("SELECT user_id FROM active_days"))) == [UUID(maker.user_id)]
        people = await session.scalars(
            text("SELECT person FROM events JOIN series ON id = series_id WHERE kind = 'submit' AND who = 'user'")
        )
        assert list(people) == [UUID(maker.user_id)]


async def test_the_worker_samples_queue_and_server_and_makes_room(
    services: Services, settings: Settings, database_url: str, read: Read
) -> None:
    await services.summaries.submit(upload(), ANN)
    async with worker_on(database_url, settings):
        await until_recorded(services, "queue_depth")
    figures = await read()
    queues = {name for kind, name, _ in figures if kind == "queue_depth"}
    assert queues == {"summarization", "batches", "maintenance", "mail"}
    assert {"connections", "database_size", "queue_age"} <= {kind for kind, _, _ in figures}
    async with services.database.read() as session:
        partitions = await session.scalar(text("SELECT count(*) FROM pg_inherits WHERE inhparent = 'events'::regclass"))
        size = await session.scalar(
            text("SELECT max(value) FROM events JOIN series ON id = series_id WHERE kind = 'database_size'")
        )
    assert partitions >= 4
    assert 5 < size < 100


async def until_recorded(services: Services, kind: str) -> None:
    async def is_there() -> bool:
        statement = text("SELECT 1 FROM rollup_minutes JOIN series ON id = series_id WHERE kind = :kind LIMIT 1")
        async with services.database.read() as session:
            return await session.scalar(statement, {"kind": kind}) is not None

    async with asyncio.timeout(20):
        while not await is_there():  # noqa: ASYNC110  # what is waited for rings no bell
            await asyncio.sleep(0.1)
