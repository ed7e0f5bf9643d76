"""From a sign-up to the mail in a real mailbox, by the queue; and how failed mails are tried again."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest
from procrastinate.jobs import Job

from core.domain.account import Visit
from core.domain.mail import MailFailed
from core.jobs.mail import MailRetries
from tests.factories.accounts import PASSWORD
from tests.factories.applications import services_on, settings_for, until, worker_on
from tests.world.mail import mail_server


async def test_a_sign_up_is_mailed_by_the_worker_and_its_link_makes_the_account(
    database_url: str, tmp_path: Path
) -> None:
    async with mail_server() as server:
        settings = settings_for(
            tmp_path, smtp_url=f"smtp://127.0.0.1:{server.port}", public_origin="http://sightline.test"
        )
        async with services_on(database_url, settings) as services, worker_on(database_url, settings):
            sign_ups = services.accounts.sign_ups
            pending = await sign_ups.request("ann@example.org", PASSWORD, Visit(address="192.0.2.7"))
            await until(lambda: server.mails)
            found = re.search(r"http://sightline\.test/verify/(\S+)", server.mails[0].get_content())
            assert found is not None
            opened = await sign_ups.finish(found[1], Visit(address="192.0.2.7", pending=pending))
            assert opened.signed_in.account.email == "ann@example.org"
            await services.accounts.resets.request("nobody@example.org", Visit(address="192.0.2.7"))
            await services.accounts.resets.request("ann@example.org", Visit(address="192.0.2.7"))
            await until(lambda: len(server.mails) == 2)
    assert server.recipients == ["ann@example.org"] * 2
    assert "/reset/" in server.mails[1].get_content()


def job(attempts: int) -> Job:
    return Job(
        id=1, queue="mail", lock=None, queueing_lock=None, task_name="mail:send", priority=0, attempts=attempts,
        task_kwargs={"token_id": str(uuid4()), "origin": "http://sightline.test"},
    )  # fmt: skip


def test_a_mail_is_tried_five_times_with_longer_pauses() -> None:
    error = MailFailed("The mail server said 451.")
    decisions = [MailRetries().get_retry_decision(exception=error, job=job(attempts)) for attempts in range(5)]
    assert [decision is None for decision in decisions] == [False, False, False, False, True]
    times = [decision.retry_at for decision in decisions if decision]
    assert times == sorted(times)


@pytest.mark.parametrize("error", [MailFailed("Never.", retryable=False), ValueError("a bug")])
def test_what_another_try_cannot_mend_is_not_tried_again(error: Exception) -> None:
    assert MailRetries().get_retry_decision(exception=error, job=job(0)) is None
