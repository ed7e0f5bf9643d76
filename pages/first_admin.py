"""/first-admin/{link}: the address that a start without any admin prints. Whoever reads it there owns the machine."""

from __future__ import annotations

from nicegui import app
from starlette.requests import Request
from starlette.responses import Response

from core.api.accounts import keep_session, visit_of
from core.domain.account import LinkSpent
from core.errors import AppError
from core.services.accounts import Accounts
from pages.account_forms import (
    Form,
    WayOn,
    email_field,
    form_page,
    new_password_field,
    read_fields,
    refused,
    sent_to,
    spent_note,
)


def register(accounts: Accounts) -> None:
    """The routes. Opening the address changes nothing; its form does."""

    async def show(request: Request, link: str) -> Response:
        try:
            await accounts.roles.look_at_first_admin(link)
        except LinkSpent as error:
            return spent_note(request, error, WayOn(path="/sign-in", name="Sign in"))
        return form_page(request, _form(link))

    async def take(request: Request, link: str) -> Response:
        fields = await read_fields(request)
        email, password = fields.get("email", ""), fields.get("new_password", "")
        try:
            opened = await accounts.roles.make_first_admin(link, email, password, visit_of(request))
        except LinkSpent as error:
            return spent_note(request, error, WayOn(path="/sign-in", name="Sign in"))
        except AppError as error:
            return refused(request, _form(link, email), error)
        keep_session(request, opened)
        return sent_to("/ops")

    app.add_api_route("/first-admin/{link}", show, methods=["GET"], include_in_schema=False)
    app.add_api_route("/first-admin/{link}", take, methods=["POST"], include_in_schema=False)


def _form(link: str, email: str = "") -> Form:
    return Form(
        heading="Become the first admin",
        lead="This service has no admin yet. With this account you see how it runs, and act on its data.",
        action=f"/first-admin/{link}",
        verb="Make the account",
        fields=(email_field(email, autocomplete="email"), new_password_field()),
    )
