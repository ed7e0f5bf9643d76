"""Batches of videos, and their items."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    _batches()
    _items()


def _batches() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("anonymous_id", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("source_url", sa.Text(), nullable=True),
        sa.Column("options", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("failure", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state IN ('listing','running','paused','done','failed')", name=op.f("ck_batches_state_is_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_index(
        "idx_batches_user_created", "batches", ["user_id", sa.literal_column("created_at DESC")], unique=False
    )
    op.create_index(
        "idx_batches_anonymous_created", "batches", ["anonymous_id", sa.literal_column("created_at DESC")], unique=False
    )
    at_work = sa.text("state IN ('listing','running','paused')")
    op.create_index("idx_batches_at_work", "batches", ["created_at"], unique=False, postgresql_where=at_work)


def _items() -> None:
    op.create_table(
        "batch_items",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("video_id", sa.Text(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("summary_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("failure", postgresql.JSONB(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting','started','refused','skipped')", name=op.f("ck_batch_items_state_is_known")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_batch_items_batch_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["summary_id"], ["summaries.id"], name=op.f("fk_batch_items_summary_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_batch_items")),
    )
    op.create_index(op.f("idx_batch_items_summary_id"), "batch_items", ["summary_id"], unique=False)
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "idx_batch_items_waiting", "batch_items", ["batch_id", "number"], unique=False, postgresql_where=waiting
    )
