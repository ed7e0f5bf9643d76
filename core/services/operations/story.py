"""One request's whole story: its kept events on one time axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from core.db.queries.requests import KeptEvent
from core.domain.telemetry import KINDS, Kind, Outcome, Pace, Series, Unit
from core.metrics.selections import BAD
from core.services.operations.spending import cause_of
from core.services.operations.views import RequestRow, Story, StoryStep
from core.services.operations.words import label_of

_MS = timedelta(milliseconds=1)
# What the request was, before what was done for it.
_TITLES = (Kind.SUMMARY, Kind.API_REQUEST, Kind.PAGE_REQUEST, Kind.PAGE_OPEN, Kind.SUBMIT, Kind.SIGN_IN, Kind.SIGN_UP)
_WARNED = {Outcome.CLIENT_ERROR, Outcome.LIMITED, Outcome.REFUSED}


def row_of(event: KeptEvent, series: Mapping[int, Series]) -> RequestRow:
    """A kept event as a way into its story."""
    each = series[event.series_id]
    return RequestRow(
        request_id=event.request_id,
        at=event.ts,
        kind=Kind.SUMMARY.value if each.kind == Kind.CAUSE else each.kind,
        name=label_of(each.name) if each.kind == Kind.CAUSE else each.name,
        outcome=each.outcome,
        who=each.who,
        value=event.value,
        stands_for=event.weight,
        reason=_reason(event, series),
    )


def story_of(
    request_id: UUID, began_at: datetime, events: Sequence[KeptEvent], series: Mapping[int, Series], release: str | None
) -> Story:
    """The story in order of time. An event is written down when it ends, so it began its own length before."""
    told = [event for event in events if series[event.series_id].kind != Kind.CAUSE] or events
    steps = sorted((_step(event, series[event.series_id], began_at) for event in told), key=_in_order)
    ordered = sorted(events, key=lambda event: _title_rank(series[event.series_id]))
    person = next((event.person for event in ordered if event.person is not None), None)
    title = series[ordered[0].series_id]
    return Story(
        request_id=request_id,
        began_at=began_at,
        title=label_of(cause_of(title.kind, title.name)),
        who=next((each.who for event in ordered if (each := series[event.series_id]).who), ""),
        person=str(person) if person else None,
        length_ms=max(step.start_ms + step.length_ms for step in steps),
        steps=tuple(steps),
        release=release,
    )


def _step(event: KeptEvent, series: Series, began_at: datetime) -> StoryStep:
    length_ms = event.value if _is_time(series.kind) else 0.0
    end_ms = (event.ts - began_at) / _MS
    return StoryStep(
        label=label_of(cause_of(series.kind, series.name)),
        kind=series.kind,
        outcome=series.outcome,
        start_ms=max(end_ms - length_ms, 0.0),
        length_ms=min(length_ms, max(end_ms, 0.0)),
        tone=_tone(series),
        detail=tuple((key, _text(value)) for key, value in sorted(event.detail.items())),
    )


def _is_time(kind: str) -> bool:
    """Whether the value is how long it took: samples and counts happen at one moment."""
    return kind in set(Kind) and KINDS[Kind(kind)].unit is Unit.MS


def _in_order(step: StoryStep) -> tuple[float, float]:
    return step.start_ms, -step.length_ms


def _title_rank(series: Series) -> int:
    return _TITLES.index(Kind(series.kind)) if series.kind in _TITLES else len(_TITLES)


def _tone(series: Series) -> str:
    if series.outcome in BAD:
        return "bad"
    return "warn" if series.outcome in _WARNED or series.pace in {Pace.SLOW, Pace.CRAWLING} else ""


def _reason(event: KeptEvent, series: Mapping[int, Series]) -> str:
    """Why it is worth a look, in a few words: what the event says itself, else what took longest in it."""
    for key in ("code", "error", "reason", "status"):
        if (value := event.detail.get(key)) is not None:
            return _text(value).replace("_", " ")
    each = series[event.series_id]
    return label_of(each.name) if each.kind == Kind.CAUSE else ""


def _text(value: str | float | bool | None) -> str:
    return "" if value is None else str(value)
