"""How quickly and how reliably the service answers: pages, programs, summaries, statements, and after incidents."""

from __future__ import annotations

from functools import partial

from core.domain.telemetry import Kind
from core.metrics.definition import (
    Area,
    Direction,
    Metric,
    Moment,
    Quantile,
    Query,
    Rate,
    Recovery,
    Selection,
    Share,
    Statistic,
)
from core.metrics.making import make
from core.metrics.selections import (
    ACCEPTED,
    ALL_REQUESTS,
    API_CALLS,
    CRITICAL_FLOWS,
    DONE_SUMMARIES,
    PAGE_OPENS,
    PAGES,
    QUERIES,
    REQUESTS,
    SIGN_INS,
    SUMMARIES,
    TIMED_API_CALLS,
    bad,
    good,
    within_critical,
    within_target,
)

_figure = partial(make, Area.PERFORMANCE)
_APPLICATION = "Key Metrics Dashboard › Application Performance"
_BUDGETS = "Performance Budgets"
_PAGE_LINE = f"{_APPLICATION}: “Page Load Time: Target <2s (P95), Critical >5s”"
_API_LINE = f"{_APPLICATION}: “API Response Time: Target <200ms (P95), Critical >1s”"
_SUMMARY_LINE = f"{_APPLICATION}: “Summarization Time: Target <30s (P95), Critical >60s”"
_ERROR_LINE = f"{_APPLICATION}: “Error Rate: Target <0.1%, Critical >1%”"
_START_LINE = f"{_BUDGETS} › API Performance: “FastAPI Endpoints: <500ms for summarization start”"
_QUERY_LINE = f"{_BUDGETS} › API Performance: “Database Queries: <50ms (P95) for simple queries”"
_RECOVERY_LINE = "Operational Efficiency: “Recovery Time: Mean time to recovery <5 minutes”"
_QUANTILES = ((0.5, "P50"), (0.95, "P95"), (0.99, "P99"))


def _times(
    slug: str, title: str, what: str, of: tuple[Selection, ...], source: str, bounds: tuple[float, float | None]
) -> tuple[Metric, ...]:
    """P50, P95 and P99 of one time; the guide's bounds stand at the P95."""
    return tuple(
        _figure(
            f"{slug}-{name.lower()}",
            f"{title}, {name}",
            f"the least time within which {q:.0%} of {what} were done",
            source,
            Quantile(of=of, q=q),
            target=bounds[0] if q == 0.95 else None,
            critical=bounds[1] if q == 0.95 else None,
        )
        for q, name in _QUANTILES
    )


def _share(
    slug: str, title: str, formula: str, source: str, query: Query, bounds: tuple[float, float | None]
) -> Metric:
    """A share of good ones, or of bad ones where the target is small."""
    direction = Direction.UP if bounds[0] > 0.5 else Direction.DOWN
    return _figure(slug, title, formula, source, query, direction=direction, target=bounds[0], critical=bounds[1])


def _error_rate(slug: str, title: str, what: str, of: tuple[Selection, ...]) -> Metric:
    return _share(
        slug,
        title,
        f"{what} that ended with a 5xx, a time-out, a broken connection or a failure ÷ {what}, "
        "without the caller's own mistakes",
        _ERROR_LINE,
        Share(part=bad(of), whole=of),
        (0.001, 0.01),
    )


def _recovery(slug: str, title: str, since: Moment, until: Moment) -> tuple[Metric, ...]:
    """Median, P90 and n of one stretch of the incidents; the mean too where the guide asks for it."""
    is_mitigation = until is Moment.MITIGATED
    wanted = (Statistic.MEDIAN, Statistic.P90, Statistic.COUNT, *((Statistic.MEAN,) if is_mitigation else ()))
    names = {Statistic.MEDIAN: "median", Statistic.P90: "P90", Statistic.COUNT: "incidents", Statistic.MEAN: "mean"}
    return tuple(
        _figure(
            f"{slug}-{statistic.value}",
            f"{title}, {names[statistic]}",
            f"{names[statistic]} of the time from {since.value} to {until.value} "
            "over the P0 and P1 incidents that began in the range",
            _RECOVERY_LINE,
            Recovery(since=since, until=until, statistic=statistic),
            target=300.0 if is_mitigation and statistic is Statistic.MEAN else None,
        )
        for statistic in wanted
    )


def _vital(slug: str, title: str, kind: Kind, target: float, source: str) -> Metric:
    return _figure(
        slug,
        title,
        "the least value that 75 % of page views stayed within, as browsers measured them",
        source,
        Quantile(of=(Selection(kind=kind),), q=0.75),
        target=target,
    )


TIMES: tuple[Metric, ...] = (
    *_times("page", "Page open", "page opens", PAGE_OPENS, _PAGE_LINE, (2_000, 5_000)),
    *_times("api", "API answer", "API calls", TIMED_API_CALLS, _API_LINE, (200, 1_000)),
    *_times(
        "summary",
        "Summary, from asking to done",
        "summaries that came",
        DONE_SUMMARIES,
        _SUMMARY_LINE,
        (30_000, 60_000),
    ),
    *_times("start", "Start of a summary", "accepted submissions", ACCEPTED, _START_LINE, (500, None)),
    *_times("query", "Database statement", "statements", QUERIES, _QUERY_LINE, (50, None)),
)

