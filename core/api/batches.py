"""Version 1 of the interface for batches. What is not this owner's is not found, like what does not exist."""

from __future__ import annotations

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import ConfigDict, Field, ValidationError, model_validator
from typing_extensions import TypedDict

from core.api.owners import OWNER_HEADER, ensure_api_owner, owner_of
from core.api.problems import UnsupportedMediaType
from core.api.submissions import Chosen, Language, Title, shown
from core.api.summaries import inlined
from core.domain.batch import MOST_ITEMS, Batch, BatchItem, BatchPage, BatchRequest
from core.domain.owner import Owner
from core.errors import NotFound
from core.services.batches import Batches

BatchId = Annotated[str, Path(description="The id that POST gave.", json_schema_extra={"format": "uuid"})]
Number = Annotated[int, Path(ge=1, le=MOST_ITEMS, description="The row's number, from 1.")]
Limit = Annotated[int, Query(ge=1, le=100, description="Batches on a page.")]
Cursor = Annotated[str | None, Query(max_length=500, description="`next_cursor` of the page before.")]
After = Annotated[int, Query(ge=0, le=MOST_ITEMS, description="Rows after this number.")]
Rows = Annotated[int, Query(ge=1, le=MOST_ITEMS, description="Rows in the answer.")]
_PRIVATE = {"Cache-Control": "private, no-cache", "Vary": OWNER_HEADER}
_EMPTY = BatchPage(items=(), total=0, next_cursor=None)
# More than a batch holds, so that the refusal can say how many there were.
_MOST_URLS = 10 * MOST_ITEMS


