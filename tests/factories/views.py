"""What the operations service might answer: a believable day, and a day on which nothing was recorded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from core.domain.period import Period
from core.metrics import METRICS
from core.metrics.performance import VITALS
from core.metrics.reading import Reading
from core.services.operations.overview import TILES as OVERVIEW_TILES
from core.services.operations.usage import TILES as USAGE_TILES
from core.services.operations.views import (
    Advice,
    Freshness,
    FunnelView,
    Happening,
    HeatMap,
    Line,
    Mark,
    NamedCount,
    Onset,
    OverviewView,
    PercentileLines,
    PerformanceView,
    RequestRow,
    RouteRow,
    SloView,
    Story,
    StoryStep,
    UsageView,
    VendorRow,
)
from core.slos import SLOS
from core.slos.status import BurnReading, BurnState, Health, SloStatus, Spender
from tests.factories.clocks import NOON

DAY = Period(start=NOON - timedelta(days=1), end=NOON)
REQUEST = UUID("01a20dc2-a929-77d3-8def-7eb0d2083d7e")
DEPLOY = Mark(kind="deploy", label="2026.11.3", start=NOON - timedelta(hours=11))
INCIDENT = Mark(
    kind="incident", label="INC-14", start=NOON - timedelta(hours=15), end=NOON - timedelta(hours=14, minutes=56)
)
MARKS = (DEPLOY, INCIDENT)


def wave(count: int, base: float, reach: float) -> Line:
    """A calm rhythm around `base`."""
    return tuple(base + reach * math.sin(index / count * 4 * math.pi) for index in range(count))


def nothing(count: int) -> Line:
    return (None,) * count


def bins_of(period: Period) -> int:
    return len(period.edges()) - 1


def freshness(now: datetime = NOON, *, is_demo: bool = False, dropped: int = 0) -> Freshness:
    return Freshness(read_at=now, newest=now - timedelta(seconds=12), dropped=dropped, is_demo=is_demo)


def status(slug: str, **changes: object) -> SloStatus:
    """An objective in good health; `changes` name the fields that differ."""
    slo = SLOS[slug]
    burns = tuple(BurnReading(rule=rule, long_rate=0.4, short_rate=0.3, state=BurnState.OK) for rule in slo.rules)
    fields: dict[str, object] = {
        "slo": slo, "at": NOON, "valid": 9_812, "bad": 7, "stuck": 0, "sli": 0.9993, "budget_events": 9.812,
        "budget_left": 0.31, "minutes_left": 13.4, "burns": burns, "health": Health.OK, "exhausts_at": None,
        "full_budget_lasts_s": None, "p95": 142.0, "median_s": 220.0 if slo.incidents else None,
    }  # fmt: skip
    return SloStatus(**(fields | changes))  # type: ignore[arg-type]


def burning(slug: str = "summary-30s") -> SloStatus:
    """Three times as fast as it may, for a day."""
    slo = SLOS[slug]
    burns = tuple(
        BurnReading(
            rule=rule, long_rate=3.4, short_rate=3.6, state=BurnState.FIRING if rule.factor == 3.0 else BurnState.OK
        )
        for rule in slo.rules
    )
    return status(
        slug, valid=38_240, bad=1_741, sli=0.942, budget_events=1_912.0, budget_left=0.09, minutes_left=3_888.0,
        burns=burns, health=Health.BURNING, exhausts_at=NOON + timedelta(days=9), p95=34_100.0,
    )  # fmt: skip


def unknown(slug: str) -> SloStatus:
    """Nothing was counted."""
    return status(
        slug, valid=0, bad=0, sli=None, budget_events=0.0, budget_left=None, minutes_left=None,
        burns=(), health=Health.NO_DATA, p95=None, median_s=None,
    )  # fmt: skip


def reading(slug: str, value: float | None, before: float | None = None, points: Line = ()) -> Reading:
    return Reading(metric=METRICS[slug], value=value, before=before, points=points)


ADVICE = Advice(
    headline="Summaries in 30 s: the budget burns at 3.4×.",
    because="71 % of the 241 bad ones: Captions from proxy, since release 2026.11.3 at 13:10.",
    outlook="At this rate the budget ends on 2 December.",
    tone="warn",
    slo="summary-30s",
)


def overview(period: Period = DAY, *, is_empty: bool = False) -> OverviewView:
    count = bins_of(period)
    return OverviewView(
        period=period,
        edges=period.edges(),
        advice=Advice(headline="Nothing has been measured yet.", because="", outlook="", tone="", slo=None)
        if is_empty
        else ADVICE,
        slos=tuple(unknown(slug) for slug in SLOS) if is_empty else _statuses(),
        requests=nothing(count) if is_empty else wave(count, 130, 60),
        errors=nothing(count) if is_empty else wave(count, 2, 1),
        summary_p50=nothing(count) if is_empty else wave(count, 9_000, 1_500),
        summary_p95=nothing(count) if is_empty else wave(count, 31_000, 4_000),
        tiles=_tiles([metric.slug for metric in OVERVIEW_TILES], count, is_empty=is_empty),
        vendors=() if is_empty else VENDORS,
        happenings=() if is_empty else HAPPENINGS,
        marks=() if is_empty else MARKS,
        freshness=freshness(),
    )


def _statuses() -> tuple[SloStatus, ...]:
    return tuple(burning(slug) if slug == "summary-30s" else status(slug) for slug in SLOS)


def _tiles(slugs: Sequence[str], count: int, *, is_empty: bool) -> tuple[Reading, ...]:
    if is_empty:
        return tuple(reading(slug, None, None, nothing(count)) for slug in slugs)
    return tuple(reading(slug, 0.97, 0.95, wave(count, 0.9, 0.05)) for slug in slugs)


VENDORS = (
    VendorRow(vendor="youtube.captions", calls=96, error_ratio=0.312, p95=2_000.0),
    VendorRow(vendor="openai.responses", calls=412, error_ratio=0.002, p95=6_100.0),
    VendorRow(vendor="mail.send", calls=17, error_ratio=0.0, p95=400.0),
)
HAPPENINGS = (
    Happening(at=NOON - timedelta(hours=11), kind="deploy", text="2026.11.3, 4 commits, lead time 19 h"),
    Happening(at=NOON - timedelta(hours=15), kind="incident", text="P1 INC-14 database connections", tone="bad"),
)


def percentile_lines(slug: str, title: str, period: Period, *, is_empty: bool, target: float | None) -> PercentileLines:
    count = bins_of(period)
    if is_empty:
        gap = nothing(count)
        none = (None, None, None)
        return PercentileLines(
            title=title, slug=slug, p50=gap, p95=gap, p99=gap, overall=none, before=none, count=0, target_ms=target
        )
    return PercentileLines(
        title=title, slug=slug, p50=wave(count, 300, 40), p95=wave(count, 1_200, 200), p99=wave(count, 2_400, 300),
        overall=(310.0, 1_210.0, 2_450.0), before=(290.0, 1_300.0, 2_300.0), count=18_204, target_ms=target,
    )  # fmt: skip


def performance(period: Period = DAY, *, is_empty: bool = False) -> PerformanceView:
    count = bins_of(period)
    bands = (500.0, 1_000.0, 30_000.0, 60_000.0)
    counts = tuple(tuple(0 if is_empty else (band + 1) * (index % 7) for index in range(count)) for band in range(4))
    return PerformanceView(
        period=period,
        edges=period.edges(),
        lines=tuple(
            percentile_lines(slug, title, period, is_empty=is_empty, target=target)
            for slug, title, target in (
                ("page", "Page opens", 2_000.0),
                ("api", "API answers", 200.0),
                ("summary", "Summaries, from asking to done", 30_000.0),
            )
        ),
        stages=tuple(
            percentile_lines(f"stage-{name}", name.capitalize(), period, is_empty=is_empty, target=None)
            for name in ("fetching", "writing")
        ),
        routes=() if is_empty else ROUTES,
        vitals=_tiles([metric.slug for metric in VITALS], count, is_empty=is_empty),
        heat=HeatMap(title="Summaries", bands=bands, counts=counts),
        slos=tuple(unknown(s) if is_empty else status(s) for s in ("page-2s", "page-5s", "api-200ms", "summary-30s")),
        marks=() if is_empty else MARKS,
        freshness=freshness(),
    )


ROUTES = (
    RouteRow(
        kind="api_request", name="POST /api/v1/summaries", count=1_284, errors=31, error_ratio=31 / 1284,
        p50=47.0, p95=189.0, p99=460.0, p95_before=151.0,
    ),
    RouteRow(
        kind="page_request", name="GET /", count=40_113, errors=0, error_ratio=0.0,
        p50=19.0, p95=43.0, p99=67.0, p95_before=44.0,
    ),
)  # fmt: skip

SPENDERS = (
    Spender(cause="rung:proxy", label="Captions from proxy", bad=171, percent=71),
    Spender(cause="stage:writing", label="Writing", bad=34, percent=14),
    Spender(cause="stage:queued", label="Waiting in the queue", bad=22, percent=9),
    Spender(cause="", label="Everything else", bad=14, percent=6),
)


def slo_view(slug: str = "summary-30s", period: Period = DAY, *, is_empty: bool = False) -> SloView:
    edges = tuple(NOON - timedelta(days=30) + timedelta(hours=6 * index) for index in range(121))
    left = tuple(1 - 0.0077 * index for index in range(120))
    return SloView(
        period=period,
        status=unknown(slug) if is_empty else burning(slug),
        budget_edges=edges,
        budget_left=nothing(120) if is_empty else left,
        spenders=() if is_empty else SPENDERS,
        bad_in_period=0 if is_empty else 241,
        people=0 if is_empty else 41,
        onset=None
        if is_empty
        else Onset(since=NOON - timedelta(hours=11), release="2026.11.3", before=0.03, after=0.31),
        marks=() if is_empty else MARKS,
        freshness=freshness(),
    )


REQUESTS = (
    RequestRow(
        request_id=REQUEST, at=NOON - timedelta(minutes=29), kind="summary", name="20–60 min", outcome="ok",
        who="user", value=58_100.0, stands_for=1, reason="Captions from proxy",
    ),
    RequestRow(
        request_id=None, at=NOON - timedelta(hours=2), kind="summary", name="1–2 h", outcome="timeout",
        who="anonymous", value=51_900.0, stands_for=3, reason="",
    ),
)  # fmt: skip


def step(label: str, start_ms: float, length_ms: float, **changes: object) -> StoryStep:
    fields: dict[str, object] = {
        "label": label, "kind": "stage", "outcome": "ok", "start_ms": start_ms, "length_ms": length_ms, "tone": "",
        "detail": (),
    }  # fmt: skip
    return StoryStep(**(fields | changes))  # type: ignore[arg-type]


_BLOCKED = (("code", "blocked"),)
STORY = Story(
    request_id=REQUEST,
    began_at=NOON - timedelta(minutes=30),
    title="Summary, 20–60 min",
    who="user",
    person="5b7c4c1e-0000-4000-8000-000000000001",
    length_ms=58_100.0,
    steps=(
        step("Waiting in the queue", 0, 900),
        step(
            "Captions from youtube",
            900,
            1_800,
            kind="rung",
            outcome="failed",
            tone="bad",
            detail=(("code", "blocked"),),
        ),
        step("Captions from proxy", 2_700, 30_700, kind="rung", tone="warn"),
        step("Statement, write", 33_400, 4, kind="query"),
        step("Statement, write", 33_500, 6, kind="query"),
        step("Writing", 33_600, 22_100),
    ),
    release="2026.11.3",
)


def usage(period: Period = DAY, *, is_empty: bool = False) -> UsageView:
    count = bins_of(period)
    days = tuple(NOON.replace(hour=0) - timedelta(days=40 - index) for index in range(41))
    return UsageView(
        period=period,
        edges=period.edges(),
        tiles=_tiles([metric.slug for metric in USAGE_TILES], count, is_empty=is_empty),
        summaries=nothing(count) if is_empty else wave(count, 53, 20),
        succeeded=nothing(count) if is_empty else wave(count, 0.985, 0.01),
        engines=() if is_empty else (NamedCount(name="offline", count=1_256, ratio=1.0),),
        rungs=() if is_empty else RUNGS,
        languages=() if is_empty else LANGUAGES,
        lengths=() if is_empty else (NamedCount(name="20–60 min", count=700, ratio=0.55),),
        coverage=nothing(count) if is_empty else wave(count, 0.74, 0.03),
        unsupported=nothing(count) if is_empty else wave(count, 0.014, 0.004),
        active_days=() if is_empty else tuple((day, 90 + index) for index, day in enumerate(days)),
        funnel=FunnelView(
            visitors=0 if is_empty else 1_714,
            registered=0 if is_empty else 236,
            ratio=None if is_empty else 236 / 1_714,
            mature_visitors=0 if is_empty else 400,
            mature_registered=0 if is_empty else 66,
            mature_ratio=None if is_empty else 0.165,
            days=() if is_empty else tuple((day, 42, 6) for day in days),
            mature_until=NOON - timedelta(days=30),
        ),
        marks=() if is_empty else MARKS,
        freshness=freshness(),
    )


RUNGS = (
    NamedCount(name="youtube", count=2_668, ratio=0.883),
    NamedCount(name="yt_dlp", count=247, ratio=0.628),
)
LANGUAGES = tuple(
    NamedCount(name=name, count=count, ratio=count / 1_000)
    for name, count in (
        ("en", 600), ("es", 120), ("de", 90), ("fr", 70), ("pt", 50), ("hi", 30), ("ja", 20), ("xx", 15), ("ko", 5),
    )
)  # fmt: skip
