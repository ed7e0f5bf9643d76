"""Sign-ins that failed, what limits refused, and what browsers reported."""

from __future__ import annotations

from functools import partial

from core.domain.telemetry import Kind, Outcome
from core.metrics.definition import Area, Count, Metric, Quantile, Selection, Share
from core.metrics.making import make

_FAILED_LOGINS = "Authentication Security: “Failed Login Attempts: Monitor for brute force attacks”"
_SESSIONS = "Authentication Security: “Session Management: Track session duration, concurrent sessions”"
_SIGN_UPS = "Authentication Security: “User Management: Monitor suspicious account creation patterns”"
_LIMITS = "API Security: “Rate Limiting: Track anonymous vs. authenticated usage”"
_INPUT = "API Security: “Input Validation: Monitor for malicious URLs or content”"
_CSP = "API Security: “XSS Prevention: CSP violation reports”"
_TRIES = (Selection(kind=Kind.SIGN_IN, names=("password",)),)
_REFUSED = (Selection(kind=Kind.SIGN_IN, names=("password",), outcomes=(Outcome.REFUSED,)),)
_figure = partial(make, Area.SECURITY)

SECURITY: tuple[Metric, ...] = (
    _figure(
        "sign-in-failures", "Failed sign-ins", "sign-ins with a wrong password", _FAILED_LOGINS, Count(of=_REFUSED)
    ),
    _figure(
        "sign-in-failure-share",
        "Share of sign-ins that failed",
        "sign-ins with a wrong password ÷ tries with a password",
        _FAILED_LOGINS,
        Share(part=_REFUSED, whole=_TRIES),
    ),
    _figure(
        "sign-in-back-offs",
        "Sign-ins held back",
        "sign-ins that had to wait because of earlier failures of the account or the address",
        _FAILED_LOGINS,
        Count(of=(Selection(kind=Kind.SIGN_IN, outcomes=(Outcome.LIMITED,)),)),
    ),
    _figure("sign-ups", "Sign-ups", "sign-ups tried", _SIGN_UPS, Count(of=(Selection(kind=Kind.SIGN_UP),))),
    _figure(
        "session-length-p50",
        "Length of a session, P50",
        "the least time within which half of the sessions that ended had ended",
        _SESSIONS,
        Quantile(of=(Selection(kind=Kind.SESSION_LENGTH),), q=0.5),
    ),
    _figure(
        "refusals",
        "Refused by a limit",
        "requests that a limit of ours refused",
        _LIMITS,
        Count(of=(Selection(kind=Kind.REFUSAL),)),
    ),
    _figure(
        "bad-requests",
        "Requests with mistakes",
        "page and API requests refused for what the caller sent",
        _INPUT,
        Count(
            of=(
                Selection(kind=Kind.PAGE_REQUEST, outcomes=(Outcome.CLIENT_ERROR,)),
                Selection(kind=Kind.API_REQUEST, outcomes=(Outcome.CLIENT_ERROR,)),
            )
        ),
    ),
    _figure(
        "csp-reports",
        "CSP reports",
        "reports of browsers that stopped something the policy forbids",
        _CSP,
        Count(of=(Selection(kind=Kind.REPORT),)),
    ),
)
