"""Every definition as SQL by which a person can compute a figure again, by hand, from the stored sums."""

from __future__ import annotations

from core.metrics.definition import (
    Count,
    Distinct,
    Mean,
    Moment,
    People,
    Quantile,
    Query,
    Rate,
    Recovery,
    Selection,
    Share,
    Statistic,
    scale_of,
)

_FROM = """
  FROM rollup_minutes r JOIN series s ON s.id = r.series_id
 WHERE r.at >= :start AND r.at < :end"""
_ACTIVE = "SELECT count(DISTINCT user_id) FROM active_days WHERE day > :last - {days} AND day <= :last"
_VISITORS = "FROM visitors WHERE {column} >= {start} AND {column} < {end}"
_MATURE = _VISITORS.format(
    column="first_summary_at", start=":start - interval '30 days'", end=":end - interval '30 days'"
)
_PEOPLE: dict[People, str] = {
    People.DAILY: _ACTIVE.format(days=1),
    People.WEEKLY: _ACTIVE.format(days=7),
    People.MONTHLY: _ACTIVE.format(days=30),
    People.STICKINESS: "SELECT count(*) / 30.0 / nullif(count(DISTINCT user_id), 0)"
    " FROM active_days WHERE day > :last - 30 AND day <= :last",
    People.FIRST_SUMMARY: "SELECT count(*) " + _VISITORS.format(column="first_summary_at", start=":start", end=":end"),
    People.REGISTERED: "SELECT count(*) " + _VISITORS.format(column="registered_at", start=":start", end=":end"),
    People.CONVERSION: "SELECT count(*) FILTER (WHERE registered_at < first_summary_at + interval '30 days')"
    f"::float8 / nullif(count(*), 0) {_MATURE}",
}
_STATISTICS = {
    Statistic.MEDIAN: "percentile_disc(0.5) WITHIN GROUP (ORDER BY {length})",
    Statistic.P90: "percentile_disc(0.9) WITHIN GROUP (ORDER BY {length})",
    Statistic.MEAN: "avg({length})",
    Statistic.COUNT: "count({length})",
}


def spell_out(query: Query) -> str:
    """The query over [:start, :end) as SQL; `:last` is the UTC day that the range ends in.

    Percentiles can't be written in plain SQL over histograms: the statement gives the joined histogram, and the rule
    stands with it.
    """
    match query:
        case Count(of=of):
            return f"SELECT coalesce(sum(r.count) FILTER (WHERE {_condition(of)}), 0){_FROM}"
        case Rate(of=of, per_s=per_s):
            return (
                f"SELECT {per_s} * coalesce(sum(r.count) FILTER (WHERE {_condition(of)}), 0)\n"  # noqa: S608
                f"       / extract(epoch FROM least(:end, now()) - :start)::float8{_FROM}"
            )
        case Share(part=part, whole=whole):
            return (
                f"SELECT coalesce(sum(r.count) FILTER (WHERE {_condition(part)}), 0)::float8\n"
                f"       / nullif(sum(r.count) FILTER (WHERE {_condition(whole)}), 0){_FROM}"
            )
        case Mean(of=of):
            return (
                f"SELECT {scale_of(query):g} * sum(r.total) FILTER (WHERE {_condition(of)})\n"
                f"       / nullif(sum(r.count) FILTER (WHERE {_condition(of)}), 0){_FROM}"
            )
        case Quantile(of=of, q=q):
            return (
                f"-- the first bucket b at which ⌈{q:g}·n⌉ values are reached, of (b uint16, count uint32) pairs,"
                f" little endian,\n"
                f"-- read as {scale_of(query):g} · 2γ^b ÷ (γ + 1) with γ = 1.01 ÷ 0.99; bucket 0 is 0.5\n"
                f"SELECT string_agg(r.histogram, ''::bytea) FILTER (WHERE {_condition(of)}){_FROM}"
            )
        case Distinct(people=people):
            return _PEOPLE[people]
        case Recovery():
            return _recovery(query)


def _recovery(query: Recovery) -> str:
    length = f"extract(epoch FROM {query.until}_at - {query.since}_at)::float8"
    return (
        f"SELECT {_STATISTICS[query.statistic].format(length=length)}\n  FROM incidents\n"  # noqa: S608
        " WHERE severity IN ('P0', 'P1') AND started_at >= :start AND started_at < :end"
    )


def spell_out_incidents(severities: tuple[str, ...], since: Moment, until: Moment, within_s: float) -> tuple[str, str]:
    """The incidents that an objective counts, and those of them that took too long."""
    every = (
        f"SELECT count(*) FROM incidents WHERE severity IN ({_quoted(severities)})"  # noqa: S608
        " AND started_at >= :start AND started_at < :end"
    )
    return every, f"{every} AND coalesce({until}_at, now()) - {since}_at >= interval '{within_s:g} s'"


def _condition(of: tuple[Selection, ...]) -> str:
    return " OR ".join(_one(each) for each in of)


def _one(selection: Selection) -> str:
    parts = [f"s.kind = '{selection.kind.value}'"]
    for column, values in (
        ("name", selection.names),
        ("outcome", selection.outcomes),
        ("pace", selection.paces),
        ("who", selection.whos),
    ):
        if values:
            parts.append(f"s.{column} IN ({_quoted(values)})")
    if selection.but:
        parts.append(f"s.outcome NOT IN ({_quoted(selection.but)})")
    return f"({' AND '.join(parts)})"


def _quoted(values: tuple[str, ...]) -> str:
    return ", ".join("'" + str(value).replace("'", "''") + "'" for value in values)
