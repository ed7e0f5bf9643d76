"""What happened, that it cost nothing, what to do now, what was tried: a failed or stopped summary."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from core.domain.document import AttemptDocument, FailureDocument
from core.domain.library import SummaryState
from core.domain.run import RunState
from core.errors import NextStep
from pages.components.elements import box, markup, text
from pages.reading import title_of
from pages.templating import render
from pages.words import RUNG_NAMES, clock, seconds_phrase

_UNKNOWN: FailureDocument = {
    "code": "failed",
    "message": "This could not be summarised. Try again, or give the captions as a file.",
    "next_step": NextStep.TRY_AGAIN.value,
    "retryable": True,
}
_OUTCOMES = {"ok": ("ok", "worked"), "failed": ("bad", "failed"), "skipped": ("", "skipped")}


def show_failure(state: SummaryState, *, on_retry: Callable[[], Awaitable[None]]) -> None:
    """The view of a run that gave no summary. It always offers a next step."""
    is_stopped = state.state is RunState.CANCELLED
    failure = state.document.get("failure") or _UNKNOWN
    with box("section", "message", aria_live="polite"):
        text(
            "p", "Stopped · nothing was counted" if is_stopped else "Not summarised · nothing was counted", "state warn"
        )
        text("h1", "You stopped this summary" if is_stopped else _heading(failure))
        text("p", _lead(state, failure, is_stopped=is_stopped), "lead")
        with box("div", "panel next"):
            _ways_on(state, failure)
            _show_retry(failure, on_retry, is_stopped=is_stopped)
        tried = state.document.get("tried") or []
        markup(render("tried.html.jinja", rows=[_attempt(row) for row in tried], reference=str(state.id)))


def _show_retry(failure: FailureDocument, on_retry: Callable[[], Awaitable[None]], *, is_stopped: bool) -> None:
    if is_stopped or failure["retryable"]:
        with box("div", "actions"):
            _RetryButton("Start again" if is_stopped else "Try again", on_retry)


class _RetryButton:
    """Disabled while the answer is awaited: two clicks ask once."""

    def __init__(self, words: str, on_click: Callable[[], Awaitable[None]]) -> None:
        self._ask = on_click
        self._button = text("button", words, "btn primary", type="button").on("click", self._once)

    async def _once(self) -> None:
        self._button.props["disabled"] = True
        self._button.update()
        await self._ask()
        if not self._button.is_deleted:
            self._button.props.pop("disabled", None)
            self._button.update()


def _heading(failure: FailureDocument) -> str:
    first, _, _rest = failure["message"].partition(". ")
    return first.rstrip(".")


def _lead(state: SummaryState, failure: FailureDocument, *, is_stopped: bool) -> str:
    named = _named(state)
    if is_stopped:
        return f"{named or 'The work'} was left as it was. It can be taken up again whenever you like."
    _first, _, rest = failure["message"].partition(". ")
    sentences = (f"{named}." if named else "", rest, "We never guess a summary from a title.")
    return " ".join(sentence for sentence in sentences if sentence)


def _named(state: SummaryState) -> str:
    video = state.document["video"]
    if not video["title"]:
        return ""
    length = "" if video["duration_s"] is None else f" ({clock(video['duration_s'])})"
    return f"“{title_of(state.document)}”{length}"


def _ways_on(state: SummaryState, failure: FailureDocument) -> None:
    video = state.document["video"]
    step = failure["next_step"] if state.state is RunState.FAILED else NextStep.NONE.value
    markup(render("ways_on.html.jinja", step=step, address=video["url"] or "", title=video["title"] or ""))


def _attempt(row: AttemptDocument) -> dict[str, str]:
    tone, word = _OUTCOMES.get(row["outcome"], ("", row["outcome"]))
    return {
        "name": RUNG_NAMES.get(row["rung"], row["rung"].replace("_", " ").capitalize()),
        "detail": row["message"][:1].upper() + row["message"][1:],
        "tone": tone,
        "word": word,
        "took": seconds_phrase(row["seconds"]),
    }
