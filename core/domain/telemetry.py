"""What is measured and in which classes: one name for each kind, the same in recording, sums, metrics and pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class Kind(StrEnum):
    """What a row counts. `KINDS` says in which unit and against which thresholds."""

    PAGE_REQUEST = "page_request"  # a page or form of ours answered over HTTP; name: method and route template
    API_REQUEST = "api_request"  # a call under /api/v1; name: method and route template
    OTHER_REQUEST = "other_request"  # assets, health checks, reports: counted, in no SLI
    PAGE_OPEN = "page_open"  # a page became ready in a browser; name: route template
    TTFB = "ttfb"
    FCP = "fcp"
    LCP = "lcp"
    CLS = "cls"
    INP = "inp"
    FID = "fid"
    PAGE_LOAD = "page_load"
    SUBMIT = "submit"  # from request to the id of a queued summary; name: address, file or paste
    SUMMARY = "summary"  # one summary asked for, from asking to its end; name: length band
    CAUSE = "cause"  # a summary that failed or came late; name: the part that took longest ("rung:youtube")
    STAGE = "stage"  # name: the stage of the work
    RUNG = "rung"  # one rung of the transcript ladder; name: the rung
    ENGINE = "engine"  # finished summaries; name: the engine
    LANGUAGE = "language"  # finished summaries; name: base language of the words
    COVERAGE = "coverage"  # finished summaries with times: share of the speech that is covered
    LINES = "lines"  # lines of finished summaries; name: supported or unsupported
    CALL = "call"  # one outbound call; name: vendor.operation
    SPEND = "spend"  # money of one outbound call; name: vendor
    SIGN_IN = "sign_in"  # tries to sign in; name: password, reset, verify
    SIGN_UP = "sign_up"
    SESSION_LENGTH = "session_length"  # a session that ended
    REFUSAL = "refusal"  # name: what refused (upload_size, foreign_origin, back_off, vitals …)
    REPORT = "report"  # CSP reports; name: directive
    CACHE = "cache"  # name: which cache; outcome: hit or miss
    QUERY = "query"  # one statement of the application; name: read or write
    QUEUE_DEPTH = "queue_depth"  # sampled; name: queue
    QUEUE_AGE = "queue_age"  # sampled: age of the oldest waiting job; name: queue
    CPU = "cpu"  # sampled share of one core; name: web or worker
    MEMORY = "memory"  # sampled resident memory; name: web or worker
    LOOP_LAG = "loop_lag"  # sampled; name: web or worker
    CONNECTIONS = "connections"  # sampled share of max_connections
    DATABASE_SIZE = "database_size"  # sampled
    LOG = "log"  # a warning or error that was logged; name: its event


class Outcome(StrEnum):
    """How a thing ended. The SLIs are made of these and of the pace."""

    OK = "ok"
    CLIENT_ERROR = "client_error"  # the caller's fault: no SLI counts it
    LIMITED = "limited"  # refused by a limit of ours: the limit worked
    SERVER_ERROR = "server_error"
    VENDOR_LIMITED = "vendor_limited"  # a vendor's 429 passed on
    TIMEOUT = "timeout"
    DROPPED = "dropped"  # the connection broke before the answer was whole, by our fault
    CANCELLED = "cancelled"  # by the person
    CACHED = "cached"  # a summary served at once from earlier work
    FAILED = "failed"  # ended without what was wanted, with a reason the person was told
    REFUSED = "refused"  # wrong password, used link and the like
    HIT = "hit"
    MISS = "miss"


class Pace(StrEnum):
    """Against the kind's two thresholds (target, critical); NONE where the kind has none."""

    FAST = "fast"
    SLOW = "slow"
    CRAWLING = "crawling"
    NONE = ""


class Who(StrEnum):
    ANONYMOUS = "anonymous"
    USER = "user"
    OPERATOR = "operator"
    ADMIN = "admin"
    NOBODY = ""  # work of the service itself


class Unit(StrEnum):
    MS = "ms"
    SECONDS = "s"
    RATIO = "ratio"
    COUNT = "count"
    PER_HOUR = "per hour"
    PER_MINUTE = "per minute"
    BYTES = "bytes"
    MICROUSD = "µ$"
    SCORE = "score"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRule:
    """`scale`: what a stored value must be multiplied with to be in `unit` (values are stored so that 1 is small)."""

    unit: Unit
    scale: float = 1.0
    thresholds_ms: tuple[float, float] | None = None

    def pace(self, value: float) -> Pace:
        """FAST strictly under the target, CRAWLING at or over the critical bound."""
        if self.thresholds_ms is None:
            return Pace.NONE
        target, critical = self.thresholds_ms
        if value < target:
            return Pace.FAST
        return Pace.SLOW if value < critical else Pace.CRAWLING


