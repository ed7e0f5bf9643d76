"""The one error root. Whatever derives from AppError may be shown to a person; everything else is a bug."""

from __future__ import annotations

from enum import StrEnum


class NextStep(StrEnum):
    """What the person can do about a failure; pages turn it into a button, the API passes it on."""

    FIX_INPUT = "fix_input"
    UPLOAD_CAPTIONS = "upload_captions"
    CHOOSE_LANGUAGE = "choose_language"
    WAIT = "wait"
    TRY_AGAIN = "try_again"
    SIGN_IN = "sign_in"
    TAKE_OFFLINE = "take_offline"
    CONTACT_OPERATOR = "contact_operator"
    NONE = "none"


class AppError(Exception):
    """An expected failure.

    `code` is stable and machine-readable, `message` one or two plain sentences that say what happened and what
    to do, `status` the HTTP status of the answer, `retryable` whether the same request may work later unchanged.
    """

    code = "error"
    status = 400
    retryable = False
    next_step = NextStep.NONE

    def __init__(self, message: str, *, detail: dict[str, str | int | float | list[str]] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail or {}


class InvalidInput(AppError):
    """The request cannot be carried out as it is; nothing was stored and nothing was spent."""

    code = "invalid_input"
    status = 422
    next_step = NextStep.FIX_INPUT


class TooLarge(InvalidInput):
    code = "too_large"
    status = 413


class NotFound(AppError):
    """It does not exist, or not for this person: the two are never told apart."""

    code = "not_found"
    status = 404


class Conflict(AppError):
    """The thing is not in a state that allows this."""

    code = "conflict"
    status = 409


class Unavailable(AppError):
    """A part of the service is down at the moment."""

    code = "unavailable"
    status = 503
    retryable = True
    next_step = NextStep.WAIT


class VendorLimited(AppError):
    """A vendor's limit was reached and is passed on. Unlike a limit of our own it counts as our failure."""

    code = "vendor_limited"
    status = 429
    retryable = True
    next_step = NextStep.WAIT