GOOD_SHARES: tuple[Metric, ...] = (
    _share(
        "availability",
        "Availability",
        "1 − (5xx, time-outs, dropped, a vendor's limit passed on) ÷ requests, without the caller's own mistakes",
        "Service Level Objectives: “Availability: 99.9% uptime”",
        Share(part=good(REQUESTS), whole=REQUESTS),
        (0.999, 0.99),
    ),
    _share(
        "critical-success",
        "Critical flows that succeed",
        "summaries and sign-ins that succeeded ÷ tried, without what people stopped or typed wrong",
        "Service Level Objectives: “Error Rate: <0.1% for critical user flows”",
        Share(part=good(CRITICAL_FLOWS), whole=CRITICAL_FLOWS),
        (0.999, 0.99),
    ),
    _share(
        "page-under-2s",
        "Pages ready in 2 s",
        "page opens ready within 2 s ÷ page opens",
        _PAGE_LINE,
        Share(part=within_target(PAGE_OPENS), whole=PAGE_OPENS),
        (0.95, None),
    ),
    _share(
        "page-under-5s",
        "Pages ready in 5 s",
        "page opens ready within 5 s ÷ page opens",
        _PAGE_LINE,
        Share(part=within_critical(PAGE_OPENS), whole=PAGE_OPENS),
        (0.99, None),
    ),
    _share(
        "api-under-200ms",
        "API answers in 200 ms",
        "API calls answered within 200 ms ÷ API calls",
        _API_LINE,
        Share(part=within_target(TIMED_API_CALLS), whole=TIMED_API_CALLS),
        (0.95, None),
    ),
    _share(
        "api-under-1s",
        "API answers in 1 s",
        "API calls answered within 1 s ÷ API calls",
        _API_LINE,
        Share(part=within_critical(TIMED_API_CALLS), whole=TIMED_API_CALLS),
        (0.99, None),
    ),
    _share(
        "summary-under-30s",
        "Summaries in 30 s",
        "summaries that came within 30 s of asking, waiting included ÷ summaries asked for and not cancelled",
        _SUMMARY_LINE,
        Share(part=within_target(DONE_SUMMARIES), whole=SUMMARIES),
        (0.95, None),
    ),
    _share(
        "summary-under-60s",
        "Summaries in 60 s",
        "summaries that came within 60 s of asking, waiting included ÷ summaries asked for and not cancelled",
        _SUMMARY_LINE,
        Share(part=within_critical(DONE_SUMMARIES), whole=SUMMARIES),
        (0.99, None),
    ),
    _share(
        "start-under-500ms",
        "Summaries started in 500 ms",
        "submissions answered with a summary's id within 500 ms ÷ submissions accepted",
        _START_LINE,
        Share(part=within_target(ACCEPTED), whole=ACCEPTED),
        (0.95, None),
    ),
    _share(
        "query-under-50ms",
        "Statements in 50 ms",
        "statements of the application that took under 50 ms ÷ statements",
        _QUERY_LINE,
        Share(part=within_target(QUERIES), whole=QUERIES),
        (0.95, None),
    ),
)

ERRORS: tuple[Metric, ...] = (
    _error_rate("error-rate", "Errors", "requests", REQUESTS),
    _error_rate("page-error-rate", "Errors on pages", "page requests", PAGES),
    _error_rate("api-error-rate", "Errors of the API", "API calls", API_CALLS),
    _error_rate("summary-error-rate", "Summaries that failed", "summaries", SUMMARIES),
    _error_rate("sign-in-error-rate", "Sign-ins that broke", "sign-ins and sign-ups", SIGN_INS),
)

TRAFFIC: tuple[Metric, ...] = (
    _figure(
        "requests-per-minute",
        "Requests",
        "page and API requests ÷ minutes",
        "Infrastructure Metrics: “Function Execution: Invocation count, duration, memory usage”",
        Rate(of=ALL_REQUESTS, per_s=60),
        direction=Direction.NEITHER,
    ),
    _figure(
        "errors-per-minute",
        "Failed requests",
        "page and API requests that ended with a 5xx, a time-out or a broken connection ÷ minutes",
        _ERROR_LINE,
        Rate(of=bad(REQUESTS), per_s=60),
    ),
)

_VITALS_LINE = f"{_BUDGETS} › Frontend Performance: “Core Web Vitals: LCP <2.5s, FID <100ms, CLS <0.1”"
_FRONT = f"{_BUDGETS} › Frontend Performance"
_REAL_USERS = "Key Vercel Metrics: “Real User Metrics (RUM)”"
VITALS: tuple[Metric, ...] = (
    _vital("lcp-p75", "Largest paint, P75", Kind.LCP, 2_500, _VITALS_LINE),
    _vital("fcp-p75", "First paint, P75", Kind.FCP, 1_500, f"{_FRONT}: “First Contentful Paint: <1.5s”"),
    _vital("cls-p75", "Layout shift, P75", Kind.CLS, 0.1, _VITALS_LINE),
    _vital("inp-p75", "Answer to input, P75", Kind.INP, 200, f"{_VITALS_LINE}; browsers replaced FID by INP"),
    _vital("fid-p75", "First input delay, P75", Kind.FID, 100, _VITALS_LINE),
    _vital("ttfb-p75", "First byte, P75", Kind.TTFB, 800, f"{_REAL_USERS}; 800 ms is web.dev's bound"),
    _vital("page-load-p75", "Page load, P75", Kind.PAGE_LOAD, 2_000, _PAGE_LINE),
)

RECOVERY: tuple[Metric, ...] = (
    *_recovery("detect", "Time to detect", Moment.STARTED, Moment.DETECTED),
    *_recovery("acknowledge", "Time to acknowledge", Moment.DETECTED, Moment.ACKNOWLEDGED),
    *_recovery("mitigate", "Time to mitigate", Moment.STARTED, Moment.MITIGATED),
    *_recovery("resolve", "Time to resolve", Moment.STARTED, Moment.RESOLVED),
)

PERFORMANCE: tuple[Metric, ...] = (*TIMES, *GOOD_SHARES, *ERRORS, *TRAFFIC, *VITALS, *RECOVERY)
