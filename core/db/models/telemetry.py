"""What was measured: raw events by day, their sums by minute, hour and day, and the marks beside them.

Plain tables: nothing here is ever loaded as an object. `core/telemetry` says what the columns mean.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, REAL

from core.db.models.base import Base

_instant = DateTime(timezone=True)
_metadata = Base.metadata

# One row for each combination that was ever seen: events and sums carry its number instead of five texts.
series_table = Table(
    "series",
    _metadata,
    Column("id", SmallInteger, Identity(), nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("pace", Text, nullable=False),
    Column("who", Text, nullable=False),
    PrimaryKeyConstraint("id", name="pk_series"),
    UniqueConstraint("kind", "name", "outcome", "pace", "who", name="uq_series_kind_name_outcome_pace_who"),
)

# The order of the columns leaves no gaps between them: a plain event takes 64 bytes.
events_table = Table(
    "events",
    _metadata,
    Column("ts", _instant, nullable=False),
    Column("value", REAL, nullable=False),
    Column("series_id", SmallInteger, nullable=False),
    Column("bucket", SmallInteger, nullable=False),
    Column("weight", SmallInteger, nullable=False),
    Column("request_id", Uuid, nullable=True),
    Column("person", Uuid, nullable=True),
    Column("detail", JSONB, nullable=True),
    Index("idx_events_ts", "ts", postgresql_using="brin", postgresql_with={"pages_per_range": "32"}),
    # The few bad or slow ones of a month are found among millions of others: what spent a budget, and whom it met.
    # Their series have negative numbers; an index of all rows would take more than half the room of the rows.
    Index("idx_events_whole", "series_id", "ts", postgresql_where=text("series_id < 0")),
    postgresql_partition_by="RANGE (ts)",
)


def _rollup(tier: str) -> Table:
    return Table(
        f"rollup_{tier}s",
        _metadata,
        Column("at", _instant, nullable=False),
        Column("total", Double, nullable=False),
        Column("count", Integer, nullable=False),
        Column("writer", Integer, nullable=False),
        Column("series_id", SmallInteger, nullable=False),
        Column("histogram", LargeBinary, nullable=False),
        PrimaryKeyConstraint("at", "series_id", "writer", name=f"pk_rollup_{tier}s"),
    )


minutes_table = _rollup("minute")
hours_table = _rollup("hour")
days_table = _rollup("day")

# Hours whose minutes changed since their sum was last made; written in the transaction that changes the minutes.
dirty_hours_table = Table(
    "dirty_hours",
    _metadata,
    Column("hour", _instant, nullable=False),
    PrimaryKeyConstraint("hour", name="pk_dirty_hours"),
)

# Each process that records: how far it has written (so that a repeated batch is known), and what it had to drop.
writers_table = Table(
    "telemetry_writers",
    _metadata,
    Column("id", Integer, Identity(), nullable=False),
    Column("process", Text, nullable=False),
    Column("seq", BigInteger, server_default=text("0"), nullable=False),
    Column("dropped", BigInteger, server_default=text("0"), nullable=False),
    Column("started_at", _instant, server_default=func.now(), nullable=False),
    Column("flushed_at", _instant, nullable=True),
    PrimaryKeyConstraint("id", name="pk_telemetry_writers"),
)

# Distinct people can't be summed over days, so the days themselves are kept.
active_days_table = Table(
    "active_days",
    _metadata,
    Column("day", Date, nullable=False),
    Column("user_id", Uuid, nullable=False),
    PrimaryKeyConstraint("day", "user_id", name="pk_active_days"),
)

deploys_table = Table(
    "deploys",
    _metadata,
    Column("id", Uuid, nullable=False),
    Column("release", Text, nullable=False),
    Column("deployed_at", _instant, nullable=False),
    Column("committed_at", _instant, nullable=True),
    Column("commits", Integer, nullable=True),
    Column("note", Text, server_default=text("''"), nullable=False),
    PrimaryKeyConstraint("id", name="pk_deploys"),
    Index("idx_deploys_deployed", "deployed_at"),
)

incidents_table = Table(
    "incidents",
    _metadata,
    Column("id", Integer, Identity(), nullable=False),
    Column("severity", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("started_at", _instant, nullable=False),
    Column("detected_at", _instant, nullable=True),
    Column("acknowledged_at", _instant, nullable=True),
    Column("mitigated_at", _instant, nullable=True),
    Column("resolved_at", _instant, nullable=True),
    PrimaryKeyConstraint("id", name="pk_incidents"),
    CheckConstraint("severity IN ('P0','P1','P2','P3')", name="severity_is_known"),
    CheckConstraint(
        "started_at <= detected_at AND detected_at <= acknowledged_at"
        " AND acknowledged_at <= mitigated_at AND mitigated_at <= resolved_at",
        name="times_are_in_order",
    ),
    Index("idx_incidents_started", "started_at"),
)

# Facts about this installation that pages show, such as that its history is a demonstration.
facts_table = Table(
    "installation_facts",
    _metadata,
    Column("name", Text, nullable=False),
    Column("value", JSONB, nullable=False),
    Column("written_at", _instant, server_default=func.now(), nullable=False),
    PrimaryKeyConstraint("name", name="pk_installation_facts"),
)
