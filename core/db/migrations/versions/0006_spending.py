"""Money, vendors that are out of order, finished parts, summaries that await a better one, and uploaded recordings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

_NOW = sa.text("now()")


def upgrade() -> None:
    _runs()
    _model_calls()
    _finished_parts()
    _vendors()
    _awaited_runs()
    _uploads()


def _runs() -> None:
    op.add_column("runs", sa.Column("estimate_microusd", sa.BigInteger(), nullable=True))
    op.add_column("runs", sa.Column("receipt", postgresql.JSONB(), nullable=True))
    op.add_column("runs", sa.Column("payer", sa.Text(), nullable=True))
    op.add_column("runs", sa.Column("recipe", sa.Text(), nullable=True))
    op.add_column("runs", sa.Column("upload_id", sa.Uuid(), nullable=True))
    op.add_column("runs", sa.Column("waiting", postgresql.JSONB(), nullable=True))


def _model_calls() -> None:
    zero = sa.text("0")
    op.create_table(
        "model_calls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("payer", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("reserved_microusd", sa.BigInteger(), nullable=False),
        sa.Column("cost_microusd", sa.BigInteger(), nullable=True),
        sa.Column("prompt_tokens", sa.BigInteger(), server_default=zero, nullable=False),
        sa.Column("cached_tokens", sa.BigInteger(), server_default=zero, nullable=False),
        sa.Column("completion_tokens", sa.BigInteger(), server_default=zero, nullable=False),
        sa.Column("is_estimate", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_calls")),
    )
    op.create_index("idx_model_calls_created", "model_calls", ["created_at"], unique=False)
    op.create_index("idx_model_calls_run", "model_calls", ["run_id"], unique=False)
    op.create_index("idx_model_calls_payer_created", "model_calls", ["payer", "created_at"], unique=False)


def _finished_parts() -> None:
    op.create_table(
        "finished_parts",
        sa.Column("recipe", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("transcript_id", sa.Uuid(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("draft", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ["transcript_id"], ["transcripts.id"], name=op.f("fk_finished_parts_transcript_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("recipe", "key", name=op.f("pk_finished_parts")),
    )
    op.create_index(op.f("idx_finished_parts_transcript_id"), "finished_parts", ["transcript_id"], unique=False)
    op.create_index("idx_finished_parts_created", "finished_parts", ["created_at"], unique=False)


def _vendors() -> None:
    op.create_table(
        "vendor_states",
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("state", postgresql.JSONB(), nullable=False),
        sa.Column("resting_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("vendor", name=op.f("pk_vendor_states")),
    )
    op.create_table(
        "model_endpoints",
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("gauge", postgresql.JSONB(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("endpoint", "model", name=op.f("pk_model_endpoints")),
    )


def _awaited_runs() -> None:
    op.create_table(
        "awaited_runs",
        sa.Column("summary_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["summary_id"], ["summaries.id"], name=op.f("fk_awaited_runs_summary_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("summary_id", name=op.f("pk_awaited_runs")),
    )
    op.create_index(op.f("idx_awaited_runs_run_id"), "awaited_runs", ["run_id"], unique=False)


def _uploads() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index("idx_uploads_created", "uploads", ["created_at"], unique=False)
    op.create_table(
        "upload_pieces",
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.id"], name=op.f("fk_upload_pieces_upload_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload_id", "number", name=op.f("pk_upload_pieces")),
    )
