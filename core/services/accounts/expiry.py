"""What nobody can use any more goes, once an hour: sessions, links and counters of tries."""

from __future__ import annotations

from datetime import timedelta

from core.clock import Clock
from core.config import Settings
from core.db.database import Database
from core.db.queries.account_tokens import delete_outdated_tokens
from core.db.queries.attempts import delete_outdated_attempts
from core.db.queries.sessions import end_outdated_sessions
from core.domain.backoff import USUAL_PLACE_FOR
from core.ports import Recording
from core.services.accounts.parts import record_lengths

# Kept a little beyond their time, so that an operator can still see what became of one.
_TOKENS_KEPT = timedelta(days=7)
_COUNTERS_KEPT = timedelta(days=2)


async def sweep_accounts(database: Database, settings: Settings, clock: Clock, recording: Recording) -> int:
    """Sessions that ended by themselves. Raises Unavailable."""
    now = clock.now()
    async with database.transaction() as session:
        ended = await end_outdated_sessions(
            session, now=now, seen_after=now - timedelta(seconds=settings.session_idle_s)
        )
        await delete_outdated_tokens(session, before=now - _TOKENS_KEPT)
        await delete_outdated_attempts(session, counted_before=now - _COUNTERS_KEPT, seen_before=now - USUAL_PLACE_FOR)
    record_lengths(recording, ended)
    return len(ended)
