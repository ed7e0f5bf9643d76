"""Every address of the operators, asked by everybody: the routes themselves are the list, so a new one needs a row."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import httpx
import pytest
import pytest_asyncio
from nicegui import core as nicegui_core
from nicegui.testing.user_simulation import user_simulation
from starlette.requests import Request
from starlette.routing import BaseRoute, Mount

import ops_dashboard
import pages
from core import api
from core.bootstrap import Services
from core.clock import SystemClock
from core.db.queries.users import insert_user
from core.domain.account import Visit
from core.domain.permissions import PERMISSIONS, Action, Role, is_allowed
from core.domain.request_ids import new_request_id
from core.domain.telemetry import Kind
from core.errors import NotFound
from core.integrations.argon2 import Argon2
from ops_dashboard.panels import PANELS
from pages.guards import HANDLERS, Desk
from tests.factories.applications import services_on, settings_for

PASSWORD = "a walk along the river"
EVERYBODY: tuple[Role | None, ...] = (None, *Role)
_ANSWERED = {"GET": 200, "POST": 201}
OPERATORS_OWN = ("/ops", "/api/v1/ops", "/metrics")
# What one must be allowed to do for each address. `{…}` is filled with something that exists.
ROWS: dict[str, Action] = {
    "GET /ops": Action.SEE_OPERATIONS,
    "GET /ops/performance": Action.SEE_OPERATIONS,
    "GET /ops/usage": Action.SEE_OPERATIONS,
    "GET /ops/reference": Action.SEE_OPERATIONS,
    "GET /ops/archival": Action.SEE_MAINTENANCE,
    "GET /ops/audit": Action.SEE_AUDIT_LOG,
    "GET /metrics": Action.SEE_OPERATIONS,
    "GET /api/v1/ops/metrics": Action.SEE_OPERATIONS,
    "GET /api/v1/ops/metrics/{slug}": Action.SEE_OPERATIONS,
    "GET /api/v1/ops/metrics/{slug}.csv": Action.EXPORT_FIGURES,
    "GET /api/v1/ops/slos": Action.SEE_OPERATIONS,
    "GET /api/v1/ops/slos/{slug}": Action.SEE_OPERATIONS,
    "GET /api/v1/ops/overview": Action.SEE_OPERATIONS,
    "GET /api/v1/ops/performance": Action.SEE_OPERATIONS,
    "GET /api/v1/ops/usage": Action.SEE_OPERATIONS,
    "GET /api/v1/ops/vitals": Action.SEE_OPERATIONS,
    "GET /api/v1/ops/requests": Action.SEE_OPERATIONS,
    "GET /api/v1/ops/requests/{request_id}": Action.SEE_OPERATIONS,
    "GET /api/v1/ops/reference": Action.SEE_OPERATIONS,
    "POST /api/v1/ops/deploys": Action.RECORD_DEPLOY,
}


class Application:
    """The whole application in this process, and a browser for each role."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.browsers: dict[Role | None, httpx.AsyncClient] = {}
        self.request_id = new_request_id(SystemClock().now())

    @asynccontextmanager
    async def entered(self) -> AsyncIterator[Application]:
        self.services.recorder.record(Kind.API_REQUEST, "GET /api/v1/summaries", request_id=self.request_id)
        await self.services.telemetry.flush()
        for role in EVERYBODY:
            self.browsers[role] = _browser()
            if role is not None:
                await self._sign_in(role)
        try:
            yield self
        finally:
            for browser in self.browsers.values():
                await browser.aclose()

    async def _sign_in(self, role: Role) -> None:
        email = f"{role}@example.org"
        await make_account(self.services, email, role)
        answer = await self.browsers[role].post("/sign-in", data={"email": email, "password": PASSWORD})
        assert answer.status_code == 303, answer.text[:300]

    async def status(self, role: Role | None, row: str) -> int:
        method, path = row.split(" ", 1)
        for name, value in (("{slug}", "availability"), ("{request_id}", self.request_id.hex)):
            path = path.replace(name, value)
        body = {"release": f"by {role}"} if method == "POST" else None
        answer = await self.browsers[role].request(method, path, json=body)
        assert answer.status_code < 500, (row, role, answer.text[:400])
        return answer.status_code


