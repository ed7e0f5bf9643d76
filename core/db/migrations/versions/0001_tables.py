"""The first tables: transcripts, videos, runs, versions, summaries and their progress."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    _transcripts()
    _videos()
    _runs()
    _video_captions()
    _progress_tracking()
    _summary_versions()
    _summaries()
    # Runs and versions point at each other, so one of the two keys comes last.
    op.create_foreign_key(
        op.f("fk_runs_version_id"), "runs", "summary_versions", ["version_id"], ["id"], ondelete="SET NULL"
    )


def _transcripts() -> None:
    op.create_table(
        "transcripts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("cleaner_version", sa.Integer(), nullable=False),
        sa.Column("segments", sa.LargeBinary(), nullable=False),
        sa.Column("segment_count", sa.Integer(), nullable=False),
        sa.Column("is_timed", sa.Boolean(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("notes", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transcripts")),
        sa.UniqueConstraint("sha256", name=op.f("uq_transcripts_sha256")),
    )


def _videos() -> None:
    op.create_table(
        "videos",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("thumbnail_url", sa.Text(), nullable=True),
        sa.Column("is_live", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "chapters",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_videos")),
    )


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.Column("cache_key", sa.Text(), nullable=True),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("options", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("video_id", sa.Text(), nullable=True),
        sa.Column("transcript_id", sa.Uuid(), nullable=True),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("tried", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("failure", postgresql.JSONB(), nullable=True),
        sa.Column("cost_microusd", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued','running','done','failed','cancelled')", name=op.f("ck_runs_state_is_known")
        ),
        sa.ForeignKeyConstraint(["transcript_id"], ["transcripts.id"], name=op.f("fk_runs_transcript_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("cache_key", name=op.f("uq_runs_cache_key")),
    )
    op.create_index("idx_runs_request_finished", "runs", ["request_key", "finished_at"], unique=False)
    op.create_index(op.f("idx_runs_transcript_id"), "runs", ["transcript_id"], unique=False)
    op.create_index(op.f("idx_runs_version_id"), "runs", ["version_id"], unique=False)
    op.create_index(
        "uq_runs_open_request",
        "runs",
        ["request_key"],
        unique=True,
        postgresql_where=sa.text("state IN ('queued','running')"),
    )


def _video_captions() -> None:
    op.create_table(
        "video_captions",
        sa.Column("video_id", sa.Text(), nullable=False),
        sa.Column("languages", sa.Text(), nullable=False),
        sa.Column("transcript_id", sa.Uuid(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["transcript_id"], ["transcripts.id"], name=op.f("fk_video_captions_transcript_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("video_id", "languages", name=op.f("pk_video_captions")),
    )
    op.create_index(op.f("idx_video_captions_transcript_id"), "video_captions", ["transcript_id"], unique=False)


def _progress_tracking() -> None:
    op.create_table(
        "progress_tracking",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("ratio", sa.Double(), nullable=False),
        sa.Column("stages", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_progress_tracking_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_progress_tracking")),
    )
    op.create_index("idx_progress_tracking_created", "progress_tracking", ["created_at"], unique=False)


def _summary_versions() -> None:
    op.create_table(
        "summary_versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("transcript_id", sa.Uuid(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("draft", postgresql.JSONB(), nullable=False),
        sa.Column("lines", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("supported_lines", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_summary_versions_run_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["transcript_id"], ["transcripts.id"], name=op.f("fk_summary_versions_transcript_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_summary_versions")),
    )
    op.create_index(op.f("idx_summary_versions_run_id"), "summary_versions", ["run_id"], unique=False)
    op.create_index(op.f("idx_summary_versions_transcript_id"), "summary_versions", ["transcript_id"], unique=False)


def _summaries() -> None:
    op.create_table(
        "summaries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("anonymous_id", sa.Text(), nullable=True),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("video_id", sa.Text(), nullable=True),
        sa.Column("start_ms", sa.BigInteger(), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("thumbnail_url", sa.Text(), nullable=True),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_summaries_run_id")),
        sa.ForeignKeyConstraint(["version_id"], ["summary_versions.id"], name=op.f("fk_summaries_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_summaries")),
    )
    op.create_index(
        "idx_summaries_anonymous_created",
        "summaries",
        ["anonymous_id", sa.literal_column("created_at DESC")],
        unique=False,
    )
    op.create_index(op.f("idx_summaries_run_id"), "summaries", ["run_id"], unique=False)
    op.create_index("idx_summaries_tags", "summaries", ["tags"], unique=False, postgresql_using="gin")
    op.create_index(
        "idx_summaries_user_created", "summaries", ["user_id", sa.literal_column("created_at DESC")], unique=False
    )
    op.create_index(op.f("idx_summaries_version_id"), "summaries", ["version_id"], unique=False)
