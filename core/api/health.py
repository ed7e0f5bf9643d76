"""Whether the service can do its work, for load balancers and the operators' guide."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from typing_extensions import TypedDict

from core.services.health import Health

_NO_STORE = {"Cache-Control": "no-store"}


class HealthDocument(TypedDict):
    """The guide's four keys, and no other."""

    status: str
    database: str
    openai: str
    timestamp: str


class HealthRoutes:
    def __init__(self, health: Health) -> None:
        self._health = health

    async def report(self) -> Response:
        found = await self._health.check()
        body = HealthDocument(
            status=str(found.status),
            database=str(found.database),
            openai=str(found.openai),
            timestamp=found.timestamp,
        )
        return JSONResponse(body, found.http_status, headers=_NO_STORE)

    async def live(self) -> Response:
        """The process answers; nothing else is asked, so that a restart is never caused by the database."""
        return JSONResponse({"status": "alive"}, headers=_NO_STORE)

    async def ready(self) -> Response:
        """200 where work may be sent here, 503 where the core flow cannot be carried out."""
        found = await self._health.check()
        is_ready = found.http_status < 500
        return JSONResponse({"status": "ready" if is_ready else "not ready"}, found.http_status, headers=_NO_STORE)


def health_router(routes: HealthRoutes) -> APIRouter:
    router = APIRouter(prefix="/health", tags=["health"])
    router.add_api_route("", routes.report, methods=["GET"], response_model=HealthDocument)
    router.add_api_route("/live", routes.live, methods=["GET"])
    router.add_api_route("/ready", routes.ready, methods=["GET"])
    return router
