"""The interface for programs as one application under /api, with its own errors, description and reference page."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse, Response

from core.api.batches import BatchRoutes, batches_router
from core.api.events import OpenStreams
from core.api.health import HealthRoutes, health_router
from core.api.operations import OperationsRoutes, operations_router
from core.api.problems import MEDIA_TYPE, Problem, register_problems
from core.api.reference import reference_page
from core.api.reports import ReportRoutes, reports_router
from core.api.summaries import SummaryRoutes, summaries_router
from core.api.vitals import VitalsRoutes, vitals_router
from core.ports import NoRecording, Recording
from core.services.batches import Batches
from core.services.health import Health
from core.services.summaries import Summaries

PREFIX = "/api"
_DESCRIPTION = (
    "Long videos become summaries in which every line shows where it was said. No account is needed: the first POST of "
    "a client without a cookie answers with a secret in the header Sightline-Owner. Send that header with every later "
    "request; without it the summaries cannot be found again. Errors are problem details (RFC 9457)."
)


def build_api(
    summaries: Summaries,
    health: Health,
    streams: OpenStreams,
    *,
    release: str,
    recording: Recording | None = None,
    vitals: VitalsRoutes | None = None,
    operations: OperationsRoutes | None = None,
    batches: Batches | None = None,
) -> FastAPI:
    """The application to mount at /api."""
    api = FastAPI(
        title="Sightline",
        version=release,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        responses={"default": {"model": Problem, "description": "A problem", "content": {MEDIA_TYPE: {}}}},
    )
    for router in (
        summaries_router(SummaryRoutes(summaries, streams)),
        *([batches_router(BatchRoutes(batches))] if batches else []),
        health_router(HealthRoutes(health)),
        reports_router(ReportRoutes(recording or NoRecording())),
        *([vitals_router(vitals)] if vitals else []),
        *([operations_router(operations)] if operations else []),
    ):
        api.include_router(router)
    api.include_router(_description_router(api))
    register_problems(api)
    return api


def _description_router(api: FastAPI) -> APIRouter:
    """The OpenAPI document and a page that shows it; both are made once."""
    router = APIRouter(include_in_schema=False)
    made: dict[str, object] = {}

    def document() -> dict[str, object]:
        if not made:
            made.update(describe(api))
        return made

    async def openapi() -> Response:
        return JSONResponse(document())

    async def docs() -> Response:
        return HTMLResponse(reference_page(document()))

    router.add_api_route("/openapi.json", openapi, methods=["GET"])
    router.add_api_route("/docs", docs, methods=["GET"])
    return router


def describe(api: FastAPI) -> dict[str, object]:
    """The OpenAPI document, its paths written in full as they are seen from outside."""
    found: dict[str, object] = get_openapi(
        title=api.title, version=api.version, description=api.description, routes=api.routes
    )
    paths = found["paths"]
    assert isinstance(paths, dict)  # noqa: S101  # what OpenAPI says it is
    return {**found, "paths": {PREFIX + path: entry for path, entry in paths.items()}}
