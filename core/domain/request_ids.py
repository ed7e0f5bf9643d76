"""Numbers of requests: UUIDs of version 7 (RFC 9562), so that the number alone tells when the request began."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_VERSION_7 = 7 << 76
_VARIANT = 2 << 62
_RANDOM_A_BITS = 12
_RANDOM_B_BITS = 62
_RANDOM_B_MASK = (1 << _RANDOM_B_BITS) - 1


def new_request_id(now: datetime) -> UUID:
    """A number no other request has; those of later milliseconds are larger. It is a name, not a secret."""
    ms = (now - _EPOCH) // _MILLISECOND
    bits = random.getrandbits(_RANDOM_A_BITS + _RANDOM_B_BITS)  # told to everybody: nothing to guess
    upper = bits >> _RANDOM_B_BITS
    return UUID(int=ms << 80 | _VERSION_7 | upper << 64 | _VARIANT | bits & _RANDOM_B_MASK)


def began_at(request_id: UUID) -> datetime:
    """When the request began, to the millisecond. ValueError for a number of another kind."""
    if request_id.version != 7:
        raise ValueError("only numbers of version 7 hold a time")
    return _EPOCH + (request_id.int >> 80) * _MILLISECOND


def parse_request_id(text: str | None) -> UUID | None:
    """The number as it stands in log lines and answers; None for whatever is no number of ours."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
