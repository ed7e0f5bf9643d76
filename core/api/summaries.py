"""Version 1 of the interface for summaries. What is not this owner's is not found, like what does not exist."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, Response
from typing_extensions import TypedDict

from core.api.accounts import still_holds
from core.api.events import OpenStreams, ProgressEvent, ProgressStream
from core.api.owners import OWNER_HEADER, ensure_api_owner, owner_of
from core.api.submissions import Submission, read_submission, upload_schema
from core.api.uploads import closing_file
from core.domain.document import SummaryDocument
from core.domain.library import SummaryListItem, SummaryPage, SummaryState, SummaryTranscript
from core.domain.owner import Owner
from core.domain.rendering import document_schema
from core.errors import NotFound
from core.services.summaries import Summaries

SummaryId = Annotated[str, Path(description="The id that POST gave.", json_schema_extra={"format": "uuid"})]
Limit = Annotated[int, Query(ge=1, le=100, description="Rows on a page.")]
Cursor = Annotated[str | None, Query(max_length=500, description="`next_cursor` of the page before.")]
_EVENTS = {"content": {"text/event-stream": {}}, "description": "Events named progress", "model": ProgressEvent}
_PRIVATE = {"Cache-Control": "private, no-cache", "Vary": OWNER_HEADER}


class Accepted(TypedDict):
    """The summary's id, and its state: queued, or done at once where the same work was already there."""

    id: str
    status: str


class ListItem(TypedDict):
    id: str
    created_at: str
    status: str
    title: str | None
    channel: str | None
    video_id: str | None
    duration_s: float | None
    thumbnail_url: str | None
    tags: list[str]
    gist: str | None
    lines: int
    supported_lines: int
    failure_message: str | None


class ListDocument(TypedDict):
    """A page, newest first. `next_cursor` is null on the last page; `total` counts all rows."""

    items: list[ListItem]
    total: int
    next_cursor: str | None


# One row a segment: start_ms, end_ms, text, speaker. Times are null where the transcript has none.
TranscriptRow = tuple[int | None, int | None, str, str | None]


class SummaryRoutes:
    """The handlers; each is one call of the service."""

    def __init__(self, summaries: Summaries, streams: OpenStreams) -> None:
        self._summaries = summaries
        self._streams = streams

    async def submit(self, request: Request) -> Response:
        asked = await read_submission(request)
        owner, secret = ensure_api_owner(request)
        with closing_file(asked):
            summary_id = await self._summaries.submit(asked, owner)
        state = await self._summaries.get(summary_id, owner)
        headers = {**_PRIVATE, "Location": f"/api/v1/summaries/{summary_id}"}
        if secret is not None:
            headers[OWNER_HEADER] = secret
        return JSONResponse(Accepted(id=str(summary_id), status=str(state.state)), 202, headers=headers)

    async def get(self, request: Request, summary_id: SummaryId) -> Response:
        found, owner = _asked_for(request, summary_id)
        state = await self._summaries.get(found, owner)
        return JSONResponse(state.document, headers=_PRIVATE)

    async def list_page(self, request: Request, cursor: Cursor = None, limit: Limit = 24) -> Response:
        owner = owner_of(request)
        page = SummaryPage(items=(), total=0, next_cursor=None)
        if owner is not None:
            page = await self._summaries.list_page(owner, cursor=cursor, limit=limit)
        return JSONResponse(_list_document(page), headers=_PRIVATE)

    async def events(self, request: Request, summary_id: SummaryId) -> Response:
        found, owner = _asked_for(request, summary_id)
        release = self._streams.take_slot(owner)
        try:
            states = self._summaries.watch(found, owner)
            first = await _first(states)
        except BaseException:
            release()
            raise
        may_go_on = partial(still_holds, request)
        return ProgressStream(first, states, streams=self._streams, release=release, may_go_on=may_go_on)

    async def transcript(self, request: Request, summary_id: SummaryId) -> Response:
        found, owner = _asked_for(request, summary_id)
        words = await self._summaries.transcript(found, owner)
        headers = {**_PRIVATE, "ETag": f'"{words.etag}"'}
        if _has_copy(request, words.etag):
            return Response(status_code=304, headers=headers)
        body = await asyncio.to_thread(_encode_rows, words)
        return Response(body, media_type="application/json", headers=headers)

    async def cancel(self, request: Request, summary_id: SummaryId) -> Response:
        found, owner = _asked_for(request, summary_id)
        await self._summaries.cancel(found, owner)
        return await self._accepted(found, owner)

    async def retry(self, request: Request, summary_id: SummaryId) -> Response:
        found, owner = _asked_for(request, summary_id)
        await self._summaries.retry(found, owner)
        return await self._accepted(found, owner)

    async def take_offline(self, request: Request, summary_id: SummaryId) -> Response:
        """The offline summary now; the language model's takes its place if it still comes."""
        found, owner = _asked_for(request, summary_id)
        await self._summaries.take_offline(found, owner)
        return await self._accepted(found, owner)

    async def delete(self, request: Request, summary_id: SummaryId) -> Response:
        found, owner = _asked_for(request, summary_id)
        await self._summaries.delete(found, owner)
        return Response(status_code=204, headers=_PRIVATE)

    async def schema(self) -> Response:
        return JSONResponse(document_schema(), media_type="application/schema+json")

    async def _accepted(self, summary_id: UUID, owner: Owner) -> Response:
        state = await self._summaries.get(summary_id, owner)
        return JSONResponse(Accepted(id=str(summary_id), status=str(state.state)), 202, headers=_PRIVATE)


