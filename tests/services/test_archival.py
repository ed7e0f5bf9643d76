"""What a person can start, and everything that must stop them."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from core.archiving.faults import Step
from core.config import Settings
from core.db.database import Database
from core.db.queries.audit import check_audit, list_audit
from core.domain.archival import ArchiveRun, ArchiveState, FileState, HoldSubject, Policy
from core.domain.audit import AuditFilter
from core.errors import AppError, Conflict, InvalidInput, NotFound
from core.services.archival import Archival
from core.services.archival.files import ArchiveFiles
from core.services.archival.opening import AlreadyRunning
from core.services.archival.tokens import PreviewVoid
from tests.factories.aged import BROWSER, NOW, Aged, copy_out, fill, fill_events, run_sql
from tests.factories.archives import Hook, archive_with, carry_out_with, restore_with, start, start_restoring
from tests.factories.clocks import HeldClock

ANN = "account:11111111-1111-4111-8111-111111111111"
BEN = "account:22222222-2222-4222-8222-222222222222"
SUMMARIES = Policy.ANONYMOUS_SUMMARIES


@pytest.fixture
def aged(database_url: str) -> Aged:
    return fill(database_url)


def add_admins(url: str, count: int) -> None:
    for _ in range(count):
        key = uuid4().hex
        run_sql(
            url,
            "INSERT INTO users (id, email, email_key, password_hash, role) VALUES (%s, %s, %s, 'x', 'admin')",
            uuid4(), key, key,
        )  # fmt: skip


async def actions(database: Database) -> list[str]:
    """What the audit log says was done, oldest first; its chain is whole."""
    async with database.snapshot() as session:
        assert (await check_audit(session)).is_intact
        return [entry.action for entry in reversed(await list_audit(session, AuditFilter()))]


# --- Looking -----------------------------------------------------------------------------------------------------


async def test_a_preview_says_what_would_go_and_changes_nothing(
    archival: Archival, database: Database, database_url: str, aged: Aged
) -> None:
    before = copy_out(database_url)
    preview = await archival.preview(SUMMARIES, ANN)
    assert (preview.rows, preview.table_rows) == (len(aged.due), len(aged.summaries))
    assert preview.cutoff == NOW - timedelta(days=90)
    assert preview.oldest is not None
    assert preview.newest is not None
    assert preview.oldest < preview.newest < preview.cutoff
    assert "created_at < '2026-08-26 14:41:00.123456+00'" in preview.sql
    assert len(preview.samples) == 20
    assert preview.bytes > 100 * preview.rows
    assert {each.table for each in preview.dependents} == {"runs", "summary_versions", "transcripts"}
    assert all(0 < each.rows <= len(aged.runs) for each in preview.dependents)
    assert copy_out(database_url) == before
    assert await actions(database) == []


async def test_the_cutoff_is_that_of_the_preview_however_late_the_run(
    archival: Archival, held_clock: HeldClock, database_url: str, aged: Aged
) -> None:
    preview = await archival.preview(SUMMARIES, ANN)
    held_clock.forward(minutes=9)
    run = await archival.start(SUMMARIES, preview.token, preview.rows, ANN)
    held_clock.forward(days=30)
    assert await archival.carry_out(run.id)
    ended = await archival.run(run.id)
    assert (ended.cutoff, ended.done_rows) == (preview.cutoff, len(aged.due))


async def test_every_policy_is_listed_with_what_is_due(archival: Archival, database_url: str, aged: Aged) -> None:
    fill_events(database_url, {0: 3, 36: 7})
    states = {state.policy: state for state in await archival.policies()}
    assert list(states) == list(Policy)
    assert states[SUMMARIES].due_rows == len(aged.due)
    assert states[Policy.EVENTS].due_rows == 7
    assert states[SUMMARIES].next_at == (NOW + timedelta(days=1)).replace(hour=2, minute=30, second=0, microsecond=0)
    assert states[SUMMARIES].last is None
    run = await archive_with(archival, SUMMARIES)
    states = {state.policy: state for state in await archival.policies()}
    assert (states[SUMMARIES].due_rows, states[SUMMARIES].last, states[SUMMARIES].open_run) == (0, run, None)


# --- Confirming ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("aged")
@pytest.mark.parametrize("off", [-1, 1, 10_000])
async def test_another_count_than_the_previewed_one_starts_nothing(archival: Archival, off: int) -> None:
    preview = await archival.preview(SUMMARIES, ANN)
    with pytest.raises(InvalidInput, match=str(preview.rows)):
        await archival.start(SUMMARIES, preview.token, preview.rows + off, ANN)
    assert await archival.open_run(SUMMARIES) is None


@pytest.mark.usefixtures("aged")
async def test_a_token_is_good_for_its_policy_its_person_and_ten_minutes_only(
    archival: Archival, held_clock: HeldClock
) -> None:
    preview = await archival.preview(SUMMARIES, ANN)
    changed = preview.token[:-6] + ("AAAAA=" if preview.token.endswith("=") else "AAAAAA")
    for policy, token, actor in (
        (SUMMARIES, preview.token, BEN),
        (Policy.PROGRESS, preview.token, ANN),
        (SUMMARIES, changed, ANN),
        (SUMMARIES, "", ANN),
        (SUMMARIES, "not base64 é", ANN),
    ):
        with pytest.raises(PreviewVoid):
            await archival.start(policy, token, preview.rows, actor)
    held_clock.forward(minutes=10, seconds=1)
    with pytest.raises(PreviewVoid, match="ten minutes"):
        await archival.start(SUMMARIES, preview.token, preview.rows, ANN)
    assert await archival.open_run(SUMMARIES) is None


async def test_a_token_of_another_installation_is_void(
    archival: Archival, database: Database, held_clock: HeldClock, archival_settings: Settings, aged: Aged
) -> None:
    other = Archival(
        database=database, jobs=None, clock=held_clock, settings=archival_settings, key=lambda: "another key"
    )
    preview = await other.preview(SUMMARIES, ANN)
    with pytest.raises(PreviewVoid):
        await archival.start(SUMMARIES, preview.token, len(aged.due), ANN)


async def test_a_count_that_drifted_by_more_than_a_hundredth_wants_another_look(
    archival: Archival, database_url: str
) -> None:
    aged = fill(database_url, 400)
    preview = await archival.preview(SUMMARIES, ANN)
    allowed = preview.rows // 100
    assert allowed >= 1
    for each in aged.due[:allowed]:
        run_sql(database_url, "DELETE FROM summaries WHERE id = %s", each)
    first = await archival.start(SUMMARIES, preview.token, preview.rows, ANN)
    assert first.planned_rows == preview.rows - allowed
    await archival.stop(first.id, ANN)
    await archival.close(first.id, ANN)
    preview = await archival.preview(SUMMARIES, ANN)
    for each in aged.due[allowed : 2 * allowed + 2]:
        run_sql(database_url, "DELETE FROM summaries WHERE id = %s", each)
    with pytest.raises(PreviewVoid, match="Look again"):
        await archival.start(SUMMARIES, preview.token, preview.rows, ANN)


async def test_nothing_is_started_where_nothing_is_due(archival: Archival) -> None:
    preview = await archival.preview(SUMMARIES, ANN)
    assert preview.rows == 0
    with pytest.raises(Conflict, match="Nothing is due"):
        await archival.start(SUMMARIES, preview.token, 0, ANN)


async def test_two_admins_at_once_start_one_run_and_the_second_is_told_which(archival: Archival, aged: Aged) -> None:
    previews = {actor: await archival.preview(SUMMARIES, actor) for actor in (ANN, BEN)}
    tries = await asyncio.gather(
        *(archival.start(SUMMARIES, seen.token, seen.rows, actor) for actor, seen in previews.items()),
        return_exceptions=True,
    )
    refusals = [each for each in tries if isinstance(each, AlreadyRunning)]
    started = [each for each in tries if not isinstance(each, BaseException)]
    assert (len(started), len(refusals)) == (1, 1)
    assert refusals[0].detail["run"] == str(started[0].id)
    assert await archival.carry_out(started[0].id)
    assert (await archival.run(started[0].id)).done_rows == len(aged.due)


# --- Two people ----------------------------------------------------------------------------------------------------


@pytest.fixture
def careful(database: Database, held_clock: HeldClock, tmp_path: Path) -> Archival:
    """Ten rows are many here."""
    settings = Settings(data_dir=tmp_path, two_admin_rows=10, archive_rest_ratio=0)
    return Archival(database=database, jobs=None, clock=held_clock, settings=settings, key=lambda: "k")


@pytest.mark.usefixtures("aged")
async def test_many_rows_wait_for_another_admin(careful: Archival, database: Database, database_url: str) -> None:
    add_admins(database_url, 2)
    preview = await careful.preview(SUMMARIES, ANN)
    assert preview.needs_second_admin
    run = await careful.start(SUMMARIES, preview.token, preview.rows, ANN)
    assert run.state is ArchiveState.PROPOSED
    assert not await careful.carry_out(run.id)
    with pytest.raises(Conflict, match="another admin"):
        await careful.approve(run.id, ANN)
    approved = await careful.approve(run.id, BEN)
    assert (approved.state, approved.approved_by) == (ArchiveState.QUEUED, BEN)
    with pytest.raises(Conflict):
        await careful.approve(run.id, BEN)
    assert await careful.carry_out(run.id)
    assert await actions(database) == ["archive.proposed", "archive.approved", "archive.done"]


@pytest.mark.usefixtures("aged")
async def test_a_proposal_can_be_withdrawn_and_makes_room(careful: Archival, database_url: str) -> None:
    add_admins(database_url, 2)
    run = await start_as(careful, ANN)
    with pytest.raises(AlreadyRunning):
        await start_as(careful, BEN)
    withdrawn = await careful.stop(run.id, ANN)
    assert (withdrawn.state, withdrawn.failure) == (ArchiveState.FAILED, "Withdrawn before it began.")
    assert (await start_as(careful, BEN)).state is ArchiveState.PROPOSED


async def start_as(archival: Archival, actor: str) -> ArchiveRun:
    preview = await archival.preview(SUMMARIES, actor)
    return await archival.start(SUMMARIES, preview.token, preview.rows, actor)


@pytest.mark.usefixtures("aged")
@pytest.mark.parametrize(("admins", "actor"), [(0, ANN), (1, ANN), (2, "cli:root"), (2, "schedule")])
async def test_nobody_is_waited_for_where_there_is_nobody_or_no_page(
    careful: Archival, database_url: str, admins: int, actor: str
) -> None:
    add_admins(database_url, admins)
    assert (await start_as(careful, actor)).state is ArchiveState.QUEUED


# --- Stopping and going on -----------------------------------------------------------------------------------------


async def test_a_run_stops_after_its_slice_and_goes_on_from_there(
    archival: Archival, database: Database, database_url: str
) -> None:
    aged = fill(database_url, 500)
    before = copy_out(database_url)
    run = await start(archival, SUMMARIES)
    stop = "UPDATE archive_runs SET is_stop_asked = true"
    await carry_out_with(archival, run.id, Hook(Step.SLICE_COMMITTED, lambda: run_sql(database_url, stop)))
    stopped = await archival.run(run.id)
    assert stopped.state is ArchiveState.STOPPED
    assert 0 < stopped.done_rows < len(aged.due)
    assert 0 < stopped.ratio < 1
    with pytest.raises(AlreadyRunning):
        await start_as(archival, BEN)
    assert (await archival.resume(run.id, BEN)).state is ArchiveState.QUEUED
    assert await archival.carry_out(run.id)
    ended = await archival.run(run.id)
    assert (ended.state, ended.done_rows, ended.attempt) == (ArchiveState.DONE, len(aged.due), 2)
    await restore_with(archival, ended)
    assert copy_out(database_url) == before


async def test_a_stopped_run_can_be_left_at_what_it_has_done(archival: Archival, database_url: str) -> None:
    aged = fill(database_url, 500)
    run = await start(archival, SUMMARIES)
    stop = "UPDATE archive_runs SET is_stop_asked = true"
    await carry_out_with(archival, run.id, Hook(Step.SLICE_COMMITTED, lambda: run_sql(database_url, stop)))
    closing = await archival.close(run.id, ANN)
    assert await archival.carry_out(closing.id)
    closed = await archival.run(run.id)
    assert (closed.state, closed.done_rows) == (ArchiveState.DONE, closing.done_rows)
    assert closed.done_rows < len(aged.due)
    [listed] = await archival.archives()
    assert listed.state is FileState.CHECKED
    assert (await restore_with(archival, closed)).done_rows == closed.done_rows


@pytest.mark.usefixtures("aged")
async def test_stopping_before_it_began_and_after_it_ended(archival: Archival, database: Database) -> None:
    run = await start(archival, SUMMARIES)
    assert (await archival.stop(run.id, ANN)).state is ArchiveState.STOPPED
    await archival.resume(run.id, ANN)
    with pytest.raises(Conflict):
        await archival.resume(run.id, ANN)
    assert await archival.carry_out(run.id)
    for act in (archival.stop, archival.resume, archival.close, archival.approve):
        with pytest.raises(Conflict):
            await act(run.id, BEN)
    with pytest.raises(NotFound):
        await archival.stop(uuid4(), ANN)
    assert await actions(database) == ["archive.started", "archive.stop_asked", "archive.resumed", "archive.done"]


@pytest.mark.usefixtures("aged")
async def test_a_process_that_is_asked_to_end_leaves_the_run_stopped(archival: Archival) -> None:
    run = await start(archival, SUMMARIES)
    stopping = asyncio.Event()
    stopping.set()
    assert await archival.carry_out(run.id, stopping)
    assert (await archival.run(run.id)).state is ArchiveState.STOPPED


@pytest.mark.usefixtures("aged")
async def test_a_full_disk_stops_the_run_with_its_reason_and_nothing_is_lost(
    archival: Archival, database: Database, database_url: str
) -> None:
    before = copy_out(database_url)
    run = await start(archival, SUMMARIES)

    def fail() -> None:
        raise OSError(28, "No space left on device")

    await carry_out_with(archival, run.id, Hook(Step.SLICE_HALF_WRITTEN, fail))
    stopped = await archival.run(run.id)
    assert (stopped.state, stopped.done_rows) == (ArchiveState.STOPPED, 0)
    assert stopped.failure is not None
    assert "No space left" in stopped.failure
    assert copy_out(database_url) == before
    assert (await actions(database))[-1] == "archive.stopped"
    await archival.resume(run.id, ANN)
    assert await archival.carry_out(run.id)
    assert (await archival.run(run.id)).state is ArchiveState.DONE


def spoil(path: Path) -> None:
    """The end of the slice on the disk is not what was written."""
    with path.open("r+b") as file:
        file.seek(-20, 2)
        file.write(b"\0" * 12)


@pytest.mark.usefixtures("aged")
async def test_a_slice_that_is_not_on_the_disk_as_it_was_written_is_not_deleted(
    archival: Archival, database_url: str
) -> None:
    before = copy_out(database_url)
    run = await start(archival, SUMMARIES)
    await carry_out_with(archival, run.id, Hook(Step.SLICE_SYNCED, lambda: spoil(archival.folder / run.file)))
    failed = await archival.run(run.id)
    assert (failed.state, failed.done_rows) == (ArchiveState.FAILED, 0)
    assert copy_out(database_url) == before


# --- Files -----------------------------------------------------------------------------------------------------


async def test_an_archive_goes_after_thirty_days_and_not_before(
    archival: Archival, held_clock: HeldClock, database: Database, aged: Aged
) -> None:
    run = await archive_with(archival, SUMMARIES)
    path = archival.folder / run.file
    assert run.expires_at == NOW + timedelta(days=30)
    held_clock.at = NOW + timedelta(days=30) - timedelta(microseconds=1)
    assert await archival.expire() == 0
    assert path.exists()
    held_clock.forward(microseconds=1)
    assert await archival.expire() == 1
    assert list(archival.folder.iterdir()) == []
    assert (await archival.run(run.id)).state is ArchiveState.EXPIRED
    with pytest.raises(Conflict, match="thirty days"):
        await archival.restoring.preview(run.id, ANN)
    assert await archival.archives() == ()
    assert (await actions(database))[-1] == "archive.expired"
    assert aged.due


async def test_an_archive_that_holds_something_under_legal_hold_does_not_expire(
    archival: Archival, held_clock: HeldClock, database_url: str, aged: Aged
) -> None:
    run = await archive_with(archival, SUMMARIES)
    # Asked for when the summary lay in the archive already: its browser is known by what it still has.
    run_sql(
        database_url,
        "UPDATE summaries SET anonymous_id = %s WHERE id = (SELECT min(id::text)::uuid FROM summaries)",
        BROWSER,
    )
    await archival.holds.place(HoldSubject.USER, BROWSER, reason="a court asked", actor=ANN)
    held_clock.forward(days=31)
    assert await archival.expire() == 0
    assert (archival.folder / run.file).exists()
    await archival.holds.release(HoldSubject.USER, BROWSER, actor=ANN)
    assert await archival.expire() == 1
    assert aged.due


async def test_a_hold_that_is_placed_while_an_archive_is_searched_keeps_it(
    archival: Archival, held_clock: HeldClock, database_url: str, aged: Aged, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Searching a file takes minutes: what was held at its beginning is not what is held at its end."""
    run = await archive_with(archival, SUMMARIES)
    held_clock.forward(days=31)
    original = ArchiveFiles._is_about

    def search(*arguments: Any) -> bool:
        found = original(*arguments)
        hold = "INSERT INTO legal_holds VALUES ('user', %s, 'a court asked', 'cli:root', now())"
        run_sql(database_url, hold, BROWSER)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(ArchiveFiles, "_is_about", search)
        assert await archival.expire() == 0
    assert (archival.folder / run.file).exists()
    assert (await archival.run(run.id)).state is ArchiveState.DONE
    assert await archival.expire() == 0
    assert aged.due


