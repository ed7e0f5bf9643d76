"""Which database objects are ours to compare with the models."""

from __future__ import annotations

from sqlalchemy.sql.schema import SchemaItem

# The queue brings tables of its own and looks after them; the days of the events table come and go.
_FOREIGN_PREFIXES = ("procrastinate_", "events_")


def compared(_item: SchemaItem, name: str | None, _kind: str, is_reflected: bool, _other: SchemaItem | None) -> bool:
    """False for what stands in the database without being ours."""
    return not (is_reflected and (name or "").startswith(_FOREIGN_PREFIXES))
