"""What happened, that it cost nothing, what to do now, what was tried: a failed or stopped summary."""

from __future__ import annotations

from core.domain.document import FailureDocument
from core.domain.library import SummaryState
from core.domain.model import ModelFailure
from core.domain.run import RunState
from core.errors import NextStep
from pages.attempts import attempts_of
from pages.components.act_button import Act, ActButton
from pages.components.elements import box, markup, text
from pages.reading import title_of
from pages.templating import render
from pages.words import clock

_UNKNOWN: FailureDocument = {
    "code": "failed",
    "message": "This could not be summarised. Try again, or give the captions as a file.",
    "next_step": NextStep.TRY_AGAIN.value,
    "retryable": True,
}
_MODELS_FAULTS = frozenset(failure.value for failure in ModelFailure)


def show_failure(state: SummaryState, *, on_retry: Act, on_take_offline: Act) -> None:
    """The view of a run that gave no summary. It always offers a next step."""
    is_stopped = state.state is RunState.CANCELLED
    failure = state.document.get("failure") or _UNKNOWN
    with box("section", "message", aria_live="polite"):
        text(
            "p", "Stopped · nothing was counted" if is_stopped else "Not summarised · nothing was counted", "state warn"
        )
        text("h1", "You stopped this summary" if is_stopped else heading_of(failure))
        text("p", _lead(state, failure, is_stopped=is_stopped), "lead")
        with box("div", "panel next"):
            if not is_stopped and is_models_fault(failure):
                _offer_offline(failure, on_retry, on_take_offline)
            else:
                _ways_on(state, failure)
                _show_retry(failure, on_retry, is_stopped=is_stopped)
        tried = attempts_of(state.document.get("tried") or [])
        markup(render("tried.html.jinja", rows=tried, reference=str(state.id)))


def is_models_fault(failure: FailureDocument) -> bool:
    """True where the words are there and only the language model failed: the offline summary can be taken."""
    return failure["code"] in _MODELS_FAULTS or failure["next_step"] == NextStep.TAKE_OFFLINE


def heading_of(failure: FailureDocument) -> str:
    """The first sentence of what happened."""
    first, _, _rest = failure["message"].partition(". ")
    return first.rstrip(".")


def _offer_offline(failure: FailureDocument, on_retry: Act, on_take_offline: Act) -> None:
    text("h3", "What you can do now")
    text(
        "p",
        "The offline engine picks the sentences that matter most, word for word. It takes seconds and costs nothing.",
        "muted",
    )
    with box("div", "actions"):
        ActButton("Take the offline summary", on_take_offline, "btn primary")
        if failure["retryable"]:
            ActButton("Try again", on_retry)


def _show_retry(failure: FailureDocument, on_retry: Act, *, is_stopped: bool) -> None:
    if is_stopped or failure["retryable"]:
        with box("div", "actions"):
            ActButton("Start again" if is_stopped else "Try again", on_retry, "btn primary")


def _lead(state: SummaryState, failure: FailureDocument, *, is_stopped: bool) -> str:
    named = _named(state)
    if is_stopped:
        return f"{named or 'The work'} was left as it was. It can be taken up again whenever you like."
    _first, _, rest = failure["message"].partition(". ")
    if is_models_fault(failure):
        return f"{named or 'What was said'} is here, every word of it: nothing has to be fetched again. {rest}".strip()
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
