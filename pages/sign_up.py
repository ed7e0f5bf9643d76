"""/sign-up, and /verify/{link}: the page that the mailed link opens. Opening it changes nothing; its button does."""

from __future__ import annotations

from nicegui import app
from starlette.requests import Request
from starlette.responses import Response

from core.api.accounts import keep_pending, keep_session, visit_of
from core.domain.account import LinkSpent, PendingSignUp
from core.errors import AppError
from core.services.accounts import Accounts
from core.services.summaries import Summaries
from pages.account_forms import (
    HOME,
    Form,
    Note,
    WayOn,
    email_field,
    form_page,
    new_password_field,
    note_page,
    password_field,
    read_fields,
    refused,
    sent_to,
)
from pages.guards import current_user
from pages.sign_in import what_comes_along


def register(accounts: Accounts, summaries: Summaries, *, are_mails_logged: bool) -> None:
    """The routes. `are_mails_logged`: no mail server is set, so the page says where the link stands instead."""
    routes = _SignUp(accounts, summaries, are_mails_logged=are_mails_logged)
    app.add_api_route("/sign-up", routes.show, methods=["GET"], include_in_schema=False)
    app.add_api_route("/sign-up", routes.take, methods=["POST"], include_in_schema=False)
    app.add_api_route("/verify/{link}", routes.show_link, methods=["GET"], include_in_schema=False)
    app.add_api_route("/verify/{link}", routes.take_link, methods=["POST"], include_in_schema=False)


class _SignUp:
    def __init__(self, accounts: Accounts, summaries: Summaries, *, are_mails_logged: bool) -> None:
        self._accounts = accounts
        self._summaries = summaries
        self._are_mails_logged = are_mails_logged

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
        return note_page(request, sent_note(email, are_mails_logged=self._are_mails_logged))

    async def show_link(self, request: Request, link: str) -> Response:
        try:
            pending = await self._accounts.sign_ups.look(link, visit_of(request))
        except LinkSpent as error:
            return _spent(request, error)
        return form_page(request, _link_form(link, pending))

    async def take_link(self, request: Request, link: str) -> Response:
        fields, visit = await read_fields(request), visit_of(request)
        try:
            pending = await self._accounts.sign_ups.look(link, visit)
            opened = await self._accounts.sign_ups.finish(link, visit, password=fields.get("password", ""))
        except LinkSpent as error:
            return _spent(request, error)
        except AppError as error:
            return refused(request, _link_form(link, pending), error)
        keep_session(request, opened)
        return sent_to(HOME)


def sent_note(email: str, *, are_mails_logged: bool) -> Note:
    """The same whether the address has an account or not: the mail knows, the page does not."""
    texts = [f"A mail is on its way to {email.strip()}. Open the link in it to go on.",
             "Nothing there after a few minutes? Look into the spam folder, and check the address."]  # fmt: skip
    if are_mails_logged:
        texts[1] = "This server sends no mails yet (SMTP_URL is not set): the link stands in its log."
    return Note(
        heading="Look into your mail",
        label="One step left",
        tone="now",
        text=tuple(texts),
        actions=(WayOn(path="/sign-in", name="Back to sign in", is_way_back=True),),
    )


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


def _spent(request: Request, error: LinkSpent) -> Response:
    note = Note(
        heading="This link does not work any more",
        label="Nothing was changed",
        tone="warn",
        text=(error.message,),
        actions=(WayOn(path="/sign-in", name="Sign in"), WayOn(path="/sign-up", name="Sign up again")),
    )
    return note_page(request, note, status=error.status)
