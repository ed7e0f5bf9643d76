from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.domain.model import ModelFailure
from core.integrations.openai_errors import disliked_option, failure_of, refusal_of, retry_after_s

F = ModelFailure
NOON = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def error(message: str = "", **more: object) -> dict[str, object]:
    return {"error": {"message": message, **more}}


# The texts are those that the named servers send.
@pytest.mark.parametrize(("status", "body", "failure"), [
    (401, error("Incorrect API key provided: sk-…", code="invalid_api_key"), F.KEY_REFUSED),
    (403, error("Country, region, or territory not supported", code="unsupported_country"), F.KEY_REFUSED),
    (403, error("Project does not have access to model `gpt-9`", code="model_not_found"), F.UNKNOWN_MODEL),
    (404, error("The model `gpt-9` does not exist", code="model_not_found"), F.UNKNOWN_MODEL),
    (404, error("model 'llama9' not found", type="api_error"), F.UNKNOWN_MODEL),
    (404, error("The model `x` does not exist.", type="NotFoundError", code=404), F.UNKNOWN_MODEL),
    (404, {"detail": "Not Found"}, F.REQUEST_REFUSED),
    (404, "<html>nothing here</html>", F.REQUEST_REFUSED),
    (400, error("This model's maximum context length is 128000 tokens.", code="context_length_exceeded"),
     F.CONTEXT_TOO_LONG),
    (400, error("Input tokens exceed the configured limit of 272000 tokens."), F.CONTEXT_TOO_LONG),
    (400, error("the request exceeds the available context size", type="exceed_context_size_error", code=400),
     F.CONTEXT_TOO_LONG),
    (400, error("max_tokens is too large: 5000. This model's maximum context length is 4096 tokens"),
     F.CONTEXT_TOO_LONG),
    (413, error("Request too large for model `x` on tokens per minute", code="rate_limit_exceeded"),
     F.CONTEXT_TOO_LONG),
    (429, error("Request too large for gpt-4o-mini on tokens per min (TPM): Limit 30000", code="rate_limit_exceeded"),
     F.CONTEXT_TOO_LONG),
    (400, error("Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."),
     F.FORM_REFUSED),
    (400, error("Invalid schema for response_format 'map'", param="response_format"), F.FORM_REFUSED),
    (400, error("failed to parse grammar"), F.FORM_REFUSED),
    (422, {"detail": [{"loc": ["body", "response_format"], "msg": "Extra inputs are not permitted"}]},
     F.REQUEST_REFUSED),
    (400, error("The response was filtered", code="content_filter"), F.FILTERED),
    (400, error("Your request was rejected by our safety system", code="content_policy_violation"), F.FILTERED),
    (400, error("API key not valid", code="invalid_api_key"), F.KEY_REFUSED),
    (400, error("something else"), F.REQUEST_REFUSED),
    (302, "", F.REQUEST_REFUSED),
    (402, error("Insufficient Balance"), F.QUOTA_EXHAUSTED),
    (429, error("You exceeded your current quota", type="insufficient_quota", code="insufficient_quota"),
     F.QUOTA_EXHAUSTED),
    (429, error("Rate limit reached for requests", code="rate_limit_exceeded"), F.RATE_LIMITED),
    (429, None, F.RATE_LIMITED),
    (408, None, F.SERVER_ERROR), (409, None, F.SERVER_ERROR), (500, None, F.SERVER_ERROR),
    (503, "busy", F.SERVER_ERROR), (529, error("overloaded"), F.SERVER_ERROR),
    (0, error("The server had an error", type="server_error"), F.SERVER_ERROR),
    (0, error("Rate limit reached", code="rate_limit_exceeded"), F.RATE_LIMITED),
    (0, error("quota", code="insufficient_quota"), F.QUOTA_EXHAUSTED),
    (0, error("too long", code="context_length_exceeded"), F.CONTEXT_TOO_LONG),
    (0, error("stopped", code="content_filter"), F.FILTERED),
    (0, error("Upstream said no", code=429), F.RATE_LIMITED),
    (0, {"message": "Provider returned error", "code": 502}, F.SERVER_ERROR),
    (0, None, F.SERVER_ERROR),
])  # fmt: skip
def test_every_error_is_one_of_our_failures(status: int, body: object, failure: ModelFailure) -> None:
    assert failure_of(refusal_of(status, body)) is failure


@pytest.mark.parametrize(("status", "words", "option"), [
    (400, "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
     "max_tokens"),
    (400, "Unrecognized request argument supplied: stream_options", "stream_options"),
    (422, "stream_options: Extra inputs are not permitted", "stream_options"),
    (400, "Unknown parameter: max_completion_tokens", "max_completion_tokens"),
    (400, "max_tokens is too large: 20000. This model supports at most 16384 completion tokens", None),
    (500, "Unknown parameter: stream_options", None),
    (400, "response_format is not supported", None),
])  # fmt: skip
def test_an_option_that_is_not_known_is_told_from_one_that_is_wrong(status: int, words: str, option: str) -> None:
    assert disliked_option(refusal_of(status, error(words))) == option


@pytest.mark.parametrize(("headers", "wait_s"), [
    ({}, None), ({"retry-after": "2"}, 2.0), ({"retry-after": "0.5"}, 0.5), ({"retry-after-ms": "250"}, 0.25),
    ({"retry-after-ms": "250", "retry-after": "1"}, 0.25), ({"retry-after": "-3"}, 0.0),
    ({"retry-after": "Sun, 29 Nov 2026 12:00:30 GMT"}, 30.0), ({"retry-after": "Sun, 29 Nov 2026 11:00:00 GMT"}, 0.0),
    ({"retry-after": "soon"}, None), ({"retry-after": "inf"}, None), ({"retry-after": "nan"}, None),
])  # fmt: skip
def test_the_wait_that_is_asked_for_is_read_in_all_its_spellings(headers: dict[str, str], wait_s: float | None) -> None:
    assert retry_after_s(headers, now=NOON) == wait_s
