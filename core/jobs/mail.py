"""The mail queue: its one task sends the mail of one token. A process has a place for it beside its long jobs."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from procrastinate import App, BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job

from core.errors import AppError
from core.jobs.queue import MAIL_QUEUE, MAIL_TASK
from core.logging import EventLog
from core.services.accounts.mails import AccountMails

log = EventLog(__name__)

# 5 s, 30 s, 3 min, 18 min: a mail server that is away for longer is away for longer than people wait for a link.
_MOST_TRIES = 5
_FIRST_PAUSE = timedelta(seconds=5)
_PAUSE_GROWS = 6


class MailRetries(BaseRetryStrategy):
    """Again, later, where the error says that this can help, and as long as anybody may still wait for it."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        is_retryable = isinstance(exception, AppError) and exception.retryable
        # `attempts` counts those before this one.
        if not is_retryable or job.attempts + 1 >= _MOST_TRIES:
            return None
        pause = _FIRST_PAUSE * _PAUSE_GROWS**job.attempts
        return RetryDecision(retry_in={"seconds": int(pause.total_seconds())})


def register_mail(queue: App, mails: AccountMails) -> None:
    """Defines `mail:send` on this queue."""

    @queue.task(name=MAIL_TASK, queue=MAIL_QUEUE, retry=MailRetries())
    async def send_mail(token_id: str, origin: str) -> None:
        try:
            await mails.send(UUID(token_id), origin)
        except AppError as error:
            log.warning("mail.failed", token=token_id, code=error.code, why=error.message, retryable=error.retryable)
            raise
