from __future__ import annotations

from core.errors import NextStep, Unavailable


class EmbeddedServerError(Unavailable):
    """The database that comes with Sightline could not be started; the message says why and what to do."""

    code = "embedded_server"
    retryable = False
    next_step = NextStep.CONTACT_OPERATOR
