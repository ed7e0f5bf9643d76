"""What a middleware answers before any page or route is asked: a problem for programs, a page for people."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, select_autoescape
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Scope

from core.api.problems import problem_response
from core.errors import AppError

templates = Environment(loader=PackageLoader("core.api", "templates"), autoescape=select_autoescape(default=True))

_TITLES = {403: "Not from here", 404: "Not found", 413: "Too large", 500: "Something went wrong"}


def refusal(scope: Scope, error: AppError, *, is_last_word: bool = False) -> Response:
    """The answer in the form the client asked for; `is_last_word` closes the connection after it."""
    answer = _page(scope, error) if wants_html(scope) else problem_response(error)
    if is_last_word:
        answer.headers["Connection"] = "close"
    return answer


def wants_html(scope: Scope) -> bool:
    """True for a browser that opens a page: never under /api, where answers are data."""
    return not scope["path"].startswith("/api/") and "text/html" in Headers(scope=scope).get("accept", "")


def _page(scope: Scope, error: AppError) -> Response:
    """The page that the application has for such errors, in its own look; else a bare one."""
    draw = scope["app"].exception_handlers.get(AppError) if "app" in scope else None
    if draw is not None and isinstance(drawn := draw(Request(scope), error), Response):
        return drawn
    page = templates.get_template("refusal.html.jinja")
    html = page.render(title=_TITLES.get(error.status, "This did not work"), message=error.message)
    return HTMLResponse(html, error.status, headers={"Cache-Control": "no-store"})
