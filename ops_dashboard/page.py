"""One open operators' page: frame, bar and the panel's body, and how they follow the address and the feed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from nicegui import ui
from starlette.requests import Request

from core.bootstrap import Services
from core.errors import AppError, NotFound
from ops_dashboard.address import parse
from ops_dashboard.feed import Feed
from ops_dashboard.frame import Bar, show_frame
from ops_dashboard.panels.definition import Panel, Surroundings
from pages.components.elements import box, text
from pages.guards import Desk


class OpenPage:
    """Built with skeletons at once; `start` loads, once the socket stands."""

    def __init__(self, panels: Sequence[Panel], panel: Panel, services: Services, feed: Feed, request: Request) -> None:
        self._panel = panel
        self._feed = feed
        self._desk = Desk(services.accounts, request, sees=panel.action)
        address = parse(request.query_params)
        show_frame(panels, panel, self._desk.signed_in.account, services.settings.release)
        go = self._desk.acting(panel.action, self._follow, name=f"{panel.slug or 'overview'}.go")
        # ops.js tells of each new address by an event of this element, and reads from it which one was followed last.
        followed = f"?{request.url.query}" if request.url.query else ""
        self._main = box("main", "ops", id="main", tabindex="-1", data_address=followed)
        with self._main.on("address", go, args=["detail"]):
            self._bar = Bar(panel, address, feed.now())
            with box("div", "body") as self._room:
                self._body = panel.build(Surroundings(services=services, desk=self._desk, feed=feed, address=address))
        self._address = address

    async def start(self) -> None:
        self._feed.looked.subscribe(self._show_freshness)
        self._feed.closed.subscribe(self._refresh)
        self._feed.join(ui.context.client)
        self._show_freshness()
        await self._body.show(self._address)

    async def _follow(self, event: Mapping[str, object] | object) -> None:
        """The address has changed under the page: a link, a key, or the browser's Back."""
        detail = getattr(event, "args", {}).get("detail", "")
        query = detail if isinstance(detail, str) else ""
        self._main.props["data-address"] = query
        self._address = parse(dict(parse_qsl(query.removeprefix("?"), keep_blank_values=True)))
        self._bar.show(self._address, self._feed.now())
        await self._body.show(self._address)

    def _show_freshness(self) -> None:
        self._bar.show_freshness(self._feed.freshness, is_reachable=self._feed.is_reachable)

    async def _refresh(self) -> None:
        """A minute has closed. Who may no longer see the figures gets no new ones."""
        try:
            await self._desk.check(self._panel.action)
        except NotFound as error:
            self._close(error)
            return
        except AppError:
            pass  # the parts themselves say that the database does not answer
        # Not the bar: a range being typed into it would be lost.
        await self._body.refresh()

    def _close(self, error: AppError) -> None:
        self._feed.looked.unsubscribe(self._show_freshness)
        self._feed.closed.unsubscribe(self._refresh)
        self._bar.show_freshness(None, is_reachable=False)
        self._room.clear()
        with self._room, box("div", "panel error", role="alert"):
            text("h2", "This page is closed to you now")
            text("p", error.message, "muted")
