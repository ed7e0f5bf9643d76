"""What is asked of a language model, what it answers, what that took, and each way it can fail."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.errors import AppError, NextStep


class AnswerForm(StrEnum):
    """How an endpoint is made to answer in JSON, the surest first; the next is tried where it refuses one."""

    STRICT_SCHEMA = "strict_schema"
    JSON_OBJECT = "json_object"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """One call. `schema` is a JSON Schema that strict structured output accepts; `timeout_s` bounds the whole call."""

    model: str
    system: str
    user: str
    schema_name: str
    schema: dict[str, object]
    most_output_tokens: int
    timeout_s: float
    form: AnswerForm = AnswerForm.STRICT_SCHEMA


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one call; `is_estimate` where the endpoint did not tell.

    `cached_tokens` (read from the vendor's cache) and `cache_write_tokens` (written to it) are among `prompt_tokens`.
    """

    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    is_estimate: bool = False
    cache_write_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAnswer:
    """`content` is whole (the endpoint said why it stopped) but not yet held against the schema."""

    content: str
    usage: Usage | None


class ModelFailure(StrEnum):
    """One class of failure; the value is the stable code of the API and of the operators' counters."""

    REFUSED = "model_refused"
    FILTERED = "model_filtered"
    TOO_LONG = "model_answer_too_long"
    CONTEXT_TOO_LONG = "model_context_too_long"
    FORM_REFUSED = "model_form_refused"
    UNUSABLE = "model_answer_unusable"
    CUT = "model_answer_cut"
    MALFORMED = "model_answer_malformed"
    EMPTY = "model_answer_empty"
    RATE_LIMITED = "model_rate_limited"
    SERVER_ERROR = "model_server_error"
    TIMED_OUT = "model_timed_out"
    UNREACHABLE = "model_unreachable"
    QUOTA_EXHAUSTED = "model_quota_exhausted"
    KEY_REFUSED = "model_key_refused"
    UNKNOWN_MODEL = "model_unknown"
    REQUEST_REFUSED = "model_request_refused"
    CAP_REACHED = "cost_cap_reached"


class ModelRetry(StrEnum):
    """What has a chance: nothing; the same again soon; waiting in the queue; smaller pieces; another answer form."""

    NEVER = "never"
    SOON = "soon"
    LATER = "later"
    SPLIT = "split"
    OTHER_FORM = "other_form"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRule:
    """All that is decided about one class of failure.

    `waits`: once bounded tries are used up the job goes back to the queue until the vendor is back. `is_billed`: the
    vendor may charge for such a call although no usage came, so an estimate is booked.
    """

    failure: ModelFailure
    message: str
    retry: ModelRetry
    next_step: NextStep = NextStep.TRY_AGAIN
    waits: bool = False
    is_operator_fault: bool = False
    is_billed: bool = False