class BatchSubmission(Chosen):
    """Either `urls`, one YouTube video each, or `list_url`, the address of a playlist or channel."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    urls: Annotated[list[Annotated[str, Field(max_length=4096)]], Field(min_length=1, max_length=_MOST_URLS)] | None = (
        Field(None, description=f"At most {MOST_ITEMS} videos; repeats count once.")
    )
    list_url: Annotated[str, Field(max_length=4096)] | None = None
    title: Title | None = None
    language: Language | None = Field(None, description="The captions to prefer.")

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if (self.urls is None) == (self.list_url is None):
            raise ValueError("give either urls or list_url")
        return self

    def as_request(self) -> BatchRequest:
        return BatchRequest(
            addresses=tuple(self.urls or ()),
            list_address=self.list_url,
            title=self.title or None,
            languages=(self.language or "en",),
            options=self.options,
        )


class CountsDocument(TypedDict):
    """How many rows are in which state. `open` are those in the queue or being read; `total` leaves out `left_out`."""

    total: int
    done: int
    failed: int
    open: int
    waiting: int
    cancelled: int
    left_out: int


class BatchDocument(TypedDict):
    id: str
    created_at: str
    status: str
    title: str | None
    source_url: str | None
    failure_message: str | None
    counts: CountsDocument


class RowDocument(TypedDict):
    """A video of a batch. `stage` and `ratio` tell how far it is while it is being read."""

    number: int
    video_id: str
    title: str | None
    channel: str | None
    duration_s: float | None
    thumbnail_url: str | None
    status: str
    stage: str | None
    ratio: float | None
    summary_id: str | None
    failure_message: str | None


class BatchWithRows(BatchDocument):
    """`next_after` is what `after` has to be for the rows that follow; null where there are none."""

    items: list[RowDocument]
    next_after: int | None


class BatchListDocument(TypedDict):
    """A page, newest first. `next_cursor` is null on the last page; `total` counts all."""

    items: list[BatchDocument]
    total: int
    next_cursor: str | None


class BatchRoutes:
    """The handlers; each is one call of the service, and its answer what became of the batch."""

    def __init__(self, batches: Batches) -> None:
        self._batches = batches

    async def create(self, request: Request) -> Response:
        asked = await _read(request)
        owner, secret = ensure_api_owner(request)
        batch_id = await self._batches.create(asked, owner)
        headers = {**_PRIVATE, "Location": f"/api/v1/batches/{batch_id}"}
        if secret is not None:
            headers[OWNER_HEADER] = secret
        return JSONResponse(_document(await self._batches.get(batch_id, owner)), 202, headers=headers)

    async def get(self, request: Request, batch_id: BatchId, after: After = 0, limit: Rows = 100) -> Response:
        found, owner = _asked_for(request, batch_id)
        batch = await self._batches.get(found, owner)
        rows = await self._batches.items(found, owner, after=after, limit=limit)
        next_after = rows[-1].number if len(rows) == limit else None
        whole = BatchWithRows(**_document(batch), items=[_row(row) for row in rows], next_after=next_after)
        return JSONResponse(whole, headers=_PRIVATE)

    async def list_page(self, request: Request, cursor: Cursor = None, limit: Limit = 24) -> Response:
        owner = owner_of(request)
        page = _EMPTY if owner is None else await self._batches.list_page(owner, cursor=cursor, limit=limit)
        items = [_document(batch) for batch in page.items]
        listed = BatchListDocument(items=items, total=page.total, next_cursor=page.next_cursor)
        return JSONResponse(listed, headers=_PRIVATE)

    async def pause(self, request: Request, batch_id: BatchId) -> Response:
        """No further video is begun; those that are being read go on."""
        found, owner = _asked_for(request, batch_id)
        await self._batches.pause(found, owner)
        return await self._accepted(found, owner)

    async def resume(self, request: Request, batch_id: BatchId) -> Response:
        found, owner = _asked_for(request, batch_id)
        await self._batches.resume(found, owner)
        return await self._accepted(found, owner)

    async def retry(self, request: Request, batch_id: BatchId) -> Response:
        """All rows that have failed, or the list itself where that could not be read."""
        found, owner = _asked_for(request, batch_id)
        await self._batches.retry_failed(found, owner)
        return await self._accepted(found, owner)

    async def retry_row(self, request: Request, batch_id: BatchId, number: Number) -> Response:
        found, owner = _asked_for(request, batch_id)
        await self._batches.retry_item(found, number, owner)
        return await self._accepted(found, owner)

    async def cancel_row(self, request: Request, batch_id: BatchId, number: Number) -> Response:
        """Stops a row that is being read; leaves out one that waits or has failed."""
        found, owner = _asked_for(request, batch_id)
        await self._batches.cancel_item(found, number, owner)
        return await self._accepted(found, owner)

    async def delete(self, request: Request, batch_id: BatchId) -> Response:
        """The list goes; the summaries that it has made or begun stay."""
        found, owner = _asked_for(request, batch_id)
        await self._batches.delete(found, owner)
        return Response(status_code=204, headers=_PRIVATE)

    async def _accepted(self, batch_id: UUID, owner: Owner) -> Response:
        return JSONResponse(_document(await self._batches.get(batch_id, owner)), 202, headers=_PRIVATE)


def batches_router(routes: BatchRoutes) -> APIRouter:
    """The addresses, with what each answers; how each can fail stands with the whole application."""
    router = APIRouter(prefix="/v1", tags=["batches"])
    at, row = "/batches/{batch_id}", "/batches/{batch_id}/items/{number}"
    content = {"application/json": {"schema": inlined(BatchSubmission.model_json_schema())}}
    body = {"requestBody": {"required": True, "content": content}}
    add = router.add_api_route
    add("/batches", routes.create, methods=["POST"], status_code=202, response_model=BatchDocument, openapi_extra=body)
    add("/batches", routes.list_page, methods=["GET"], response_model=BatchListDocument)
    add(at, routes.get, methods=["GET"], response_model=BatchWithRows)
    add(at, routes.delete, methods=["DELETE"], status_code=204)
    for path, act in (
        (at + "/pause", routes.pause),
        (at + "/resume", routes.resume),
        (at + "/retry", routes.retry),
        (row + "/retry", routes.retry_row),
        (row + "/cancel", routes.cancel_row),
    ):
        add(path, act, methods=["POST"], status_code=202, response_model=BatchDocument)
    return router


async def _read(request: Request) -> BatchRequest:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise UnsupportedMediaType("Send the request as application/json.")
    try:
        return BatchSubmission.model_validate_json(await request.body()).as_request()
    except ValidationError as error:
        raise shown(error) from None


def _asked_for(request: Request, batch_id: str) -> tuple[UUID, Owner]:
    """The id and the owner; NotFound where either is missing, before anything is looked up."""
    owner = owner_of(request)
    try:
        found = UUID(batch_id)
    except ValueError:
        owner = None
    if owner is None:
        raise NotFound("There is no such batch here. It may have been deleted, or belong to another browser.")
    return found, owner


def _document(batch: Batch) -> BatchDocument:
    counts = batch.counts
    return BatchDocument(
        id=str(batch.id),
        created_at=batch.created_at.isoformat(),
        status=str(batch.state),
        title=batch.title,
        source_url=batch.source_url,
        failure_message=batch.failure_message,
        counts=CountsDocument(
            total=counts.total,
            done=counts.done,
            failed=counts.failed,
            open=counts.open,
            waiting=counts.waiting,
            cancelled=counts.cancelled,
            left_out=counts.left_out,
        ),
    )


def _row(item: BatchItem) -> RowDocument:
    return RowDocument(
        number=item.number,
        video_id=item.video_id,
        title=item.title,
        channel=item.channel,
        duration_s=item.duration_s,
        thumbnail_url=item.thumbnail_url,
        status=str(item.state),
        stage=None if item.stage is None else str(item.stage),
        ratio=item.ratio,
        summary_id=None if item.summary_id is None else str(item.summary_id),
        failure_message=item.failure_message,
    )
