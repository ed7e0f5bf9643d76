"""Many videos asked for at once. What became of an item, its summary knows."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, desc, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base


class BatchRow(Base):
    """One person's batch. `options` is what was chosen for all its items; `failure` why its list could not be read."""

    __tablename__ = "batches"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(Text)
    anonymous_id: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str | None] = mapped_column(Text)
    source_url: Mapped[str | None] = mapped_column(Text)
    options: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    state: Mapped[str] = mapped_column(Text)
    failure: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        CheckConstraint("state IN ('listing','running','paused','done','failed')", name="state_is_known"),
        Index("idx_batches_user_created", "user_id", desc("created_at")),
        Index("idx_batches_anonymous_created", "anonymous_id", desc("created_at")),
        # Few are at work at any time: the workers look for those every few seconds.
        Index("idx_batches_at_work", "created_at", postgresql_where=text("state IN ('listing','running','paused')")),
    )


class BatchItemRow(Base):
    """A video of a batch. Its summary is the person's own, and outlives the batch; the item outlives the summary."""

    __tablename__ = "batch_items"

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    video_id: Mapped[str] = mapped_column(Text)
    start_ms: Mapped[int | None] = mapped_column(BigInteger)
    title: Mapped[str | None] = mapped_column(Text)
    duration_ms: Mapped[int | None] = mapped_column(BigInteger)
    summary_id: Mapped[UUID | None] = mapped_column(ForeignKey("summaries.id", ondelete="SET NULL"), index=True)
    state: Mapped[str] = mapped_column(Text)
    failure: Mapped[dict[str, Any] | None] = mapped_column(JSONB)

    __table_args__ = (
        CheckConstraint("state IN ('waiting','started','refused','skipped')", name="state_is_known"),
        Index("idx_batch_items_waiting", "batch_id", "number", postgresql_where=text("state = 'waiting'")),
    )
