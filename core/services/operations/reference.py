"""The reference: every definition, with the statement by which a person can compute it again."""

from __future__ import annotations

from core.db.queries.spelled_out import spell_out, spell_out_incidents
from core.metrics import ALL
from core.metrics.definition import Count
from core.services.operations.views import MetricEntry, ReferenceView, SloEntry
from core.slos import ALL as ALL_SLOS
from core.slos.definition import Slo


def reference() -> ReferenceView:
    """Every metric and objective, in the order of the registries."""
    return ReferenceView(
        metrics=tuple(MetricEntry(metric=metric, query=spell_out(metric.query)) for metric in ALL),
        slos=tuple(_slo_entry(slo) for slo in ALL_SLOS),
    )


def _slo_entry(slo: Slo) -> SloEntry:
    if (rule := slo.incidents) is not None:
        valid, bad = spell_out_incidents(rule.severities, rule.since, rule.until, rule.within_s)
        return SloEntry(slo=slo, valid=valid, bad=bad)
    return SloEntry(slo=slo, valid=spell_out(Count(of=slo.valid)), bad=spell_out(Count(of=slo.bad)))
