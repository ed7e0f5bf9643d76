"""What people see when something is missing or broken: a page in the product's own look, with the right status."""

from __future__ import annotations

from nicegui import app
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from core.api.problems import Unexpected, limit_headers, note_failure, problem_response
from core.api.refusals import wants_html
from core.errors import AppError, NotFound
from core.logging import EventLog, request_id, shown_path
from pages.navigation import ways_of
from pages.templating import render

_log = EventLog(__name__)

_HEADINGS = {
    403: "This did not come from our own page",
    404: "There is nothing here",
    413: "That is too large",
    500: "Something went wrong on our side",
    503: "Not available at the moment",
}


def register() -> None:
    """Handlers for expected errors, unknown addresses and bugs; /api has its own."""
    app.add_exception_handler(AppError, _on_app_error)
    app.add_exception_handler(404, _on_unknown_address)
    app.add_exception_handler(Exception, _on_bug)


def error_page(error: AppError, request: Request) -> HTMLResponse:
    """The error as a page for whoever sent this request.

    Its reference is the number under which the request stands in the log.
    """
    html = render(
        "message.html.jinja",
        title=f"{_HEADINGS.get(error.status, 'This did not work')} · Sightline",
        heading=_HEADINGS.get(error.status, "This did not work"),
        text=error.message,
        label=f"Error {error.status}",
        tone="bad" if error.status >= 500 else "warn",
        reference=request_id.get() if error.status >= 500 else None,
        ways=ways_of(request),
        here="",
    )
    return HTMLResponse(html, error.status, headers={**limit_headers(error), "Cache-Control": "no-store"})


def not_found_page(request: Request) -> HTMLResponse:
    """For a summary that does not exist or is somebody else's: the two look the same."""
    text = "This summary does not exist, or it was made in another browser or by somebody else."
    return error_page(NotFound(text), request)


def _on_app_error(request: Request, error: Exception) -> Response:
    note_failure(request.scope, error)
    known = error if isinstance(error, AppError) else Unexpected()
    return error_page(known, request) if wants_html(request.scope) else problem_response(known)


def _on_unknown_address(request: Request, _error: Exception) -> Response:
    return _on_app_error(request, NotFound("No page stands at this address. Check it, or start from one of these."))


def _on_bug(request: Request, error: Exception) -> Response:
    _log.exception("page.unexpected", error, path=shown_path(request.url.path))
    return _on_app_error(request, Unexpected())
