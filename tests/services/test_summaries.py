from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from core.bootstrap import Services
from core.db.database import Database, driver_connection
from core.domain.library import AddressRequest, CaptionsRequest
from core.domain.owner import Owner
from core.domain.run import RunState
from core.errors import Conflict, InvalidInput, NotFound, TooLarge
from core.jobs.queue import QueuedJobs, build_queue
from tests.factories.applications import ANN, BOB, final_state, services_on, settings_for, worker_on
from tests.factories.captions import upload

VIDEO = AddressRequest(address="https://youtu.be/GJLlxj_dtq8?t=83")
TABLES = ("summaries", "runs", "transcripts", "progress_tracking", "procrastinate_jobs")


@pytest.fixture
async def services(database_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    async with services_on(database_url, settings_for(tmp_path)) as services:
        yield services


async def counts(database: Database) -> dict[str, int]:
    async with database.read() as session:
        return {name: await session.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in TABLES}


async def test_a_submission_stores_summary_run_progress_and_job_together(services: Services) -> None:
    summary_id = await services.summaries.submit(upload(), ANN)
    assert await counts(services.database) == dict.fromkeys(TABLES, 1)
    state = await services.summaries.get(summary_id, ANN)
    assert state.state is RunState.QUEUED
    assert state.has_transcript
    assert state.document["progress"]["stage"] == "queued"
    assert [stage["name"] for stage in state.document["progress"]["stages"]][:2] == ["queued", "reading"]
    assert state.document["video"]["title"] == "A talk"


async def test_the_address_tells_where_to_start_and_words_are_yet_to_come(services: Services) -> None:
    summary_id = await services.summaries.submit(VIDEO, ANN)
    state = await services.summaries.get(summary_id, ANN)
    assert state.start_s == 83
    assert state.document["video"]["id"] == "GJLlxj_dtq8"
    assert "fetching_captions" in [stage["name"] for stage in state.document["progress"]["stages"]]
    with pytest.raises(NotFound):
        await services.summaries.transcript(summary_id, ANN)


async def test_twenty_people_asking_for_one_video_at_once_share_one_run(services: Services) -> None:
    people = [Owner.anonymous(f"secret {n}") for n in range(20)]
    ids = await asyncio.gather(*(services.summaries.submit(VIDEO, person) for person in people))
    assert len(set(ids)) == 20
    found = await counts(services.database)
    assert (found["summaries"], found["runs"], found["procrastinate_jobs"]) == (20, 1, 1)


async def test_all_who_wait_for_a_run_get_its_summary_and_the_next_gets_it_at_once(
    services: Services, database_url: str, tmp_path: Path
) -> None:
    ann = await services.summaries.submit(upload(), ANN)
    bob = await services.summaries.submit(upload(), BOB)
    async with worker_on(database_url, settings_for(tmp_path)):
        first, second = await asyncio.gather(final_state(services, ann), final_state(services, bob, BOB))
    assert first.document["tldr"]
    assert first.document["tldr"] == second.document["tldr"]
    assert "progress" not in first.document
    later = await services.summaries.submit(upload(), Owner.anonymous("latecomer"))
    state = await services.summaries.get(later, Owner.anonymous("latecomer"))
    assert state.state is RunState.DONE
    assert state.document["video"]["duration_s"] == 200.0
    assert (await counts(services.database))["runs"] == 1


async def test_an_answer_older_than_the_cache_is_made_again_but_not_written_twice(
    database_url: str, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, summary_cache_ttl_s=0)
    async with services_on(database_url, settings) as services, worker_on(database_url, settings):
        first = await final_state(services, await services.summaries.submit(upload(), ANN))
        again = await final_state(services, await services.summaries.submit(upload(), ANN))
        async with services.database.read() as session:
            versions = await session.scalar(text("SELECT count(*) FROM summary_versions"))
        runs = (await counts(services.database))["runs"]
    assert (runs, versions) == (2, 1)
    assert first.document["tldr"] == again.document["tldr"]


async def test_the_row_and_its_job_are_rolled_back_together(services: Services) -> None:
    class FailingJobs(QueuedJobs):
        async def enqueue_run(self, connection: object, run_id: uuid.UUID) -> None:
            await super().enqueue_run(connection, run_id)
            raise RuntimeError("the power went out")

    services.summaries._jobs = FailingJobs(build_queue("postgresql://"))
    with pytest.raises(RuntimeError, match="power"):
        await services.summaries.submit(upload(), ANN)
    assert await counts(services.database) == dict.fromkeys(TABLES, 0)


async def test_a_job_is_seen_only_once_its_transaction_is_committed(services: Services) -> None:
    jobs = QueuedJobs(build_queue("postgresql://"))
    async with services.database.transaction() as session:
        await jobs.enqueue_run(await driver_connection(session), uuid.uuid4())
        assert (await counts(services.database))["procrastinate_jobs"] == 0
    assert (await counts(services.database))["procrastinate_jobs"] == 1


@pytest.mark.parametrize(
    ("request_", "refusal"),
    [
        (AddressRequest(address="https://example.org/watch?v=GJLlxj_dtq8"), InvalidInput),
        (AddressRequest(address=""), InvalidInput),
        (CaptionsRequest(content=b"", filename="empty.srt"), InvalidInput),
        (CaptionsRequest(content=b"PK\x03\x04" + bytes(500), filename="talk.srt"), InvalidInput),
        (CaptionsRequest(content=b"1\n00:00:00,000 --> 00:00:02,000\n[Music]\n", filename="a.srt"), InvalidInput),
        (CaptionsRequest(content=b"word " * 3_000_000, filename="long.txt"), TooLarge),
    ],
    ids=["other host", "nothing", "empty file", "archive", "only music", "15 MB"],
)
async def test_what_is_refused_leaves_nothing_behind(
    services: Services, request_: AddressRequest | CaptionsRequest, refusal: type[InvalidInput]
) -> None:
    with pytest.raises(refusal):
        await services.summaries.submit(request_, ANN)
    assert await counts(services.database) == dict.fromkeys(TABLES, 0)


async def test_a_stranger_finds_nothing_and_changes_nothing(services: Services) -> None:
    summary_id = await services.summaries.submit(upload(), ANN)
    account = Owner(user_id="user_1", anonymous_id=None)
    for stranger in (BOB, account, Owner(user_id=ANN.user_id, anonymous_id=None)):
        for call in (
            services.summaries.get,
            services.summaries.transcript,
            services.summaries.cancel,
            services.summaries.retry,
            services.summaries.delete,
        ):
            with pytest.raises(NotFound):
                await call(summary_id, stranger)
        with pytest.raises(NotFound):
            await anext(services.summaries.watch(summary_id, stranger))
        assert (await services.summaries.list_page(stranger)).items == ()
    assert (await services.summaries.get(summary_id, ANN)).state is RunState.QUEUED


async def test_cancelling_a_shared_run_stops_it_for_one_person_only(services: Services) -> None:
    ann, bob = await services.summaries.submit(VIDEO, ANN), await services.summaries.submit(VIDEO, BOB)
    await services.summaries.cancel(ann, ANN)
    assert (await services.summaries.get(ann, ANN)).state is RunState.CANCELLED
    assert (await services.summaries.get(bob, BOB)).state is RunState.QUEUED
    await services.summaries.cancel(bob, BOB)
    assert (await services.summaries.get(bob, BOB)).state is RunState.CANCELLED
    async with services.database.read() as session:
        states = (await session.scalars(text("SELECT state FROM runs"))).all()
    assert states == ["cancelled", "cancelled"]
    with pytest.raises(Conflict):
        await services.summaries.cancel(ann, ANN)


async def test_a_cancelled_summary_can_be_asked_for_again(
    services: Services, database_url: str, tmp_path: Path
) -> None:
    summary_id = await services.summaries.submit(upload(), ANN)
    with pytest.raises(Conflict):
        await services.summaries.retry(summary_id, ANN)
    await services.summaries.cancel(summary_id, ANN)
    await services.summaries.retry(summary_id, ANN)
    async with worker_on(database_url, settings_for(tmp_path)):
        assert (await final_state(services, summary_id)).state is RunState.DONE
    with pytest.raises(Conflict):
        await services.summaries.retry(summary_id, ANN)
    with pytest.raises(Conflict):
        await services.summaries.cancel(summary_id, ANN)


async def test_deleting_the_last_one_who_waits_cancels_the_run(services: Services) -> None:
    ann, bob = await services.summaries.submit(VIDEO, ANN), await services.summaries.submit(VIDEO, BOB)
    await services.summaries.delete(ann, ANN)
    assert (await services.summaries.get(bob, BOB)).state is RunState.QUEUED
    await services.summaries.delete(bob, BOB)
    async with services.database.read() as session:
        assert await session.scalar(text("SELECT state FROM runs")) == "cancelled"
    with pytest.raises(NotFound):
        await services.summaries.get(ann, ANN)


async def test_the_library_is_paged_newest_first_without_gaps_or_repeats(services: Services) -> None:
    ids = [await services.summaries.submit(upload(seed=n, title=f"Talk {n}"), ANN) for n in range(5)]
    await services.summaries.submit(upload(), BOB)
    seen, cursor = [], None
    for _ in range(3):
        page = await services.summaries.list_page(ANN, cursor=cursor, limit=2)
        assert page.total == 5
        seen += [item.id for item in page.items]
        cursor = page.next_cursor
    assert seen == ids[::-1]
    assert cursor is None
    for nonsense in ("x", "bm90IGEgY3Vyc29y", "é"):
        with pytest.raises(InvalidInput):
            await services.summaries.list_page(ANN, cursor=nonsense)


async def test_the_library_tells_gist_tags_and_how_many_lines_are_supported(
    services: Services, database_url: str, tmp_path: Path
) -> None:
    summary_id = await services.summaries.submit(upload(), ANN)
    async with worker_on(database_url, settings_for(tmp_path)):
        document = (await final_state(services, summary_id)).document
    [item] = (await services.summaries.list_page(ANN)).items
    points = [point for chapter in document["chapters"] for point in chapter["points"]]
    lines = [*document["tldr"], *points, *document["key_moments"]]
    assert item.gist == document["tldr"][0]["text"]
    assert item.tags == tuple(tag["name"] for tag in document["tags"])
    assert (item.lines, item.supported_lines) == (len(lines), sum(line["supported"] for line in lines))
    words = await services.summaries.transcript(summary_id, ANN)
    assert words.etag == document["transcript"]["sha256"] == words.transcript.sha256
