"""The operators' dashboard: draws what core defines, computes nothing of its own."""

from __future__ import annotations

from nicegui import ui
from starlette.requests import Request

from core.bootstrap import Services
from core.clock import SystemClock
from ops_dashboard import plotly_build
from ops_dashboard.feed import Feed
from ops_dashboard.page import OpenPage
from ops_dashboard.panels import PANELS, Panel
from pages.guards import only


def register(services: Services, *, feed: Feed | None = None) -> None:
    """Defines /ops and a page for each panel on NiceGUI's own application. Whoever may not see one gets the 404."""
    plotly_build.register(services.settings.data_dir)
    shared = feed or Feed(services.operations, SystemClock())
    for panel in PANELS:
        _register(panel, services, shared)


def _register(panel: Panel, services: Services, feed: Feed) -> None:
    @ui.page(panel.path, dependencies=[only(panel.action)])
    async def panel_page(request: Request) -> None:
        opened = OpenPage(PANELS, panel, services, feed, request)
        await ui.context.client.connected()
        if not ui.context.client.is_deleted:  # whoever never connects is loaded nothing for
            await opened.start()
