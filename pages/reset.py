"""/reset asks for a mail with a link; /reset/{link} sets the new password."""

from __future__ import annotations

from nicegui import app
from starlette.requests import Request
from starlette.responses import Response

from core.api.accounts import keep_session, visit_of
from core.domain.account import LinkSpent
from core.domain.mail import MailWay
from core.errors import AppError
from core.services.accounts import Accounts
from pages.account_forms import (
    HOME,
    Form,
    WayOn,
    email_field,
    form_page,
    mail_note,
    new_password_field,
    read_fields,
    refused,
    sent_to,
    spent_note,
)
from pages.open_pages import close_pages

_WAYS_ON = (WayOn(path="/reset", name="Ask for a new link"), WayOn(path="/sign-in", name="Sign in"))


def register(accounts: Accounts, *, mails: MailWay) -> None:
    """The routes. Opening the link changes nothing; its form does."""
    routes = _Reset(accounts, mails=mails)
    app.add_api_route("/reset", routes.show, methods=["GET"], include_in_schema=False)
    app.add_api_route("/reset", routes.take, methods=["POST"], include_in_schema=False)
    app.add_api_route("/reset/{link}", routes.show_link, methods=["GET"], include_in_schema=False)
    app.add_api_route("/reset/{link}", routes.take_link, methods=["POST"], include_in_schema=False)


class _Reset:
    def __init__(self, accounts: Accounts, *, mails: MailWay) -> None:
        self._accounts = accounts
        self._mails = mails

    async def show(self, request: Request) -> Response:
        return form_page(request, _form())

    async def take(self, request: Request) -> Response:
        email = (await read_fields(request)).get("email", "")
        try:
            await self._accounts.resets.request(email, visit_of(request))
        except AppError as error:
            return refused(request, _form(email), error)
        return mail_note(request, email, self._mails)

    async def show_link(self, request: Request, link: str) -> Response:
        try:
            email = await self._accounts.resets.look(link)
        except LinkSpent as error:
            return spent_note(request, error, *_WAYS_ON)
        return form_page(request, _link_form(link, email))

    async def take_link(self, request: Request, link: str) -> Response:
        password = (await read_fields(request)).get("new_password", "")
        try:
            opened, ended = await self._accounts.resets.finish(link, password, visit_of(request))
        except LinkSpent as error:
            return spent_note(request, error, *_WAYS_ON)
        except AppError as error:
            email = await self._accounts.resets.look(link)
            return refused(request, _link_form(link, email), error)
        await close_pages(ended)
        keep_session(request, opened)
        return sent_to(HOME)


def _form(email: str = "") -> Form:
    return Form(
        heading="Set a new password",
        lead="Give the address of your account. A mail with a link comes to it.",
        action="/reset",
        verb="Send the mail",
        fields=(email_field(email),),
        ways_on=(WayOn(path="/sign-in", name="Back to sign in"),),
    )


def _link_form(link: str, email: str) -> Form:
    return Form(
        heading="Set a new password",
        lead=f"For {email}. Wherever else you are signed in, you will be signed out.",
        action=f"/reset/{link}",
        verb="Set it and sign in",
        fields=(new_password_field("New password"),),
    )