@pytest.mark.usefixtures("aged")
async def test_an_archive_does_not_expire_while_it_is_being_put_back(archival: Archival, held_clock: HeldClock) -> None:
    """A restoration that was stopped half-way goes on from the file."""
    run = await archive_with(archival, SUMMARIES)
    restoring = await start_restoring(archival, run)
    await archival.stop(restoring.id, ANN)
    held_clock.forward(days=31)
    assert await archival.expire() == 0
    await archival.resume(restoring.id, ANN)
    assert await archival.carry_out(restoring.id)
    assert (await archival.run(restoring.id)).done_rows == run.done_rows
    assert await archival.expire() == 1


@pytest.mark.usefixtures("aged")
async def test_what_a_failed_archival_has_written_goes_after_thirty_days_too(
    archival: Archival, held_clock: HeldClock
) -> None:
    """What people wrote must not lie in the folder for ever because its archive is damaged."""
    run = await start(archival, SUMMARIES)
    await carry_out_with(archival, run.id, Hook(Step.SLICE_SYNCED, lambda: spoil(archival.folder / run.file)))
    failed = await archival.run(run.id)
    assert (failed.state, failed.expires_at) == (ArchiveState.FAILED, NOW + timedelta(days=30))
    assert await archival.expire() == 0
    held_clock.forward(days=30)
    assert await archival.expire() == 1
    assert list(archival.folder.iterdir()) == []
    assert (await archival.run(run.id)).state is ArchiveState.EXPIRED