async def make_account(services: Services, email: str, role: Role) -> None:
    """Somebody whose address was proved long ago."""
    async with services.database.transaction() as session:
        await insert_user(
            session, email=email, password_hash=Argon2().hash(PASSWORD), role=role, now=SystemClock().now()
        )


def _browser() -> httpx.AsyncClient:
    transport = httpx.ASGITransport(nicegui_core.app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test", headers={"accept": "text/html"})


@pytest_asyncio.fixture
async def application(database_url: str, tmp_path: Path) -> AsyncIterator[Application]:
    async with services_on(database_url, settings_for(tmp_path)) as services, user_simulation():
        app = nicegui_core.app
        around, routes = list(app.user_middleware), list(app.router.routes)
        api.register(app, services)
        pages.register(services)
        ops_dashboard.register(services)
        # `ui.run` puts the session outside of ours, and is called last there; here it was called first.
        ours = [each for each in app.user_middleware if each not in around]
        app.user_middleware[:] = [*around, *ours]
        async with Application(services).entered() as entered:
            yield entered
        # NiceGUI forgets its pages at the end of a test, not what was mounted beside them.
        app.router.routes[:] = routes


def operators_routes(routes: list[BaseRoute], prefix: str = "") -> Iterator[str]:
    """ "METHOD path" of every route that stands where only operators may."""
    for route in routes:
        included = getattr(route, "original_router", None)  # FastAPI keeps what was included as it was
        if isinstance(route, Mount) or included is not None:
            inner: list[BaseRoute] = (route if included is None else included).routes
            yield from operators_routes(inner, prefix + getattr(route, "path", ""))
            continue
        path = prefix + getattr(route, "path", "")
        methods = sorted((getattr(route, "methods", None) or {"SOCKET"}) - {"HEAD"})
        if path in OPERATORS_OWN or path.startswith(tuple(f"{own}/" for own in OPERATORS_OWN)):
            yield from (f"{method} {path}" for method in methods)


async def test_each_address_of_the_operators_has_its_row(application: Application) -> None:
    assert sorted(set(operators_routes(nicegui_core.app.routes))) == sorted(ROWS)
    assert {f"GET {panel.path}": panel.action for panel in PANELS}.items() <= ROWS.items()


async def test_each_address_answers_whom_its_row_names_and_nobody_else(application: Application) -> None:
    wrong = []
    for row, action in ROWS.items():
        for role in EVERYBODY:
            status = await application.status(role, row)
            if status != (_ANSWERED[row.split(" ")[0]] if is_allowed(role, action) else 404):
                wrong.append((row, role, status))
    assert not wrong, "\n".join(map(str, wrong))


async def test_what_stands_in_an_open_page_may_be_done_by_whom_the_table_names(application: Application) -> None:
    assert all(action in PERMISSIONS for action in HANDLERS.values())
    for panel in PANELS:  # built once by somebody who may, so that their handlers are known
        assert await application.status(Role.ADMIN, f"GET {panel.path}") == 200
    assert {name.partition(".")[0] for name in HANDLERS} >= {panel.slug or "overview" for panel in PANELS}


@pytest.mark.parametrize("role", list(Role))
async def test_a_page_opens_for_whom_the_table_names_and_does_nothing_more_once_the_role_is_lost(
    application: Application, role: Role
) -> None:
    accounts, email = application.services.accounts, f"{role}@example.org"
    opened = await accounts.sign_in(email, PASSWORD, Visit(address="192.0.2.1"))
    request = cast("Request", SimpleNamespace(scope={"state": {"signed_in": opened.signed_in}}))
    desks = {}
    for action in Action:
        if is_allowed(role, action):
            desks[action] = Desk(accounts, request, sees=action)
            assert (await desks[action].check(action)).account.role is role
        else:
            with pytest.raises(NotFound):
                Desk(accounts, request, sees=action)
    await accounts.roles.grant(email, Role.USER, actor="cli:test")
    for action, desk in desks.items():
        with pytest.raises(NotFound):
            await desk.check(action)
