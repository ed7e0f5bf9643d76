"""The archival and audit panels before a real database: looked at, confirmed, stopped, put back, held."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from nicegui import ElementFilter, ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from core.config import Settings
from core.db.database import Database
from core.domain.archival import ArchiveRun, ArchiveState, Direction, HoldSubject, Policy
from core.domain.permissions import Action, Role
from core.services.archival import Archival
from core.services.audit import AuditLog
from ops_dashboard.archival.room import about
from ops_dashboard.archival.under_way import progress_words
from ops_dashboard.panels.audit import action_words, detail_words
from pages import guards
from tests.factories.aged import NOW, Aged, copy_out, fill, run_sql
from tests.factories.archives import archive_with
from tests.ops_dashboard.conftest import Desktop
from tests.ops_dashboard.test_panels import elements, html, is_settled, opened, until

SUMMARIES = Policy.ANONYMOUS_SUMMARIES


@pytest.fixture
def aged(database_url: str) -> Aged:
    return fill(database_url)


@pytest.fixture
def stood_up(desktop: Desktop, archival: Archival, database: Database) -> Desktop:
    """The desktop with the real services behind these panels; the page's clock stands where theirs does."""
    desktop.services.archival = archival
    desktop.services.audit = AuditLog(database)
    desktop.clock.at = NOW
    return desktop


def buttons(desktop: Desktop) -> dict[str, TextElement]:
    """What can be clicked, by its words."""
    with desktop.user:
        return {
            each.text: each for each in ElementFilter(kind=ui.element) if each.tag == "button" and hasattr(each, "text")
        }


def fire(element: Element, kind: str = "click") -> None:
    for listener in element._event_listeners.values():
        if listener.type.split(".")[0] == kind:
            element._handle_event({"listener_id": listener.id, "args": None})


async def click(desktop: Desktop, words: str) -> None:
    fire(buttons(desktop)[words])
    await asyncio.sleep(0.05)


async def click_preview(desktop: Desktop, of: str) -> None:
    [button] = [each for each in elements(desktop, Element) if each.props.get("aria-label") == f"Preview: {of}"]
    fire(button)
    await until(lambda: "Frozen at" in html(desktop))


def type_in(desktop: Desktop, label: str, value: str) -> None:
    with desktop.user:
        [field] = [
            each for each in ElementFilter(kind=ui.input) if str(each.props.get("aria-label", "")).startswith(label)
        ]
        field.set_value(value)


async def open_archival(desktop: Desktop) -> str:
    shown = await opened(desktop, "/ops/archival", Role.ADMIN)
    signed_in_at(desktop, datetime.now(UTC))
    return shown


def signed_in_at(desktop: Desktop, at: datetime) -> None:
    """As if everybody had shown their password at that moment."""
    found = desktop.accounts.signed_in
    for secret, session in found.items():
        found[secret] = replace(session, signed_in_at=at)


@pytest.mark.parametrize("address", ["/ops/archival", "/ops/audit"])
@pytest.mark.parametrize("role", [None, Role.USER, Role.OPERATOR])
async def test_only_admins_find_these_pages(desktop: Desktop, address: str, role: Role | None) -> None:
    if role is not None:
        await desktop.sign_in(role)
    answer = await desktop.user.http_client.get(address)
    assert answer.status_code == 404
    assert answer.text == (await desktop.user.http_client.get("/nowhere")).text


async def test_the_list_says_what_is_due_and_when_the_schedule_comes(stood_up: Desktop, aged: Aged) -> None:
    shown = await open_archival(stood_up)
    for words in ("Anonymous summaries", "older than 90 days", "Progress rows", "Raw events", "02:30", "never"):
        assert words in shown
    assert f"\n{len(aged.due)}\n" in shown
    assert "Nothing is put away at the moment" in shown
    assert "Nothing is held" in shown


