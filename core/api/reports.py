"""Where browsers report what the content security policy stopped."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from core.logging import EventLog

_MAX_REPORT_BYTES = 16 * 1024
_MAX_REPORTS = 20
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


async def take_report(request: Request) -> Response:
    """Logs what was stopped (never whole addresses, which may hold what a person typed); always 204."""
    body = await request.body()
    for violation in _violations(body) if len(body) <= _MAX_REPORT_BYTES else []:
        _log.warning("security.csp", directive=violation.directive[:60], blocked=_place(violation.blocked))
    return Response(status_code=204)


def reports_router() -> APIRouter:
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/csp-report", take_report, methods=["POST"])
    return router


def _violations(body: bytes) -> list[Violation]:
    try:
        found = _REPORTS.validate_json(body)
    except ValidationError:
        return []
    return [found.report] if isinstance(found, _Older) else [entry.body for entry in found[:_MAX_REPORTS]]


def _place(blocked: str) -> str:
    """The host that was blocked, or a keyword such as "inline"."""
    try:
        parts = urlsplit(blocked)
    except ValueError:
        return "unreadable"
    return (parts.hostname or parts.scheme or parts.path)[:80]
