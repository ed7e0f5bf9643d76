"""What an OpenAI-compatible endpoint says when it does not answer, as one of our failures. Needs no library.

The words of an error are only matched here. They are never kept: endpoints repeat prompts and keys in them.
Sources: OpenAI's guide to error codes, and the texts that vLLM, llama.cpp, Ollama, Groq, Azure and OpenRouter send.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from core.domain.model import ModelFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An error as it came: `status` 0 where it came in the middle of a stream, after a status of 200.

    `is_structured` where it named a code or a type: then the endpoint itself spoke, and no page before it.
    """

    status: int
    code: str
    words: str
    is_structured: bool = False

    @property
    def text(self) -> str:
        return f"{self.code} {self.words}".lower()


def refusal_of(status: int, body: object) -> Refusal:
    """From the decoded body, with or without its outer {"error": …}; whatever else it is is matched as text."""
    inner = body.get("error", body) if isinstance(body, Mapping) else body
    if not isinstance(inner, Mapping):
        return Refusal(status=status, code="", words=str(inner or "")[:_MOST_CHARS])
    code = inner.get("code")
    if not status and isinstance(code, int) and code >= 400:
        # Routers put the status of the model behind them into the stream.
        return refusal_of(code, {**inner, "code": None})
    words = " ".join(str(inner.get(name) or "") for name in ("type", "param", "message"))
    is_structured = bool(code or inner.get("type"))
    return Refusal(status=status, code=str(code or ""), words=words[:_MOST_CHARS], is_structured=is_structured)


_MOST_CHARS = 4_000

_CONTEXT = re.compile(
    r"context[_ ](?:length|window|size)|maximum context|exceed\w* (?:the )?(?:available )?context|prompt is too long"
    r"|input (?:is )?too long|input tokens exceed|request too large|too many (?:input |prompt )?tokens"
)
_QUOTA = re.compile(r"insufficient_quota|exceeded your current quota|billing|insufficient[_ ](?:balance|credit)")
_FILTER = re.compile(r"content[_ ](?:filter|policy)|responsibleai|safety system")
_FORM = re.compile(
    r"response_format|json_schema|json_object|json schema|structured output|guided_json|grammar|\bschema\b"
)
_UNSUPPORTED = re.compile(
    r"unsupported|not support|unrecogni[sz]ed|unknown|unexpected|not permitted|not allowed|extra (?:inputs|fields)"
)
OPTIONS: Final = ("stream_options", "max_completion_tokens", "max_tokens")


def disliked_option(refusal: Refusal) -> str | None:
    """The option of `OPTIONS` that the endpoint does not know: a request without it has a chance."""
    if refusal.status not in {400, 422} or not _UNSUPPORTED.search(refusal.text):
        return None
    # OpenAI's own text names the option to use instead after the one that it refuses.
    named = [(refusal.text.find(option), option) for option in OPTIONS if option in refusal.text]
    return min(named)[1] if named else None


def failure_of(refusal: Refusal) -> ModelFailure:
    """Every error gets an answer."""
    if refusal.status in _REFUSED_REQUESTS:
        return _of_refused_request(refusal)
    if refusal.status in {402, 429}:
        return _of_limit(refusal)
    if refusal.status in _FAILURE_OF_STATUS:
        return _FAILURE_OF_STATUS[refusal.status]
    if refusal.status == 0:
        return _of_broken_stream(refusal)
    return ModelFailure.SERVER_ERROR if refusal.status >= 500 else ModelFailure.REQUEST_REFUSED


_REFUSED_REQUESTS = frozenset({400, 403, 404, 413, 422})
_FAILURE_OF_STATUS: Final = {
    401: ModelFailure.KEY_REFUSED,
    408: ModelFailure.SERVER_ERROR,
    409: ModelFailure.SERVER_ERROR,
    425: ModelFailure.SERVER_ERROR,
}


def _of_refused_request(refusal: Refusal) -> ModelFailure:
    if refusal.status == 413 or _CONTEXT.search(refusal.text):
        return ModelFailure.CONTEXT_TOO_LONG
    if refusal.code == "model_not_found":
        return ModelFailure.UNKNOWN_MODEL
    if refusal.status == 404:
        # A 404 that is none of the endpoint's own means that its address is wrong.
        return ModelFailure.UNKNOWN_MODEL if refusal.is_structured else ModelFailure.REQUEST_REFUSED
    if refusal.status == 403:
        return ModelFailure.KEY_REFUSED
    if _FILTER.search(refusal.text):
        return ModelFailure.FILTERED
    if "invalid_api_key" in refusal.text:
        return ModelFailure.KEY_REFUSED
    return ModelFailure.FORM_REFUSED if _FORM.search(refusal.text) else ModelFailure.REQUEST_REFUSED


def _of_limit(refusal: Refusal) -> ModelFailure:
    if refusal.status == 402 or _QUOTA.search(refusal.text):
        return ModelFailure.QUOTA_EXHAUSTED
    # A single request above the limit of tokens a minute: waiting never helps, smaller pieces do.
    is_too_large = "request too large" in refusal.text
    return ModelFailure.CONTEXT_TOO_LONG if is_too_large else ModelFailure.RATE_LIMITED


def _of_broken_stream(refusal: Refusal) -> ModelFailure:
    if _QUOTA.search(refusal.text):
        return ModelFailure.QUOTA_EXHAUSTED
    if "rate_limit" in refusal.text:
        return ModelFailure.RATE_LIMITED
    if _CONTEXT.search(refusal.text):
        return ModelFailure.CONTEXT_TOO_LONG
    return ModelFailure.FILTERED if _FILTER.search(refusal.text) else ModelFailure.SERVER_ERROR


def retry_after_s(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds the endpoint asks to wait, ≥ 0, from milliseconds, seconds or a date; None where it does not say."""
    for name, unit_s in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        wait_s = _number(headers.get(name, ""))
        if wait_s is not None:
            return wait_s * unit_s
    return _seconds_until(headers.get("retry-after", ""), now)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return max(number, 0.0) if math.isfinite(number) else None


def _seconds_until(text: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return max(((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds(), 0.0)
