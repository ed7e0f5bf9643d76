"""What can be shown of a summary while it is being written: its finished parts, put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.domain.parts import PARTS
from core.domain.summary import SummaryDraft

_PLACES = {part.slug: place for place, part in enumerate(PARTS)}


def merge_drafts(drafts: Sequence[SummaryDraft]) -> SummaryDraft:
    """One draft of several that were made of stretches of one transcript, in the order of speech. Not of none."""
    chapters = sorted((each for draft in drafts for each in draft.chapters), key=lambda chapter: chapter.first_segment)
    moments = [moment for draft in drafts for moment in draft.key_moments]
    entries = [entry for draft in drafts for entry in draft.parts]
    return replace(
        drafts[0],
        chapters=tuple(chapters),
        key_moments=tuple(sorted(moments, key=lambda moment: moment.evidence[0].first_segment)),
        parts=tuple(sorted(entries, key=lambda e: (_PLACES[e.part], e.item.evidence[0].first_segment))),
        withheld=tuple(each for draft in drafts for each in draft.withheld),
    )
