"""`GET /metrics`: every figure of the last five minutes, every objective and this process, as Prometheus reads them."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from fastapi import Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector
from pydantic import SecretStr

from core.api.operators import require
from core.clock import Clock
from core.domain.period import MINUTE, Period, floor_minute
from core.domain.permissions import Action
from core.metrics import ALL
from core.metrics.reading import Reading
from core.services.operations.operations import Operations
from core.slos.status import SloStatus

WINDOW = timedelta(minutes=5)
_BEARER = "Bearer "


class MetricsRoute:
    """For whoever shows the token, and for operators who are signed in; for everybody else there is nothing here."""

    def __init__(self, operations: Operations, clock: Clock, *, token: SecretStr | None) -> None:
        self._operations = operations
        self._clock = clock
        self._token = token

    async def get(self, request: Request) -> Response:
        if not self._shows_token(request):
            require(request, Action.SEE_OPERATIONS)
        end = floor_minute(self._clock.now()) + MINUTE
        readings = await self._operations.read_all(ALL, Period(start=end - WINDOW, end=end))
        text = exposition(readings, await self._operations.slos())
        return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"})

    def _shows_token(self, request: Request) -> bool:
        shown = request.headers.get("Authorization", "")
        if self._token is None or not shown.startswith(_BEARER):
            return False
        # In constant time: how much of it was right must not show.
        return hmac.compare_digest(shown.removeprefix(_BEARER).encode(), self._token.get_secret_value().encode())


def exposition(readings: Sequence[Reading], statuses: Sequence[SloStatus]) -> bytes:
    """The text. What has no value now is left out: an absent sample is not a zero."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    registry.register(_Figures(readings, statuses))
    return generate_latest(registry)


class _Figures(Collector):
    def __init__(self, readings: Sequence[Reading], statuses: Sequence[SloStatus]) -> None:
        self._readings = readings
        self._statuses = statuses

    def collect(self) -> Iterable[Family]:
        yield from (_family(reading) for reading in self._readings)
        yield _slos("sli", "Share of good events over the objective's window", self._statuses, lambda s: s.sli)
        yield _slos("objective", "The share that should be good", self._statuses, lambda s: s.slo.objective)
        yield _slos("budget_left", "1 - bad / allowed bad; below 0 overdrawn", self._statuses, lambda s: s.budget_left)
        yield _slos("stuck", "Work open longer than its limit", self._statuses, lambda s: s.stuck)
        yield _burns(self._statuses)


def _family(reading: Reading) -> Family:
    metric = reading.metric
    family = GaugeMetricFamily(
        f"sightline_{metric.slug.replace('-', '_')}",
        f"{metric.title} ({metric.unit.value}), last 5 minutes: {metric.formula}",
    )
    if reading.value is not None:
        family.add_metric([], reading.value)
    return family


def _slos(name: str, text: str, statuses: Sequence[SloStatus], value_of: Callable[[SloStatus], float | None]) -> Family:
    family = GaugeMetricFamily(f"sightline_slo_{name}", text, labels=["slo"])
    for status in statuses:
        if (value := value_of(status)) is not None:
            family.add_metric([status.slo.slug], value)
    return family


def _burns(statuses: Sequence[SloStatus]) -> Family:
    text = "Burn rate over the long window of each rule"
    family = GaugeMetricFamily("sightline_slo_burn_rate", text, labels=["slo", "severity", "window_s"])
    for status in statuses:
        for burn in status.burns:
            if burn.long_rate is not None:
                window_s = f"{burn.rule.long.total_seconds():.0f}"
                family.add_metric([status.slo.slug, burn.rule.severity, window_s], burn.long_rate)
    return family
