"""What people do with the service: summaries, how they are made, and how many people come back."""

from __future__ import annotations

from functools import partial

from core.domain.telemetry import Kind, Outcome, Who
from core.metrics.definition import (
    Area,
    Count,
    Direction,
    Distinct,
    Metric,
    People,
    Quantile,
    Rate,
    Selection,
    Share,
)
from core.metrics.making import make
from core.metrics.selections import DONE_SUMMARIES, SUMMARIES, good

_CREATION = "Business Metrics: “Summary Creation Rate: Summaries/hour, success rate”"
_GROWTH = "Business KPIs: “User Growth: Monthly active users, conversion rate”"
_CONVERSION = "Business Metrics: “User Conversion: Anonymous → Registered → Paid”"
_LIMITS = "API Security: “Rate Limiting: Track anonymous vs. authenticated usage”"
_VENDORS = "Infrastructure Metrics: “Third-party APIs: OpenAI usage, rate limits, error rates”"
_figure = partial(make, Area.USAGE, direction=Direction.UP)


def _people(slug: str, title: str, formula: str, people: People, *, source: str = _GROWTH) -> Metric:
    return _figure(slug, title, formula, source, Distinct(people=people))


def _of_kind(kind: Kind, name: str) -> tuple[Selection, ...]:
    return (Selection(kind=kind, names=(name,)),)


SUMMARY_FIGURES: tuple[Metric, ...] = (
    _figure(
        "summaries",
        "Summaries",
        "summaries asked for and not cancelled",
        "Business KPIs: “Usage: Summaries created per day, plan utilization”",
        Count(of=SUMMARIES),
    ),
    _figure(
        "summaries-per-hour",
        "Summaries an hour",
        "summaries asked for and not cancelled ÷ hours",
        _CREATION,
        Rate(of=SUMMARIES, per_s=3600),
    ),
    _figure(
        "summary-success-rate",
        "Summaries that succeeded",
        "summaries that came ÷ summaries asked for and not cancelled",
        _CREATION,
        Share(part=good(SUMMARIES), whole=SUMMARIES),
        target=0.999,
    ),
    _figure(
        "cached-share",
        "Summaries from earlier work",
        "summaries served at once from earlier work ÷ summaries that came",
        "Performance Management › Caching Strategy: “Cache OpenAI responses for similar content”",
        Share(part=(Selection(kind=Kind.SUMMARY, outcomes=(Outcome.CACHED,)),), whole=DONE_SUMMARIES),
    ),
    _figure(
        "anonymous-share",
        "Summaries without an account",
        "summaries that came and were asked for by anonymous browsers ÷ summaries that came",
        _LIMITS,
        Share(
            part=(Selection(kind=Kind.SUMMARY, outcomes=(Outcome.OK, Outcome.CACHED), whos=(Who.ANONYMOUS,)),),
            whole=DONE_SUMMARIES,
        ),
        direction=Direction.NEITHER,
    ),
)

HOW_MADE: tuple[Metric, ...] = (
    _figure(
        "offline-engine-share",
        "Made by the offline engine",
        "finished summaries of the offline engine ÷ finished summaries",
        _VENDORS,
        Share(part=_of_kind(Kind.ENGINE, "offline"), whole=(Selection(kind=Kind.ENGINE),)),
        direction=Direction.NEITHER,
    ),
    _figure(
        "rung-success-rate",
        "Caption rungs that gave words",
        "tries of a rung that gave captions ÷ tries of a rung",
        "Summarization Failures: “Verify transcript availability”",
        Share(part=(Selection(kind=Kind.RUNG, outcomes=(Outcome.OK,)),), whole=(Selection(kind=Kind.RUNG),)),
    ),
    _figure(
        "rung-p95",
        "One rung of the caption ladder, P95",
        "the least time within which 95 % of the tries of a rung were over",
        "Performance Budgets › API Performance: “Third-party APIs: <2s timeout with retries”",
        Quantile(of=(Selection(kind=Kind.RUNG),), q=0.95),
        direction=Direction.DOWN,
    ),
    _figure(
        "english-share",
        "Summaries in English",
        "finished summaries whose words are English ÷ finished summaries",
        "Business KPIs: “Usage: Summaries created per day, plan utilization”; operations design, “languages”",
        Share(part=_of_kind(Kind.LANGUAGE, "en"), whole=(Selection(kind=Kind.LANGUAGE),)),
        direction=Direction.NEITHER,
    ),
)

PEOPLE: tuple[Metric, ...] = (
    _people(
        "daily-active",
        "Active today",
        "distinct accounts with a summary, view or question on the last UTC day of the range, so far",
        People.DAILY,
    ),
    _people(
        "weekly-active",
        "Active in 7 days",
        "distinct accounts active in the 7 UTC days that end with the last of the range",
        People.WEEKLY,
    ),
    _people(
        "monthly-active",
        "Active in 30 days",
        "distinct accounts active in the 30 UTC days that end with the last of the range",
        People.MONTHLY,
    ),
    _people(
        "stickiness",
        "Stickiness",
        "mean of the daily distinct accounts over 30 days ÷ distinct accounts active in them",
        People.STICKINESS,
    ),
    _people(
        "visitors",
        "New browsers",
        "anonymous browsers whose first summary lies in the range",
        People.FIRST_SUMMARY,
        source=_CONVERSION,
    ),
    _people(
        "registered",
        "New accounts from browsers",
        "anonymous browsers whose person signed up in the range",
        People.REGISTERED,
        source=_CONVERSION,
    ),
    _people(
        "conversion",
        "Anonymous → registered",
        "of the browsers whose 30 days after their first summary ended in the range: signed up within them ÷ all",
        People.CONVERSION,
        source=_CONVERSION,
    ),
)

USAGE: tuple[Metric, ...] = (*SUMMARY_FIGURES, *HOW_MADE, *PEOPLE)