# Thresholds are the operators' guide's: "Key Metrics Dashboard", "Performance Budgets".
KINDS: dict[Kind, KindRule] = {kind: KindRule(unit=Unit.MS) for kind in Kind} | {
    Kind.PAGE_OPEN: KindRule(unit=Unit.MS, thresholds_ms=(2_000, 5_000)),
    Kind.API_REQUEST: KindRule(unit=Unit.MS, thresholds_ms=(200, 1_000)),
    Kind.PAGE_REQUEST: KindRule(unit=Unit.MS, thresholds_ms=(200, 1_000)),
    Kind.SUMMARY: KindRule(unit=Unit.MS, thresholds_ms=(30_000, 60_000)),
    Kind.SUBMIT: KindRule(unit=Unit.MS, thresholds_ms=(500, 2_000)),
    Kind.QUERY: KindRule(unit=Unit.MS, thresholds_ms=(50, 500)),
    Kind.CALL: KindRule(unit=Unit.MS, thresholds_ms=(2_000, 10_000)),
    Kind.CAUSE: KindRule(unit=Unit.MS, thresholds_ms=(30_000, 60_000)),
    Kind.RUNG: KindRule(unit=Unit.MS, thresholds_ms=(2_000, 10_000)),
    Kind.CLS: KindRule(unit=Unit.SCORE, scale=0.001),
    Kind.COVERAGE: KindRule(unit=Unit.RATIO, scale=0.001),
    Kind.CPU: KindRule(unit=Unit.RATIO, scale=0.001),
    Kind.CONNECTIONS: KindRule(unit=Unit.RATIO, scale=0.001),
    Kind.MEMORY: KindRule(unit=Unit.BYTES, scale=1_000_000),
    Kind.DATABASE_SIZE: KindRule(unit=Unit.BYTES, scale=1_000_000),
    Kind.SPEND: KindRule(unit=Unit.MICROUSD),
    Kind.QUEUE_DEPTH: KindRule(unit=Unit.COUNT),
    Kind.LINES: KindRule(unit=Unit.COUNT),
    Kind.LOG: KindRule(unit=Unit.COUNT),
    Kind.REFUSAL: KindRule(unit=Unit.COUNT),
    Kind.REPORT: KindRule(unit=Unit.COUNT),
    Kind.CACHE: KindRule(unit=Unit.COUNT),
    Kind.ENGINE: KindRule(unit=Unit.COUNT),
    Kind.LANGUAGE: KindRule(unit=Unit.COUNT),
}


class Series(NamedTuple):
    """What an event is counted under. `outcome`, `pace` and `who` are values of the enums above, as plain text."""

    kind: str
    name: str
    outcome: str = Outcome.OK.value
    pace: str = Pace.NONE.value
    who: str = Who.NOBODY.value


_WHOLE_OUTCOMES = frozenset({
    Outcome.SERVER_ERROR.value, Outcome.VENDOR_LIMITED.value, Outcome.TIMEOUT.value, Outcome.DROPPED.value,
    Outcome.FAILED.value,
})  # fmt: skip
_WHOLE_PACES = frozenset({Pace.SLOW.value, Pace.CRAWLING.value})


def is_kept_whole(series: Series) -> bool:
    """True where each event of the series keeps a row: what went wrong by our fault or a vendor's, and what was slow.

    In the database such a series has a negative number, so that an index can hold these rows alone.
    """
    return series.outcome in _WHOLE_OUTCOMES or series.pace in _WHOLE_PACES


class Event(NamedTuple):
    """One raw row. `weight`: how many events it stands for; `value` in the kind's stored unit."""

    ts: datetime
    series: Series
    value: float
    bucket: int
    weight: int
    request_id: UUID | None
    person: UUID | None
    detail: dict[str, str | int | float | bool | None] | None


class OutboundCall(NamedTuple):
    """One call to the outside, as its adapter tells it. `error` is the exception's type, "" where there was none.

    `detail`: numbers and codes that came along, such as the tokens a language model took.
    """

    vendor: str
    operation: str
    outcome: str
    duration_ms: float
    error: str = ""
    detail: dict[str, str | int | float | bool | None] | None = None


# Bounds of what a summary's video may last, for the name of its series: the SLO is read by length too.
LENGTH_BANDS: tuple[tuple[int, str], ...] = ((5, "under 5 min"), (20, "5–20 min"), (60, "20–60 min"), (120, "1–2 h"))


def length_band(duration_ms: int | None) -> str:
    """The band of a video's length; "unknown" where it has no times."""
    if duration_ms is None:
        return "unknown"
    minutes = duration_ms / 60_000
    return next((name for bound, name in LENGTH_BANDS if minutes < bound), "over 2 h")
