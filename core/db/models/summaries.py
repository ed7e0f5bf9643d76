"""Transcripts, runs, versions and summaries. What depends on a summary cascades; the rest is swept later."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, Text, desc, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base

_now = func.now()


class TranscriptRow(Base):
    """Immutable; found again by the digest of its cleaned segments. `segments` is `pack_segments` output."""

    __tablename__ = "transcripts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(Text, unique=True)
    cleaner_version: Mapped[int]
    segments: Mapped[bytes] = mapped_column(LargeBinary)
    segment_count: Mapped[int]
    is_timed: Mapped[bool]
    duration_ms: Mapped[int | None] = mapped_column(BigInteger)
    language: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    notes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    created_at: Mapped[datetime] = mapped_column(server_default=_now)


class VideoRow(Base):
    """Metadata of a video, kept for its time to live, and the captions last fetched for it."""

    __tablename__ = "videos"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    title: Mapped[str | None] = mapped_column(Text)
    channel: Mapped[str | None] = mapped_column(Text)
    duration_ms: Mapped[int | None] = mapped_column(BigInteger)
    thumbnail_url: Mapped[str | None] = mapped_column(Text)
    is_live: Mapped[bool] = mapped_column(server_default=text("false"))
    chapters: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    fetched_at: Mapped[datetime]


class VideoCaptionsRow(Base):
    """The cache rung of the ladder: which transcript a video gave for a wish for languages, and when."""

    __tablename__ = "video_captions"

    video_id: Mapped[str] = mapped_column(Text, primary_key=True)
    languages: Mapped[str] = mapped_column(Text, primary_key=True)
    transcript_id: Mapped[UUID] = mapped_column(ForeignKey("transcripts.id", ondelete="CASCADE"), index=True)
    fetched_at: Mapped[datetime]


class RunRow(Base):
    """One computed piece of work, shared by everyone who asked for the same.

    `request_key` names what was asked (one open run a key); `cache_key` the exact input once the words are known.
    `attempt` rises with every take-over: a write that carries an older one changes nothing. `recipe` is the cache key
    as soon as the words are known, not unique; `waiting` says why a queued run rests until a vendor is back.
    `upload_id` names the recording that its words are heard from (no foreign key: that goes once they are stored).
    """

    __tablename__ = "runs"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_key: Mapped[str] = mapped_column(Text)
    cache_key: Mapped[str | None] = mapped_column(Text, unique=True)
    engine: Mapped[str] = mapped_column(Text)
    options: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    video_id: Mapped[str | None] = mapped_column(Text)
    transcript_id: Mapped[UUID | None] = mapped_column(ForeignKey("transcripts.id"), index=True)
    version_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("summary_versions.id", use_alter=True, ondelete="SET NULL"), index=True
    )
    state: Mapped[str] = mapped_column(Text)
    attempt: Mapped[int] = mapped_column(server_default=text("0"))
    tried: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    failure: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    cost_microusd: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    estimate_microusd: Mapped[int | None] = mapped_column(BigInteger)
    receipt: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    payer: Mapped[str | None] = mapped_column(Text)
    recipe: Mapped[str | None] = mapped_column(Text)
    upload_id: Mapped[UUID | None]
    waiting: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    request_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=_now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("state IN ('queued','running','done','failed','cancelled')", name="state_is_known"),
        Index(
            "uq_runs_open_request",
            "request_key",
            unique=True,
            postgresql_where=text("state IN ('queued','running')"),
        ),
        Index("idx_runs_request_finished", "request_key", "finished_at"),
    )


class SummaryVersionRow(Base):
    """Immutable output of a run: `draft` is `SummaryDraft.to_json()`, `lines` its items, so many of them supported."""

    __tablename__ = "summary_versions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), index=True)
    transcript_id: Mapped[UUID] = mapped_column(ForeignKey("transcripts.id"), index=True)
    engine: Mapped[str] = mapped_column(Text)
    draft: Mapped[dict[str, Any]] = mapped_column(JSONB)
    lines: Mapped[int] = mapped_column(server_default=text("0"))
    supported_lines: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[datetime] = mapped_column(server_default=_now)


class SummaryRow(Base):
    """One person's summary: it points at the run that makes it and at the version it shows."""

    __tablename__ = "summaries"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(Text)
    anonymous_id: Mapped[str | None] = mapped_column(Text)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id"), index=True)
    version_id: Mapped[UUID | None] = mapped_column(ForeignKey("summary_versions.id"), index=True)
    title: Mapped[str | None] = mapped_column(Text)
    channel: Mapped[str | None] = mapped_column(Text)
    video_id: Mapped[str | None] = mapped_column(Text)
    start_ms: Mapped[int | None] = mapped_column(BigInteger)
    duration_ms: Mapped[int | None] = mapped_column(BigInteger)
    thumbnail_url: Mapped[str | None] = mapped_column(Text)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    created_at: Mapped[datetime] = mapped_column(server_default=_now)

    __table_args__ = (
        Index("idx_summaries_user_created", "user_id", desc("created_at")),
        Index("idx_summaries_anonymous_created", "anonymous_id", desc("created_at")),
        Index("idx_summaries_tags", "tags", postgresql_using="gin"),
    )


class ProgressRow(Base):
    """How far a run is: one row a run, `seq` rises with every write. The guide deletes by `created_at`."""

    __tablename__ = "progress_tracking"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    attempt: Mapped[int]
    stage: Mapped[str] = mapped_column(Text)
    ratio: Mapped[float]
    stages: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(server_default=_now)
    updated_at: Mapped[datetime] = mapped_column(server_default=_now)

    __table_args__ = (Index("idx_progress_tracking_created", "created_at"),)
