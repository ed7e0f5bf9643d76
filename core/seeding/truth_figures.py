"""What every figure has to be, each written out by hand: on purpose not by way of the metrics' own queries."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.domain.telemetry import Series
from core.seeding.plan import Trouble
from core.seeding.window import SIGN_UP_DAYS, Pick, Window, nearest_rank

Figure = Callable[[Window], float | None]
_BROKE = {"server_error", "timeout", "dropped", "vendor_limited", "failed"}
_CAME = {"ok", "cached"}
_MB = 1_000_000


def is_request(series: Series) -> bool:
    return series.kind in {"page_request", "api_request"} and series.outcome not in {"client_error", "cancelled"}


def is_page(series: Series) -> bool:
    return is_request(series) and series.kind == "page_request"


def is_api(series: Series) -> bool:
    return is_request(series) and series.kind == "api_request"


def is_summary(series: Series) -> bool:
    return series.kind == "summary" and series.outcome in _CAME | _BROKE


def is_done_summary(series: Series) -> bool:
    return series.kind == "summary" and series.outcome in _CAME


def is_sign_in(series: Series) -> bool:
    return series.kind in {"sign_in", "sign_up"} and series.outcome not in {"client_error", "cancelled", "refused"}


def is_critical(series: Series) -> bool:
    return is_summary(series) or is_sign_in(series) or (series.kind == "submit" and series.outcome in _BROKE)


def is_accepted(series: Series) -> bool:
    return series.kind == "submit" and series.outcome in _CAME


def is_call(series: Series) -> bool:
    return series.kind == "call" and series.outcome != "cancelled"


def is_password(series: Series) -> bool:
    return series.kind == "sign_in" and series.name == "password"


def broke(series: Series) -> bool:
    return series.outcome in _BROKE


def went_well(series: Series) -> bool:
    return series.outcome not in _BROKE


def of(kind: str, name: str | None = None) -> Pick:
    return lambda series: series.kind == kind and name in {None, series.name}


def _under(kind: Pick, bound_ms: float, whole: Pick | None = None) -> Figure:
    """The share of values under a bound, told from the values themselves."""

    def share(window: Window) -> float | None:
        total = window.count(whole or kind)
        return float((window.values(kind) < bound_ms).sum()) / total if total else None

    return share


def _share(part: Pick, whole: Pick) -> Figure:
    return lambda window: window.share(part, whole)


def _quantile(pick: Pick, q: float, scale: float = 1.0) -> Figure:
    def value(window: Window) -> float | None:
        found = window.quantile(pick, q)
        return None if found is None else found * scale

    return value


def _mean(pick: Pick, scale: float = 1.0) -> Figure:
    def value(window: Window) -> float | None:
        found = window.mean(pick)
        return None if found is None else found * scale

    return value


def _count(pick: Pick) -> Figure:
    return lambda window: float(window.count(pick))


def _per(pick: Pick, minutes: float) -> Figure:
    return lambda window: window.count(pick) * minutes / window.minutes


def _times(slug: str, pick: Pick) -> dict[str, Figure]:
    return {
        f"{slug}-p50": _quantile(pick, 0.5),
        f"{slug}-p95": _quantile(pick, 0.95),
        f"{slug}-p99": _quantile(pick, 0.99),
    }


def _recovery(slug: str, lasted: Callable[[Trouble], float]) -> dict[str, Figure]:
    def lengths(window: Window) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array([lasted(each) for each in window.critical_troubles()], dtype=np.float64)

    return {
        f"{slug}-median": lambda window: nearest_rank(lengths(window), 0.5),
        f"{slug}-p90": lambda window: nearest_rank(lengths(window), 0.9),
        f"{slug}-n": lambda window: float(len(lengths(window))),
    }


def _stickiness(window: Window) -> float | None:
    month = len(window.accounts(30))
    return window.mean_of_days(30) / month if month else None


def _conversion(window: Window) -> float | None:
    browsers = window.browsers(days_later=SIGN_UP_DAYS)
    return window.signed_up_soon(browsers) / len(browsers) if len(browsers) else None


_TIMES: dict[str, Figure] = {
    **_times("page", of("page_open")),
    **_times("api", of("api_request")),
    **_times("summary", is_done_summary),
    **_times("start", is_accepted),
    **_times("query", of("query")),
}
_SHARES: dict[str, Figure] = {
    "availability": _share(went_well, is_request),
    "critical-success": _share(went_well, is_critical),
    "page-under-2s": _under(of("page_open"), 2_000),
    "page-under-5s": _under(of("page_open"), 5_000),
    "api-under-200ms": _under(of("api_request"), 200),
    "api-under-1s": _under(of("api_request"), 1_000),
    "summary-under-30s": _under(is_done_summary, 30_000, is_summary),
    "summary-under-60s": _under(is_done_summary, 60_000, is_summary),
    "start-under-500ms": _under(is_accepted, 500),
    "query-under-50ms": _under(of("query"), 50),
    "error-rate": _share(broke, is_request),
    "page-error-rate": _share(broke, is_page),
    "api-error-rate": _share(broke, is_api),
    "summary-error-rate": _share(broke, is_summary),
    "sign-in-error-rate": _share(broke, is_sign_in),
    "requests-per-minute": _per(lambda series: series.kind in {"page_request", "api_request"}, 1),
    "errors-per-minute": _per(lambda series: is_request(series) and broke(series), 1),
}
_VITALS: dict[str, Figure] = {
    "lcp-p75": _quantile(of("lcp"), 0.75),
    "fcp-p75": _quantile(of("fcp"), 0.75),
    "cls-p75": _quantile(of("cls"), 0.75, 0.001),
    "inp-p75": _quantile(of("inp"), 0.75),
    "fid-p75": _quantile(of("fid"), 0.75),
    "ttfb-p75": _quantile(of("ttfb"), 0.75),
    "page-load-p75": _quantile(of("page_load"), 0.75),
}


def _mean_mitigation(window: Window) -> float | None:
    lasted = [(each.mitigated_at - each.started_at).total_seconds() for each in window.critical_troubles()]
    return sum(lasted) / len(lasted) if lasted else None


_RECOVERY: dict[str, Figure] = {
    **_recovery("detect", lambda each: (each.detected_at - each.started_at).total_seconds()),
    **_recovery("acknowledge", lambda each: (each.acknowledged_at - each.detected_at).total_seconds()),
    **_recovery("mitigate", lambda each: (each.mitigated_at - each.started_at).total_seconds()),
    "mitigate-mean": _mean_mitigation,
    **_recovery("resolve", lambda each: (each.resolved_at - each.started_at).total_seconds()),
}
_USAGE: dict[str, Figure] = {
    "summaries": _count(is_summary),
    "summaries-per-hour": _per(is_summary, 60),
    "summary-success-rate": _share(went_well, is_summary),
    "cached-share": _share(lambda series: series.outcome == "cached", is_done_summary),
    "anonymous-share": _share(lambda series: series.who == "anonymous", is_done_summary),
    "offline-engine-share": _share(lambda series: series.name == "offline", of("engine")),
    "rung-success-rate": _share(lambda series: series.outcome == "ok", of("rung")),
    "rung-p95": _quantile(of("rung"), 0.95),
    "english-share": _share(lambda series: series.name == "en", of("language")),
    "daily-active": lambda window: float(len(window.accounts(1))),
    "weekly-active": lambda window: float(len(window.accounts(7))),
    "monthly-active": lambda window: float(len(window.accounts(30))),
    "stickiness": _stickiness,
    "visitors": lambda window: float(len(window.browsers())),
    "registered": lambda window: float(window.signed_up()),
    "conversion": _conversion,
}
_INFRASTRUCTURE: dict[str, Figure] = {
    "queue-depth": _quantile(of("queue_depth"), 1.0),
    "queue-depth-mean": _mean(of("queue_depth")),
    "queue-oldest-age": _quantile(of("queue_age"), 1.0),
    "calls": _count(is_call),
    "calls-per-minute": _per(is_call, 1),
    "call-error-rate": _share(broke, is_call),
    "call-p95": _quantile(is_call, 0.95),
    "call-under-2s": _under(is_call, 2_000),
    "cpu-web": _mean(of("cpu", "web"), 0.001),
    "cpu-worker": _mean(of("cpu", "worker"), 0.001),
    "memory-web": _quantile(of("memory", "web"), 1.0, _MB),
    "memory-worker": _quantile(of("memory", "worker"), 1.0, _MB),
    "loop-lag-p99": _quantile(of("loop_lag"), 0.99),
    "log-lines": _count(of("log")),
    "connections": _quantile(of("connections"), 1.0, 0.001),
    "database-size": _quantile(of("database_size"), 1.0, _MB),
    "cache-hit-share": _share(lambda series: series.outcome == "hit", of("cache")),
}
_TRUST: dict[str, Figure] = {
    "coverage": _mean(of("coverage"), 0.001),
    "coverage-p10": _quantile(of("coverage"), 0.1, 0.001),
    "unsupported-share": _share(lambda series: series.name == "unsupported", of("lines")),
}
_SECURITY: dict[str, Figure] = {
    "sign-in-failures": _count(lambda series: is_password(series) and series.outcome == "refused"),
    "sign-in-failure-share": _share(lambda series: series.outcome == "refused", is_password),
    "sign-in-back-offs": _count(lambda series: series.kind == "sign_in" and series.outcome == "limited"),
    "sign-ups": _count(of("sign_up")),
    "session-length-p50": _quantile(of("session_length"), 0.5),
    "refusals": _count(of("refusal")),
    "bad-requests": _count(
        lambda series: series.kind in {"page_request", "api_request"} and series.outcome == "client_error"
    ),
    "csp-reports": _count(of("report")),
}
FIGURES: dict[str, Figure] = {
    **_TIMES, **_SHARES, **_VITALS, **_RECOVERY, **_USAGE, **_INFRASTRUCTURE, **_TRUST, **_SECURITY,
}  # fmt: skip
