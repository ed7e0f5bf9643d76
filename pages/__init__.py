"""The pages people use. `register` is the site map."""

from __future__ import annotations

from core.bootstrap import Services
from pages import assets, errors, landing, library, summarize, summary


def register(services: Services) -> None:
    """Defines every page on NiceGUI's own application."""
    errors.register()
    assets.register()
    landing.register()
    summarize.register(services.summaries)
    summary.register(services.summaries)
    library.register(services.summaries)