MODEL_RULES: tuple[ModelRule, ...] = (
    ModelRule(
        failure=ModelFailure.REFUSED,
        message="The language model declined to write about this video. The offline summary needs no model.",
        retry=ModelRetry.NEVER,
        next_step=NextStep.TAKE_OFFLINE,
        is_billed=True,
    ),
    ModelRule(
        failure=ModelFailure.FILTERED,
        message="The language model's content filter stopped its answer. The offline summary needs no model.",
        retry=ModelRetry.NEVER,
        next_step=NextStep.TAKE_OFFLINE,
        is_billed=True,
    ),
    ModelRule(
        failure=ModelFailure.TOO_LONG,
        message="The language model ran out of room in the middle of its answer, even for small pieces. "
        "The offline summary needs no model.",
        retry=ModelRetry.SPLIT,
        next_step=NextStep.TAKE_OFFLINE,
        is_billed=True,
    ),
    ModelRule(
        failure=ModelFailure.CONTEXT_TOO_LONG,
        message="The language model takes less text at once than it was set up for. The operators can see it.",
        retry=ModelRetry.SPLIT,
        next_step=NextStep.TAKE_OFFLINE,
    ),
    ModelRule(
        failure=ModelFailure.FORM_REFUSED,
        message="The language model cannot answer in the form we need. The operators can see it.",
        retry=ModelRetry.OTHER_FORM,
        next_step=NextStep.TAKE_OFFLINE,
        is_operator_fault=True,
    ),
    ModelRule(
        failure=ModelFailure.UNUSABLE,
        message="The language model's answers could not be used, twice in a row. Try again, or take the offline "
        "summary.",
        retry=ModelRetry.NEVER,
        is_billed=True,
    ),
    ModelRule(
        failure=ModelFailure.CUT,
        message="The language model's answer broke off. Try again, or take the offline summary.",
        retry=ModelRetry.SOON,
        waits=True,
        is_billed=True,
    ),
    ModelRule(
        failure=ModelFailure.MALFORMED,
        message="The language model's service sent something that cannot be read. Try again, or take the offline "
        "summary.",
        retry=ModelRetry.SOON,
        waits=True,
        is_billed=True,
    ),
    ModelRule(
        failure=ModelFailure.EMPTY,
        message="The language model answered with nothing. Try again, or take the offline summary.",
        retry=ModelRetry.SOON,
        is_billed=True,
    ),
    ModelRule(
        failure=ModelFailure.RATE_LIMITED,
        message="The language model is busy: its service takes no more requests for the moment.",
        retry=ModelRetry.SOON,
        next_step=NextStep.WAIT,
        waits=True,
    ),
    ModelRule(
        failure=ModelFailure.SERVER_ERROR,
        message="The language model's service is having trouble.",
        retry=ModelRetry.SOON,
        next_step=NextStep.WAIT,
        waits=True,
    ),
    ModelRule(
        failure=ModelFailure.TIMED_OUT,
        message="The language model took too long to answer.",
        retry=ModelRetry.SOON,
        next_step=NextStep.WAIT,
        waits=True,
        is_billed=True,
    ),
    ModelRule(
        failure=ModelFailure.UNREACHABLE,
        message="The language model cannot be reached.",
        retry=ModelRetry.SOON,
        next_step=NextStep.WAIT,
        waits=True,
    ),
    ModelRule(
        failure=ModelFailure.QUOTA_EXHAUSTED,
        message="This service's credit with the language model is used up. That is the operators' to repair.",
        retry=ModelRetry.LATER,
        next_step=NextStep.WAIT,
        waits=True,
        is_operator_fault=True,
    ),
    ModelRule(
        failure=ModelFailure.KEY_REFUSED,
        message="The language model refuses our key. That is the operators' to repair.",
        retry=ModelRetry.LATER,
        next_step=NextStep.TAKE_OFFLINE,
        is_operator_fault=True,
    ),
    ModelRule(
        failure=ModelFailure.UNKNOWN_MODEL,
        message="The language model this service is set up for does not exist. That is the operators' to repair.",
        retry=ModelRetry.NEVER,
        next_step=NextStep.TAKE_OFFLINE,
        is_operator_fault=True,
    ),
    ModelRule(
        failure=ModelFailure.REQUEST_REFUSED,
        message="The language model refused our request. The operators can see it.",
        retry=ModelRetry.NEVER,
        next_step=NextStep.TAKE_OFFLINE,
        is_operator_fault=True,
    ),
    ModelRule(
        failure=ModelFailure.CAP_REACHED,
        message="{reason} What is finished is kept.",
        retry=ModelRetry.NEVER,
        next_step=NextStep.TAKE_OFFLINE,
    ),
)

_RULE_OF = {rule.failure: rule for rule in MODEL_RULES}


def model_rule(failure: ModelFailure) -> ModelRule:
    return _RULE_OF[failure]


class ModelFailed(AppError):
    """No usable answer came. `usage` where the call nonetheless told what it took; `retry_after_s` as the vendor asked.

    It survives pickling whole, since it crosses threads and processes.
    """

    def __init__(
        self, failure: ModelFailure, *, reason: str = "", usage: Usage | None = None, retry_after_s: float | None = None
    ) -> None:
        self.failure = failure
        self.rule = model_rule(failure)
        self.reason = reason
        self.usage = usage
        self.retry_after_s = retry_after_s
        super().__init__(self.rule.message.format(reason=reason))
        self.code = failure.value
        self.retryable = self.rule.retry is not ModelRetry.NEVER
        self.next_step = self.rule.next_step
        self.status = 503

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.failure, self.reason, self.usage, self.retry_after_s)


def _rebuild(failure: ModelFailure, reason: str, usage: Usage | None, retry_after_s: float | None) -> ModelFailed:
    return ModelFailed(failure, reason=reason, usage=usage, retry_after_s=retry_after_s)