async def test_a_preview_changes_nothing_and_a_wrong_number_starts_nothing(
    stood_up: Desktop, archival: Archival, database_url: str, aged: Aged
) -> None:
    before = copy_out(database_url)
    await open_archival(stood_up)
    await click_preview(stood_up, "Anonymous summaries")
    shown = html(stood_up)
    assert f"{len(aged.due)} of {len(aged.summaries)} in the table" in shown
    assert "DELETE FROM summaries" in shown
    assert "Nobody else is running this" in shown
    type_in(stood_up, "Type ", str(len(aged.due) + 1))
    await click(stood_up, f"Archive {len(aged.due)} rows")
    await until(lambda: f"Type the number of rows, {len(aged.due)}" in html(stood_up))
    assert await archival.open_run(SUMMARIES) is None
    assert copy_out(database_url) == before


async def test_archived_by_button_and_put_back_by_button(
    stood_up: Desktop, archival: Archival, database_url: str, aged: Aged
) -> None:
    before, rows = copy_out(database_url), len(aged.due)
    await open_archival(stood_up)
    await click_preview(stood_up, "Anonymous summaries")
    type_in(stood_up, "Type ", f"{rows:,}")
    await click(stood_up, f"Archive {rows} rows")
    await until(lambda: "Archiving anonymous summaries" in html(stood_up))
    run = await archival.open_run(SUMMARIES)
    assert run is not None
    assert run.actor.startswith("account:")
    assert await archival.carry_out(run.id)
    # The page looks by itself while something moves.
    await until(lambda: run.file in html(stood_up))
    assert "sha256 read back" in html(stood_up)
    await click(stood_up, "Restore")
    await until(lambda: "Restore anonymous summaries" in html(stood_up))
    type_in(stood_up, "Type ", str(rows))
    await click(stood_up, f"Restore {rows} rows")
    await until(lambda: "Putting back anonymous summaries" in html(stood_up))
    back = await archival.open_run(SUMMARIES)
    assert back is not None
    assert await archival.carry_out(back.id)
    assert copy_out(database_url) == before
    await until(lambda: f"{rows} rows were restored" in html(stood_up))


@pytest.mark.usefixtures("aged")
async def test_buttons_stay_under_the_hand_while_a_run_goes_on(
    stood_up: Desktop, archival: Archival, database_url: str
) -> None:
    await open_archival(stood_up)
    preview = await archival.preview(SUMMARIES, "cli:root")
    run = await archival.start(SUMMARIES, preview.token, preview.rows, "cli:root")
    await stood_up.user.open("/ops/archival")
    await until(lambda: is_settled(stood_up))
    before = buttons(stood_up)
    run_sql(database_url, "UPDATE archive_runs SET done_rows = 1 WHERE id = %s", run.id)
    await until(lambda: f"1 of {preview.rows} rows" in html(stood_up))
    after = buttons(stood_up)
    assert {words: button.id for words, button in after.items()} == {
        words: button.id for words, button in before.items()
    }


@pytest.mark.usefixtures("aged")
async def test_a_run_is_stopped_resumed_and_left_by_button(stood_up: Desktop, archival: Archival) -> None:
    await open_archival(stood_up)
    preview = await archival.preview(SUMMARIES, "cli:root")
    run = await archival.start(SUMMARIES, preview.token, preview.rows, "cli:root")
    await stood_up.user.open("/ops/archival")
    await until(lambda: is_settled(stood_up))
    assert "root at the command line" in html(stood_up)
    await click(stood_up, "Stop")
    await until(lambda: "Resume" in buttons(stood_up))
    assert (await archival.run(run.id)).state is ArchiveState.STOPPED
    await click(stood_up, "Resume")
    await until(lambda: "Stop" in buttons(stood_up))
    await click(stood_up, "Stop")
    await until(lambda: "Leave it at this" in buttons(stood_up))
    await click(stood_up, "Leave it at this")
    await until(lambda: "Leave it at this" not in buttons(stood_up))
    assert (await archival.run(run.id)).state is ArchiveState.FAILED


