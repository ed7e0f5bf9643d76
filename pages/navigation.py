"""The site map as people see it, and the frame around every NiceGUI page."""

from __future__ import annotations

from dataclasses import dataclass

from nicegui import ui
from starlette.requests import HTTPConnection

from core.api.accounts import is_account_unknown, signed_in_of
from core.domain.permissions import Action, is_allowed
from pages.assets import asset_url
from pages.components.elements import markup
from pages.templating import render


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One entry of the main navigation."""

    path: str
    name: str
    icon: str


_LIBRARY = Way(path="/library", name="Library", icon="library")
_OPERATIONS = Way(path="/ops", name="Operations", icon="operations")
_ACCOUNT = Way(path="/account", name="Account", icon="person")
_SIGN_IN = Way(path="/sign-in", name="Sign in", icon="person")


def ways_of(connection: HTTPConnection) -> tuple[Way, ...]:
    """Where this person can go. Whoever can't be looked up at the moment is not taken for a stranger."""
    if is_account_unknown(connection):
        return (_LIBRARY, _ACCOUNT)
    signed_in = signed_in_of(connection)
    if signed_in is None:
        return (_LIBRARY, _SIGN_IN)
    is_operator = is_allowed(signed_in.account.role, Action.SEE_OPERATIONS)
    return (_LIBRARY, _OPERATIONS, _ACCOUNT) if is_operator else (_LIBRARY, _ACCOUNT)


def frame(title: str, *, here: str = "", script: str | None = None) -> None:
    """Head, header and drop target of a NiceGUI page. The header is plain HTML, so it is there before Vue is."""
    ui.page_title(f"{title} · Sightline")
    ui.add_head_html(render("head.html.jinja", is_application=True))
    if script:
        ui.add_head_html(f'<script type="module" src="{asset_url(script)}"></script>')
    ui.add_body_html(render("frame.html.jinja", ways=ways_of(ui.context.client.request), here=here))
    markup('<span id="main" tabindex="-1"></span>', tag="div")
