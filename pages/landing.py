"""GET /: one sentence, one box, one proof. Server-rendered, and but for the navigation the same for everybody."""

from __future__ import annotations

from dataclasses import dataclass

from nicegui import app
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from core.domain.library import EngineMenu
from core.domain.summary import EngineName
from core.services.summaries import Summaries
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
        text="needed by the offline engine: it is our own and runs on this server, with no account and no model.",
    ),
)


def register(summaries: Summaries) -> None:
    """The route."""

    async def show(request: Request) -> Response:
        return HTMLResponse(_page(ways_of(request), summaries.menu), headers={"Cache-Control": "private, no-cache"})

    app.add_api_route("/", show, methods=["GET"], include_in_schema=False)


def _page(ways: tuple[Way, ...], menu: EngineMenu) -> str:
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
        privacy=_privacy(menu),
    )


def _privacy(menu: EngineMenu) -> str:
    """Who gets to see what: a model's vendor sees the words, and whoever pastes an address should know."""
    if EngineName.OPENAI not in menu.engines:
        return (
            "No account, no key. Everything is worked out on this server; it asks YouTube for the captions and nobody "
            "for anything else."
        )
    # The hyphens of a model's name are no place to break a line.
    model = (menu.model or "a language model").replace("-", "\N{NON-BREAKING HYPHEN}")
    return f"No account needed. What was said goes to {model}, unless you choose the offline engine under Options."
