"""Moments as SQL shows them."""

from __future__ import annotations

from datetime import UTC, datetime


def stamp(at: datetime) -> str:
    """`2026-08-25 14:41:00.123456+00`: exact, whatever the session's clock is set to."""
    return f"{at.astimezone(UTC).isoformat(sep=' ', timespec='microseconds').removesuffix('+00:00')}+00"
