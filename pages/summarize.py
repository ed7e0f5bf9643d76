"""GET and POST /summarize: the form on a page of its own, and where every form of the site sends what it has."""

from __future__ import annotations

from nicegui import app
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from core.api.limits import MAX_UPLOAD_BYTES
from core.api.owners import ensure_owner
from core.api.uploads import closing_file
from core.domain.batch import BatchRequest
from core.domain.library import SummaryRequest
from core.domain.owner import Owner
from core.errors import AppError, InvalidInput
from core.services.batches import Batches
from core.services.summaries import Summaries
from pages.composer import Asked, Kept, Wrong, composer_page, kept_of, read_form
from pages.navigation import ways_of


def register(summaries: Summaries, batches: Batches) -> None:
    """The two routes. Foreign origins and bodies past the limit are refused before they get here."""

    async def show(request: Request) -> Response:
        return HTMLResponse(composer_page(ways_of(request)), headers={"Cache-Control": "private, no-cache"})

    async def take(request: Request) -> Response:
        asked = await _read(request)
        if isinstance(asked, Response):
            return asked
        try:
            with closing_file(asked.request):
                return RedirectResponse(await submit(asked.request, ensure_owner(request)), 303)
        except AppError as error:
            return _refused(request, error, asked.field, asked.kept)

    async def submit(asked: SummaryRequest | BatchRequest, owner: Owner) -> str:
        """Where what was asked for can be watched."""
        if isinstance(asked, BatchRequest):
            return f"/batch/{await batches.create(asked, owner)}"
        return f"/summaries/{await summaries.submit(asked, owner)}"

    app.add_api_route("/summarize", show, methods=["GET"], include_in_schema=False)
    app.add_api_route("/summarize", take, methods=["POST"], include_in_schema=False)


async def _read(request: Request) -> Asked | Response:
    try:
        async with request.form(max_files=2, max_fields=12, max_part_size=MAX_UPLOAD_BYTES) as form:
            try:
                return await read_form(form, request.headers.get("accept-language", ""))
            except InvalidInput as error:
                return _refused(request, error, "address", kept_of(form))
    except HTTPException:
        broken = InvalidInput("The form did not arrive whole. Send it again.")
        return _refused(request, broken, "address", Kept())


def _refused(request: Request, error: AppError, field: str, kept: Kept) -> Response:
    html = composer_page(ways_of(request), kept, Wrong(field=field, message=error.message))
    return HTMLResponse(html, error.status, headers={"Cache-Control": "no-store"})
