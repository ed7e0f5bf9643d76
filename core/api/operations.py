"""Version 1 of the interface for operators. For everybody else nothing stands at these addresses."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from typing_extensions import TypedDict

from core.api.operations_json import (
    MetricDocument,
    ReadingDocument,
    SloDocument,
    metric_document,
    reading_document,
    slo_document,
    to_json,
)
from core.api.operators import only, require
from core.clock import Clock
from core.db.queries.deploys import Deploy
from core.domain.period import Period, own_range, preset
from core.domain.permissions import Action
from core.domain.request_ids import parse_request_id
from core.errors import InvalidInput, NotFound
from core.metrics import ALL
from core.metrics.performance import VITALS
from core.services.operations.operations import MOST_REQUESTS, Operations

_PRIVATE = {"Cache-Control": "private, no-store"}
Range = Annotated[str, Query(alias="range", description="1h, 6h, 24h, 7d, 30d or 90d, up to now.", max_length=8)]
From = Annotated[AwareDatetime | None, Query(alias="from", description="Start of a range of your own, ISO 8601.")]
To = Annotated[AwareDatetime | None, Query(alias="to", description="End of it, not included.")]
Zone = Annotated[str, Query(alias="tz", description="The clock on which days begin: an IANA name.", max_length=64)]
Points = Annotated[bool, Query(description="Whether each bin's value is wanted too.")]
Limit = Annotated[int, Query(ge=1, le=MOST_REQUESTS, description="How many at most.")]
Slug = Annotated[str, Path(description="The name in its definition.", max_length=80)]
Text = Annotated[str | None, Query(max_length=200)]


class NewDeploy(BaseModel):
    """What was put into service. Times are ISO 8601 with their offset."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    release: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
    at: AwareDatetime | None = Field(None, description="When; left out, now.")
    committed_at: AwareDatetime | None = Field(None, description="When its oldest change was committed.")
    commits: int | None = Field(None, ge=0, le=1_000_000)
    note: str = Field("", max_length=500, pattern=r"^[^\x00]*$")


_DEPLOY_BODY = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": NewDeploy.model_json_schema()}}}
}


class RecordedDeploy(TypedDict):
    id: str
    release: str
    deployed_at: str


