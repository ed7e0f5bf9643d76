"""What the service stands on: queue, vendors, caches, processes and database."""

from __future__ import annotations

from functools import partial

from core.domain.telemetry import Kind, Outcome
from core.metrics.definition import Area, Count, Direction, Mean, Metric, Quantile, Rate, Selection, Share
from core.metrics.making import make
from core.metrics.selections import CALLS, bad, within_target

_FUNCTIONS = "Infrastructure Metrics: “Function Execution: Invocation count, duration, memory usage”"
_DATABASE = "Infrastructure Metrics: “Database: Connection count, query performance, storage usage”"
_VENDORS = "Infrastructure Metrics: “Third-party APIs: OpenAI usage, rate limits, error rates”"
_VENDOR_TIME = "Performance Budgets › API Performance: “Third-party APIs: <2s timeout with retries”"
_CACHES = "Infrastructure Metrics: “CDN Performance: Cache hit ratio, bandwidth usage”"
_QUEUE = "Database Monitoring: “Connection Pooling: Monitor active connections, queue depth”"
_CONNECTIONS = "Alert Configurations: “database_connections > 80%”"
_LOGS = "Daily Tasks: “Error rate monitoring”"
_figure = partial(make, Area.INFRASTRUCTURE)
# A sampled value has no natural sum: over a range its highest says most.
_HIGHEST = 1.0


def _sampled(kind: Kind, *names: str) -> tuple[Selection, ...]:
    return (Selection(kind=kind, names=names),)


QUEUE: tuple[Metric, ...] = (
    _figure(
        "queue-depth",
        "Waiting jobs, at most",
        "the highest sampled number of jobs waiting in one queue",
        _QUEUE,
        Quantile(of=_sampled(Kind.QUEUE_DEPTH), q=_HIGHEST),
    ),
    _figure(
        "queue-depth-mean",
        "Waiting jobs, mean",
        "mean of the sampled numbers of jobs waiting in a queue",
        _QUEUE,
        Mean(of=_sampled(Kind.QUEUE_DEPTH)),
    ),
    _figure(
        "queue-oldest-age",
        "Oldest waiting job",
        "the highest sampled age of the oldest job that waited",
        _QUEUE,
        Quantile(of=_sampled(Kind.QUEUE_AGE), q=_HIGHEST),
        target=30_000,
    ),
)

VENDORS: tuple[Metric, ...] = (
    _figure(
        "calls",
        "Outbound calls",
        "calls to the outside",
        _VENDORS,
        Count(of=CALLS),
        direction=Direction.NEITHER,
    ),
    _figure(
        "calls-per-minute",
        "Outbound calls",
        "calls to the outside ÷ minutes",
        _VENDORS,
        Rate(of=CALLS, per_s=60),
        direction=Direction.NEITHER,
    ),
    _figure(
        "call-error-rate",
        "Outbound calls that failed",
        "calls to the outside that failed, timed out or met a vendor's limit ÷ calls",
        _VENDORS,
        Share(part=bad(CALLS), whole=CALLS),
    ),
    _figure(
        "call-p95",
        "Outbound call, P95",
        "the least time within which 95 % of the calls were over",
        _VENDOR_TIME,
        Quantile(of=CALLS, q=0.95),
        target=2_000,
    ),
    _figure(
        "call-under-2s",
        "Outbound calls in 2 s",
        "calls to the outside that took under 2 s ÷ calls",
        _VENDOR_TIME,
        Share(part=within_target(CALLS), whole=CALLS),
        direction=Direction.UP,
    ),
)

PROCESSES: tuple[Metric, ...] = (
    _figure(
        "cpu-web",
        "CPU of the web",
        "mean of the sampled shares of one core",
        _FUNCTIONS,
        Mean(of=_sampled(Kind.CPU, "web")),
    ),
    _figure(
        "cpu-worker",
        "CPU of the worker",
        "mean of the sampled shares of one core",
        _FUNCTIONS,
        Mean(of=_sampled(Kind.CPU, "worker")),
    ),
    _figure(
        "memory-web",
        "Memory of the web",
        "the highest sampled resident memory",
        _FUNCTIONS,
        Quantile(of=_sampled(Kind.MEMORY, "web"), q=_HIGHEST),
    ),
    _figure(
        "memory-worker",
        "Memory of the worker",
        "the highest sampled resident memory",
        _FUNCTIONS,
        Quantile(of=_sampled(Kind.MEMORY, "worker"), q=_HIGHEST),
    ),
    _figure(
        "loop-lag-p99",
        "Lag of the event loop, P99",
        "the lag that 99 % of the samples stayed within",
        _FUNCTIONS,
        Quantile(of=_sampled(Kind.LOOP_LAG), q=0.99),
    ),
    _figure(
        "log-lines",
        "Warnings and errors logged",
        "warnings and errors that were logged",
        _LOGS,
        Count(of=(Selection(kind=Kind.LOG),)),
    ),
)

DATABASE: tuple[Metric, ...] = (
    _figure(
        "connections",
        "Database connections",
        "the highest sampled number of connections ÷ max_connections",
        _CONNECTIONS,
        Quantile(of=_sampled(Kind.CONNECTIONS), q=_HIGHEST),
        target=0.8,
    ),
    _figure(
        "database-size",
        "Size of the database",
        "the highest sampled size of the database",
        _DATABASE,
        Quantile(of=_sampled(Kind.DATABASE_SIZE), q=_HIGHEST),
    ),
    _figure(
        "cache-hit-share",
        "Cache hits",
        "look-ups that a cache of ours answered ÷ look-ups",
        _CACHES,
        Share(part=(Selection(kind=Kind.CACHE, outcomes=(Outcome.HIT,)),), whole=(Selection(kind=Kind.CACHE),)),
        direction=Direction.UP,
    ),
)

INFRASTRUCTURE: tuple[Metric, ...] = (*QUEUE, *VENDORS, *PROCESSES, *DATABASE)
