"""From an objective to what spent its budget, to the requests behind that, to the whole story of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from core.domain.period import Period
from core.domain.telemetry import KINDS, Kind, Outcome, Unit
from core.services.operations.views import RequestRow, SloView, Story, StoryStep
from core.slos.status import BurnReading, BurnState, SloStatus
from ops_dashboard.address import Address
from ops_dashboard.blocks import Drawn, Part, Row, Rows, bones, drawn
from ops_dashboard.charts import Chart, Series, TimeAxis, line_chart
from ops_dashboard.figures import Figures
from ops_dashboard.words import (
    HEALTH_WORDS,
    NOTHING,
    Clock,
    amount,
    counted,
    decimal,
    duration,
    goal,
    percent,
    points,
    span,
    whole,
)

_PATH = "/ops/performance"
_OUTCOMES = {
    Outcome.SERVER_ERROR: "failed",
    Outcome.FAILED: "failed",
    Outcome.TIMEOUT: "timed out",
    Outcome.DROPPED: "connection broke",
    Outcome.VENDOR_LIMITED: "vendor’s limit",
    Outcome.CLIENT_ERROR: "caller’s mistake",
    Outcome.LIMITED: "limited",
    Outcome.REFUSED: "refused",
    Outcome.CANCELLED: "cancelled",
    Outcome.CACHED: "from earlier work",
    Outcome.HIT: "hit",
    Outcome.MISS: "miss",
}
_BAD = {Outcome.SERVER_ERROR, Outcome.FAILED, Outcome.TIMEOUT, Outcome.DROPPED, Outcome.VENDOR_LIMITED}
_WHOS = {"anonymous": "anonymous", "user": "account", "operator": "operator", "admin": "admin", "": "the service"}


def parts(figures: Figures, address: Address, now: datetime) -> Sequence[Part]:
    """An objective's facts, then requests beside the story of one."""
    period = address.period(now)
    found = [_slo_part(figures, address, period, now)] if address.slo else []
    has_list = address.slo is not None or address.name is not None
    if has_list:
        found.append(_requests_part(figures, address, period, now))
    if address.request or has_list:
        found.append(_story_part(figures, address, is_alone=not has_list))
    return found


def _slo_part(figures: Figures, address: Address, period: Period, now: datetime) -> Part:
    async def load() -> Rows:
        return slo_rows(await figures.slo(address.slo or "", period), address, now)

    return Part(
        key=f"slo-{address.slo}",
        what="The objective",
        bones=(bones("facts"), Row(classes="cols c2", blocks=(*bones("chart").blocks, *bones("list").blocks))),
        load=load,
    )


def slo_rows(view: SloView, address: Address, now: datetime) -> Rows:
    """Facts, burn-down, and what spent it."""
    return (
        Row(blocks=(_facts(view.status, address, now),)),
        Row(classes="cols c2", blocks=(burn_chart(view, address), _spenders(view, address, now))),
    )


def _facts(status: SloStatus, address: Address, now: datetime) -> Drawn:
    tone = HEALTH_WORDS[status.health][1]
    tone = "" if tone == "ok" else tone
    slo = status.slo
    what = "incidents" if slo.incidents else "events"
    left = NOTHING if status.budget_left is None else points(status.budget_left)
    facts = [
        (
            f"Objective, {span(slo.window)}",
            goal(slo.objective, Unit.RATIO),
            f"critical: {slo.critical}",
            "",
        ),
        ("Now", percent(status.sli), f"{whole(status.valid)} counted", tone),
        ("Budget left", left, f"{whole(status.bad)} bad of {decimal(round(status.budget_events, 1))} allowed", tone),
        _burning(status, tone),
        _exhausted(status, Clock(address.zone), now),
    ]
    return drawn("facts", "facts.html.jinja", facts=facts, notes=_corrections(status, what), source=slo.source)


def _burning(status: SloStatus, tone: str) -> tuple[str, str, str, str]:
    burn = status.fastest
    if burn is None or burn.long_rate is None:
        return ("Burning at", NOTHING, "no rule watches it" if not status.burns else "no data in its windows", "")
    note = f"{span(burn.rule.long)} and {span(burn.rule.short)}: {_burn_word(burn)}"
    return ("Burning at", f"{decimal(round(burn.long_rate, 1))}×", note, tone if burn.state is not BurnState.OK else "")


def _burn_word(burn: BurnReading) -> str:
    held = ", held: too few to be sure" if burn.is_held else ""
    return f"{burn.state.value}{held}"


