"""Vendors that are out of order, what was learned of their endpoints, and the runs that wait for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.models import ModelEndpointRow, VendorStateRow


async def hold_vendor(session: AsyncSession, vendor: str) -> dict[str, Any] | None:
    """The state of this vendor, locked until the transaction ends; None where nothing was ever written."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:vendor, 0))"), {"vendor": f"vendor:{vendor}"}
    )
    state: dict[str, Any] | None = await session.scalar(select(VendorStateRow.state).filter_by(vendor=vendor))
    return state


async def save_vendor(
    session: AsyncSession, vendor: str, state: Mapping[str, object], *, resting_until: datetime | None, now: datetime
) -> None:
    values = {"state": dict(state), "resting_until": resting_until, "updated_at": now}
    statement = insert(VendorStateRow).values(vendor=vendor, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["vendor"], set_=values))


async def list_resting(session: AsyncSession, *, now: datetime) -> dict[str, datetime]:
    """Vendors that rest, and until when."""
    found = await session.execute(
        select(VendorStateRow.vendor, VendorStateRow.resting_until).where(VendorStateRow.resting_until > now)
    )
    return {row.vendor: row.resting_until for row in found}


async def wake_waiting(session: AsyncSession, code_prefix: str, *, now: datetime) -> int:
    """Runs that rest for a reason with this prefix go on at once; how many."""
    woken = await session.execute(
        text(
            """
            UPDATE procrastinate_jobs job SET scheduled_at = :now
              FROM runs r
             WHERE job.lock = r.id::text AND job.status = 'todo' AND job.scheduled_at > :now
               AND r.state = 'queued' AND r.waiting ->> 'code' LIKE :prefix
            RETURNING job.id
            """
        ),
        {"now": now, "prefix": f"{code_prefix}%"},
    )
    return len(woken.all())


async def find_endpoints(session: AsyncSession, endpoint: str, models: Iterable[str]) -> dict[str, tuple[str, Any]]:
    """(form, gauge) by model, of those that are known."""
    found = await session.execute(
        select(ModelEndpointRow).where(ModelEndpointRow.endpoint == endpoint, ModelEndpointRow.model.in_(list(models)))
    )
    return {row.model: (row.form, row.gauge) for row in found.scalars()}


async def save_endpoint(
    session: AsyncSession, endpoint: str, model: str, form: str, gauge: Mapping[str, object], *, now: datetime
) -> None:
    values = {"form": form, "gauge": dict(gauge), "updated_at": now}
    statement = insert(ModelEndpointRow).values(endpoint=endpoint, model=model, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["endpoint", "model"], set_=values))


async def find_payer(session: AsyncSession, run_id: UUID) -> str | None:
    payer: str | None = await session.scalar(text("SELECT payer FROM runs WHERE id = :id"), {"id": run_id})
    return payer