async def test_a_missing_or_shortened_file_is_seen_in_the_list(archival: Archival, aged: Aged) -> None:
    run = await archive_with(archival, SUMMARIES)
    path = archival.folder / run.file
    [listed] = await archival.archives()
    assert (listed.state, listed.restored_rows, listed.path) == (FileState.CHECKED, 0, str(path))
    path.write_bytes(path.read_bytes()[:-1])
    assert (await archival.archives())[0].state is FileState.DAMAGED
    path.unlink()
    assert (await archival.archives())[0].state is FileState.MISSING
    with pytest.raises(AppError, match="SIGHTLINE_ARCHIVE_DIR"):
        await archival.restoring.preview(run.id, ANN)
    assert aged.due


async def test_what_is_whole_of_a_damaged_archive_is_put_back_and_the_rest_is_named(
    archival: Archival, database_url: str
) -> None:
    fill_events(database_url, {36: 30, 37: 40, 38: 50})
    run = await archive_with(archival, Policy.EVENTS)
    path = archival.folder / run.file
    with psycopg.connect(database_url) as connection:
        ends = [row[0] for row in connection.execute("SELECT end_offset FROM archive_slices ORDER BY slice")]
    content = bytearray(path.read_bytes())
    content[(ends[1] + ends[2]) // 2] ^= 0xFF
    path.write_bytes(content)
    restored = await restore_with(archival, run)
    assert (restored.state, restored.done_rows) == (ArchiveState.FAILED, 80)
    assert restored.failure is not None
    assert "40 rows could not be put back" in restored.failure
    assert len(copy_out(database_url, ("events",))["events"]) == 80


async def test_what_belongs_to_a_person_leaves_the_archives_and_the_rest_can_be_put_back(
    archival: Archival, database: Database, database_url: str, aged: Aged
) -> None:
    keep = [each for each in aged.due if each != aged.due[0]]
    run = await archive_with(archival, SUMMARIES)
    old = archival.folder / run.file
    assert (await archival.erasing.erase([str(aged.due[0])], ANN)).rows == 1
    assert not old.exists()
    [listed] = await archival.archives()
    assert (listed.state, listed.run.done_rows) == (FileState.CHECKED, len(keep))
    assert str(aged.due[0]).encode() not in unpacked(Path(listed.path))
    restored = await restore_with(archival, listed.run)
    assert restored.done_rows == len(keep)
    with psycopg.connect(database_url) as connection:
        back = {row[0] for row in connection.execute("SELECT id FROM summaries")}
    assert back == set(aged.summaries) - {aged.due[0]}
    assert "archive.erased_from" in await actions(database)
    assert (await archival.erasing.erase([str(uuid4())], ANN)).rows == 0


async def test_erasing_everybody_leaves_no_words_behind(archival: Archival, aged: Aged) -> None:
    await archive_with(archival, SUMMARIES)
    assert (await archival.erasing.erase([BROWSER], ANN)).rows == len(aged.due)
    [path] = archival.folder.glob("*.gz")
    lines = unpacked(path).splitlines()
    assert [line[:12] for line in lines] == [b'{"archive": ', b'{"manifest":']


async def test_what_is_under_legal_hold_is_not_erased(archival: Archival, database_url: str, aged: Aged) -> None:
    held = str(aged.due[1])
    await archive_with(archival, SUMMARIES)
    run_sql(database_url, "INSERT INTO legal_holds VALUES ('summary', %s, 'a court asked', 'cli:root', now())", held)
    with pytest.raises(Conflict, match="legal hold"):
        await archival.erasing.erase([held], ANN)
    erased = await archival.erasing.erase([BROWSER], ANN)
    assert (erased.rows, erased.unreached) == (len(aged.due) - 1, ())
    [path] = archival.folder.glob("*.gz")
    rows = [line for line in unpacked(path).splitlines() if line.startswith(b'{"summaries":')]
    assert (len(rows), held.encode() in rows[0]) == (1, True)


async def test_an_archive_that_could_not_be_searched_is_named(
    archival: Archival, database_url: str, aged: Aged
) -> None:
    run = await archive_with(archival, SUMMARIES)
    path = archival.folder / run.file
    away = path.rename(path.with_suffix(".away"))
    erased = await archival.erasing.erase([BROWSER], ANN)
    assert (erased.rows, [file for file, _ in erased.unreached]) == (0, [run.file])
    away.rename(path)
    restoring = await start_restoring(archival, run)
    erased = await archival.erasing.erase([BROWSER], ANN)
    assert (erased.rows, [file for file, _ in erased.unreached]) == (0, [run.file])
    assert "being put back" in erased.unreached[0][1]
    assert sorted(each.name for each in archival.folder.iterdir()) == [run.file, f"{run.file}.sha256"]
    assert await archival.carry_out(restoring.id)
    assert (await archival.erasing.erase([BROWSER], ANN)).rows == len(aged.due)


async def test_an_older_file_that_a_dead_process_left_beside_the_new_one_goes_with_it(
    archival: Archival, held_clock: HeldClock, aged: Aged
) -> None:
    run = await archive_with(archival, SUMMARIES)
    before = (archival.folder / run.file).read_bytes()
    await archival.erasing.erase([str(aged.due[0])], ANN)
    (archival.folder / run.file).write_bytes(before)
    held_clock.forward(days=31)
    assert await archival.expire() == 1
    assert list(archival.folder.iterdir()) == []


def unpacked(path: Path) -> bytes:
    import gzip

    return gzip.decompress(path.read_bytes())


async def test_an_archive_from_elsewhere_is_put_back_by_its_file(
    archival: Archival, database: Database, database_url: str, aged: Aged, tmp_path: Path
) -> None:
    before = copy_out(database_url)
    run = await archive_with(archival, SUMMARIES)
    moved = tmp_path / "elsewhere.jsonl.gz"
    (archival.folder / run.file).rename(moved)
    run_sql(database_url, "TRUNCATE archive_runs CASCADE")
    preview = await archival.restoring.preview_file(moved, ANN)
    assert (preview.run_id, preview.rows, preview.existing) == (None, len(aged.due), 0)
    restoring = await archival.restoring.start_file(moved, preview.token, preview.rows, ANN)
    assert await archival.carry_out(restoring.id)
    assert copy_out(database_url) == before


@pytest.mark.usefixtures("aged")
async def test_one_run_of_a_policy_at_a_time_in_either_direction(archival: Archival, database_url: str) -> None:
    archived = await archive_with(archival, SUMMARIES)
    restoring = await start_restoring(archival, archived)
    run_sql(database_url, "UPDATE summaries SET user_id = 'ANONYMOUS_USER', created_at = %s", NOW - timedelta(days=95))
    with pytest.raises(AlreadyRunning) as refused:
        await start_as(archival, BEN)
    assert refused.value.detail["run"] == str(restoring.id)


# --- Holds, schedule --------------------------------------------------------------------------------------------


async def test_a_hold_wants_a_reason_a_subject_that_exists_and_stands_once(
    archival: Archival, database: Database, aged: Aged
) -> None:
    subject = str(aged.summaries[0])
    for kind, each, reason, error in (
        (HoldSubject.SUMMARY, subject, " ", InvalidInput),
        (HoldSubject.SUMMARY, subject, "x" * 501, InvalidInput),
        (HoldSubject.SUMMARY, str(uuid4()), "a reason", NotFound),
        (HoldSubject.SUMMARY, "'; DROP TABLE summaries; --", "a reason", NotFound),
        (HoldSubject.USER, str(uuid4()), "a reason", NotFound),
    ):
        with pytest.raises(error):
            await archival.holds.place(kind, each, reason=reason, actor=ANN)
    await archival.holds.place(HoldSubject.SUMMARY, f" {subject} ", reason="a reason", actor=ANN)
    with pytest.raises(Conflict):
        await archival.holds.place(HoldSubject.SUMMARY, subject, reason="a reason", actor=ANN)
    [hold] = await archival.holds.listed()
    assert (hold.subject_id, hold.reason, hold.placed_by) == (subject, "a reason", ANN)
    await archival.holds.release(HoldSubject.SUMMARY, subject, actor=BEN)
    with pytest.raises(NotFound):
        await archival.holds.release(HoldSubject.SUMMARY, subject, actor=BEN)
    assert await actions(database) == ["hold.placed", "hold.released"]


async def test_the_schedule_takes_what_is_due_and_leaves_an_open_run_alone(
    archival: Archival, held_clock: HeldClock, aged: Aged
) -> None:
    await archival.tend(SUMMARIES)
    run = await archival.open_run(SUMMARIES)
    assert run is not None
    assert (run.actor, run.planned_rows) == ("schedule", len(aged.due))
    await archival.tend(SUMMARIES)
    assert await archival.open_run(SUMMARIES) == run
    assert await archival.carry_out(run.id)
    await archival.tend(SUMMARIES)
    assert await archival.open_run(SUMMARIES) is None


async def test_the_schedule_s_cut_off_is_that_of_its_own_count(
    database: Database, database_url: str, archival_settings: Settings
) -> None:
    """A row that comes of age between the count and the start is tomorrow's, and no reason to start nothing."""
    aged = fill(database_url)
    clock = TickingClock(NOW)
    archival = Archival(database=database, jobs=None, clock=clock, settings=archival_settings, key=lambda: "a key")
    cutoff = NOW - timedelta(days=90)
    run_sql(database_url, "UPDATE summaries SET created_at = %s WHERE created_at < %s", cutoff, cutoff)
    run_sql(database_url, "UPDATE summaries SET created_at = %s WHERE id = %s", cutoff - timedelta(1), aged.due[0])
    run = await archival.start_scheduled(SUMMARIES)
    assert run is not None
    assert (run.planned_rows, run.cutoff) == (1, cutoff)


class TickingClock(HeldClock):
    """An hour later each time it is asked."""

    def now(self) -> datetime:
        at = super().now()
        self.forward(hours=1)
        return at


@pytest.mark.usefixtures("aged")
async def test_the_schedule_goes_on_with_what_broke_off_but_not_with_what_a_person_stopped(
    archival: Archival, database_url: str
) -> None:
    run = await start(archival, SUMMARIES)
    await archival.stop(run.id, ANN)
    await archival.tend(SUMMARIES)
    assert (await archival.run(run.id)).state is ArchiveState.STOPPED
    run_sql(database_url, "UPDATE archive_runs SET failure = 'the disk was full'")
    await archival.tend(SUMMARIES)
    assert (await archival.run(run.id)).state is ArchiveState.QUEUED


async def test_falling_behind_three_times_in_a_row_is_seen(
    archival: Archival, held_clock: HeldClock, database_url: str
) -> None:
    fill(database_url, 200)
    run = await start(archival, SUMMARIES)
    await archival.stop(run.id, ANN)
    behind = []
    for _ in range(5):
        held_clock.forward(days=3)
        await archival.tend(SUMMARIES)
        behind.append(next(state.runs_behind for state in await archival.policies() if state.policy is SUMMARIES))
    assert behind == [0, 1, 2, 3, 4]
    assert next(state.is_behind for state in await archival.policies())
    await archival.resume(run.id, ANN)
    assert await archival.carry_out(run.id)
    await archival.tend(SUMMARIES)
    assert next(state.runs_behind for state in await archival.policies()) == 0