def _exhausted(status: SloStatus, clock: Clock, now: datetime) -> tuple[str, str, str, str]:
    if status.budget_left is not None and status.budget_left <= 0:
        overdrawn = f"overdrawn by {points(-status.budget_left)}" if status.budget_left else "nothing is left"
        return ("Used up", "already", overdrawn, "bad")
    if status.exhausts_at is None:
        if not status.valid:
            return ("Used up on", NOTHING, "", "")
        lasts = status.full_budget_lasts_s
        full = f"; a full one would last {duration(lasts * 1000)}" if lasts else ""
        return ("Used up on", "never", f"at this rate{full}", "")
    at = status.exhausts_at
    is_soon = at - now < timedelta(days=2)
    text = clock.moment(at, now) if is_soon else clock.day_in_full(at)
    return ("Used up on", text, "at the present rate", "bad" if is_soon else "warn")


def _corrections(status: SloStatus, what: str) -> list[str]:
    notes = []
    if status.stuck:
        notes.append(f"{counted(status.stuck, 'is', 'are')} still open past the limit and counted as bad already.")
    if status.uncorrected is not None:
        raw = status.uncorrected
        notes.append(
            f"Left out: {', '.join(status.corrections)}. With it: {percent(raw.sli)} good, "
            f"{whole(raw.bad)} bad of {whole(raw.valid)} {what}."
        )
    return notes


def burn_chart(view: SloView, address: Address) -> Chart:
    """What was left of the budget over the window; below zero it is overdrawn, and that is shown whole."""
    axis = TimeAxis(edges=view.budget_edges, clock=Clock(address.zone), marks=view.marks)
    return line_chart(
        f"budget-{view.status.slo.slug}",
        "Budget left",
        f"{span(view.status.slo.window)}, %",
        axis,
        (Series(name="left", values=view.budget_left),),
        unit=Unit.RATIO,
        reason="Nothing that this objective counts was recorded in its window.",
    )


def _spenders(view: SloView, address: Address, now: datetime) -> Drawn:
    most = max((each.percent for each in view.spenders), default=0)
    top = view.spenders[0].cause if view.spenders else None
    found = [
        {
            "label": each.label,
            "href": replace(address, cause=each.cause, request=None).href(_PATH),
            "is_on": each.cause == (address.cause if address.cause is not None else top),
            "is_chosen": each.cause == address.cause,
            "width": f"{each.percent / most * 100:.1f}" if most else "0",
            "bad": whole(each.bad),
            "percent": f"{each.percent} %",
        }
        for each in view.spenders
    ]
    return drawn(
        "spenders",
        "spenders.html.jinja",
        rows=found,
        note=f"last {span(address.length)} · shares add up to 100 %" if not address.start else "shares add up to 100 %",
        began=_began(view, address, now),
        reason=f"Nothing bad was counted in these {span(address.length)}.",
    )


def _began(view: SloView, address: Address, now: datetime) -> tuple[str, str, str] | None:
    """(before, emphasised, after) of the sentence about since when, and whom it met."""
    met = f" {counted(view.people, 'account', 'accounts')} met it." if view.people else ""
    onset = view.onset
    if onset is None:
        return ("", "", met.strip()) if met else None
    clock = Clock(address.zone)
    when = clock.moment(onset.since, now)
    rose = f": {percent(onset.before)} were bad before, {percent(onset.after)} since.{met}"
    if onset.release:
        return ("Began with release ", onset.release, f" at {when}{rose}")
    return ("Began about ", when, rose)


def _requests_part(figures: Figures, address: Address, period: Period, now: datetime) -> Part:
    async def load() -> Rows:
        found = await figures.requests(
            period, slo=address.slo, cause=address.cause, kind=address.kind, name=address.name
        )
        return (Row(blocks=(requests_table(found, address, now),)),)

    return Part(key="requests", what="The requests", bones=(bones("list"),), load=load, classes="half")


def requests_table(found: Sequence[RequestRow], address: Address, now: datetime) -> Drawn:
    """Worst first; each leads to its story."""
    clock = Clock(address.zone)
    rows = [_request_row(row, clock, address, now) for row in found]
    return drawn(
        "requests",
        "requests.html.jinja",
        title=_requests_title(address),
        note=f"{len(found):,} kept, worst first" if found else "",
        rows=rows,
        # A column in which all rows say the same, or nothing, says nothing.
        has_what=len({row.name for row in found}) > 1,
        has_why=any(row["reason"] or row["outcome"] for row in rows),
        reason=f"Nothing of this was kept in these {span(address.length)}. Errors and slow ones are kept whole for 35 "
        "days, of the rest a sample.",
        all_href=replace(address, cause=None, request=None).href(_PATH) if address.cause is not None else None,
    )


