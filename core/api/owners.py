"""Who asks: the person signed in, the secret in a browser's session, or the one a client shows in `Sightline-Owner`."""

from __future__ import annotations

import re
import secrets

from starlette.requests import Request

from core.api.accounts import OWNER_FIELD, cookie_of, signed_in_of
from core.domain.owner import Owner
from core.errors import InvalidInput

OWNER_HEADER = "Sightline-Owner"
# What secrets.token_urlsafe(32) makes, and room for a client that brings a longer one of its own.
_SECRET = re.compile(r"[A-Za-z0-9_-]{32,128}")


def owner_of(request: Request) -> Owner | None:
    """The owner this request comes from; None where it shows neither a session nor a secret (or a malformed one).

    The header is an explicit choice, so it comes before the session. Raises Unavailable where somebody may be signed in
    and that can't be found out: their summaries must not seem to be gone.
    """
    header = request.headers.get(OWNER_HEADER)
    if header is not None:
        return Owner.anonymous(header) if _SECRET.fullmatch(header) else None
    if (signed_in := signed_in_of(request)) is not None:
        return signed_in.account.owner
    secret = _kept_secret(request)
    return Owner.anonymous(secret) if secret else None


def ensure_owner(request: Request) -> Owner:
    """The owner of this request; whoever shows nothing gets a secret into the session, and from then on owns things.

    Raises Unavailable as `owner_of` does.
    """
    owner = owner_of(request)
    if owner is None:
        return Owner.anonymous(_new_secret(request))
    if (secret := _kept_secret(request)) is not None:
        cookie_of(request)[OWNER_FIELD] = secret  # marks it as changed: the cookie lives on from today
    return owner


def ensure_api_owner(request: Request) -> tuple[Owner, str | None]:
    """The owner, and the secret to hand back: None unless the client brought neither cookie nor header.

    InvalidInput where the header is there but malformed: taking a new owner silently would lose the summaries.
    Unavailable as for `owner_of`.
    """
    header = request.headers.get(OWNER_HEADER)
    if header is not None and not _SECRET.fullmatch(header):
        raise InvalidInput(f"The header {OWNER_HEADER} does not hold a secret that this service gave out.")
    if (owner := owner_of(request)) is not None:
        return owner, None
    made = _new_secret(request)
    is_browser = bool(request.cookies) and "session" in request.scope
    return Owner.anonymous(made), None if is_browser else made


def _kept_secret(request: Request) -> str | None:
    kept = cookie_of(request).get(OWNER_FIELD)
    return kept if isinstance(kept, str) else None


def _new_secret(request: Request) -> str:
    made = secrets.token_urlsafe(32)
    cookie_of(request)[OWNER_FIELD] = made
    return made