def summaries_router(routes: SummaryRoutes) -> APIRouter:
    """The addresses, with what each answers; how each can fail stands with the whole application."""
    router = APIRouter(prefix="/v1", tags=["summaries"])
    at = "/summaries/{summary_id}"
    body = {"requestBody": _request_body()}
    add = router.add_api_route
    add("/summaries", routes.submit, methods=["POST"], status_code=202, response_model=Accepted, openapi_extra=body)
    add("/summaries", routes.list_page, methods=["GET"], response_model=ListDocument)
    add(at, routes.get, methods=["GET"], response_model=SummaryDocument)
    add(at, routes.delete, methods=["DELETE"], status_code=204)
    add(at + "/events", routes.events, methods=["GET"], response_class=Response, responses={200: _EVENTS})
    add(at + "/transcript", routes.transcript, methods=["GET"], response_model=list[TranscriptRow])
    add(at + "/cancel", routes.cancel, methods=["POST"], status_code=202, response_model=Accepted)
    add(at + "/retry", routes.retry, methods=["POST"], status_code=202, response_model=Accepted)
    add(at + "/take-offline", routes.take_offline, methods=["POST"], status_code=202, response_model=Accepted)
    add("/schema/summary.json", routes.schema, methods=["GET"])
    return router


def _asked_for(request: Request, summary_id: str) -> tuple[UUID, Owner]:
    """The id and the owner; NotFound where either is missing, before anything is looked up."""
    owner = owner_of(request)
    try:
        found = UUID(summary_id)
    except ValueError:
        owner = None
    if owner is None:
        raise _not_found()
    return found, owner


async def _first(states: AsyncIterator[SummaryState]) -> SummaryState:
    """The present state; NotFound where the summary is deleted at this very moment."""
    async for state in states:
        return state
    raise _not_found()


def _not_found() -> NotFound:
    return NotFound("There is no such summary here. It may have been deleted, or belong to another browser.")


def _list_document(page: SummaryPage) -> ListDocument:
    return ListDocument(items=[_list_item(i) for i in page.items], total=page.total, next_cursor=page.next_cursor)


def _list_item(item: SummaryListItem) -> ListItem:
    return ListItem(
        id=str(item.id),
        created_at=item.created_at.isoformat(),
        status=str(item.state),
        title=item.title,
        channel=item.channel,
        video_id=item.video_id,
        duration_s=item.duration_s,
        thumbnail_url=item.thumbnail_url,
        tags=list(item.tags),
        gist=item.gist,
        lines=item.lines,
        supported_lines=item.supported_lines,
        failure_message=item.failure_message,
    )


def _encode_rows(words: SummaryTranscript) -> bytes:
    rows = [[s.start_ms, s.end_ms, s.text, s.speaker] for s in words.transcript.segments]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()


def _has_copy(request: Request, etag: str) -> bool:
    """Weak comparison (RFC 9110, 13.1.2): a proxy that compressed the answer may have marked the tag as weak."""
    held = [tag.strip().removeprefix("W/").strip('"') for tag in request.headers.get("if-none-match", "").split(",")]
    return etag in held or "*" in held


def _request_body() -> dict[str, object]:
    return {
        "required": True,
        "content": {
            "application/json": {"schema": inlined(Submission.model_json_schema())},
            "multipart/form-data": {"schema": inlined(upload_schema())},
        },
    }


def inlined(schema: dict[str, object]) -> dict[str, object]:
    """The schema with its own definitions in their places: OpenAPI would look for them elsewhere."""
    definitions = schema.pop("$defs", {})

    def resolved(part: object) -> object:
        if isinstance(part, list):
            return [resolved(each) for each in part]
        if not isinstance(part, dict):
            return part
        reference = part.get("$ref")
        if isinstance(reference, str) and isinstance(definitions, dict):
            beside = {key: resolved(value) for key, value in part.items() if key != "$ref"}
            return {**definitions[reference.rpartition("/")[2]], **beside}
        return {key: resolved(value) for key, value in part.items()}

    return {key: resolved(value) for key, value in schema.items()}
