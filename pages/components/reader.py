"""A finished summary on the page, or as much of one as there is."""

from __future__ import annotations

from core.domain.library import SummaryState
from pages.components.elements import markup
from pages.reading import SummaryView, view_of
from pages.templating import render
from pages.words import clock


def show_summary(state: SummaryState, *, tab: str = "") -> None:
    """Text, player, coverage and transcript; the browser does the rest on its own. `tab` is the one that was asked for.

    A tab that this summary does not have is its first.
    """
    view = view_of(state.document)
    slugs = [each.slug for each in view.tabs]
    markup(
        render(
            "summary.html.jinja",
            view=view,
            shown_tab=tab if tab in slugs else slugs[0],
            start_s=state.start_s,
            has_transcript=state.has_transcript,
            transcript_url=f"/api/v1/summaries/{state.id}/transcript",
            marks=_marks(view),
            spoken_clock=clock(view.strip.spoken_s) if view.strip else "",
        )
    )


def _marks(view: SummaryView) -> dict[str, object]:
    """What the coverage strip needs to know in the browser: the timeline's length, the evidence, the chapters."""
    chapters = [{"start_s": each.start_s, "title": each.title} for each in view.chapters if each.start_s is not None]
    if view.strip is None:
        return {}
    return {"length_s": view.strip.length_s, "spoken": view.strip.spoken, "chapters": chapters}
