"""A summary that was stopped or failed on its way: the chapters that were finished stay, and are marked as a part."""

from __future__ import annotations

from core.domain.library import SummaryState
from core.domain.run import RunState
from pages.components.act_button import Act
from pages.components.elements import box
from pages.components.failure import heading_of, is_models_fault
from pages.components.notice import Choice, show_notice
from pages.components.reader import show_summary


def show_what_is_finished(state: SummaryState, *, on_retry: Act, on_take_offline: Act) -> None:
    """The finished chapters under a notice that says what is missing and what can be done."""
    failure = state.document.get("failure")
    is_stopped = state.state is RunState.CANCELLED or failure is None
    title = "You stopped this summary" if failure is None or is_stopped else heading_of(failure)
    choices = []
    if failure is None or is_stopped or failure["retryable"]:
        choices.append(Choice(words="Go on" if is_stopped else "Try again", act=on_retry, is_primary=True))
    if failure is None or is_models_fault(failure):
        choices.append(Choice(words="Take the offline summary", act=on_take_offline))
    with box("div", "over-summary"):
        show_notice("warn", "clock", title, _what_is_here(state), choices=choices)
    show_summary(state)


def _what_is_here(state: SummaryState) -> str:
    count = len(state.document["chapters"])
    finished = "1 chapter is finished and stays" if count == 1 else f"{count} chapters are finished and stay"
    return f"{finished}. The rest of the video is not in this summary."
