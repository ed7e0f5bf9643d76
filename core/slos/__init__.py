"""The objectives, worst news first on pages. An entry here appears by itself on pages, in `/api/v1/ops/slos`, in
`/metrics` and in the reference.
"""

from __future__ import annotations

from datetime import timedelta

from core.metrics.definition import Moment, Selection
from core.metrics.selections import (
    ACCEPTED,
    BAD_SUMMARIES,
    BROKEN_SUBMISSIONS,
    CAUSES,
    CRITICAL_FLOWS,
    DONE_SUMMARIES,
    PAGE_OPENS,
    QUERIES,
    REQUESTS,
    SIGN_INS,
    SUMMARIES,
    TIMED_API_CALLS,
    bad,
    good,
    over_critical,
    over_target,
)
from core.slos.definition import IncidentRule, Slo

_SLOS_LINE = "Service Level Objectives"
_TABLE = "Key Metrics Dashboard › Application Performance"
_START_LINE = "Performance Budgets › API Performance: “FastAPI Endpoints: <500ms for summarization start”"
_QUERY_LINE = "Performance Budgets › API Performance: “Database Queries: <50ms (P95) for simple queries”"


def _timed(
    slug: str,
    title: str,
    short_title: str,
    metric: str,
    of: tuple[Selection, ...],
    *,
    critical: str,
    source: str,
    is_bound: bool = False,
) -> Slo:
    """95 % within the target of these, or 99 % within their critical bound (`is_bound`); late is bad, however it ended.

    "P95 < x" is the same statement as "at least 95 % are < x" (operations facts, §1.1).
    """
    return Slo(
        slug=slug,
        title=title,
        short_title=short_title,
        metric=metric,
        valid=of,
        bad=over_critical(of) if is_bound else over_target(of),
        objective=0.99 if is_bound else 0.95,
        critical=critical,
        source=source,
        latency=of,
    )


ALL: tuple[Slo, ...] = (
    Slo(
        slug="availability",
        title="Requests answered",
        short_title="Availability",
        metric="availability",
        valid=REQUESTS,
        bad=bad(REQUESTS),
        objective=0.999,
        critical="under 99 %",
        source=f"{_SLOS_LINE}: “Availability: 99.9% uptime”; Alert Configurations: “availability < 99%”",
        latency=REQUESTS,
    ),
    Slo(
        slug="critical-errors",
        title="Summaries and sign-ins that succeed",
        short_title="Critical flows",
        metric="critical-success",
        valid=CRITICAL_FLOWS,
        bad=bad(CRITICAL_FLOWS),
        objective=0.999,
        critical="errors over 1 %",
        source=f"{_SLOS_LINE}: “Error Rate: <0.1% for critical user flows”; {_TABLE}: “Critical >1%”",
        causes=(*bad(CAUSES), *bad(BROKEN_SUBMISSIONS), *bad(SIGN_INS)),
    ),
    _timed(
        "page-2s",
        "Pages ready in 2 s",
        "Pages, 2 s",
        "page-under-2s",
        PAGE_OPENS,
        critical="P95 over 5 s",
        source=f"{_TABLE}: “Page Load Time: Target <2s (P95)”",
    ),
    _timed(
        "page-5s",
        "Pages ready in 5 s",
        "Pages, 5 s",
        "page-under-5s",
        PAGE_OPENS,
        critical="P95 over 5 s",
        source=f"{_TABLE}: “Page Load Time: … Critical >5s”",
        is_bound=True,
    ),
    _timed(
        "api-200ms",
        "API answers in 200 ms",
        "API, 200 ms",
        "api-under-200ms",
        TIMED_API_CALLS,
        critical="P95 over 1 s",
        source=f"{_TABLE}: “API Response Time: Target <200ms (P95)”",
    ),
    _timed(
        "api-1s",
        "API answers in 1 s",
        "API, 1 s",
        "api-under-1s",
        TIMED_API_CALLS,
        critical="P95 over 1 s",
        source=f"{_TABLE}: “API Response Time: … Critical >1s”",
        is_bound=True,
    ),
    Slo(
        slug="summary-30s",
        title="Summaries in 30 s",
        short_title="Summaries, 30 s",
        metric="summary-under-30s",
        valid=SUMMARIES,
        bad=(*BAD_SUMMARIES, *over_target(DONE_SUMMARIES)),
        objective=0.95,
        critical="P95 over 60 s",
        source=f"{_TABLE}: “Summarization Time: Target <30s (P95)”",
        latency=DONE_SUMMARIES,
        causes=CAUSES,
        stuck_after_s=30,
    ),
    Slo(
        slug="summary-60s",
        title="Summaries in 60 s",
        short_title="Summaries, 60 s",
        metric="summary-under-60s",
        valid=SUMMARIES,
        bad=(*BAD_SUMMARIES, *over_critical(DONE_SUMMARIES)),
        objective=0.99,
        critical="P95 over 60 s",
        source=f"{_TABLE}: “Summarization Time: … Critical >60s”",
        latency=DONE_SUMMARIES,
        causes=(*bad(CAUSES), *over_critical(good(CAUSES))),
        stuck_after_s=60,
    ),
    _timed(
        "db-50ms",
        "Statements in 50 ms",
        "Database, 50 ms",
        "query-under-50ms",
        QUERIES,
        critical="P95 over 50 ms",
        source=_QUERY_LINE,
    ),
    _timed(
        "start-500ms",
        "Summaries started in 500 ms",
        "Start, 500 ms",
        "start-under-500ms",
        ACCEPTED,
        critical="P95 over 500 ms",
        source=_START_LINE,
    ),
    Slo(
        slug="recovery",
        title="P0 and P1 incidents mitigated in 5 min",
        short_title="Recovery",
        metric="mitigate-median",
        valid=(),
        bad=(),
        # Half of them within five minutes is the same statement as a median of five minutes.
        objective=0.5,
        window=timedelta(days=90),
        critical="mean over 5 min",
        source=f"{_SLOS_LINE}: “Recovery Time: <5 minutes for critical incidents”; Operational Efficiency: "
        "“Mean time to recovery <5 minutes”",
        rules=(),
        slow_rule=None,
        incidents=IncidentRule(severities=("P0", "P1"), since=Moment.STARTED, until=Moment.MITIGATED, within_s=300),
    ),
)
SLOS: dict[str, Slo] = {slo.slug: slo for slo in ALL}
