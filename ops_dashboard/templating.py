"""Jinja for what the dashboard draws as HTML. Escaping is always on: names of routes and vendors are data."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pages.assets import asset_url
from pages.icons import icon

# Not within an entity such as &#39;, which holds none of these.
_JOINTS = re.compile(r"([/._}])")
_TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: object) -> str:
    """The template's HTML, every value escaped."""
    return _environment().get_template(template).render(**values)


def breakable(text: str) -> Markup:
    """The text, escaped, with places at which a long route or name may be broken."""
    return Markup(_JOINTS.sub(r"\1<wbr>", str(escape(text))))  # noqa: S704  # escaped just now


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(icon=icon, asset_url=asset_url)
    environment.filters["breakable"] = breakable
    return environment