def _requests_title(address: Address) -> str:
    if address.slo is None:
        return "Slowest and failed"
    if address.cause is None:
        return "What was bad"
    return "Everything else that was bad" if address.cause == "" else "Bad ones of this cause"


def _request_row(row: RequestRow, clock: Clock, address: Address, now: datetime) -> dict[str, object]:
    is_today = clock.local(row.at).date() == clock.local(now).date()
    return {
        "when": clock.second(row.at) if is_today else clock.stamp(row.at),
        "exact": f"{row.at:%Y-%m-%d %H:%M:%S} UTC",
        "name": row.name,
        "who": _WHOS.get(row.who, row.who),
        "took": _value(row.kind, row.value),
        "is_bad": row.outcome in _BAD,
        "outcome": _OUTCOMES.get(Outcome(row.outcome), "") if row.outcome in set(Outcome) else row.outcome,
        "reason": row.reason if row.reason != row.name else "",
        "weight": f"×{row.stands_for:,}" if row.stands_for > 1 else "",
        "href": replace(address, request=row.request_id).href(_PATH) if row.request_id else None,
        "is_on": row.request_id is not None and row.request_id == address.request,
    }


def _value(kind: str, value: float) -> str:
    rule = KINDS.get(Kind(kind)) if kind in set(Kind) else None
    return str(amount(value * rule.scale, rule.unit)) if rule else str(duration(value))


def _story_part(figures: Figures, address: Address, *, is_alone: bool) -> Part:
    async def load() -> Rows:
        if address.request is None:
            return (Row(blocks=(drawn("story", "no_story.html.jinja"),)),)
        return (Row(blocks=(story(await figures.story(address.request), address),)),)

    return Part(
        key="story",
        what="The request’s story",
        bones=(bones("list"),),
        load=load,
        classes="wide" if is_alone else "half",
    )


def story(found: Story, address: Address) -> Drawn:
    """Its steps on one time axis."""
    clock = Clock(address.zone)
    shown = found.request_id.hex
    facts = [
        f"{clock.stamp(found.began_at)}:{clock.local(found.began_at):%S}",
        _WHOS.get(found.who, found.who),
        f"took {duration(found.length_ms)}",
        *([f"release {found.release}"] if found.release else []),
    ]
    return drawn(
        "story",
        "story.html.jinja",
        title=found.title,
        short=f"{shown[:8]}…{shown[-4:]}",
        request=shown,
        facts=facts,
        person=found.person,
        steps=[_step(step, count, max(found.length_ms, 1.0)) for step, count in folded(found.steps)],
    )


def folded(steps: Sequence[StoryStep]) -> list[tuple[StoryStep, int]]:
    """Steps, and how many each stands for: uneventful ones of one kind in a row are one, from the first to the last."""
    found: list[tuple[StoryStep, int]] = []
    for step in steps:
        last, count = found[-1] if found else (None, 0)
        if last is not None and not step.detail and _is_like(last, step):
            end_ms = max(last.start_ms + last.length_ms, step.start_ms + step.length_ms)
            found[-1] = (replace(last, length_ms=end_ms - last.start_ms), count + 1)
        else:
            found.append((step, 1))
    return found


def _is_like(last: StoryStep, step: StoryStep) -> bool:
    return not last.detail and (last.label, last.outcome, last.tone) == (step.label, step.outcome, "")


def _step(step: StoryStep, count: int, length_ms: float) -> dict[str, object]:
    outcome = _OUTCOMES.get(Outcome(step.outcome), "") if step.outcome in set(Outcome) else step.outcome
    took = "" if step.length_ms == 0 else str(duration(step.length_ms))
    is_told = step.tone == "bad" or not took
    return {
        "label": f"{step.label}, {count} times" if count > 1 else step.label,
        "left": f"{step.start_ms / length_ms * 100:.2f}",
        "width": f"{max(step.length_ms / length_ms * 100, 0.4):.2f}",
        "tone": step.tone,
        "word": outcome or took if is_told else took,
        "title": f"after {duration(step.start_ms)}, took {took or 'no time'}{f', {outcome}' if outcome else ''}",
        "detail": step.detail,
    }
