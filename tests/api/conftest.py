from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from starlette.middleware.sessions import SessionMiddleware

from core.api import register
from core.api.owners import ensure_owner
from core.config import Settings
from tests.fakes import FakeServices

ORIGIN = "http://sightline.test"


def settings_for(tmp_path: Path, **changes: object) -> Settings:
    return Settings(data_dir=tmp_path, **changes)


def build_app(services: FakeServices) -> FastAPI:
    """An application as app.py makes it: a few pages, our layers, and the session outside of them."""
    app = FastAPI()

    async def page(request: Request) -> Response:
        ensure_owner(request)
        return HTMLResponse("<html><head><title>T</title><script>1</script></head><body>Hi</body></html>")

    async def post_page(request: Request) -> Response:
        async with request.form(max_part_size=1 << 24) as form:
            return HTMLResponse(f"<p>{len(form)}</p>")

    async def broken(_request: Request) -> Response:
        raise RuntimeError("the transcript said: hush")

    app.add_api_route("/", page, methods=["GET"])
    app.add_api_route("/summarize", post_page, methods=["POST"])
    app.add_api_route("/broken", broken, methods=["GET"])
    register(app, services)
    app.add_middleware(SessionMiddleware, secret_key="for-tests-only", session_cookie="sid")
    return app


@pytest.fixture
def services(tmp_path: Path) -> FakeServices:
    return FakeServices(settings_for(tmp_path))


@pytest.fixture
async def client(services: FakeServices) -> AsyncIterator[httpx.AsyncClient]:
    async with new_client(services) as made:
        yield made


def new_client(services: FakeServices, **options: object) -> httpx.AsyncClient:
    """A browser or program of its own: cookies are kept apart from every other client's."""
    transport = httpx.ASGITransport(build_app(services), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=ORIGIN, **options)
