"""GET /: one sentence, one box, one proof. Server-rendered, and but for the navigation the same for everybody."""

from __future__ import annotations

from dataclasses import dataclass

from nicegui import app
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pages.composer import NOTHING_KEPT, NOTHING_WRONG
from pages.example import load_example
from pages.navigation import Way, ways_of
from pages.templating import render


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    figure: str
    text: str


# The second is measured: the five-hour fixture takes the engine a second or two (a test holds it under five).
FACTS = (
    Fact(
        figure="Every line",
        text="carries a quote, found word for word in the transcript, or it is struck out and says why.",
    ),
    Fact(
        figure="5 hours",
        text="of captions are read whole, in seconds. Nothing is cut to fit, nothing is guessed from the title.",
    ),
    Fact(
        figure="0 keys",
        text="needed. The engine is our own and runs on this server, with no account and no language model.",
    ),
)


def register() -> None:
    """The route."""

    async def show(request: Request) -> Response:
        return HTMLResponse(_page(ways_of(request)), headers={"Cache-Control": "private, no-cache"})

    app.add_api_route("/", show, methods=["GET"], include_in_schema=False)


def _page(ways: tuple[Way, ...]) -> str:
    return render(
        "landing.html.jinja",
        title="Sightline: summaries that show where it was said",
        kept=NOTHING_KEPT,
        wrong=NOTHING_WRONG,
        autofocus=True,
        ways=ways,
        here="/",
        example=load_example(),
        facts=FACTS,
    )
