"""/sign-in and /sign-out."""

from __future__ import annotations

import contextlib
from urllib.parse import quote

from nicegui import app
from starlette.requests import Request
from starlette.responses import Response

from core.api.accounts import OWNER_FIELD, cookie_of, drop_session, keep_session, visit_of
from core.domain.owner import Owner
from core.errors import AppError, NotFound
from core.services.accounts import Accounts
from core.services.summaries import Summaries
from pages.account_forms import (
    HOME,
    Form,
    WayOn,
    email_field,
    form_page,
    local_path,
    password_field,
    read_fields,
    refused,
    sent_to,
)
from pages.guards import current_user
from pages.open_pages import close_pages


def register(accounts: Accounts, summaries: Summaries) -> None:
    """The routes. Foreign origins are refused before they get here."""
    routes = _SignIn(accounts, summaries)
    app.add_api_route("/sign-in", routes.show, methods=["GET"], include_in_schema=False)
    app.add_api_route("/sign-in", routes.take, methods=["POST"], include_in_schema=False)
    app.add_api_route("/sign-out", routes.leave, methods=["POST"], include_in_schema=False)


class _SignIn:
    def __init__(self, accounts: Accounts, summaries: Summaries) -> None:
        self._accounts = accounts
        self._summaries = summaries

    async def show(self, request: Request) -> Response:
        target = local_path(request.query_params.get("next"))
        if current_user(request) is not None:
            return sent_to(target)
        lead = await what_comes_along(request, self._summaries)
        if "ended" in request.query_params:
            lead = "You were signed out, here or in another window. Sign in to go on."
        return form_page(request, _form(target, lead=lead))

    async def take(self, request: Request) -> Response:
        fields = await read_fields(request)
        email, target = fields.get("email", ""), local_path(fields.get("next"))
        try:
            opened = await self._accounts.sign_in(email, fields.get("password", ""), visit_of(request))
        except AppError as error:
            lead = await what_comes_along(request, self._summaries)
            return refused(request, _form(target, email, lead=lead), error)
        keep_session(request, opened)
        return sent_to(target)

    async def leave(self, request: Request) -> Response:
        signed_in = current_user(request)
        if signed_in is not None:
            with contextlib.suppress(NotFound):  # it ended in the same moment: what was wanted holds
                await self._accounts.revoke(signed_in, signed_in.session_id)
            await close_pages({signed_in.session_id})
        drop_session(request)
        return sent_to("/")


async def what_comes_along(request: Request, summaries: Summaries) -> str:
    """What is said to whoever made summaries in this browser before signing in; nothing where there are none."""
    secret = cookie_of(request).get(OWNER_FIELD)
    if not isinstance(secret, str):
        return ""
    try:
        total = (await summaries.list_page(Owner.anonymous(secret), limit=1)).total
    except AppError:
        return ""
    if total <= 1:
        return "The summary that you just made comes with you." if total else ""
    return f"The {total:,} summaries that you made here come with you."


def _form(target: str, email: str = "", *, lead: str = "") -> Form:
    kept = f"?next={quote(target)}" if target != HOME else ""
    return Form(
        heading="Sign in",
        lead=lead,
        action="/sign-in",
        verb="Sign in",
        fields=(email_field(email), password_field()),
        kept=(("next", target),),
        ways_on=(
            WayOn(path="/reset", name="Forgot the password?"),
            WayOn(path=f"/sign-up{kept}", name="Make an account", before="New here?"),
        ),
    )
