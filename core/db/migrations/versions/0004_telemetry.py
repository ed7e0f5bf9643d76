"""What was measured: events by day, sums by minute, hour and day, deploys and incidents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _series()
    _events()
    _rollup_minutes()
    _rollup_hours()
    _rollup_days()
    _dirty_hours()
    _telemetry_writers()
    _active_days()
    _deploys()
    _incidents()
    _installation_facts()
    _runs()


def _series() -> None:
    op.create_table(
        "series",
        sa.Column("id", sa.SmallInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("pace", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_series"),
        sa.UniqueConstraint("kind", "name", "outcome", "pace", "who", name="uq_series_kind_name_outcome_pace_who"),
    )


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("ts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value", sa.REAL(), nullable=False),
        sa.Column("series_id", sa.SmallInteger(), nullable=False),
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("weight", sa.SmallInteger(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("person", sa.Uuid(), nullable=True),
        sa.Column("detail", postgresql.JSONB(), nullable=True),
        postgresql_partition_by="RANGE (ts)",
    )
    op.create_index(
        "idx_events_ts",
        "events",
        ["ts"],
        unique=False,
        postgresql_using="brin",
        postgresql_with={"pages_per_range": "32"},
    )
    op.create_index(
        "idx_events_whole", "events", ["series_id", "ts"], unique=False, postgresql_where=sa.text("series_id < 0")
    )


def _rollup_minutes() -> None:
    op.create_table(
        "rollup_minutes",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("total", sa.Double(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("writer", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.SmallInteger(), nullable=False),
        sa.Column("histogram", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("at", "series_id", "writer", name="pk_rollup_minutes"),
    )


def _rollup_hours() -> None:
    op.create_table(
        "rollup_hours",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("total", sa.Double(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("writer", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.SmallInteger(), nullable=False),
        sa.Column("histogram", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("at", "series_id", "writer", name="pk_rollup_hours"),
    )


def _rollup_days() -> None:
    op.create_table(
        "rollup_days",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("total", sa.Double(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("writer", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.SmallInteger(), nullable=False),
        sa.Column("histogram", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("at", "series_id", "writer", name="pk_rollup_days"),
    )


def _dirty_hours() -> None:
    op.create_table(
        "dirty_hours",
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hour", name="pk_dirty_hours"),
    )


def _telemetry_writers() -> None:
    op.create_table(
        "telemetry_writers",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("dropped", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("flushed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_telemetry_writers"),
    )


def _active_days() -> None:
    op.create_table(
        "active_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("day", "user_id", name="pk_active_days"),
    )


def _deploys() -> None:
    op.create_table(
        "deploys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("deployed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("commits", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deploys"),
    )
    op.create_index("idx_deploys_deployed", "deploys", ["deployed_at"], unique=False)


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mitigated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("severity IN ('P0','P1','P2','P3')", name=op.f("ck_incidents_severity_is_known")),
        sa.CheckConstraint(
            "started_at <= detected_at AND detected_at <= acknowledged_at"
            " AND acknowledged_at <= mitigated_at AND mitigated_at <= resolved_at",
            name=op.f("ck_incidents_times_are_in_order"),
        ),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
    )
    op.create_index("idx_incidents_started", "incidents", ["started_at"], unique=False)


def _installation_facts() -> None:
    op.create_table(
        "installation_facts",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_installation_facts"),
    )


def _runs() -> None:
    op.add_column("runs", sa.Column("request_id", sa.Uuid(), nullable=True))
