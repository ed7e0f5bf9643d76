"""The forms around an account: what they show, what was typed into them, and where one goes afterwards."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from core.domain.account import LinkSpent, PasswordRefused, TooManyTries, WrongCredentials
from core.domain.mail import MailWay
from core.domain.passwords import LONGEST_CHARS, SHORTEST_CHARS
from core.errors import AppError, InvalidInput
from pages.navigation import ways_of
from pages.templating import render

HOME = "/library"
# Browsers read a backslash as a slash and leave out control characters: both could lead to another site.
_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")
_LONGEST_NEXT_CHARS = 500
# Links that must not be told to anybody stand in some of these addresses. Our own forms still say where they come from.
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin"}
_WHERE_ELSE = {
    MailWay.SENT: "Nothing there after a few minutes? Look into the spam folder, and check the address.",
    MailWay.LOGGED: "This server sends no mails yet (SMTP_URL is not set): the link stands in its log.",
    MailWay.NONE: "This service sends no mails yet: its operators have to set SMTP_URL. Try again after that.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One line of a form. `wrong` stands under it, in the place of `hint`."""

    name: str
    label: str
    kind: str = "text"
    autocomplete: str = "off"
    value: str = ""
    hint: str = ""
    wrong: str = ""
    longest: int = LONGEST_CHARS

    @property
    def is_password(self) -> bool:
        return self.kind == "password"


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOn:
    """A link under a form or note, with the words before it. `is_way_back`: nothing is done by going there."""

    path: str
    name: str
    before: str = ""
    is_way_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form on a card of its own. `wrong` concerns no field of it; `kept` are values that travel along unseen."""

    heading: str
    action: str
    verb: str
    fields: tuple[Field, ...] = ()
    lead: str = ""
    wrong: str = ""
    kept: tuple[tuple[str, str], ...] = ()
    ways_on: tuple[WayOn, ...] = ()

    @property
    def faulty(self) -> str:
        """Name of the first field that is wrong; empty where none is."""
        return next((field.name for field in self.fields if field.wrong), "")

    @property
    def focus(self) -> str:
        """Name of the field to begin with."""
        return self.faulty or next((field.name for field in self.fields if not field.value), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A card that only says something. `tone` is one of the states' classes."""

    heading: str
    label: str
    tone: str
    text: tuple[str, ...]
    actions: tuple[WayOn, ...] = ()


def email_field(value: str = "", *, autocomplete: str = "username") -> Field:
    return Field(name="email", label="E-mail", kind="email", autocomplete=autocomplete, value=value, longest=254)


def password_field(label: str = "Password") -> Field:
    return Field(name="password", label=label, kind="password", autocomplete="current-password")


def new_password_field(label: str = "Password") -> Field:
    hint = f"{SHORTEST_CHARS} characters or more. A few words in a row are good."
    return Field(name="new_password", label=label, kind="password", autocomplete="new-password", hint=hint)


def form_page(request: Request, form: Form, *, status: int = 200) -> Response:
    html = render(
        "account_form.html.jinja", title=f"{form.heading} · Sightline", form=form, ways=ways_of(request), here=""
    )
    return HTMLResponse(html, status, headers=_HEADERS)


def note_page(request: Request, note: Note, *, status: int = 200) -> Response:
    html = render(
        "account_note.html.jinja", title=f"{note.heading} · Sightline", note=note, ways=ways_of(request), here=""
    )
    return HTMLResponse(html, status, headers=_HEADERS)


def mail_note(request: Request, email: str, mails: MailWay) -> Response:
    """The same whether the address has an account or not: the mail knows, the page does not."""
    way_back = WayOn(path="/sign-in", name="Back to sign in", is_way_back=True)
    if mails is MailWay.NONE:
        text: tuple[str, ...] = (_WHERE_ELSE[mails],)
        note = Note(heading="No mail can be sent", label="Nothing was changed", tone="warn", text=text)
    else:
        text = (f"A mail is on its way to {email.strip()}. Open the link in it to go on.", _WHERE_ELSE[mails])
        note = Note(heading="Look into your mail", label="One step left", tone="now", text=text)
    return note_page(request, replace(note, actions=(way_back,)))


def spent_note(request: Request, error: LinkSpent, *ways_on: WayOn) -> Response:
    """Instead of the form behind a link that can't be used."""
    note = Note(
        heading="This link does not work any more",
        label="Nothing was changed",
        tone="warn",
        text=(error.message,),
        actions=ways_on,
    )
    return note_page(request, note, status=error.status)


def with_error(form: Form, error: AppError) -> Form:
    """The form again, with what was wrong beside the field that it concerns."""
    wanted = _place_of(error)
    at = next((field.name for name in wanted for field in form.fields if field.name == name), None)
    if at is None:
        return replace(form, wrong=error.message)
    fields = tuple(replace(each, wrong=error.message) if each.name == at else each for each in form.fields)
    return replace(form, fields=fields)


def refused(request: Request, form: Form, error: AppError) -> Response:
    return form_page(request, with_error(form, error), status=error.status)


def sent_to(path: str) -> Response:
    """On to a page after a form; the browser forgets that there was one."""
    return RedirectResponse(path, 303, headers=_HEADERS)


async def read_fields(request: Request) -> dict[str, str]:
    """The form's text fields. Raises InvalidInput where it can't be read."""
    try:
        async with request.form(max_files=0, max_fields=20, max_part_size=16 * 1024) as form:
            return {name: value for name, value in form.items() if isinstance(value, str)}
    except HTTPException:
        raise InvalidInput("The form did not arrive whole. Send it again.") from None


def local_path(text: str | None) -> str:
    """The path, if it is one of this site's; else HOME. Nobody is sent elsewhere by a link to our own page."""
    if text is None or len(text) > _LONGEST_NEXT_CHARS or not _LOCAL.fullmatch(text):
        return HOME
    return text


def _place_of(error: AppError) -> tuple[str, ...]:
    """The fields this error may stand beside, the best first."""
    if isinstance(error, PasswordRefused):
        return ("new_password", "password")
    if isinstance(error, WrongCredentials | TooManyTries):
        return ("password", "email")
    return ("email",) if isinstance(error, InvalidInput) else ()
