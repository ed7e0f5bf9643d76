"""Jinja for everything that is drawn as HTML. Escaping is always on: transcripts and titles are strangers' text."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from core.api.request_record import current_page
from core.domain.library import EngineMenu
from core.domain.output_languages import OUTPUT_LANGUAGES
from core.domain.summary import EngineName
from pages.assets import asset_url
from pages.files import TakenFiles, taken_files
from pages.icons import icon
from pages.options import LENGTHS, engine_picks
from pages.parts import HIGHEST_LEVEL

_TEMPLATES = Path(__file__).parent / "templates"
_OFFLINE_ALONE = EngineMenu(engines=(EngineName.OFFLINE,))


def render(template: str, **values: object) -> str:
    """The template's HTML, every value escaped."""
    return _environment().get_template(template).render(**values)


def report_vitals(sample_ratio: float) -> None:
    """Has this share of all opened pages report how they felt; none where it is 0."""
    _environment().globals["vitals_ratio"] = sample_ratio


def offer_engines(menu: Callable[[], EngineMenu]) -> None:
    """Has every form offer the engines of this menu, which is asked for each time a form is drawn."""
    _environment().globals["engine_menu"] = menu


def _menu() -> EngineMenu:
    asked: Callable[[], EngineMenu] = _environment().globals["engine_menu"]  # type: ignore[assignment]  # set above
    return asked()


def _kept_options() -> str:
    """What a form without options carries, so that the browser sends along what was chosen last."""
    menu = _menu()
    names = " ".join(menu.engines) if menu.has_choice else ""
    return Markup(' data-engines="{}"').format(names) if names else Markup("")


def _taken_files() -> TakenFiles:
    """What every form takes besides addresses."""
    return taken_files(_menu())


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(icon=icon, asset_url=asset_url, taken_files=_taken_files)
    environment.globals.update(current_page=current_page, vitals_ratio=0, highest_level=HIGHEST_LEVEL)
    environment.globals.update(engine_menu=lambda: _OFFLINE_ALONE, kept_options=_kept_options)
    environment.globals.update(engine_picks=engine_picks, lengths=LENGTHS, output_languages=OUTPUT_LANGUAGES)
    return environment
