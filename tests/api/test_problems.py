from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from fastapi.responses import HTMLResponse

from core.api.context import REQUEST_ID_HEADER
from core.domain.request_ids import began_at
from core.errors import AppError, NextStep, Unavailable
from tests.api.conftest import ORIGIN, build_app
from tests.fakes import FakeServices

URL = "/api/v1/summaries"
MEMBERS = {"type", "title", "status", "detail", "instance", "code", "next_step", "retryable"}


@pytest.mark.parametrize(("method", "path", "status", "code"), [
    ("GET", "/api/nothing", 404, "not_found"),
    ("GET", "/api/v2/summaries", 404, "not_found"),
    ("PUT", URL, 405, "method_not_allowed"),
    ("POST", "/api/health", 405, "method_not_allowed"),
    ("GET", f"{URL}/no-uuid", 404, "not_found"),
    ("GET", f"{URL}?limit=0", 422, "invalid_input"),
    ("POST", URL, 415, "unsupported_media_type"),
])  # fmt: skip
async def test_every_failure_is_a_problem(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert set(body) >= MEMBERS
    assert (body["status"], body["code"], body["type"]) == (status, code, f"urn:sightline:problem:{code}")
    assert body["instance"] == f"urn:sightline:request:{answer.headers[REQUEST_ID_HEADER]}"
    assert body["detail"].endswith((".", "?"))


async def test_a_wrong_method_names_the_right_ones(client: httpx.AsyncClient) -> None:
    assert "POST" in (await client.put(URL)).headers["allow"] or "GET" in (await client.put(URL)).headers["allow"]


async def test_an_expected_error_keeps_its_own_words_and_details(
    client: httpx.AsyncClient, services: FakeServices
) -> None:
    services.summaries.bug = Unavailable("The queue is down.", detail={"retry_after_s": 30, "status": 7})
    answer = await client.post(URL, json={"url": "x"})
    body = answer.json()
    assert (answer.status_code, body["detail"], body["retry_after_s"]) == (503, "The queue is down.", 30)
    assert (body["status"], body["retryable"], body["next_step"]) == (503, True, NextStep.WAIT)


async def test_a_bug_shows_a_number_and_nothing_of_its_inside(
    client: httpx.AsyncClient, services: FakeServices
) -> None:
    services.summaries.bug = RuntimeError("password=hunter2 in /srv/app")
    answer = await client.post(URL, json={"url": "x"}, headers={REQUEST_ID_HEADER: "abc-1"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.headers[REQUEST_ID_HEADER] in answer.json()["detail"]
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text


async def test_what_was_sent_is_not_repeated_in_a_refusal(client: httpx.AsyncClient) -> None:
    answer = await client.post(URL, json={"url": 7, "hush": "my secret words", "transcript": ["my secret words"]})
    assert answer.status_code == 422
    assert "secret words" not in answer.text
    assert any(error.startswith("url: ") for error in answer.json()["errors"])


@pytest.mark.parametrize("given", ["bad id", "a" * 65, "é", "", 'x"y'])
async def test_a_strange_request_number_is_replaced(
    client: httpx.AsyncClient, given: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "core")
    answer = await client.get("/api/v1/summaries", headers={REQUEST_ID_HEADER: given.encode()})
    assert answer.headers[REQUEST_ID_HEADER] != given
    assert len(answer.headers[REQUEST_ID_HEADER]) == 32
    assert _logged_request(caplog)["client_request_id"] is None


async def test_a_sane_request_number_of_the_client_stands_in_the_log_beside_ours(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "core")
    answer = await client.get("/api/v1/summaries", headers={REQUEST_ID_HEADER: "edge-7.a_b"})
    began = began_at(UUID(answer.headers[REQUEST_ID_HEADER]))
    assert abs(datetime.now(UTC) - began) < timedelta(seconds=10)
    assert _logged_request(caplog)["client_request_id"] == "edge-7.a_b"


async def test_a_page_with_a_bug_answers_people_with_a_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/broken", headers={"accept": "text/html"})
    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers[REQUEST_ID_HEADER] in answer.text
    assert "hush" not in answer.text


async def test_refusals_of_pages_take_the_look_of_the_applications_own_error_page(services: FakeServices) -> None:
    app = build_app(services)
    app.add_exception_handler(AppError, lambda _request, error: HTMLResponse(f"drawn: {error.message}", error.status))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"accept": "text/html"}) as client:
        broken = await client.get("/broken")
        foreign = await client.post("/summarize", headers={"origin": "https://evil.test"})
        assert "drawn: " in (await client.get("/broken")).text
    assert (broken.status_code, foreign.status_code) == (500, 403)
    assert foreign.text.startswith("drawn: This request came from a page of another site")
    assert foreign.headers["connection"] == "close"


def _logged_request(caplog: pytest.LogCaptureFixture) -> dict[str, object]:
    [line] = [record for record in caplog.records if record.getMessage() == "http.request"]
    return line.event_fields