async def test_a_proposal_is_agreed_to_by_another_admin_only(
    stood_up: Desktop, database: Database, database_url: str, archival_settings: Settings, aged: Aged
) -> None:
    settings = archival_settings.model_copy(update={"two_admin_rows": 5})
    careful = Archival(database=database, jobs=None, clock=stood_up.clock, settings=settings, key=lambda: "k")
    stood_up.services.archival = careful
    for name in ("ann", "ben"):
        run_sql(
            database_url,
            "INSERT INTO users (id, email, email_key, password_hash, role)"
            " VALUES (gen_random_uuid(), %s, %s, 'x', 'admin')",
            f"{name}@example.org", name,
        )  # fmt: skip
    await open_archival(stood_up)
    await click_preview(stood_up, "Anonymous summaries")
    assert "once another admin agrees" in html(stood_up)
    type_in(stood_up, "Type ", str(len(aged.due)))
    await click(stood_up, f"Propose to archive {len(aged.due)} rows")
    await until(lambda: "waits for another admin" in html(stood_up) and "Withdraw" in buttons(stood_up))
    assert not any(words.startswith("Agree") for words in buttons(stood_up))
    await stood_up.sign_in(Role.ADMIN, "ben.okoro@example.org")
    signed_in_at(stood_up, datetime.now(UTC))
    await stood_up.user.open("/ops/archival")
    await until(lambda: is_settled(stood_up))
    await click(stood_up, f"Agree to {len(aged.due)} rows")
    await until(lambda: "Begins" in html(stood_up))
    run = await careful.open_run(SUMMARIES)
    assert run is not None
    assert run.state is ArchiveState.QUEUED


@pytest.mark.usefixtures("aged")
async def test_a_stale_sign_in_is_asked_for_the_password_before_anything_begins(
    stood_up: Desktop, archival: Archival
) -> None:
    await open_archival(stood_up)
    await click_preview(stood_up, "Anonymous summaries")
    signed_in_at(stood_up, datetime.now(UTC) - timedelta(minutes=16))
    rows = (await archival.preview(SUMMARIES, "cli:x")).rows
    type_in(stood_up, "Type ", str(rows))
    fire(buttons(stood_up)[f"Archive {rows} rows"])
    await until(lambda: "Your password, once more" in html(stood_up))
    assert await archival.open_run(SUMMARIES) is None


async def test_a_hold_is_placed_and_released_by_button(stood_up: Desktop, archival: Archival, aged: Aged) -> None:
    await open_archival(stood_up)
    type_in(stood_up, "Id of what to hold", str(aged.due[0]))
    type_in(stood_up, "Reason", "a court asked")
    await click(stood_up, "Hold")
    await until(lambda: "a court asked" in html(stood_up))
    [hold] = await archival.holds.listed()
    assert (hold.subject_kind, hold.subject_id) == ("summary", str(aged.due[0]))
    await click(stood_up, "Release")
    await until(lambda: "Nothing is held" in html(stood_up))
    assert await archival.holds.listed() == ()


@pytest.mark.usefixtures("aged")
async def test_the_audit_log_shows_who_did_what_and_that_the_chain_is_whole(
    stood_up: Desktop, archival: Archival, database_url: str
) -> None:
    await archive_with(archival, SUMMARIES)
    shown = await opened(stood_up, "/ops/audit", Role.ADMIN)
    await until(lambda: "Chain verified: 2 lines" in html(stood_up))
    for words in ("archive: started", "archive: done", "cli:tester", "anonymous-summaries", "sha256 "):
        assert words in shown
    run_sql(database_url, "ALTER TABLE audit_log DISABLE TRIGGER USER")
    run_sql(database_url, "UPDATE audit_log SET actor = 'cli:nobody' WHERE id = 1")
    await click(stood_up, "Verify again")
    await until(lambda: "Chain broken at line 1" in html(stood_up))


