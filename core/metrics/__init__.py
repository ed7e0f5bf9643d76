"""Every figure operators see, each with one definition. An entry here appears by itself on pages, in the interface for
programs, in `/metrics` and in the reference.
"""

from __future__ import annotations

from core.metrics.definition import Metric
from core.metrics.infrastructure import INFRASTRUCTURE
from core.metrics.performance import PERFORMANCE
from core.metrics.security import SECURITY
from core.metrics.trust import TRUST
from core.metrics.usage import USAGE

ALL: tuple[Metric, ...] = (*PERFORMANCE, *USAGE, *INFRASTRUCTURE, *TRUST, *SECURITY)
METRICS: dict[str, Metric] = {metric.slug: metric for metric in ALL}
