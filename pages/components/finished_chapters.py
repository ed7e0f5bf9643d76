"""Chapters as they are finished, each checked before it is shown, and the shape of what is still to come."""

from __future__ import annotations

from nicegui.element import Element

from core.domain.document import ChapterDocument, SummaryDocument
from pages.components.elements import box, markup, text
from pages.reading import chapter_of
from pages.templating import render

_BONES = ((46, 92, 78), (38, 88, 64), (52, 94, 70))


class FinishedChapters:
    """A chapter that is shown stays as it is: a line that somebody has opened does not close again."""

    def __init__(self) -> None:
        self._shown: dict[tuple[float | None, str], Element] = {}
        self._label = text("p", "", "label finished", aria_live="polite")
        with box("sl-reader", "being-made", data_no_video=""):
            self._list = box("div")
            box("div", "peek", role="presentation")
        self._coming = box("div", "coming-chapters", aria_hidden="true")
        with self._coming:
            for widths in _BONES:
                _coming_chapter(widths)

    def show(self, document: SummaryDocument) -> None:
        """Adds those that are new, each in its place."""
        chapters = document["chapters"]
        for place, chapter in enumerate(chapters):
            key = chapter["start_s"], chapter["title"]
            if key not in self._shown:
                self._shown[key] = self._add(chapter, place)
        if chapters:
            count = len(chapters)
            self._label.set_text("1 chapter is finished" if count == 1 else f"{count} chapters are finished")
            self._coming.classes(add="few")

    def _add(self, chapter: ChapterDocument, place: int) -> Element:
        with self._list:
            added = markup(render("finished_chapter.html.jinja", chapter=chapter_of(chapter)))
        added.move(target_index=place)
        return added


def _coming_chapter(widths: tuple[int, int, int]) -> None:
    head, first, second = widths
    with box("div", "coming"):
        box("i", "bone time")
        box("i", "bone head").style(f"width: {head}%")
        for width in (first, second):
            box("i", "bone").style(f"width: calc({width}% - var(--gutter))")