async def test_the_audit_log_is_filtered_and_read_page_by_page(
    stood_up: Desktop, archival: Archival, database_url: str, aged: Aged
) -> None:
    for each in aged.summaries[:26]:
        await archival.holds.place(HoldSubject.SUMMARY, str(each), reason="x", actor="cli:root")
        await archival.holds.release(HoldSubject.SUMMARY, str(each), actor="cli:root")
    shown = await opened(stood_up, "/ops/audit", Role.ADMIN)
    assert (shown.count("hold: placed"), shown.count("hold: released")) == (25, 25)
    await click(stood_up, "Older")
    await until(lambda: html(stood_up).count("hold: placed") == 26)
    assert "Older" not in buttons(stood_up)
    type_in(stood_up, "Find in the log", str(aged.summaries[3]))
    with stood_up.user:
        [field] = list(ElementFilter(kind=ui.input))
    fire(field, "keydown")
    await until(lambda: html(stood_up).count("hold: placed") == 1)


async def test_reading_the_log_twice_at_once_shows_each_line_once(
    stood_up: Desktop, archival: Archival, aged: Aged
) -> None:
    for each in aged.summaries[:30]:
        await archival.holds.place(HoldSubject.SUMMARY, str(each), reason="x", actor="cli:root")
        await archival.holds.release(HoldSubject.SUMMARY, str(each), actor="cli:root")
    await opened(stood_up, "/ops/audit", Role.ADMIN)
    with stood_up.user:
        [field] = list(ElementFilter(kind=ui.input))
    for _ in range(3):
        fire(field, "keydown")
    await asyncio.sleep(0.5)
    assert html(stood_up).count("hold: placed") == 25


async def test_every_handler_of_these_pages_is_noted_with_what_it_needs(stood_up: Desktop, aged: Aged) -> None:
    await open_archival(stood_up)
    await click_preview(stood_up, "Anonymous summaries")
    noted = guards.HANDLERS
    assert noted["archival.start"] is Action.ARCHIVE
    assert noted["archival.preview"] is Action.PREVIEW_ARCHIVAL
    assert noted["archival.hold"] is Action.HOLD
    assert aged.due


def run_at(done: int, skipped: int = 0, rows_per_s: float | None = None) -> ArchiveRun:
    return ArchiveRun(
        id=UUID(int=1), policy=SUMMARIES, direction=Direction.ARCHIVE, state=ArchiveState.RUNNING, attempt=1,
        cutoff=NOW, planned_rows=4118, done_rows=done, skipped_rows=skipped, bytes=0, file="f", sha256=None,
        source_id=None,
        actor="cli:root", approved_by=None, is_stop_asked=False, failure=None, created_at=NOW, started_at=NOW,
        heartbeat_at=NOW, finished_at=None, expires_at=None, rows_per_s=rows_per_s,
    )  # fmt: skip


def test_progress_says_how_far_and_how_long() -> None:
    assert progress_words(run_at(0)) == "0 of 4,118 rows"
    assert progress_words(run_at(2118, rows_per_s=500)) == "2,118 of 4,118 rows · about 4 s left"
    assert progress_words(run_at(2000, 2118, rows_per_s=500)) == (
        "2,000 of 4,118 rows · 2,118 were there already · a moment left"
    )


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "a moment"), (4.4, "about 4 s"), (200, "about 3 min"), (9000, "about 2.5 h")]
)
def test_times_are_rounded(seconds: float, words: str) -> None:
    assert about(seconds) == words


def test_acts_and_details_are_written_as_people_read_them() -> None:
    assert action_words("archive.stop_asked") == "archive: stop asked"
    assert action_words("grant") == "grant"
    assert detail_words({"rows": 4118, "file": "a.gz", "is_done": True, "note": None}) == (
        "rows 4,118, file a.gz, is_done true, note null"
    )
