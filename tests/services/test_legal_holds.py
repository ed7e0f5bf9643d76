"""What an owner deletes while it is under legal hold leaves their sight and nothing else."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from core.bootstrap import Services
from core.db.database import Database
from core.db.queries.users import claim_summaries
from core.domain.archival import HoldSubject
from core.domain.owner import Owner
from core.errors import NotFound
from tests.factories.aged import run_sql
from tests.factories.applications import ANN, BOB, final_state, services_on, settings_for, worker_on
from tests.factories.captions import upload

ADMIN = "cli:tester"


def owner_of(url: str, summary: UUID) -> tuple[str, str | None] | None:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT user_id, anonymous_id FROM summaries WHERE id = %s", (summary,)).fetchone()


async def made(services: Services, owner: Owner, *, seed: int = 1) -> UUID:
    summary = await services.summaries.submit(upload(seed=seed), owner)
    await final_state(services, summary, owner)
    return summary


@pytest.mark.parametrize("kind", list(HoldSubject))
async def test_a_held_summary_is_gone_for_its_owner_and_stays_until_it_is_released(
    database_url: str, tmp_path: Path, kind: HoldSubject
) -> None:
    settings = settings_for(tmp_path)
    async with services_on(database_url, settings) as services, worker_on(database_url, settings):
        summary, free = await made(services, ANN), await made(services, BOB)
        subject = str(summary) if kind is HoldSubject.SUMMARY else str(ANN.anonymous_id)
        holds = services.archival.holds
        await holds.place(kind, subject, reason="a court asked", actor=ADMIN)
        await services.summaries.delete(summary, ANN)
        await services.summaries.delete(free, BOB)
        assert owner_of(database_url, free) is None
        assert owner_of(database_url, summary) == ("WITHHELD", ANN.anonymous_id)
        with pytest.raises(NotFound):
            await services.summaries.get(summary, ANN)
        with pytest.raises(NotFound):
            await services.summaries.delete(summary, ANN)
        assert (await services.summaries.list_page(ANN)).items == ()
        assert run_sql(database_url, "SELECT 1 FROM audit_log WHERE action = 'hold.withheld'") == 1
        await holds.release(kind, subject, actor=ADMIN)
        assert owner_of(database_url, summary) is None


async def test_what_two_holds_keep_stays_until_both_are_released(database_url: str, tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    async with services_on(database_url, settings) as services, worker_on(database_url, settings):
        summary, holds = await made(services, ANN), services.archival.holds
        person = str(ANN.anonymous_id)
        await holds.place(HoldSubject.SUMMARY, str(summary), reason="a court asked", actor=ADMIN)
        await holds.place(HoldSubject.USER, person, reason="another court asked", actor=ADMIN)
        await services.summaries.delete(summary, ANN)
        await holds.release(HoldSubject.SUMMARY, str(summary), actor=ADMIN)
        assert owner_of(database_url, summary) is not None
        await holds.release(HoldSubject.USER, person, actor=ADMIN)
        assert owner_of(database_url, summary) is None


async def test_a_hold_on_a_browser_is_not_got_rid_of_by_signing_up(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    """What a browser made is claimed by the account, under whose id the hold would not find it."""
    settings, account = settings_for(tmp_path), uuid4()
    async with services_on(database_url, settings) as services, worker_on(database_url, settings):
        summary = await made(services, ANN)
        browser = str(ANN.anonymous_id)
        await services.archival.holds.place(HoldSubject.USER, browser, reason="a court asked", actor=ADMIN)
        async with database.transaction() as session:
            assert await claim_summaries(session, account, [browser]) == 1
        held = {(hold.subject_id, hold.reason) for hold in await services.archival.holds.listed()}
        assert held == {(browser, "a court asked"), (str(account), "a court asked")}
        await services.summaries.delete(summary, Owner(user_id=str(account), anonymous_id=None))
        assert owner_of(database_url, summary) == ("WITHHELD", str(account))


async def test_a_run_that_only_what_is_withheld_stands_on_is_nobody_s_wait(database_url: str, tmp_path: Path) -> None:
    """It is cancelled with its owner's deletion, and whoever counts waits does not meet an owner that is none."""
    async with services_on(database_url, settings_for(tmp_path)) as services:
        first = await services.summaries.submit(upload(), ANN)
        second = await services.summaries.submit(upload(), BOB)
        await services.archival.holds.place(HoldSubject.SUMMARY, str(first), reason="a court asked", actor=ADMIN)
        await services.summaries.delete(first, ANN)
        await services.summaries.cancel(second, BOB)
        assert run_sql(database_url, "SELECT 1 FROM runs WHERE state IN ('queued', 'running')") == 0
