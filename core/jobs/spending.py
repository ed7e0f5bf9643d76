"""Leave to spend, as the worker gives it to the processes that ask: under caps that hold across all workers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from core.clock import Clock
from core.config import Settings
from core.db.database import Database
from core.db.queries.runs import ClaimedRun, hold_run
from core.db.queries.spending import (
    Caps,
    NewCall,
    Spent,
    lock_spending,
    read_spent,
    reserve_call,
    settle_call,
    write_receipt,
)
from core.domain.model import Usage
from core.domain.telemetry import Kind
from core.jobs.messages import SpendAnswer, SpendAsked, SpendSettled
from core.jobs.vendors import MODEL_VENDOR
from core.ports import Recording

_MICRO = 1_000_000


class RunSpending:
    """The money of one run; whoever asked for it first pays."""

    def __init__(
        self, database: Database, clock: Clock, settings: Settings, claimed: ClaimedRun, recording: Recording
    ) -> None:
        self._database = database
        self._clock = clock
        self._caps = caps_of(settings)
        self._lease = claimed.lease
        self._payer = claimed.payer
        self._recording = recording
        self._under_way: set[str] = set()

    async def answer(self, asked: SpendAsked) -> SpendAnswer:
        """A reservation, written before it is given; or why a cap, or the lost lease, forbids it."""
        now = self._clock.now()
        call = NewCall(most_microusd=asked.most_microusd, model=asked.model, purpose=asked.purpose)
        async with self._database.transaction() as session:
            if not await hold_run(session, self._lease):
                return SpendAnswer(ask=asked.ask, reservation=None, reason="The work was taken elsewhere.")
            await lock_spending(session)
            spent = await read_spent(session, self._lease.run_id, self._payer, since=_day_of(now))
            if refusal := find_refusal(self._caps, spent, asked.most_microusd):
                return SpendAnswer(ask=asked.ask, reservation=None, reason=refusal)
            call_id = await reserve_call(session, self._lease.run_id, self._payer, call, now=now)
        self._under_way.add(str(call_id))
        return SpendAnswer(ask=asked.ask, reservation=str(call_id), reason="")

    async def settle(self, settled: SpendSettled) -> None:
        """The bill, and the run's receipt with it. It is due even where the lease is lost: the money is spent."""
        usage = Usage(
            prompt_tokens=settled.prompt_tokens,
            cached_tokens=settled.cached_tokens,
            completion_tokens=settled.completion_tokens,
            is_estimate=settled.is_estimate,
        )
        async with self._database.transaction() as session:
            await settle_call(session, UUID(settled.reservation), settled.cost_microusd, usage, now=self._clock.now())
            await write_receipt(session, self._lease.run_id)
        self._under_way.discard(settled.reservation)
        self._recording.record(Kind.SPEND, MODEL_VENDOR, value=float(settled.cost_microusd))

    async def close(self) -> None:
        """What was cut off in the middle of a call stays booked at the most it could cost: the receipt says so."""
        if self._under_way:
            async with self._database.transaction() as session:
                await write_receipt(session, self._lease.run_id)


def caps_of(settings: Settings) -> Caps:
    return Caps(
        job_microusd=round(settings.job_cap_usd * _MICRO),
        payer_day_microusd=round(settings.user_day_cap_usd * _MICRO),
        day_microusd=round(settings.day_cap_usd * _MICRO),
    )


def find_refusal(caps: Caps, spent: Spent, most_microusd: int) -> str | None:
    """In words for the person, which cap one more call could pass; None where it may be made."""
    if spent.job_microusd + most_microusd > caps.job_microusd:
        return f"This summary may cost ${caps.job_microusd / _MICRO:.2f} at most, and the next step could pass that."
    if spent.payer_day_microusd + most_microusd > caps.payer_day_microusd:
        return f"You have used what one person may spend in a day, ${caps.payer_day_microusd / _MICRO:.2f}."
    if spent.day_microusd + most_microusd > caps.day_microusd:
        return "This service has used what it may spend on language models today."
    return None


def _day_of(now: datetime) -> datetime:
    """Midnight UTC."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)
