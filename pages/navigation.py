"""The site map as people see it, and the frame around every NiceGUI page."""

from __future__ import annotations

from dataclasses import dataclass

from nicegui import ui

from pages.assets import asset_url
from pages.components.elements import markup
from pages.templating import render


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One entry of the main navigation."""

    path: str
    name: str
    icon: str


WAYS = (Way(path="/library", name="Library", icon="library"),)


def frame(title: str, *, here: str = "", script: str | None = None) -> None:
    """Head, header and drop target of a NiceGUI page. The header is plain HTML, so it is there before Vue is."""
    ui.page_title(f"{title} · Sightline")
    ui.add_head_html(render("head.html.jinja"))
    if script:
        ui.add_head_html(f'<script type="module" src="{asset_url(script)}"></script>')
    ui.add_body_html(render("frame.html.jinja", ways=WAYS, here=here))
    markup('<span id="main" tabindex="-1"></span>', tag="div")
