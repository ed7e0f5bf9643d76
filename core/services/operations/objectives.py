"""How every objective stands now: one reading of the sums for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy.ext.asyncio import AsyncSession

from core.db.queries.incidents import Incident, list_incidents
from core.db.queries.installation import read_corrections
from core.db.queries.open_runs import list_open_since
from core.domain.correction import Correction
from core.domain.period import MINUTE, floor_minute
from core.services.operations.cells import Cells, KnownSeries, Question, read_cells
from core.services.operations.figures import nearest_rank
from core.slos import ALL
from core.slos.budget import (
    Bucket,
    Counts,
    budget_events,
    budget_left,
    budget_minutes,
    burn_rate,
    exhausts_in_s,
    full_budget_lasts_s,
    health_of,
    left_out,
    read_rule,
    read_slow_rule,
    total,
)
from core.slos.definition import IncidentRule, Slo
from core.slos.status import BurnReading, BurnState, Health, SloStatus, Uncorrected

# Where no rule fires, the present is the last day: less would take the hour of the day for a trend.
_PRESENT = timedelta(days=1)
_WATCHED = tuple(slo for slo in ALL if slo.incidents is None)
_BY_INCIDENTS = tuple(slo for slo in ALL if slo.incidents is not None)


async def read_statuses(session: AsyncSession, series: KnownSeries, now: datetime) -> tuple[SloStatus, ...]:
    """Every objective in the order of the registry."""
    end = floor_minute(now) + MINUTE
    corrections = await read_corrections(session)
    question = Question(
        counts=tuple(each for slo in _WATCHED for each in (*slo.valid, *slo.bad)),
        histograms=tuple(each for slo in _WATCHED for each in slo.latency),
    )
    cells = await read_cells(session, question, _edges(end, corrections), series=series)
    await cells.decode_all({slo.latency for slo in _WATCHED if slo.latency})
    open_since = await list_open_since(session, now - timedelta(seconds=_shortest_wait()))
    found = {
        slo.slug: status_of(slo, cells, corrections, stuck=_stuck(slo, open_since, now), at=now) for slo in _WATCHED
    }
    for slo in _BY_INCIDENTS:
        incidents = await list_incidents(session, now - slo.window, end)
        found[slo.slug] = status_by_incidents(slo, incidents, at=now)
    return tuple(found[slo.slug] for slo in ALL)


def status_of(slo: Slo, cells: Cells, corrections: Sequence[Correction], *, stuck: int, at: datetime) -> SloStatus:
    """One objective from the cells of its window. What is stuck is bad in every window that ends now."""
    end = cells.edges[-1]
    every = [each for each in buckets_of(slo, cells) if each.start >= end - slo.window]
    ours = [
        each for each in corrections if each.slo in {None, slo.slug} and each.start < end and each.end > every[0].start
    ]
    buckets = _with_stuck(left_out(every, ours), stuck)
    whole, uncorrected = total(buckets), total(_with_stuck(every, stuck))
    left = budget_left(slo, whole)

    def over(length: timedelta) -> Counts:
        return total(each for each in buckets if each.start >= end - length)

    burns = tuple(read_rule(slo, rule, over(rule.long), over(rule.short)) for rule in slo.rules)
    rule = slo.slow_rule
    slow = None if rule is None else read_slow_rule(slo, rule, over(rule.window), over(rule.short))
    health = health_of(left, burns, slow)
    present = over(_present_of(burns))
    return SloStatus(
        slo=slo,
        at=at,
        valid=whole.valid,
        bad=whole.bad,
        stuck=stuck,
        sli=whole.sli,
        budget_events=budget_events(slo, whole.valid),
        budget_left=left,
        minutes_left=None if left is None else left * budget_minutes(slo),
        burns=burns,
        health=health,
        exhausts_at=_exhausts_at(slo, buckets, present, _present_of(burns), at),
        full_budget_lasts_s=full_budget_lasts_s(slo, burn_rate(slo, present)),
        p95=cells.quantile(slo.latency, 0.95) if slo.latency else None,
        slow=slow,
        uncorrected=_uncorrected(slo, uncorrected) if uncorrected != whole else None,
        corrections=tuple(_told(each) for each in ours) if uncorrected != whole else (),
    )


def status_by_incidents(slo: Slo, incidents: Sequence[Incident], *, at: datetime) -> SloStatus:
    """An objective over incidents: its budget, without burn rates, since a handful of incidents has no rate."""
    rule = slo.incidents
    if rule is None:
        raise ValueError(f"{slo.slug} is not about incidents")
    ours = [each for each in incidents if each.severity in rule.severities]
    judged = {each: is_late(each, rule, at) for each in ours}
    counts = Counts(
        bad=sum(late is True for late in judged.values()), valid=sum(late is not None for late in judged.values())
    )
    left = budget_left(slo, counts)
    taken = sorted(length for each in ours if (length := _length_s(each, rule)) is not None)
    return SloStatus(
        slo=slo,
        at=at,
        valid=counts.valid,
        bad=counts.bad,
        stuck=sum(late is True and each.at(rule.until) is None for each, late in judged.items()),
        sli=counts.sli,
        budget_events=budget_events(slo, counts.valid),
        budget_left=left,
        minutes_left=None,
        burns=(),
        # Just half of them in time is what the objective asks for.
        health=Health.NO_DATA if left is None else Health.SPENT if left < 0 else Health.OK,
        exhausts_at=None,
        full_budget_lasts_s=None,
        p95=None,
        median_s=nearest_rank(taken, 0.5) if taken else None,
    )


def buckets_of(slo: Slo, cells: Cells) -> list[Bucket]:
    """The objective's counts by bin."""
    bad, valid = cells.counts(slo.bad), cells.counts(slo.valid)
    return [
        Bucket(start=start, end=end, counts=Counts(bad=bad[place], valid=valid[place]))
        for place, (start, end) in enumerate(pairwise(cells.edges))
    ]