class OperationsRoutes:
    """The handlers; each is one call of the service."""

    def __init__(self, operations: Operations, clock: Clock) -> None:
        self._operations = operations
        self._clock = clock

    async def list_metrics(self) -> Response:
        return _answer([metric_document(metric) for metric in ALL])

    async def get_metric(
        self, slug: Slug, range_: Range = "24h", start: From = None, end: To = None, tz: Zone = "UTC",
        points: Points = True,
    ) -> Response:  # fmt: skip
        period = self._period(range_, start, end, tz)
        reading = await self._operations.read(slug, period)
        return _answer(reading_document(reading, period.edges(), with_points=points))

    async def get_csv(
        self, slug: Slug, range_: Range = "24h", start: From = None, end: To = None, tz: Zone = "UTC"
    ) -> Response:
        period = self._period(range_, start, end, tz)
        reading = await self._operations.read(slug, period)
        text = io.StringIO()
        rows = csv.writer(text)
        rows.writerow(["start", "end", f"{slug} ({reading.metric.unit.value})"])
        edges = period.edges()
        for since, until, value in zip(edges, edges[1:], reading.points, strict=False):
            rows.writerow([since.isoformat(), until.isoformat(), "" if value is None else repr(value)])
        name = f'attachment; filename="{reading.metric.slug}.csv"'
        return Response(
            text.getvalue(), media_type="text/csv; charset=utf-8", headers={**_PRIVATE, "Content-Disposition": name}
        )

    async def list_slos(self) -> Response:
        return _answer([slo_document(status) for status in await self._operations.slos()])

    async def get_slo(
        self, slug: Slug, range_: Range = "24h", start: From = None, end: To = None, tz: Zone = "UTC"
    ) -> Response:
        return _answer(to_json(await self._operations.slo(slug, self._period(range_, start, end, tz))))

    async def overview(self, range_: Range = "24h", start: From = None, end: To = None, tz: Zone = "UTC") -> Response:
        return _answer(to_json(await self._operations.overview(self._period(range_, start, end, tz))))

    async def performance(
        self, range_: Range = "24h", start: From = None, end: To = None, tz: Zone = "UTC",
        kind: Annotated[str, Query(description="What the heat map shows.", max_length=40)] = "summary",
    ) -> Response:  # fmt: skip
        view = await self._operations.performance(self._period(range_, start, end, tz), kind=kind)
        return _answer(to_json(view))

    async def usage(self, range_: Range = "24h", start: From = None, end: To = None, tz: Zone = "UTC") -> Response:
        return _answer(to_json(await self._operations.usage(self._period(range_, start, end, tz))))

    async def vitals(self, range_: Range = "24h", start: From = None, end: To = None, tz: Zone = "UTC") -> Response:
        period = self._period(range_, start, end, tz)
        readings = await self._operations.read_all(VITALS, period)
        return _answer([reading_document(each, period.edges(), with_points=False) for each in readings])

    async def list_requests(
        self, range_: Range = "24h", start: From = None, end: To = None, tz: Zone = "UTC",
        slo: Text = None, cause: Text = None, kind: Text = None, name: Text = None, limit: Limit = 50,
    ) -> Response:  # fmt: skip
        period = self._period(range_, start, end, tz)
        rows = await self._operations.requests(period, slo=slo, cause=cause, kind=kind, name=name, limit=limit)
        return _answer(to_json(rows))

    async def get_request(self, request_id: Annotated[str, Path(description="As in X-Request-ID.")]) -> Response:
        found: UUID | None = parse_request_id(request_id)
        if found is None:
            raise NotFound("That is not the number of a request.")
        return _answer(to_json(await self._operations.story(found)))

    async def reference(self) -> Response:
        return _answer(to_json(self._operations.reference()))

    async def record_deploy(self, request: Request) -> Response:
        # The body is read only now: who may not do this must not learn from it that something stands here.
        signed_in = require(request, Action.RECORD_DEPLOY)
        deploy = await _read_deploy(request)
        made = Deploy(
            id=uuid4(),
            release=deploy.release,
            deployed_at=deploy.at or self._clock.now(),
            committed_at=deploy.committed_at,
            commits=deploy.commits,
            note=deploy.note,
        )
        await self._operations.record_deploy(made, actor=f"account:{signed_in.account.id}")
        deployed_at = made.deployed_at.astimezone(UTC).isoformat()
        answer = RecordedDeploy(id=str(made.id), release=made.release, deployed_at=deployed_at)
        return JSONResponse(answer, 201, headers=_PRIVATE)

    def _period(self, name: str, start: datetime | None, end: datetime | None, zone: str) -> Period:
        """InvalidInput for a range that makes no sense."""
        if (start is None) != (end is None):
            raise InvalidInput("A range of your own needs both from and to.")
        if start is None or end is None:
            return preset(name, self._clock.now(), zone)
        return own_range(start, end, zone)


def operations_router(routes: OperationsRoutes) -> APIRouter:
    """The addresses. Each asks first whether this person may see or do it."""
    router = APIRouter(prefix="/v1/ops", tags=["operations"])
    sees, takes = [only(Action.SEE_OPERATIONS)], [only(Action.EXPORT_FIGURES)]
    add = router.add_api_route
    add("/metrics", routes.list_metrics, methods=["GET"], response_model=list[MetricDocument], dependencies=sees)
    # Before the metric itself: ".csv" would be a part of its name.
    add("/metrics/{slug}.csv", routes.get_csv, methods=["GET"], response_class=Response, dependencies=takes)
    add("/metrics/{slug}", routes.get_metric, methods=["GET"], response_model=ReadingDocument, dependencies=sees)
    add("/slos", routes.list_slos, methods=["GET"], response_model=list[SloDocument], dependencies=sees)
    add("/slos/{slug}", routes.get_slo, methods=["GET"], dependencies=sees)
    add("/overview", routes.overview, methods=["GET"], dependencies=sees)
    add("/performance", routes.performance, methods=["GET"], dependencies=sees)
    add("/usage", routes.usage, methods=["GET"], dependencies=sees)
    add("/vitals", routes.vitals, methods=["GET"], response_model=list[ReadingDocument], dependencies=sees)
    add("/requests", routes.list_requests, methods=["GET"], dependencies=sees)
    add("/requests/{request_id}", routes.get_request, methods=["GET"], dependencies=sees)
    add("/reference", routes.reference, methods=["GET"], dependencies=sees)
    add(
        "/deploys", routes.record_deploy, methods=["POST"], status_code=201, response_model=RecordedDeploy,
        dependencies=[only(Action.RECORD_DEPLOY)], openapi_extra=_DEPLOY_BODY,
    )  # fmt: skip
    return router


async def _read_deploy(request: Request) -> NewDeploy:
    """Raises RequestValidationError, which names the field."""
    try:
        return NewDeploy.model_validate_json(await request.body())
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from None


def _answer(document: object) -> Response:
    return JSONResponse(document, headers=_PRIVATE)
