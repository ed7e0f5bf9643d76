"""What spent an objective's budget: each bad event's one cause, and when the top one began."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from core.db.queries.deploys import list_deploys
from core.domain.period import Period
from core.domain.telemetry import Kind, Series
from core.services.operations.cells import Cells, KnownSeries, Question, read_cells
from core.services.operations.words import label_of
from core.slos.advice import DeployAt, Finding, Onset, find_onset
from core.slos.attribution import spenders
from core.slos.definition import Slo

# A short range shows what is bad, but seldom when that began.
_LOOKS_BACK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """Who spent it over a period, and when the top one began. `bad`: all bad events of the period."""

    finding: Finding
    bad: int


async def read_spending(session: AsyncSession, slo: Slo, period: Period, series: KnownSeries) -> Spending:
    """Over the period. For objectives that count events."""
    edges = period.edges()
    cells = await _read(session, slo, edges, series)
    by_cause = _by_cause(slo, cells)
    totals = {cause: sum(bins) for cause, bins in by_cause.items()}
    bad = max(sum(cells.counts(slo.bad)), sum(totals.values()))
    found = spenders(totals, {cause: label_of(cause) for cause in totals}, bad)
    if not found or not found[0].cause:
        return Spending(finding=Finding(spenders=found, onset=None), bad=bad)
    onset = await _onset(session, slo, found[0].cause, cells)
    if onset is None and period.length < _LOOKS_BACK:
        # It may have begun before what is shown.
        wider = Period(start=period.end - _LOOKS_BACK, end=period.end, zone=period.zone)
        onset = await _onset(session, slo, found[0].cause, await _read(session, slo, wider.edges(), series))
    return Spending(finding=Finding(spenders=found, onset=onset), bad=bad)


async def _read(session: AsyncSession, slo: Slo, edges: Sequence[datetime], series: KnownSeries) -> Cells:
    kinds = tuple(dict.fromkeys(each.kind for each in slo.told_by))
    question = Question(counts=(*slo.valid, *slo.bad, *slo.told_by), by_name=kinds)
    return await read_cells(session, question, edges, series=series)


async def _onset(session: AsyncSession, slo: Slo, cause: str, cells: Cells) -> Onset | None:
    bad = _by_cause(slo, cells).get(cause, [0] * cells.bins)
    deploys = await list_deploys(session, cells.edges[0], cells.edges[-1])
    marks = [DeployAt(release=each.release, at=each.deployed_at) for each in deploys]
    return find_onset(cells.edges, bad, cells.counts(slo.valid), marks)


def cause_of(kind: str, name: str) -> str:
    """ "kind:name"; the name of a cause that was recorded is one already."""
    return name if kind == Kind.CAUSE else f"{kind}:{name}"


def series_of_causes(slo: Slo, series: Mapping[int, Series]) -> dict[int, Series]:
    """The series whose events tell what spent the budget: one kept event for each bad one."""
    return {number: each for number, each in series.items() if any(cause.matches(each) for cause in slo.told_by)}


def _by_cause(slo: Slo, cells: Cells) -> dict[str, list[int]]:
    return {
        cause_of(kind, name): cells.counts(slo.told_by, kind=kind, name=name) for kind, name in cells.names(slo.told_by)
    }
