"""What language models cost, which vendors are out of order, and the parts of summaries that are finished already."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base


class ModelCallRow(Base):
    """The ledger: a row a call, written before it is made with the most it can cost, settled with the bill.

    What is never settled (its process was killed) stays booked at the reservation. `payer` is the account's id or
    `anonymous:` and the browser's digest. The run may be swept; the money stays spent.
    """

    __tablename__ = "model_calls"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID]
    payer: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    reserved_microusd: Mapped[int] = mapped_column(BigInteger)
    cost_microusd: Mapped[int | None] = mapped_column(BigInteger)
    prompt_tokens: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    cached_tokens: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    completion_tokens: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    is_estimate: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    settled_at: Mapped[datetime | None]

    __table_args__ = (
        Index("idx_model_calls_created", "created_at"),
        Index("idx_model_calls_run", "run_id"),
        Index("idx_model_calls_payer_created", "payer", "created_at"),
    )


class FinishedPartRow(Base):
    """A part of a model's work on one exact input (`recipe`): whoever does the same work again need not pay for it.

    `body` is the engine's own; `draft` what a page can show of it, as `SummaryDraft.to_json()`.
    """

    __tablename__ = "finished_parts"

    recipe: Mapped[str] = mapped_column(Text, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    transcript_id: Mapped[UUID] = mapped_column(ForeignKey("transcripts.id", ondelete="CASCADE"), index=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    draft: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Index("idx_finished_parts_created", "created_at"),)


class VendorStateRow(Base):
    """The breaker of one vendor or rung, shared by all workers; `state` as `core.domain.breaker` writes it."""

    __tablename__ = "vendor_states"

    vendor: Mapped[str] = mapped_column(Text, primary_key=True)
    state: Mapped[dict[str, Any]] = mapped_column(JSONB)
    resting_until: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ModelEndpointRow(Base):
    """What was learned of an endpoint and model: the form it answers in, and how it counts tokens."""

    __tablename__ = "model_endpoints"

    endpoint: Mapped[str] = mapped_column(Text, primary_key=True)
    model: Mapped[str] = mapped_column(Text, primary_key=True)
    form: Mapped[str] = mapped_column(Text)
    gauge: Mapped[dict[str, Any]] = mapped_column(JSONB)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class AwaitedRunRow(Base):
    """A summary that shows the offline engine's work until this run, the language model's, is done.

    No foreign key: a summary that comes back from an archive may name a run that is long gone.
    """

    __tablename__ = "awaited_runs"

    summary_id: Mapped[UUID] = mapped_column(ForeignKey("summaries.id", ondelete="CASCADE"), primary_key=True)
    run_id: Mapped[UUID] = mapped_column(index=True)
