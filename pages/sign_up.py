"""/sign-up, and /verify/{link}: the page that the mailed link opens. Opening it changes nothing; its button does."""

from __future__ import annotations

from nicegui import app
from starlette.requests import Request
from starlette.responses import Response

from core.api.accounts import keep_pending, keep_session, visit_of
from core.domain.account import LinkSpent, PendingSignUp
from core.domain.mail import MailWay
from core.errors import AppError
from core.services.accounts import Accounts
from core.services.summaries import Summaries
from pages.account_forms import (
    HOME,
    Form,
    WayOn,
    email_field,
    form_page,
    mail_note,
    new_password_field,
    password_field,
    read_fields,
    refused,
    sent_to,
    spent_note,
)
from pages.guards import current_user
from pages.sign_in import what_comes_along

_WAYS_ON = (WayOn(path="/sign-in", name="Sign in"), WayOn(path="/sign-up", name="Sign up again"))


def register(accounts: Accounts, summaries: Summaries, *, mails: MailWay) -> None:
    """The routes. `mails`: what the page may promise."""
    routes = _SignUp(accounts, summaries, mails=mails)
    app.add_api_route("/sign-up", routes.show, methods=["GET"], include_in_schema=False)
    app.add_api_route("/sign-up", routes.take, methods=["POST"], include_in_schema=False)
    app.add_api_route("/verify/{link}", routes.show_link, methods=["GET"], include_in_schema=False)
    app.add_api_route("/verify/{link}", routes.take_link, methods=["POST"], include_in_schema=False)


class _SignUp:
    def __init__(self, accounts: Accounts, summaries: Summaries, *, mails: MailWay) -> None:
        self._accounts = accounts
        self._summaries = summaries
        self._mails = mails

    async def show(self, request: Request) -> Response:
        if current_user(request) is not None:
            return sent_to(HOME)
        return form_page(request, _form(lead=await what_comes_along(request, self._summaries)))

    async def take(self, request: Request) -> Response:
        fields = await read_fields(request)
        email = fields.get("email", "")
        try:
            pending = await self._accounts.sign_ups.request(email, fields.get("new_password", ""), visit_of(request))
        except AppError as error:
            lead = await what_comes_along(request, self._summaries)
            return refused(request, _form(email, lead=lead), error)
        keep_pending(request, pending)
        return mail_note(request, email, self._mails)

    async def show_link(self, request: Request, link: str) -> Response:
        try:
            pending = await self._accounts.sign_ups.look(link, visit_of(request))
        except LinkSpent as error:
            return spent_note(request, error, *_WAYS_ON)
        return form_page(request, _link_form(link, pending))

    async def take_link(self, request: Request, link: str) -> Response:
        fields, visit = await read_fields(request), visit_of(request)
        try:
            opened = await self._accounts.sign_ups.finish(link, visit, password=fields.get("password", ""))
        except LinkSpent as error:
            return spent_note(request, error, *_WAYS_ON)
        except AppError as error:
            pending = await self._accounts.sign_ups.look(link, visit)
            return refused(request, _link_form(link, pending), error)
        keep_session(request, opened)
        return sent_to(HOME)


def _form(email: str = "", *, lead: str = "") -> Form:
    return Form(
        heading="Make an account",
        lead=lead,
        action="/sign-up",
        verb="Make the account",
        fields=(email_field(email, autocomplete="email"), new_password_field()),
        ways_on=(WayOn(path="/sign-in", name="Sign in", before="You have one?"),),
    )


def _link_form(link: str, pending: PendingSignUp) -> Form:
    lead = f"You are about to make the account of {pending.email}."
    if pending.needs_password:
        lead += " This browser is not the one you signed up in, so show the password that you chose."
    return Form(
        heading="Finish your account",
        lead=lead,
        action=f"/verify/{link}",
        verb="Finish and sign in",
        fields=(password_field(),) if pending.needs_password else (),
    )
