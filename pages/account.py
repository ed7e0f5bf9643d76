"""/account: who one is here, where one is signed in, and a new password."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nicegui import app
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from core.clock import Clock, SystemClock
from core.domain.account import OpenSession, SignedIn
from core.domain.permissions import Role
from core.errors import AppError, NotFound
from core.services.accounts import Accounts
from pages.account_forms import Form, new_password_field, password_field, read_fields, sent_to, with_error
from pages.guards import current_user
from pages.navigation import ways_of
from pages.open_pages import close_pages
from pages.templating import render
from pages.words import ago

_ROLES = {Role.USER: "", Role.OPERATOR: "Operator", Role.ADMIN: "Admin"}
_DONE = {"password": "The new password is set.", "sessions": "Signed out there."}


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """One row of the list. `seen` and `since` are told from now, their `_at` forms exactly."""

    id: UUID
    agent: str
    is_this: bool
    seen: str
    seen_at: str
    since: str
    since_at: str


def register(accounts: Accounts, *, clock: Clock | None = None) -> None:
    """The routes. Whoever is not signed in is asked to."""
    routes = _AccountPage(accounts, clock or SystemClock())
    app.add_api_route("/account", routes.show, methods=["GET"], include_in_schema=False)
    app.add_api_route("/account/password", routes.change_password, methods=["POST"], include_in_schema=False)
    app.add_api_route("/account/sessions/others", routes.end_others, methods=["POST"], include_in_schema=False)
    app.add_api_route("/account/sessions/{session_id}", routes.end_one, methods=["POST"], include_in_schema=False)


class _AccountPage:
    def __init__(self, accounts: Accounts, clock: Clock) -> None:
        self._accounts = accounts
        self._clock = clock

    async def show(self, request: Request) -> Response:
        signed_in = current_user(request)
        if signed_in is None:
            return sent_to("/sign-in?next=/account")
        done = _DONE.get(request.query_params.get("done", ""), "")
        return await self._page(request, signed_in, _password_form(), done=done)

    async def change_password(self, request: Request) -> Response:
        signed_in = current_user(request)
        if signed_in is None:
            return sent_to("/sign-in?next=/account")
        fields = await read_fields(request)
        try:
            ended = await self._accounts.change_password(
                signed_in, fields.get("password", ""), fields.get("new_password", "")
            )
        except AppError as error:
            return await self._page(request, signed_in, with_error(_password_form(), error), status=error.status)
        return await _after(ended, "password")

    async def end_one(self, request: Request, session_id: UUID) -> Response:
        signed_in = current_user(request)
        if signed_in is None:
            return sent_to("/sign-in?next=/account")
        try:
            await self._accounts.revoke(signed_in, session_id)
        except NotFound:
            return sent_to("/account")  # it has ended already, or never was this person's
        return await _after({session_id}, "sessions")

    async def end_others(self, request: Request) -> Response:
        signed_in = current_user(request)
        if signed_in is None:
            return sent_to("/sign-in?next=/account")
        return await _after(await self._accounts.revoke_others(signed_in), "sessions")

    async def _page(
        self, request: Request, signed_in: SignedIn, form: Form, *, done: str = "", status: int = 200
    ) -> Response:
        now = self._clock.now()
        listed = await self._accounts.list_sessions(signed_in)
        html = render(
            "account.html.jinja",
            title="Account · Sightline",
            account=signed_in.account,
            role=_ROLES[signed_in.account.role],
            since=f"{signed_in.account.created_at:%-d %B %Y}",
            sessions=[_view(each, now) for each in listed],
            form=form,
            done=done,
            ways=ways_of(request),
            here="/account",
        )
        return HTMLResponse(html, status, headers={"Cache-Control": "no-store"})


async def _after(ended: Collection[UUID], done: str) -> Response:
    await close_pages(ended)
    return sent_to(f"/account?done={done}")


def _password_form() -> Form:
    return Form(
        heading="Change the password",
        action="/account/password",
        verb="Set the new password",
        fields=(password_field("Present password"), new_password_field("New password")),
    )


def _view(session: OpenSession, now: datetime) -> SessionView:
    return SessionView(
        id=session.id,
        agent=session.agent or "An unknown browser",
        is_this=session.is_this,
        seen=ago(session.last_seen_at, now),
        seen_at=session.last_seen_at.isoformat(),
        since=ago(session.created_at, now),
        since_at=session.created_at.isoformat(),
    )
