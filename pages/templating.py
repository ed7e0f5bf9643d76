"""Jinja for everything that is drawn as HTML. Escaping is always on: transcripts and titles are strangers' text."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.api.limits import MAX_UPLOAD_BYTES
from core.api.request_record import current_page
from pages.assets import asset_url
from pages.icons import icon
from pages.words import ACCEPTED_SUFFIXES, FORMATS

_TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: object) -> str:
    """The template's HTML, every value escaped."""
    return _environment().get_template(template).render(**values)


def report_vitals(sample_ratio: float) -> None:
    """Has this share of all opened pages report how they felt; none where it is 0."""
    _environment().globals["vitals_ratio"] = sample_ratio


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(icon=icon, asset_url=asset_url, formats=FORMATS, accepted=ACCEPTED_SUFFIXES)
    environment.globals.update(current_page=current_page, vitals_ratio=0)
    environment.globals["max_upload_mb"] = MAX_UPLOAD_BYTES // (1024 * 1024)
    return environment
