"""Where browsers report what the content security policy stopped."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from core.api.rate_limit import TokenBuckets
from core.domain.telemetry import Kind
from core.logging import EventLog
from core.ports import Recording

_MAX_REPORT_BYTES = 16 * 1024
_MAX_REPORTS = 20
# Of the policy's directives those that can be violated (CSP, level 3): strangers can't make up names for our figures.
_DIRECTIVES = frozenset({
    "base-uri", "child-src", "connect-src", "default-src", "fenced-frame-src", "font-src", "form-action",
    "frame-ancestors", "frame-src", "img-src", "manifest-src", "media-src", "object-src", "report-to", "sandbox",
    "require-trusted-types-for", "script-src", "script-src-attr", "script-src-elem", "style-src", "style-src-attr",
    "style-src-elem", "trusted-types", "upgrade-insecure-requests", "worker-src",
})  # fmt: skip
_log = EventLog(__name__)


class Violation(BaseModel):
    """The two fields that tell what to mend, under the names of the older and the newer report format."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    directive: str = Field(
        validation_alias=AliasChoices("effective-directive", "effectiveDirective", "violated-directive")
    )
    blocked: str = Field("", validation_alias=AliasChoices("blocked-uri", "blockedURL"))


class _Older(BaseModel):
    report: Violation = Field(alias="csp-report")


class _Newer(BaseModel):
    body: Violation


_REPORTS: TypeAdapter[_Older | list[_Newer]] = TypeAdapter(_Older | list[_Newer])


class ReportRoutes:
    """`limits`: anybody can post a report, so one address can't fill the log."""

    def __init__(self, recording: Recording, limits: TokenBuckets | None = None) -> None:
        self._recording = recording
        self._limits = limits or TokenBuckets(burst=60, per_s=1.0)

    async def take(self, request: Request) -> Response:
        """Logs and counts what was stopped (never whole addresses, which may hold what a person typed); always 204."""
        body = await request.body()
        is_taken = self._limits.take(request.client.host if request.client else "")
        for violation in _violations(body) if is_taken and len(body) <= _MAX_REPORT_BYTES else []:
            directive = _directive(violation.directive)
            self._recording.record(Kind.REPORT, directive)
            _log.warning("security.csp", directive=directive, blocked=_place(violation.blocked))
        return Response(status_code=204)


def reports_router(routes: ReportRoutes) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/csp-report", routes.take, methods=["POST"])
    return router


def _violations(body: bytes) -> list[Violation]:
    try:
        found = _REPORTS.validate_json(body)
    except ValidationError:
        return []
    return [found.report] if isinstance(found, _Older) else [entry.body for entry in found[:_MAX_REPORTS]]


def _directive(given: str) -> str:
    """The directive's name, as the specification has it; the older format adds what it allows."""
    name = given.strip().partition(" ")[0]
    return name if name in _DIRECTIVES else "unknown"


def _place(blocked: str) -> str:
    """The host that was blocked, or a keyword such as "inline"."""
    try:
        parts = urlsplit(blocked)
    except ValueError:
        return "unreadable"
    return (parts.hostname or parts.scheme or parts.path)[:80]
