"""The ledger of model calls: leave to spend under caps that hold across workers, bills, and receipts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.queries.runs import Lease
from core.domain.model import Usage

# Any number, the same in every process: reservations come one after the other, so that no two pass a cap together.
_SPENDING_LOCK = 7_320_544_122
_BOOKED = "coalesce(sum(coalesce(cost_microusd, reserved_microusd)), 0)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The most that may be spent, in micro-dollars: for one job, for one payer in a day, for everybody in a day."""

    job_microusd: int
    payer_day_microusd: int
    day_microusd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What is booked so far, in micro-dollars, reservations of calls under way included."""

    job_microusd: int
    payer_day_microusd: int
    day_microusd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCall:
    """A call about to be made; `most_microusd` is what it can cost at most."""

    most_microusd: int
    model: str
    purpose: str


async def lock_spending(session: AsyncSession) -> None:
    """Until the transaction ends nobody else reserves."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SPENDING_LOCK})


async def read_spent(session: AsyncSession, run_id: UUID, payer: str, *, since: datetime) -> Spent:
    """`since` is the beginning of the day."""
    row = (
        await session.execute(
            text(
                f"""
                SELECT (SELECT {_BOOKED} FROM model_calls WHERE run_id = :run_id) AS job,
                       (SELECT {_BOOKED} FROM model_calls WHERE payer = :payer AND created_at >= :since) AS payer_day,
                       (SELECT {_BOOKED} FROM model_calls WHERE created_at >= :since) AS day
                """  # noqa: S608
            ),
            {"run_id": run_id, "payer": payer, "since": since},
        )
    ).one()
    return Spent(job_microusd=int(row.job), payer_day_microusd=int(row.payer_day), day_microusd=int(row.day))


async def reserve_call(session: AsyncSession, run_id: UUID, payer: str, call: NewCall, *, now: datetime) -> UUID:
    """Books a call at the most it can cost, and the run with it."""
    call_id = uuid4()
    await session.execute(
        text(
            "INSERT INTO model_calls (id, run_id, payer, model, purpose, reserved_microusd, created_at)"
            " VALUES (:id, :run_id, :payer, :model, :purpose, :most, :now)"
        ),
        {"id": call_id, "run_id": run_id, "payer": payer, "model": call.model, "purpose": call.purpose,
         "most": call.most_microusd, "now": now},
    )  # fmt: skip
    return call_id


async def settle_call(session: AsyncSession, call_id: UUID, cost_microusd: int, usage: Usage, *, now: datetime) -> None:
    """Books the bill in the reservation's place; once settled a call stays as it is."""
    await session.execute(
        text(
            """
            UPDATE model_calls
               SET cost_microusd = :cost, prompt_tokens = :prompt, cached_tokens = :cached,
                   completion_tokens = :completion, is_estimate = :is_estimate, settled_at = :now
             WHERE id = :id AND settled_at IS NULL
            """
        ),
        {"id": call_id, "cost": cost_microusd, "prompt": usage.prompt_tokens, "cached": usage.cached_tokens,
         "completion": usage.completion_tokens, "is_estimate": usage.is_estimate, "now": now},
    )  # fmt: skip


async def write_receipt(session: AsyncSession, run_id: UUID) -> None:
    """Adds up the ledger on the run: what it cost so far and what that was for. Whatever became of the run, this is
    true, so no lease is asked for.
    """
    await session.execute(
        text(
            """
            UPDATE runs SET cost_microusd = booked.cost, receipt = booked.receipt
              FROM (SELECT coalesce(sum(coalesce(cost_microusd, reserved_microusd)), 0) AS cost,
                           jsonb_build_object(
                               'calls', count(*), 'prompt_tokens', coalesce(sum(prompt_tokens), 0),
                               'cached_tokens', coalesce(sum(cached_tokens), 0),
                               'completion_tokens', coalesce(sum(completion_tokens), 0),
                               'is_estimate', coalesce(bool_or(is_estimate AND cost_microusd IS DISTINCT FROM 0), false)
                           ) AS receipt
                      FROM model_calls WHERE run_id = :run_id) AS booked
             WHERE runs.id = :run_id
            """
        ),
        {"run_id": run_id},
    )


async def save_estimate(session: AsyncSession, lease: Lease, estimate_microusd: int) -> None:
    """What the run is thought to cost, known before its first call."""
    await session.execute(
        text("UPDATE runs SET estimate_microusd = :estimate WHERE id = :id AND attempt = :attempt"),
        {"estimate": estimate_microusd, "id": lease.run_id, "attempt": lease.attempt},
    )
