"""The selections that several metrics and objectives share: what counts as bad, and what no figure blames us for."""

from __future__ import annotations

from dataclasses import replace

from core.domain.telemetry import Kind, Outcome, Pace
from core.metrics.definition import Selection

# Operators' design, "SLOs": 5xx, timeouts and dropped connections are bad, and a vendor's 429 that is passed on.
BAD = (
    Outcome.SERVER_ERROR,
    Outcome.TIMEOUT,
    Outcome.DROPPED,
    Outcome.VENDOR_LIMITED,
    Outcome.FAILED,
)
# The caller's own mistakes, and what the person stopped. A 429 of our own limiter is not among them: the limit worked.
NOT_OURS = (Outcome.CLIENT_ERROR, Outcome.CANCELLED)

PAGES = (Selection(kind=Kind.PAGE_REQUEST, but=NOT_OURS),)
API_CALLS = (Selection(kind=Kind.API_REQUEST, but=NOT_OURS),)
REQUESTS = (*PAGES, *API_CALLS)
ALL_REQUESTS = (Selection(kind=Kind.PAGE_REQUEST), Selection(kind=Kind.API_REQUEST))

PAGE_OPENS = (Selection(kind=Kind.PAGE_OPEN),)
TIMED_API_CALLS = (Selection(kind=Kind.API_REQUEST),)
QUERIES = (Selection(kind=Kind.QUERY),)
CALLS = (Selection(kind=Kind.CALL, but=(Outcome.CANCELLED,)),)

DONE_SUMMARIES = (Selection(kind=Kind.SUMMARY, outcomes=(Outcome.OK, Outcome.CACHED)),)
BAD_SUMMARIES = (Selection(kind=Kind.SUMMARY, outcomes=BAD),)
SUMMARIES = (*DONE_SUMMARIES, *BAD_SUMMARIES)

# One for each summary that failed or came late, named after the part of its work that took longest.
CAUSES = (Selection(kind=Kind.CAUSE),)

ACCEPTED = (Selection(kind=Kind.SUBMIT, outcomes=(Outcome.OK, Outcome.CACHED)),)
# A submission that broke never became a summary, so it is an attempt of its own; one that went well is counted as one.
BROKEN_SUBMISSIONS = (Selection(kind=Kind.SUBMIT, outcomes=BAD),)

# A wrong password and a used link are the person's; that the door did not open at all is ours.
SIGN_INS = tuple(Selection(kind=kind, but=(*NOT_OURS, Outcome.REFUSED)) for kind in (Kind.SIGN_IN, Kind.SIGN_UP))
CRITICAL_FLOWS = (*SUMMARIES, *BROKEN_SUBMISSIONS, *SIGN_INS)


def bad(of: tuple[Selection, ...]) -> tuple[Selection, ...]:
    """Of these the ones that ended badly by our fault."""
    return tuple(replace(each, outcomes=_among(each, BAD), but=()) for each in of if _among(each, BAD))


def good(of: tuple[Selection, ...]) -> tuple[Selection, ...]:
    """Of these the ones that did not."""
    left = (replace(each, but=(*each.but, *BAD)) for each in of)
    return tuple(each for each in left if not each.outcomes or set(each.outcomes) - set(each.but))


def within_target(of: tuple[Selection, ...]) -> tuple[Selection, ...]:
    """Of these the ones quicker than the kind's target."""
    return tuple(replace(each, paces=(Pace.FAST,)) for each in of)


def within_critical(of: tuple[Selection, ...]) -> tuple[Selection, ...]:
    """Of these the ones quicker than the kind's critical bound."""
    return tuple(replace(each, paces=(Pace.FAST, Pace.SLOW)) for each in of)


def over_target(of: tuple[Selection, ...]) -> tuple[Selection, ...]:
    """Of these the ones that took as long as the target or longer."""
    return tuple(replace(each, paces=(Pace.SLOW, Pace.CRAWLING)) for each in of)


def over_critical(of: tuple[Selection, ...]) -> tuple[Selection, ...]:
    """Of these the ones that took as long as the critical bound or longer."""
    return tuple(replace(each, paces=(Pace.CRAWLING,)) for each in of)


def _among(selection: Selection, outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    """Those of the outcomes that the selection lets through."""
    return tuple(
        outcome
        for outcome in outcomes
        if outcome not in selection.but and (not selection.outcomes or outcome in selection.outcomes)
    )
