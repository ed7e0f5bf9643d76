"""What stays, what goes along, and what happens when others touch the same rows."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from core.archiving import aged_rows, archiver
from core.archiving.archive_file import OpenArchive
from core.archiving.faults import Step
from core.db.database import Database
from core.db.queries import archive_counts
from core.db.queries.unreferenced import delete_unreferenced
from core.domain.archival import ArchiveState, HoldSubject, Policy
from core.domain.run import RunState
from core.errors import NotFound
from core.services.archival import Archival
from tests.factories.aged import BROWSER, NOW, Aged, copy_out, fill, run_sql
from tests.factories.applications import ANN, final_state, services_on, settings_for, worker_on
from tests.factories.archives import (
    ACTOR,
    Hook,
    archive_with,
    carry_out_with,
    over,
    restore_with,
    start,
    start_restoring,
)
from tests.factories.captions import upload


def present(url: str, ids: list[UUID]) -> set[UUID]:
    with psycopg.connect(url) as connection:
        return {row[0] for row in connection.execute("SELECT id FROM summaries WHERE id = ANY(%s)", (ids,))}


async def test_a_summary_under_legal_hold_stays_until_it_is_released(archival: Archival, database_url: str) -> None:
    aged = fill(database_url)
    held = aged.due[3]
    await archival.holds.place(HoldSubject.SUMMARY, str(held), reason="a court asked", actor=ACTOR)
    preview = await archival.preview(Policy.ANONYMOUS_SUMMARIES, ACTOR)
    assert preview.kept_back == (("under legal hold", 1),)
    run = await archive_with(archival, Policy.ANONYMOUS_SUMMARIES)
    assert run.done_rows == len(aged.due) - 1
    assert present(database_url, aged.due) == {held}
    await archival.holds.release(HoldSubject.SUMMARY, str(held), actor=ACTOR)
    assert (await archive_with(archival, Policy.ANONYMOUS_SUMMARIES)).done_rows == 1


async def test_everything_of_a_person_under_legal_hold_stays(archival: Archival, database_url: str) -> None:
    aged = fill(database_url)
    await archival.holds.place(HoldSubject.USER, BROWSER, reason="a court asked", actor=ACTOR)
    preview = await archival.preview(Policy.ANONYMOUS_SUMMARIES, ACTOR)
    assert (preview.rows, preview.kept_back) == (0, (("under legal hold", len(aged.due)),))


async def test_what_is_still_being_written_stays_however_old_it_is(archival: Archival, database_url: str) -> None:
    aged = fill(database_url)
    run_sql(
        database_url,
        "UPDATE runs SET state = 'queued' WHERE id = (SELECT run_id FROM summaries WHERE id = %s)",
        aged.due[0],
    )
    preview = await archival.preview(Policy.ANONYMOUS_SUMMARIES, ACTOR)
    [(reason, waiting)] = preview.kept_back
    assert (reason, waiting + preview.rows) == ("still being written", len(aged.due))
    await archive_with(archival, Policy.ANONYMOUS_SUMMARIES)
    assert aged.due[0] in present(database_url, aged.due)
    assert len(present(database_url, aged.due)) == waiting


async def test_progress_of_an_open_run_stays(archival: Archival, database_url: str) -> None:
    aged = fill(database_url)
    run_sql(database_url, "UPDATE progress_tracking SET created_at = created_at - interval '30 days'")
    run_sql(database_url, "UPDATE runs SET state = 'running' WHERE id = %s", aged.runs[0])
    run = await archive_with(archival, Policy.PROGRESS)
    assert run.done_rows == len(aged.runs) - 1
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT run_id FROM progress_tracking").fetchall() == [(aged.runs[0],)]


async def test_a_hold_that_is_placed_in_the_middle_of_a_slice_waits_for_it_and_says_whether_it_came_in_time(
    archival: Archival, database_url: str
) -> None:
    """Either the slice sees the hold, or the hold sees that the summary is gone: never a held summary deleted."""
    aged = fill(database_url)
    placed: list[str] = []

    def place() -> None:
        with psycopg.connect(database_url) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(7340201552)")
            row = connection.execute("SELECT count(*) FROM summaries WHERE id = %s", (aged.due[0],)).fetchone()
            placed.append("too late" if row == (0,) else "in time")

    thread = threading.Thread(target=place)
    run = await start(archival, Policy.ANONYMOUS_SUMMARIES)
    await carry_out_with(archival, run.id, Hook(Step.ROWS_LOCKED, thread.start))
    thread.join(5)
    assert placed == ["too late"]


async def test_rows_that_somebody_holds_are_passed_over_and_taken_once_they_are_free(
    archival: Archival, database_url: str
) -> None:
    aged = fill(database_url)
    run = await start(archival, Policy.ANONYMOUS_SUMMARIES)
    with psycopg.connect(database_url) as other:
        other.execute("SELECT 1 FROM summaries WHERE id = %s FOR UPDATE", (aged.due[0],))
        await carry_out_with(archival, run.id, Hook(Step.SLICE_COMMITTED, other.rollback))
    ended = await archival.run(run.id)
    assert (ended.state, ended.done_rows) == (ArchiveState.DONE, len(aged.due))


async def test_rows_that_stay_locked_are_left_for_another_day(archival: Archival, database_url: str) -> None:
    aged = fill(database_url)
    with psycopg.connect(database_url) as other:
        other.execute("SELECT 1 FROM summaries WHERE id = %s FOR UPDATE", (aged.due[0],))
        run = await archive_with(archival, Policy.ANONYMOUS_SUMMARIES)
        assert (run.state, run.done_rows) == (ArchiveState.DONE, len(aged.due) - 1)
    assert present(database_url, aged.due) == {aged.due[0]}


async def test_rows_that_would_be_deleted_along_are_archived_and_come_back(
    archival: Archival, database_url: str
) -> None:
    """A table that later refers to summaries with a cascade is found by itself."""
    aged = fill(database_url)
    run_sql(
        database_url, "CREATE TABLE shares (slug text PRIMARY KEY, summary uuid REFERENCES summaries ON DELETE CASCADE)"
    )
    for number, each in enumerate(aged.due[:5]):
        run_sql(database_url, "INSERT INTO shares VALUES (%s, %s)", f"slug-{number}", each)
    before = copy_out(database_url, ("shares", "summaries"))
    run = await archive_with(archival, Policy.ANONYMOUS_SUMMARIES)
    assert copy_out(database_url, ("shares",)) == {"shares": []}
    assert run.done_rows == len(aged.due)
    await restore_with(archival, run)
    assert copy_out(database_url, ("shares", "summaries")) == before


async def test_what_many_summaries_share_is_written_once(archival: Archival, database_url: str) -> None:
    fill(database_url, 80, runs=3)
    run = await archive_with(archival, Policy.ANONYMOUS_SUMMARIES)
    with OpenArchive(archival.folder / run.file) as file:
        tables = [line[2:].partition(b'"')[0] for member in _members(file) for line in file.lines(member)]
    assert tables.count(b"runs") == tables.count(b"transcripts") == 3
    assert tables.count(b"summaries") == run.done_rows


def _members(file: OpenArchive) -> list[object]:
    from core.archiving.archive_file import members_of

    return [member for member, _ in members_of(file.read_contents().slices)]


async def sweep(database: Database, *, now: datetime) -> tuple[int, int]:
    async with database.transaction() as session:
        return await delete_unreferenced(session, before=now, cached_before=now)


async def test_a_restored_summary_opens_again_after_everything_beside_it_was_swept(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    quick = settings_for(tmp_path, archive_rest_ratio=0)
    async with services_on(database_url, quick) as services, worker_on(database_url, quick):
        summary = await services.summaries.submit(upload(seed=1), ANN)
        opened = await final_state(services, summary)
        run_sql(database_url, "UPDATE summaries SET created_at = now() - interval '100 days'")
        run = await over(services.archival, await start(services.archival, Policy.ANONYMOUS_SUMMARIES))
        assert await sweep(database, now=datetime.now(UTC) + timedelta(days=2)) == (1, 1)
        # Somebody asks for the same meanwhile: the words come back under another id, the cache's key is taken.
        again = await services.summaries.submit(upload(seed=1), ANN)
        assert (await final_state(services, again)).state is RunState.DONE
        restored = await over(services.archival, await start_restoring(services.archival, run))
        assert (restored.done_rows, restored.skipped_rows) == (1, 0)
        back = await services.summaries.get(summary, ANN)
        assert {**back.document, "id": 0, "created_at": 0} == {**opened.document, "id": 0, "created_at": 0}
        words = await services.summaries.transcript(summary, ANN)
        assert words.transcript.segments
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM transcripts").fetchone() == (1,)


async def test_nothing_is_swept_from_under_a_restoration(
    archival: Archival, database: Database, database_url: str
) -> None:
    fill(database_url)
    run_sql(database_url, "UPDATE summaries SET user_id = 'ANONYMOUS_USER', created_at = %s", NOW - timedelta(days=91))
    archived = await archive_with(archival, Policy.ANONYMOUS_SUMMARIES)
    run = await start_restoring(archival, archived)
    later = NOW + timedelta(days=300)
    assert await sweep(database, now=later) == (0, 0)
    assert await archival.carry_out(run.id)
    assert (await archival.run(run.id)).done_rows == archived.done_rows


async def test_restoring_twice_adds_nothing(archival: Archival, database_url: str) -> None:
    fill(database_url)
    before = copy_out(database_url)
    archived = await archive_with(archival, Policy.ANONYMOUS_SUMMARIES)
    await restore_with(archival, archived)
    preview = await archival.restoring.preview(archived.id, ACTOR)
    assert (preview.rows, preview.existing) == (archived.done_rows, archived.done_rows)
    again = await restore_with(archival, archived)
    assert (again.done_rows, again.skipped_rows) == (0, archived.done_rows)
    assert copy_out(database_url) == before


async def test_what_was_changed_since_is_not_overwritten(archival: Archival, database_url: str) -> None:
    aged = fill(database_url)
    archived = await archive_with(archival, Policy.ANONYMOUS_SUMMARIES)
    await restore_with(archival, archived)
    run_sql(database_url, "UPDATE summaries SET title = 'mine now' WHERE id = %s", aged.due[0])
    await restore_with(archival, archived)
    assert run_sql(database_url, "SELECT 1 FROM summaries WHERE title = 'mine now'") == 1


@pytest.mark.parametrize("step", [Step.ROWS_LOCKED, Step.SLICE_NOTED, Step.ROWS_DELETED])
async def test_a_slice_whose_connection_breaks_is_undone_and_taken_again(
    archival: Archival, database_url: str, step: Step
) -> None:
    aged = fill(database_url)
    before = copy_out(database_url)

    def cut() -> None:
        run_sql(
            database_url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )

    run = await start(archival, Policy.ANONYMOUS_SUMMARIES)
    hook = Hook(step, cut)
    await carry_out_with(archival, run.id, hook)
    assert hook.was_reached
    ended = await archival.run(run.id)
    assert (ended.state, ended.done_rows) == (ArchiveState.DONE, len(aged.due))
    await restore_with(archival, ended)
    assert copy_out(database_url) == before


@pytest.mark.parametrize("step", [Step.ROWS_LOCKED, Step.SLICE_READ_BACK, Step.SLICE_COMMITTED, Step.FILE_VERIFIED])
async def test_a_process_that_lost_its_run_writes_nothing_more(
    archival: Archival, database_url: str, step: Step
) -> None:
    fill(database_url)
    run = await start(archival, Policy.ANONYMOUS_SUMMARIES)
    taken = {}

    def take() -> None:
        run_sql(database_url, "UPDATE archive_runs SET attempt = attempt + 1")
        taken.update(copy_out(database_url, ("summaries", "archive_runs", "archive_slices", "audit_log")))

    await carry_out_with(archival, run.id, Hook(step, take))
    assert copy_out(database_url, tuple(taken)) == taken
    assert (await archival.run(run.id)).state is ArchiveState.RUNNING


async def test_two_processes_at_once_do_the_work_of_one(archival: Archival, database_url: str) -> None:
    aged = fill(database_url, 200)
    run = await start(archival, Policy.ANONYMOUS_SUMMARIES)
    did = await asyncio.gather(*(archival.carry_out(run.id) for _ in range(3)))
    assert sorted(did) == [False, False, True]
    assert (await archival.run(run.id)).done_rows == len(aged.due)


async def test_a_column_that_was_added_later_is_archived_by_itself(archival: Archival, database_url: str) -> None:
    fill(database_url)
    run_sql(database_url, "ALTER TABLE summaries ADD COLUMN mood interval[] DEFAULT '{1 day 2 hours,NULL}'")
    before = copy_out(database_url)
    archived = await archive_with(archival, Policy.ANONYMOUS_SUMMARIES)
    await restore_with(archival, archived)
    assert copy_out(database_url) == before


async def test_an_archive_with_a_column_that_is_gone_is_not_put_back_in_part(
    archival: Archival, database_url: str
) -> None:
    fill(database_url)
    archived = await archive_with(archival, Policy.ANONYMOUS_SUMMARIES)
    run_sql(database_url, "ALTER TABLE summaries DROP COLUMN channel")
    restored = await restore_with(archival, archived)
    assert restored.state is ArchiveState.STOPPED
    assert restored.failure is not None
    assert "summaries.channel" in restored.failure
    async with archival.database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM summaries WHERE user_id = 'ANONYMOUS_USER'")) is not None


def in_two_parts(url: str) -> tuple[Aged, UUID, UUID]:
    """Due summaries of one run, all of them older than those of another: the first slice holds only the first run."""
    aged = fill(url, 260, runs=2)
    first, second = aged.runs
    run_sql(url, "UPDATE summaries SET user_id = 'ANONYMOUS_USER', anonymous_id = %s", BROWSER)
    for run, age in ((first, 130), (second, 100)):
        run_sql(url, "UPDATE summaries SET created_at = %s WHERE run_id = %s", NOW - timedelta(days=age), run)
    return aged, first, second


def forget_support(url: str) -> None:
    """What the sweep does once no summary stands on it any more."""
    run_sql(url, "DELETE FROM runs")
    run_sql(url, "DELETE FROM transcripts")


async def test_words_that_are_there_under_another_id_serve_every_slice_that_stands_on_them(
    archival: Archival, database_url: str
) -> None:
    """Two runs of one video in two slices; the video is summarised anew after the sweep, and then they come back."""
    aged, first, second = in_two_parts(database_url)
    one = "(SELECT transcript_id FROM runs WHERE id = %s)"
    run_sql(database_url, f"UPDATE runs SET transcript_id = {one} WHERE id = %s", first, second)
    run_sql(database_url, f"UPDATE summary_versions SET transcript_id = {one}", first)
    archived = await archive_with(archival, Policy.ANONYMOUS_SUMMARIES)
    run_sql(database_url, "CREATE TABLE words AS SELECT * FROM transcripts")
    forget_support(database_url)
    run_sql(database_url, "UPDATE words SET id = gen_random_uuid()")
    run_sql(database_url, "INSERT INTO transcripts SELECT * FROM words")
    restored = await restore_with(archival, archived)
    assert (restored.state, restored.done_rows) == (ArchiveState.DONE, len(aged.summaries))
    assert present(database_url, aged.summaries) == set(aged.summaries)


async def test_summaries_whose_run_stood_in_a_damaged_slice_are_named_and_the_others_come_back(
    archival: Archival, database_url: str
) -> None:
    aged, _first, second = in_two_parts(database_url)
    archived = await archive_with(archival, Policy.ANONYMOUS_SUMMARIES)
    with psycopg.connect(database_url) as connection:
        ends = [row[0] for row in connection.execute("SELECT end_offset FROM archive_slices ORDER BY slice")]
        whole = connection.execute("SELECT count(*) FROM archive_slices WHERE slice > 1").fetchone()
    assert whole != (0,)
    path = archival.folder / archived.file
    content = bytearray(path.read_bytes())
    content[(ends[0] + ends[1]) // 2] ^= 0xFF
    path.write_bytes(content)
    forget_support(database_url)
    restored = await restore_with(archival, archived)
    with psycopg.connect(database_url) as connection:
        back = connection.execute("SELECT run_id, count(*) FROM summaries GROUP BY 1").fetchall()
    assert back == [(second, restored.done_rows)]
    assert restored.state is ArchiveState.FAILED
    assert restored.failure is not None
    assert f"{len(aged.summaries) - restored.done_rows} rows could not be put back" in restored.failure


async def test_a_summary_that_is_pointed_elsewhere_while_its_support_is_written_keeps_its_support(
    archival: Archival, database_url: str
) -> None:
    """Its owner tries again, and is served at once with what another has made, in the moment before the lock."""
    aged = fill(database_url)
    with psycopg.connect(database_url) as connection:
        taken = connection.execute(
            "SELECT id, version_id FROM runs WHERE id NOT IN (SELECT run_id FROM summaries WHERE id = ANY(%s))"
            " AND version_id IS NOT NULL LIMIT 1",
            (aged.due,),
        ).fetchone()
    assert taken is not None
    run = await start(archival, Policy.ANONYMOUS_SUMMARIES)
    original = archive_counts.lock_due

    async def lock_after_a_change(*arguments: Any) -> list[UUID]:
        run_sql(database_url, "UPDATE summaries SET run_id = %s, version_id = %s WHERE id = %s", *taken, aged.due[0])
        return await original(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aged_rows, "lock_due", lock_after_a_change)
        assert await archival.carry_out(run.id)
    run_sql(database_url, "DELETE FROM summaries")
    forget_support(database_url)
    archived = await archival.run(run.id)
    assert (archived.state, archived.done_rows) == (ArchiveState.DONE, len(aged.due))
    restored = await restore_with(archival, archived)
    assert (restored.state, restored.done_rows) == (ArchiveState.DONE, len(aged.due))


async def test_an_archival_that_lost_its_run_at_the_last_moment_does_not_say_that_it_is_done(
    archival: Archival, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database_url)
    run = await start(archival, Policy.ANONYMOUS_SUMMARIES)
    original = archiver.finish_archive_run

    async def finish_after_a_take_over(*arguments: Any, **named: Any) -> bool:
        run_sql(database_url, "UPDATE archive_runs SET attempt = attempt + 1")
        return await original(*arguments, **named)

    monkeypatch.setattr(archiver, "finish_archive_run", finish_after_a_take_over)
    assert await archival.carry_out(run.id)
    assert (await archival.run(run.id)).state is ArchiveState.RUNNING
    assert run_sql(database_url, "SELECT 1 FROM audit_log WHERE action = 'archive.done'") == 0


async def test_a_hold_that_comes_after_the_slice_is_refused(archival: Archival, database_url: str) -> None:
    """It waits for the slice under way, and then there is nothing left to hold."""
    aged = fill(database_url)
    subject = str(aged.due[0])
    with psycopg.connect(database_url) as slice_under_way:
        slice_under_way.execute("SELECT pg_advisory_xact_lock_shared(7340201552)")
        slice_under_way.execute("DELETE FROM summaries WHERE id = %s", (subject,))
        placing = asyncio.create_task(
            archival.holds.place(HoldSubject.SUMMARY, subject, reason="a court asked", actor=ACTOR)
        )
        await asyncio.sleep(0.1)
        assert not placing.done()
        slice_under_way.commit()
        with pytest.raises(NotFound, match="archived"):
            await placing
    assert await archival.holds.listed() == ()