def _edges(end: datetime, corrections: Sequence[Correction]) -> list[datetime]:
    """Where some window begins, and each midnight, so that old errors leave the window day by day."""
    longest = max(slo.window for slo in _WATCHED)
    start = end - longest
    lengths = {length for slo in _WATCHED for rule in slo.rules for length in (rule.long, rule.short)}
    lengths |= {length for slo in _WATCHED if slo.slow_rule for length in (slo.slow_rule.window, slo.slow_rule.short)}
    found = {start, end, end - _PRESENT, *(end - length for length in lengths)}
    found |= {end - slo.window for slo in _WATCHED}
    midnight = end.replace(hour=0, minute=0)
    found |= {midnight - timedelta(days=day) for day in range(longest.days + 1)}
    found |= {edge for each in corrections for edge in (each.start, each.end)}
    return sorted(edge for edge in found if start <= edge <= end)


def _present_of(burns: Sequence[BurnReading]) -> timedelta:
    firing = next((burn for burn in burns if burn.state is BurnState.FIRING), None)
    return firing.rule.long if firing else _PRESENT


def _with_stuck(buckets: Sequence[Bucket], stuck: int) -> list[Bucket]:
    last = buckets[-1]
    return [*buckets[:-1], replace(last, counts=last.counts + Counts(bad=stuck, valid=stuck))]


def _told(correction: Correction) -> str:
    return f"{correction.category}: {correction.note}" if correction.note else correction.category.value


def _exhausts_at(
    slo: Slo, buckets: Sequence[Bucket], present: Counts, length: timedelta, at: datetime
) -> datetime | None:
    if present.valid == 0:
        return None
    now = buckets[-1].end
    in_s = exhausts_in_s(slo, buckets, Bucket(start=now - length, end=now, counts=present))
    return None if in_s is None else at + timedelta(seconds=in_s)


def _uncorrected(slo: Slo, counts: Counts) -> Uncorrected:
    return Uncorrected(valid=counts.valid, bad=counts.bad, sli=counts.sli, budget_left=budget_left(slo, counts))


def _shortest_wait() -> float:
    return min((slo.stuck_after_s for slo in _WATCHED if slo.stuck_after_s is not None), default=0.0)


def _stuck(slo: Slo, open_since: Sequence[datetime], now: datetime) -> int:
    if slo.stuck_after_s is None:
        return 0
    limit = now - timedelta(seconds=slo.stuck_after_s)
    return sum(since <= limit for since in open_since)


def _length_s(incident: Incident, rule: IncidentRule) -> float | None:
    since, until = incident.at(rule.since), incident.at(rule.until)
    return None if since is None or until is None else (until - since).total_seconds()


def is_late(incident: Incident, rule: IncidentRule, at: datetime) -> bool | None:
    """Whether it took too long; None while it is open and still has time."""
    length_s = _length_s(incident, rule)
    if length_s is not None:
        return length_s >= rule.within_s
    since = incident.at(rule.since)
    is_over = since is not None and (at - since).total_seconds() >= rule.within_s
    return True if is_over else None
