"""What was put away and can be put back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from core.domain.archival import ArchiveFile, FileState
from core.domain.permissions import Action
from ops_dashboard.archival.room import Room
from ops_dashboard.components.sheet import cell, sheet, state_cell
from ops_dashboard.templating import render
from ops_dashboard.words import size, whole
from pages.components.elements import box, markup, text

_COLUMNS = (("File", ""), ("Rows", "n"), ("Size", "n spare"), ("Check", ""), ("Until", "spare"), ("", "act"))
_CHECKS = {
    FileState.CHECKED: ("sha256 read back", "ok"),
    FileState.DAMAGED: ("not as it was written", "bad"),
    FileState.MISSING: ("not on this machine", "bad"),
}

Preview = Callable[[ArchiveFile], Awaitable[None]]


class Files:
    """The table of archives; `preview` opens the plan of putting one back."""

    def __init__(self, room: Room, preview: Preview) -> None:
        self._room = room
        self._preview = preview
        # The page looks once a second while something moves: what did not change stays under the hand.
        self._shown: tuple[tuple[ArchiveFile, ...], str] | None = None
        text("h2", "Archives", "sub-title")
        self._place = box("section", "panel board-card flush", aria_label="Archives")
        with self._place:
            markup(render("bones.html.jinja", kind="list"))

    def show(self, files: Sequence[ArchiveFile]) -> None:
        wanted = (tuple(files), self._room.clock.name)
        if wanted == self._shown:
            return
        self._shown = wanted
        self._place.clear()
        with self._place:
            if not files:
                text("p", "Nothing is put away at the moment. What is archived stands here for 30 days.", "void")
                return
            with sheet("Archives", _COLUMNS):
                for file in files:
                    self._row(file)

    def _row(self, file: ArchiveFile) -> None:
        run, room = file.run, self._room
        with box("tr"):
            with box("th", scope="row"):
                text("span", run.file, title=file.path)
                if file.restored_rows:
                    text("small", f"{whole(file.restored_rows)} rows were restored")
            cell(whole(run.done_rows), "n")
            cell(str(size(run.bytes)), "n spare")
            words, tone = _CHECKS[file.state]
            state_cell(words, tone, title=run.sha256 or run.failure or "")
            cell(room.date(run.expires_at) if run.expires_at else "kept", "num spare")
            with box("td", "act"):
                if file.state is not FileState.MISSING:
                    act = room.desk.acting(
                        Action.PREVIEW_ARCHIVAL, partial(self._open, file), name="archival.preview_restore"
                    )
                    text("button", "Restore", "btn compact ghost", type="button", aria_label=f"{run.file}: Restore").on(
                        "click", act
                    )

    async def _open(self, file: ArchiveFile, *_event: object) -> None:
        await self._preview(file)
