"""Who is signed in where a request comes from: looked up once for each request, before any page or route."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import MutableMapping
from uuid import UUID

from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from core.domain.account import OpenedSession, SignedIn, Visit
from core.domain.agents import browser_in_words
from core.domain.owner import Owner
from core.domain.telemetry import Who
from core.errors import AppError, Unavailable
from core.logging import EventLog
from core.services.accounts import Accounts
from core.services.accounts.parts import WHO

# Fields of the signed cookie: a session's secret, an anonymous browser's secret, the id of a sign-up made in it.
ACCOUNT_FIELD = "account"
OWNER_FIELD = "owner"
PENDING_FIELD = "sign_up"
# NiceGUI's name for the browser, under which it keeps what a page stores: a new one at each sign-in and sign-out.
_BROWSER_FIELD = "id"
# Files and probes that are the same for everybody: no question to the database for them.
_SAME_FOR_ALL = ("/_nicegui", "/assets/", "/favicon", "/api/health", "/api/csp-report", "/api/vitals")
# A database that hangs must not hold up pages that need no account.
_LONGEST_S = 2.0
_log = EventLog(__name__)


class SignedInReader:
    """Puts into the request's state: `signed_in` (SignedIn, None, or the Unavailable that stood in the way), `who`
    (Who), `person` (UUID or None), and `find_session` to ask again. It stands inside of the session's middleware.
    """

    def __init__(self, app: ASGIApp, *, accounts: Accounts) -> None:
        self._app = app
        self._accounts = accounts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            found = await self._look_up(scope)
            signed_in = found if isinstance(found, SignedIn) else None
            state = scope.setdefault("state", {})
            state["signed_in"] = found
            state["who"] = WHO[signed_in.account.role] if signed_in else Who.ANONYMOUS
            state["person"] = signed_in.account.id if signed_in else None
            state["find_session"] = self._accounts.find_session
        await self._app(scope, receive, send)

    async def _look_up(self, scope: Scope) -> SignedIn | Unavailable | None:
        if scope["path"].startswith(_SAME_FOR_ALL):
            return None
        token = scope.get("session", {}).get(ACCOUNT_FIELD)
        if not isinstance(token, str):
            return None
        try:
            async with asyncio.timeout(_LONGEST_S):
                return await self._accounts.resolve(token)
        except Exception as error:  # whatever it is, pages that need no account go on, and nobody is taken for nobody
            _log.exception("accounts.unavailable", error)
            return Unavailable("Whether you are signed in can’t be checked at the moment. Try again in a minute.")


def signed_in_of(connection: HTTPConnection) -> SignedIn | None:
    """The session this request comes from. Raises Unavailable where that could not be found out."""
    found = connection.scope.get("state", {}).get("signed_in")
    if isinstance(found, Unavailable):
        raise found
    return found if isinstance(found, SignedIn) else None


def is_account_unknown(connection: HTTPConnection) -> bool:
    """True where there is a session whose person could not be looked up."""
    return isinstance(connection.scope.get("state", {}).get("signed_in"), Unavailable)


def session_id_of(connection: HTTPConnection) -> UUID | None:
    """The session that an open page was opened in; None for a page of a stranger's."""
    found = connection.scope.get("state", {}).get("signed_in")
    return found.session_id if isinstance(found, SignedIn) else None


async def still_holds(connection: HTTPConnection) -> bool:
    """For an answer that takes long: False once the session it began in has ended, by a sign-out or a ban.

    True where it began in none, and while that can't be found out: an outage must not end what it began before.
    """
    session_id = session_id_of(connection)
    if session_id is None:
        return True
    try:
        return await connection.scope["state"]["find_session"](session_id) is not None
    except AppError:
        return True


def visit_of(request: Request) -> Visit:
    """Where a try to get in comes from. Raises Unavailable where the browser's own session can't be looked up."""
    session = cookie_of(request)
    secret, pending = session.get(OWNER_FIELD), session.get(PENDING_FIELD)
    return Visit(
        address=request.client.host if request.client else "",
        agent=browser_in_words(request.headers.get("user-agent", "")),
        anonymous_id=Owner.anonymous(secret).anonymous_id if isinstance(secret, str) else None,
        pending=_read_id(pending),
        signed_in=signed_in_of(request),
    )


def keep_session(request: Request, opened: OpenedSession) -> None:
    """Puts a session that has begun into the browser's cookie, under a new name for the browser.

    What the browser had as an anonymous one was claimed with that, so its secret goes.
    """
    cookie = cookie_of(request)
    for field in (OWNER_FIELD, PENDING_FIELD):
        cookie.pop(field, None)
    cookie[_BROWSER_FIELD] = str(uuid.uuid4())
    cookie[ACCOUNT_FIELD] = opened.token


def drop_session(request: Request) -> None:
    """Takes the session out of the browser's cookie; what it has as an anonymous browser stays its own."""
    cookie = cookie_of(request)
    cookie.pop(ACCOUNT_FIELD, None)
    cookie[_BROWSER_FIELD] = str(uuid.uuid4())


def keep_pending(request: Request, token_id: UUID) -> None:
    """Marks this browser as the one that asked for a sign-up."""
    cookie_of(request)[PENDING_FIELD] = str(token_id)


def cookie_of(request: Request) -> MutableMapping[str, object]:
    """The signed cookie; a throw-away one where the application runs without."""
    return request.session if "session" in request.scope else {}


def _read_id(text: object) -> UUID | None:
    try:
        return UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None
