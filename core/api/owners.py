"""Who asks: the secret in a browser's session, or the one an API client shows in `Sightline-Owner`."""

from __future__ import annotations

import re
import secrets
from collections.abc import MutableMapping

from starlette.requests import Request

from core.domain.owner import Owner
from core.errors import InvalidInput

OWNER_HEADER = "Sightline-Owner"
_SESSION_FIELD = "owner"
# What secrets.token_urlsafe(32) makes, and room for a client that brings a longer one of its own.
_SECRET = re.compile(r"[A-Za-z0-9_-]{32,128}")


def owner_of(request: Request) -> Owner | None:
    """The owner who shows a secret with this request; None where there is none (or a malformed one)."""
    secret = _shown_secret(request)
    return Owner.anonymous(secret) if secret else None


def ensure_owner(request: Request) -> Owner:
    """The owner of this request; whoever shows no secret gets one into the session, and from then on owns things."""
    secret = _shown_secret(request)
    if secret is None:
        return Owner.anonymous(_new_secret(request))
    if _SESSION_FIELD in (session := _session(request)):
        session[_SESSION_FIELD] = session[_SESSION_FIELD]  # marks it as changed: the cookie lives on from today
    return Owner.anonymous(secret)


def ensure_api_owner(request: Request) -> tuple[Owner, str | None]:
    """The owner, and the secret to hand back: None unless the client brought neither cookie nor header.

    InvalidInput where the header is there but malformed: taking a new owner silently would lose the summaries.
    """
    header = request.headers.get(OWNER_HEADER)
    if header is not None and not _SECRET.fullmatch(header):
        raise InvalidInput(f"The header {OWNER_HEADER} does not hold a secret that this service gave out.")
    if (shown := _shown_secret(request)) is not None:
        return Owner.anonymous(shown), None
    made = _new_secret(request)
    is_browser = bool(request.cookies) and "session" in request.scope
    return Owner.anonymous(made), None if is_browser else made


def _shown_secret(request: Request) -> str | None:
    header = request.headers.get(OWNER_HEADER)
    if header is not None:
        return header if _SECRET.fullmatch(header) else None
    kept = _session(request).get(_SESSION_FIELD)
    return kept if isinstance(kept, str) else None


def _new_secret(request: Request) -> str:
    made = secrets.token_urlsafe(32)
    _session(request)[_SESSION_FIELD] = made
    return made


def _session(request: Request) -> MutableMapping[str, object]:
    """The signed session; a throw-away one where the application runs without (then only the header counts)."""
    return request.session if "session" in request.scope else {}
