"""Archives, what may not be archived, and the log of who did what."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base

_now = func.now()


class ArchiveRunRow(Base):
    """One archival, or one restoration of its file. At most one of a policy is open at a time.

    `attempt` rises with every take-over; a write that carries an older one changes nothing. `cutoff` was frozen when
    the preview was made. `file` is a name inside the archive folder.
    """

    __tablename__ = "archive_runs"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    policy: Mapped[str] = mapped_column(Text)
    direction: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    attempt: Mapped[int] = mapped_column(server_default=text("0"))
    cutoff: Mapped[datetime | None]
    planned_rows: Mapped[int] = mapped_column(BigInteger)
    done_rows: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    skipped_rows: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    bytes: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    file: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str | None] = mapped_column(Text)
    source_id: Mapped[UUID | None] = mapped_column(ForeignKey("archive_runs.id"), index=True)
    actor: Mapped[str] = mapped_column(Text)
    approved_by: Mapped[str | None] = mapped_column(Text)
    is_stop_asked: Mapped[bool] = mapped_column(server_default=text("false"))
    failure: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(server_default=_now)
    started_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("direction IN ('archive','restore')", name="direction_is_known"),
        CheckConstraint(
            "state IN ('proposed','queued','running','stopped','done','failed','expired')", name="state_is_known"
        ),
        Index(
            "uq_archive_runs_open",
            "policy",
            unique=True,
            postgresql_where=text("state IN ('proposed','queued','running','stopped')"),
        ),
        Index("idx_archive_runs_policy_created", "policy", "created_at"),
    )


class ArchiveSliceRow(Base):
    """The manifest: one written, read-back and then deleted batch. `end_offset` is where it ends in the file."""

    __tablename__ = "archive_slices"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("archive_runs.id", ondelete="CASCADE"), primary_key=True)
    slice: Mapped[int] = mapped_column(primary_key=True)
    rows: Mapped[int] = mapped_column(BigInteger)
    end_offset: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(server_default=_now)


class LegalHoldRow(Base):
    """Keeps a summary, or all of a person's, from every archival and deletion, its owner's too, until it is lifted."""

    __tablename__ = "legal_holds"

    subject_kind: Mapped[str] = mapped_column(Text, primary_key=True)
    subject_id: Mapped[str] = mapped_column(Text, primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    placed_by: Mapped[str] = mapped_column(Text)
    placed_at: Mapped[datetime] = mapped_column(server_default=_now)

    __table_args__ = (CheckConstraint("subject_kind IN ('summary','user')", name="subject_is_known"),)


class AuditRow(Base):
    """Who did what, to what, when. Append-only by trigger; `hash` covers the row and the hash before it."""

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB)
    previous_hash: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("idx_audit_log_at", "at"),)
