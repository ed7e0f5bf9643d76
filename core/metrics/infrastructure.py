"""What the service stands on: queue, vendors, caches, processes and database."""

from __future__ import annotations

from core.domain.telemetry import Kind, Outcome, Unit
from core.metrics.definition import Area, Count, Direction, Mean, Metric, Quantile, Query, Rate, Selection, Share
from core.metrics.selections import CALLS, bad, within_target

_MERGED = "recomputed from merged histograms, never averaged"
_RECOUNTED = "recomputed from counts"
_SAMPLED = "recomputed from samples"
_FUNCTIONS = "Infrastructure Metrics: “Function Execution: Invocation count, duration, memory usage”"
_DATABASE = "Infrastructure Metrics: “Database: Connection count, query performance, storage usage”"
_VENDORS = "Infrastructure Metrics: “Third-party APIs: OpenAI usage, rate limits, error rates”"
_VENDOR_TIME = "Performance Budgets › API Performance: “Third-party APIs: <2s timeout with retries”"
_CACHES = "Infrastructure Metrics: “CDN Performance: Cache hit ratio, bandwidth usage”"
_QUEUE = "Database Monitoring: “Connection Pooling: Monitor active connections, queue depth”"
_CONNECTIONS = "Alert Configurations: “database_connections > 80%”"
_LOGS = "Daily Tasks: “Error rate monitoring”"
# A sampled value has no natural sum: over a range its highest says most.
_HIGHEST = 1.0


def _figure(
    slug: str,
    title: str,
    unit: Unit,
    formula: str,
    source: str,
    query: Query,
    aggregate: str,
    *,
    direction: Direction = Direction.DOWN,
    target: float | None = None,
    critical: float | None = None,
) -> Metric:
    return Metric(
        slug=slug,
        title=title,
        unit=unit,
        direction=direction,
        area=Area.INFRASTRUCTURE,
        formula=formula,
        source=source,
        query=query,
        aggregate=aggregate,
        target=target,
        critical=critical,
    )


def _sampled(kind: Kind, *names: str) -> tuple[Selection, ...]:
    return (Selection(kind=kind, names=names),)


QUEUE: tuple[Metric, ...] = (
    _figure(
        "queue-depth",
        "Waiting jobs, at most",
        Unit.COUNT,
        "the highest sampled number of jobs waiting in one queue",
        _QUEUE,
        Quantile(of=_sampled(Kind.QUEUE_DEPTH), q=_HIGHEST),
        _MERGED,
    ),
    _figure(
        "queue-depth-mean",
        "Waiting jobs, mean",
        Unit.COUNT,
        "mean of the sampled numbers of jobs waiting in a queue",
        _QUEUE,
        Mean(of=_sampled(Kind.QUEUE_DEPTH)),
        _SAMPLED,
    ),
    _figure(
        "queue-oldest-age",
        "Oldest waiting job",
        Unit.MS,
        "the highest sampled age of the oldest job that waited",
        _QUEUE,
        Quantile(of=_sampled(Kind.QUEUE_AGE), q=_HIGHEST),
        _MERGED,
        target=30_000,
    ),
)

VENDORS: tuple[Metric, ...] = (
    _figure(
        "calls",
        "Outbound calls",
        Unit.COUNT,
        "calls to the outside",
        _VENDORS,
        Count(of=CALLS),
        "added up",
        direction=Direction.NEITHER,
    ),
    _figure(
        "calls-per-minute",
        "Outbound calls",
        Unit.PER_MINUTE,
        "calls to the outside ÷ minutes",
        _VENDORS,
        Rate(of=CALLS, per_s=60),
        _RECOUNTED,
        direction=Direction.NEITHER,
    ),
    _figure(
        "call-error-rate",
        "Outbound calls that failed",
        Unit.RATIO,
        "calls to the outside that failed, timed out or met a vendor's limit ÷ calls",
        _VENDORS,
        Share(part=bad(CALLS), whole=CALLS),
        _RECOUNTED,
    ),
    _figure(
        "call-p95",
        "Outbound call, P95",
        Unit.MS,
        "the least time within which 95 % of the calls were over",
        _VENDOR_TIME,
        Quantile(of=CALLS, q=0.95),
        _MERGED,
        target=2_000,
    ),
    _figure(
        "call-under-2s",
        "Outbound calls in 2 s",
        Unit.RATIO,
        "calls to the outside that took under 2 s ÷ calls",
        _VENDOR_TIME,
        Share(part=within_target(CALLS), whole=CALLS),
        _RECOUNTED,
        direction=Direction.UP,
    ),
)

PROCESSES: tuple[Metric, ...] = (
    _figure(
        "cpu-web",
        "CPU of the web",
        Unit.RATIO,
        "mean of the sampled shares of one core",
        _FUNCTIONS,
        Mean(of=_sampled(Kind.CPU, "web")),
        _SAMPLED,
    ),
    _figure(
        "cpu-worker",
        "CPU of the worker",
        Unit.RATIO,
        "mean of the sampled shares of one core",
        _FUNCTIONS,
        Mean(of=_sampled(Kind.CPU, "worker")),
        _SAMPLED,
    ),
    _figure(
        "memory-web",
        "Memory of the web",
        Unit.BYTES,
        "the highest sampled resident memory",
        _FUNCTIONS,
        Quantile(of=_sampled(Kind.MEMORY, "web"), q=_HIGHEST),
        _MERGED,
    ),
    _figure(
        "memory-worker",
        "Memory of the worker",
        Unit.BYTES,
        "the highest sampled resident memory",
        _FUNCTIONS,
        Quantile(of=_sampled(Kind.MEMORY, "worker"), q=_HIGHEST),
        _MERGED,
    ),
    _figure(
        "loop-lag-p99",
        "Lag of the event loop, P99",
        Unit.MS,
        "the lag that 99 % of the samples stayed within",
        _FUNCTIONS,
        Quantile(of=_sampled(Kind.LOOP_LAG), q=0.99),
        _MERGED,
    ),
    _figure(
        "log-lines",
        "Warnings and errors logged",
        Unit.COUNT,
        "warnings and errors that were logged",
        _LOGS,
        Count(of=(Selection(kind=Kind.LOG),)),
        "added up",
    ),
)

DATABASE: tuple[Metric, ...] = (
    _figure(
        "connections",
        "Database connections",
        Unit.RATIO,
        "the highest sampled number of connections ÷ max_connections",
        _CONNECTIONS,
        Quantile(of=_sampled(Kind.CONNECTIONS), q=_HIGHEST),
        _MERGED,
        target=0.8,
    ),
    _figure(
        "database-size",
        "Size of the database",
        Unit.BYTES,
        "the highest sampled size of the database",
        _DATABASE,
        Quantile(of=_sampled(Kind.DATABASE_SIZE), q=_HIGHEST),
        _MERGED,
    ),
    _figure(
        "cache-hit-share",
        "Cache hits",
        Unit.RATIO,
        "look-ups that a cache of ours answered ÷ look-ups",
        _CACHES,
        Share(part=(Selection(kind=Kind.CACHE, outcomes=(Outcome.HIT,)),), whole=(Selection(kind=Kind.CACHE),)),
        _RECOUNTED,
        direction=Direction.UP,
    ),
)

INFRASTRUCTURE: tuple[Metric, ...] = (*QUEUE, *VENDORS, *PROCESSES, *DATABASE)
