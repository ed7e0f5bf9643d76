"""What is due of each policy, when the schedule comes to it, and the way to look closer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from nicegui.element import Element

from core.domain.archival import ArchiveRun, ArchiveState, Policy, PolicyState
from core.domain.permissions import Action
from ops_dashboard.archival.room import Room
from ops_dashboard.components.sheet import cell, sheet, state_cell
from ops_dashboard.templating import render
from ops_dashboard.words import NOTHING, size, whole
from pages.components.elements import box, markup, text

_COLUMNS = (
    ("What", ""), ("Due now", "n"), ("Size", "n spare"), ("Oldest", "spare"), ("Last run", ""), ("Next", "spare"),
    ("", "act"),
)  # fmt: skip

Preview = Callable[[Policy], Awaitable[None]]
# All that a row is drawn from; None before it was.
_Shown = tuple[PolicyState, bool, str, tuple[str, str, str]] | None


class Policies:
    """The table of policies; `preview` opens the plan of one beside it."""

    def __init__(self, room: Room, preview: Preview) -> None:
        self._room = room
        self._preview = preview
        self._drawn: dict[Policy, tuple[Element, _Shown]] = {}
        self._place = box("section", "panel board-card flush", aria_label="What can be archived")
        with self._place:
            markup(render("bones.html.jinja", kind="list"))

    def show(self, states: Sequence[PolicyState], chosen: Policy | None) -> None:
        """Draws anew what changed: the page looks once a second, and a button must stay under the hand."""
        if list(self._drawn) != [state.policy for state in states]:
            self._place.clear()
            with self._place, sheet("What can be archived", _COLUMNS):
                self._drawn = {state.policy: (box("tr"), None) for state in states}
        for state in states:
            row, shown = self._drawn[state.policy]
            wanted = (state, state.policy is chosen, self._room.clock.name, last_words(self._room, state))
            if shown != wanted:
                self._drawn[state.policy] = (row, wanted)
                self._fill(row, state, is_chosen=state.policy is chosen)

    def _fill(self, row: Element, state: PolicyState, *, is_chosen: bool) -> None:
        room = self._room
        row.clear()
        row.classes(replace="on" if is_chosen else "")
        with row:
            with box("th", scope="row"):
                text("b", state.title)
                text("small", state.keeps)
            quiet = "" if state.due_rows else " quiet"
            cell(whole(state.due_rows), f"n{quiet}")
            cell(str(size(state.bytes)) if state.due_rows else NOTHING, f"n spare{quiet}")
            cell(room.date(state.oldest), f"num spare{quiet}")
            self._last(state)
            cell(room.clock.time(state.next_at) if state.next_at else NOTHING, "num spare")
            self._act(state)

    def _last(self, state: PolicyState) -> None:
        words, tone, title = last_words(self._room, state)
        state_cell(words, tone, title=title)

    def _act(self, state: PolicyState) -> None:
        with box("td", "act"):
            if state.open_run is not None:
                text("span", _OPEN_WORDS[state.open_run.state], "muted")
            elif state.due_rows == 0:
                text("span", "Nothing due", "muted")
            else:
                act = partial(self._open, state.policy)
                button = text("button", "Preview", "btn compact", type="button", aria_label=f"Preview: {state.title}")
                button.on("click", self._room.desk.acting(Action.PREVIEW_ARCHIVAL, act, name="archival.preview"))

    async def _open(self, policy: Policy, *_event: object) -> None:
        await self._preview(policy)


_OPEN_WORDS = {
    ArchiveState.PROPOSED: "Waits for consent",
    ArchiveState.QUEUED: "Begins",
    ArchiveState.RUNNING: "Under way",
    ArchiveState.STOPPED: "Stopped",
}


def last_words(room: Room, state: PolicyState) -> tuple[str, str, str]:
    """The words, tone and exact title of the last run."""
    run = state.open_run or state.last
    if run is None:
        return "never", "", "No run of this policy yet"
    title = f"{room.exact(run.created_at)}, {room.who(run.actor)}"
    if state.is_behind and state.open_run is None:
        return "falls behind", "warn", f"What is overdue grew {state.runs_behind} times in a row. {title}"
    if run.state in {ArchiveState.RUNNING, ArchiveState.QUEUED}:
        return f"at {run.ratio * 100:.0f} %", "now", title
    if run.state is ArchiveState.PROPOSED:
        return "proposed", "warn", title
    if run.state is ArchiveState.STOPPED:
        return f"at {run.ratio * 100:.0f} %", "warn", title
    return _ended_words(room, run, title)


def _ended_words(room: Room, run: ArchiveRun, title: str) -> tuple[str, str, str]:
    if run.state is ArchiveState.FAILED:
        return "failed", "bad", f"{run.failure or 'It failed'} {title}"
    return room.since(run.finished_at or run.created_at), "ok", f"{whole(run.done_rows)} rows, {title}"
