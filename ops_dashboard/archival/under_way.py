"""Runs that are not over: how far they are, and the buttons that stop them or let them go on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from uuid import UUID

from core.domain.archival import ArchiveRun, ArchiveState, Direction, PolicyState
from core.domain.permissions import Action
from ops_dashboard.archival.room import Room, about
from ops_dashboard.words import whole
from pages.components.elements import box, text

_VERBS = {Direction.ARCHIVE: "Archiving", Direction.RESTORE: "Putting back"}
_TONES = {
    ArchiveState.PROPOSED: ("waits for another admin", "warn"),
    ArchiveState.QUEUED: ("begins", "now"),
    ArchiveState.RUNNING: ("under way", "now"),
    ArchiveState.STOPPED: ("stopped", "warn"),
}


# Of a run all but how far it is.
_Standing = tuple[str, UUID, ArchiveState, bool, str | None, str]


class UnderWay:
    """A card for each open run. While they move only bars and counts change: the buttons stay under the hand."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._standing: list[_Standing] = []
        self._progress: list[_Progress] = []
        self._place = box("div", "under-way")

    def show(self, states: Sequence[PolicyState]) -> None:
        moving = [(state, state.open_run) for state in states if state.open_run is not None]
        standing = [self._standing_of(state, run) for state, run in moving]
        if standing != self._standing:
            self._standing = standing
            self._place.clear()
            with self._place:
                self._progress = [self._card(state, run) for state, run in moving]
        for (_, run), progress in zip(moving, self._progress, strict=True):
            progress.show(run)

    def _standing_of(self, state: PolicyState, run: ArchiveRun) -> _Standing:
        return (state.title, run.id, run.state, run.is_stop_asked, run.failure, self._origin(run))

    def _card(self, state: PolicyState, run: ArchiveRun) -> _Progress:
        words, tone = _TONES[run.state]
        title = f"{_VERBS[run.direction]} {state.title.lower()}"
        with box("section", "panel run", aria_label=title):
            with box("header"):
                text("h2", title)
                stops = run.is_stop_asked and run.state is ArchiveState.RUNNING
                text("span", "stops after this slice" if stops else words, f"state {tone}", role="status")
            progress = _Progress()
            text("p", self._origin(run), "muted")
            if run.failure:
                text("p", run.failure, "wrong")
            self._buttons(run)
        return progress

    def _origin(self, run: ArchiveRun) -> str:
        room = self._room
        if run.state is ArchiveState.PROPOSED:
            return f"Proposed by {room.who(run.actor)} at {room.exact(run.created_at)}. Nothing was changed yet."
        agreed = f", {room.who(run.approved_by)} agreed" if run.approved_by else ""
        stays = "" if run.state is ArchiveState.STOPPED else " It goes on if you leave."
        return f"Begun by {room.who(run.actor)} at {room.exact(run.created_at)}{agreed}.{stays}"

    def _buttons(self, run: ArchiveRun) -> None:
        with box("div", "actions-row"):
            if run.state is ArchiveState.PROPOSED and run.actor != self._room.me:
                self._consent(run)
            if run.state is ArchiveState.STOPPED:
                self._go_on(run)
            elif not (run.is_stop_asked and run.state is ArchiveState.RUNNING):
                self._stop(run)

    def _consent(self, run: ArchiveRun) -> None:
        handler = self._doing(run.id, self._room.archival.approve)
        agree = self._room.desk.acting(Action.APPROVE_ARCHIVAL, handler, name="archival.approve")
        words = f"Agree to {whole(run.planned_rows)} rows"
        text("button", words, "btn compact primary", type="button").on("click", agree)

    def _go_on(self, run: ArchiveRun) -> None:
        archival, desk = self._room.archival, self._room.desk
        resume = desk.acting(Action.ARCHIVE, self._doing(run.id, archival.resume), name="archival.resume")
        text("button", "Resume", "btn compact primary", type="button").on("click", resume)
        close = desk.acting(Action.ARCHIVE, self._doing(run.id, archival.close), name="archival.close")
        text("button", "Leave it at this", "btn compact ghost", type="button").on("click", close)

    def _stop(self, run: ArchiveRun) -> None:
        handler = self._doing(run.id, self._room.archival.stop)
        stop = self._room.desk.acting(Action.STOP_ARCHIVAL, handler, name="archival.stop")
        words = "Withdraw" if run.state is ArchiveState.PROPOSED else "Stop"
        text("button", words, "btn compact", type="button").on("click", stop)

    def _doing(self, run_id: UUID, act: Callable[[UUID, str], Awaitable[ArchiveRun]]) -> Callable[..., Awaitable[None]]:
        return partial(self._do, run_id, act)

    async def _do(self, run_id: UUID, act: Callable[[UUID, str], Awaitable[ArchiveRun]], *_event: object) -> None:
        try:
            await act(run_id, self._room.me)
        finally:
            await self._room.refresh()


class _Progress:
    """How far a run is, as a bar and in words."""

    def __init__(self) -> None:
        self._bar = box(
            "span", "bar", aria_label="Done so far", role="progressbar", aria_valuemin="0", aria_valuemax="100"
        )
        with self._bar:
            self._filled = box("i")
        self._words = text("p", "", "num")

    def show(self, run: ArchiveRun) -> None:
        self._bar.props["aria-valuenow"] = f"{run.ratio * 100:.0f}"
        self._filled.style(f"transform: scaleX({run.ratio:.4f})")
        self._words.set_text(progress_words(run))


def progress_words(run: ArchiveRun) -> str:
    """ "2,400 of 4,118 rows · about 4 s left"."""
    parts = [f"{whole(run.done_rows)} of {whole(run.planned_rows)} rows"]
    if run.skipped_rows:
        parts.append(f"{whole(run.skipped_rows)} were there already")
    if run.left_s is not None:
        parts.append(f"{about(run.left_s)} left")
    return " · ".join(parts)
