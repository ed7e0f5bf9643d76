"""What the panels show, as plain data: pages draw it, the interface for programs sends it, tests compare it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.domain.period import Period
from core.metrics.definition import Metric
from core.metrics.reading import Reading
from core.slos.advice import Advice, Onset
from core.slos.definition import Slo
from core.slos.status import SloStatus, Spender

__all__ = ["Advice", "Onset"]

Line = tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something to be drawn on every chart: a deploy (`end` None) or an incident (to its end, or to now)."""

    kind: str  # "deploy" or "incident"
    label: str
    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """A line of "What happened": kind is deploy, incident, archival, restore or audit."""

    at: datetime
    kind: str
    text: str
    tone: str = ""  # ok, warn, bad or nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorRow:
    """Outbound calls to one vendor in the last hour. Ratios 0…1, P95 in ms."""

    vendor: str
    calls: int
    error_ratio: float | None
    p95: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """When the figures were read, the newest sum they hold, and how many events had to be dropped so far."""

    read_at: datetime
    newest: datetime | None
    dropped: int
    is_demo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewView:
    """`requests` and `errors` a minute, `summary_p50` and `summary_p95` in ms, each a value for each bin of `edges`."""

    period: Period
    edges: tuple[datetime, ...]
    advice: Advice
    slos: tuple[SloStatus, ...]
    requests: Line
    errors: Line
    summary_p50: Line
    summary_p95: Line
    tiles: tuple[Reading, ...]
    vendors: tuple[VendorRow, ...]
    happenings: tuple[Happening, ...]
    marks: tuple[Mark, ...]
    freshness: Freshness


@dataclass(frozen=True, slots=True, kw_only=True)
class PercentileLines:
    """P50, P95 and P99 in ms by bin, over the whole period, and over the period before. `count` events stand behind."""

    title: str
    slug: str
    p50: Line
    p95: Line
    p99: Line
    overall: tuple[float | None, float | None, float | None]
    before: tuple[float | None, float | None, float | None]
    count: int
    target_ms: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatMap:
    """How often each band of durations occurred in each bin. `bands`: upper bounds in ms; `counts[band][bin]`.

    What took longer than the last bound is in the last band.
    """

    title: str
    bands: tuple[float, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRow:
    """One route, stage or page of the period. Ratios 0…1, times in ms; `kind` and `name` lead to its requests."""

    kind: str
    name: str
    count: int
    errors: int
    error_ratio: float | None
    p50: float | None
    p95: float | None
    p99: float | None
    p95_before: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformanceView:
    period: Period
    edges: tuple[datetime, ...]
    lines: tuple[PercentileLines, ...]  # page opens, API, summaries
    stages: tuple[PercentileLines, ...]
    routes: tuple[RouteRow, ...]  # worst first
    vitals: tuple[Reading, ...]
    heat: HeatMap
    slos: tuple[SloStatus, ...]
    marks: tuple[Mark, ...]
    freshness: Freshness


@dataclass(frozen=True, slots=True, kw_only=True)
class SloView:
    """One objective in depth. `budget_edges`/`budget_left`: the burn-down over its window, the value at each bin's end.

    `spenders`, `bad_in_period`, `people` (distinct accounts that met the bad ones, None where the period is too long to
    count them) and `onset` (when the top spender began to spend) are of `period`.
    """

    period: Period
    status: SloStatus
    budget_edges: tuple[datetime, ...]
    budget_left: Line
    spenders: tuple[Spender, ...]
    bad_in_period: int
    people: int | None
    onset: Onset | None
    marks: tuple[Mark, ...]
    freshness: Freshness


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """One kept event, a way into its story. `stands_for`: how many like it there were. `value` in ms."""

    request_id: UUID | None
    at: datetime
    kind: str
    name: str
    outcome: str
    who: str
    value: float
    stands_for: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryStep:
    """One event of a request's story, placed on its time axis. `tone`: "", warn or bad. Times in ms from the start."""

    label: str
    kind: str
    outcome: str
    start_ms: float
    length_ms: float
    tone: str
    detail: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All that was kept of one request: what was asked, its job, calls, log lines and exception, and by whom."""

    request_id: UUID
    began_at: datetime
    title: str
    who: str
    person: str | None
    length_ms: float
    steps: tuple[StoryStep, ...]
    release: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCount:
    name: str
    count: int
    ratio: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelView:
    """Browsers by the day of their first summary, and how many of them signed up within 30 days of it.

    `ratio` is so far, of all of them; `mature_ratio` of the cohorts that have had their 30 days: those that began
    before `mature_until`. `days`: (midnight UTC, visitors, registered).
    """

    visitors: int
    registered: int
    ratio: float | None
    mature_visitors: int
    mature_registered: int
    mature_ratio: float | None
    days: tuple[tuple[datetime, int, int], ...]
    mature_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageView:
    """`summaries` an hour and `succeeded` as a ratio by bin; `active_days`: distinct accounts by UTC day."""

    period: Period
    edges: tuple[datetime, ...]
    tiles: tuple[Reading, ...]
    summaries: Line
    succeeded: Line
    engines: tuple[NamedCount, ...]
    rungs: tuple[NamedCount, ...]  # ratio: share of tries that gave captions
    languages: tuple[NamedCount, ...]
    lengths: tuple[NamedCount, ...]
    coverage: Line
    unsupported: Line
    active_days: tuple[tuple[datetime, int], ...]
    funnel: FunnelView
    marks: tuple[Mark, ...]
    freshness: Freshness


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricEntry:
    """A metric as the reference shows it. `query` spells out in SQL what is computed."""

    metric: Metric
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SloEntry:
    """An objective as the reference shows it. `valid` and `bad` spell out in SQL what is counted."""

    slo: Slo
    valid: str
    bad: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceView:
    """Every metric and objective with its definition."""

    metrics: tuple[MetricEntry, ...]
    slos: tuple[SloEntry, ...]
