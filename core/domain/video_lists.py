"""The videos of a playlist or channel, and why they cannot be listed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.errors import AppError, NextStep

MOST_LISTED = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedVideo:
    """One video of a list. `id` is YouTube's eleven characters; what the list does not tell is None."""

    id: str
    title: str | None = None
    duration_ms: int | None = None


class ListProblem(StrEnum):
    """Why a list could not be read; the value is the stable code of the API."""

    NOT_CONFIGURED = "list_not_configured"
    NOT_FOUND = "list_not_found"
    EMPTY = "list_empty"
    NAME_UNKNOWN = "list_name_unknown"
    QUOTA_USED_UP = "list_quota_used_up"
    KEY_REFUSED = "list_key_refused"
    TIMED_OUT = "list_timed_out"
    FAILED = "list_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    message: str
    next_step: NextStep
    status: int = 503
    is_retryable: bool = False


_ONE_BY_ONE = "Give the addresses of its videos instead."
_RULES: dict[ListProblem, _Rule] = {
    ListProblem.NOT_CONFIGURED: _Rule(
        message=f"This server cannot read playlists and channels. {_ONE_BY_ONE}", next_step=NextStep.FIX_INPUT
    ),
    ListProblem.NOT_FOUND: _Rule(
        message="This playlist or channel is private, deleted or never existed. Check the address.",
        next_step=NextStep.FIX_INPUT,
        status=422,
    ),
    ListProblem.EMPTY: _Rule(
        message=f"There are no videos in this list that everybody can see. {_ONE_BY_ONE}",
        next_step=NextStep.FIX_INPUT,
        status=422,
    ),
    ListProblem.NAME_UNKNOWN: _Rule(
        message="A channel cannot be found by an address of this old kind. Open the channel and give the address that "
        "starts with youtube.com/@.",
        next_step=NextStep.FIX_INPUT,
        status=422,
    ),
    ListProblem.QUOTA_USED_UP: _Rule(
        message=f"We have asked YouTube for all the lists it allows us today. Try again tomorrow. {_ONE_BY_ONE}",
        next_step=NextStep.WAIT,
        is_retryable=True,
    ),
    ListProblem.KEY_REFUSED: _Rule(
        message=f"YouTube does not let our server read lists. That is our fault. {_ONE_BY_ONE}",
        next_step=NextStep.FIX_INPUT,
    ),
    ListProblem.TIMED_OUT: _Rule(
        message=f"YouTube took too long to list the videos. Try again in a few minutes. {_ONE_BY_ONE}",
        next_step=NextStep.TRY_AGAIN,
        is_retryable=True,
    ),
    ListProblem.FAILED: _Rule(
        message=f"YouTube would not list the videos just now. Try again in a few minutes. {_ONE_BY_ONE}",
        next_step=NextStep.TRY_AGAIN,
        is_retryable=True,
    ),
}


class ListUnavailable(AppError):
    """The videos of a list could not be told."""

    def __init__(self, problem: ListProblem) -> None:
        rule = _RULES[problem]
        super().__init__(rule.message)
        self.problem = problem
        self.code = problem.value
        self.status = rule.status
        self.retryable = rule.is_retryable
        self.next_step = rule.next_step

    def __reduce__(self) -> tuple[type[ListUnavailable], tuple[ListProblem]]:
        return type(self), (self.problem,)
