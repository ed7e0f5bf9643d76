"""Errors as RFC 9457 problem details, for every way a request can fail."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from typing_extensions import TypedDict

from core.errors import AppError, Conflict, InvalidInput, NextStep, NotFound, Unavailable, VendorLimited
from core.logging import EventLog, describe, request_id, shown_path

MEDIA_TYPE = "application/problem+json"
# On each 429: whose limit it was. Ours is the service at work, a vendor's is a failure of it.
LIMITED_BY_HEADER = "X-Limited-By"
VENDOR = "vendor"
# On the `state` of the scope: what went wrong, for the request's record.
FAILURE_FIELD = "failure"
_log = EventLog(__name__)


class Problem(TypedDict):
    """The body of an error. `type` names the kind for programs, `instance` the request for whoever reads the logs.

    An error that has more to say adds members of its own, for example `errors` (field and message) or `languages`.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    next_step: str
    retryable: bool


class BadRequest(InvalidInput):
    """The request itself is malformed, before anything in it is looked at."""

    code = "bad_request"
    status = 400


class MethodNotAllowed(AppError):
    code = "method_not_allowed"
    status = 405


class UnsupportedMediaType(InvalidInput):
    code = "unsupported_media_type"
    status = 415


class ForeignOrigin(AppError):
    """A page of another site tried to act in this person's name."""

    code = "foreign_origin"
    status = 403


class TooManyStreams(AppError):
    code = "too_many_streams"
    status = 429
    retryable = True
    next_step = NextStep.WAIT


class TooManyReports(AppError):
    """Pages of one address report more than people can open."""

    code = "too_many_reports"
    status = 429
    retryable = True
    next_step = NextStep.WAIT


class Unexpected(AppError):
    """What a person is told of a bug: nothing but how to report it."""

    code = "internal_error"
    status = 500
    retryable = True
    next_step = NextStep.TRY_AGAIN

    def __init__(self) -> None:
        super().__init__(
            "Something went wrong on our side. Try again; if it happens again, report it with this number: "
            f"{request_id.get() or 'unknown'}."
        )


def problem_response(error: AppError, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer for an error that may be shown."""
    body: dict[str, object] = {**error.detail, **_problem(error)}
    sent = {**(headers or {}), **limit_headers(error), "Cache-Control": "no-store"}
    return JSONResponse(body, error.status, headers=sent, media_type=MEDIA_TYPE)


def limit_headers(error: AppError) -> dict[str, str]:
    """Says on a 429 whose limit was reached; nothing on any other answer."""
    if error.status != 429:
        return {}
    return {LIMITED_BY_HEADER: VENDOR if isinstance(error, VendorLimited) else "sightline"}


def note_failure(scope: Scope, error: BaseException) -> None:
    """Keeps for the request's record what was behind an answer of 500 and above."""
    if isinstance(error, AppError) and error.status < 500:
        return
    code = {"code": error.code} if isinstance(error, AppError) else {}
    scope.setdefault("state", {})[FAILURE_FIELD] = {**describe(error), **code}


def register_problems(app: FastAPI) -> None:
    """Every failure inside `app` becomes a problem: expected ones, refused requests, unknown paths, and bugs."""
    app.add_exception_handler(AppError, _on_app_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_middleware(UnexpectedErrors)


class UnexpectedErrors:
    """Turns a bug into a problem; it stands inside Starlette's own net, which would answer in plain text."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_started = False

        async def note_start(message: Message) -> None:
            nonlocal has_started
            has_started = has_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, note_start)
        except ClientDisconnect:
            return  # nobody is there to be answered, and nothing of ours went wrong
        except Exception as error:
            if has_started or scope["type"] != "http":
                raise
            note_failure(scope, error)
            _log.exception("http.unexpected", error, method=scope["method"], path=shown_path(scope["path"]))
            await problem_response(Unexpected())(scope, receive, send)


def _problem(error: AppError) -> dict[str, object]:
    return dict(
        Problem(
            type=f"urn:sightline:problem:{error.code}",
            title=error.code.replace("_", " ").capitalize(),
            status=error.status,
            detail=error.message,
            instance=f"urn:sightline:request:{request_id.get() or 'unknown'}",
            code=error.code,
            next_step=str(error.next_step),
            retryable=error.retryable,
        )
    )


def _on_app_error(request: Request, error: Exception) -> Response:
    note_failure(request.scope, error)
    return problem_response(error if isinstance(error, AppError) else Unexpected())


def _on_validation_error(_request: Request, error: Exception) -> Response:
    rows = error.errors() if isinstance(error, RequestValidationError) else []
    return problem_response(invalid_fields([(tuple(row["loc"][1:]), str(row["msg"])) for row in rows]))


def invalid_fields(found: list[tuple[tuple[str | int, ...], str]]) -> InvalidInput:
    """One error for all the fields at fault: what was sent is never repeated back."""
    messages = [f"{'.'.join(str(part) for part in place) or 'body'}: {text}" for place, text in found[:20]]
    return InvalidInput("The request is not valid. " + "; ".join(messages) + ".", detail={"errors": messages})


def _on_http_exception(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = (error.headers if isinstance(error, HTTPException) else None) or {}
    return problem_response(_from_status(status), headers)


def _from_status(status: int) -> AppError:
    match status:
        case 400:
            return BadRequest("The request could not be read. Check that its body is complete and well formed.")
        case 404:
            return NotFound("There is nothing at this address.")
        case 405:
            return MethodNotAllowed("This address does not take that method; see the header Allow.")
        case 409:
            return Conflict("This cannot be done in the present state.")
        case 503:
            return Unavailable("The service cannot answer at the moment. Try again in a minute.")
        case _ if status >= 500:
            return Unexpected()
    error = BadRequest(f"The request was refused: {HTTPStatus(status).phrase.lower()}.")
    error.status = status
    return error
