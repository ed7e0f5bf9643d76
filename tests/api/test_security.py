from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from core.api.origin import is_own_origin, socket_origin_check
from core.api.owners import OWNER_HEADER
from core.api.security import add_nonce, page_policy
from tests.api.conftest import ORIGIN, new_client, settings_for
from tests.fakes import FakeServices

URL = "/api/v1/summaries"
EVERYWHERE = {
    "x-frame-options": "SAMEORIGIN",
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
}


@pytest.mark.parametrize("path", ["/", "/api/health", "/api/nothing", "/api/docs", "/missing"])
async def test_every_answer_carries_the_headers(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert EVERYWHERE.items() <= dict(headers).items()
    assert "camera=()" in headers["permissions-policy"]
    assert "frame-ancestors 'self'" in headers["content-security-policy"]
    assert "strict-transport-security" not in headers


async def test_over_https_the_transport_header_is_the_guides(tmp_path: Path) -> None:
    services = FakeServices(settings_for(tmp_path, public_origin="https://sightline.test"))
    async with new_client(services) as client:
        header = (await client.get("/")).headers["strict-transport-security"]
    assert header == "max-age=63072000; includeSubDomains; preload"


async def test_scripts_of_a_page_get_a_nonce_that_is_new_each_time(client: httpx.AsyncClient) -> None:
    seen = set()
    for _ in range(3):
        answer = await client.get("/")
        (nonce,) = re.findall(r'<script nonce="([^"]+)">', answer.text)
        assert f"'nonce-{nonce}'" in answer.headers["content-security-policy"]
        assert int(answer.headers["content-length"]) == len(answer.content)
        seen.add(nonce)
    assert len(seen) == 3


async def test_only_pages_that_compile_templates_may_evaluate(client: httpx.AsyncClient) -> None:
    assert "unsafe-eval" not in (await client.get("/")).headers["content-security-policy"]
    assert "script-src 'self' 'nonce-n' 'unsafe-eval';" in page_policy("n", compiles_templates=True)


def test_the_policy_names_no_other_origin_than_the_players_and_its_pictures() -> None:
    policy = page_policy("n", compiles_templates=True)
    assert set(re.findall(r"https://[^ ;]+", policy)) == {"https://i.ytimg.com", "https://www.youtube-nocookie.com"}
    for directive in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "form-action 'self'"):
        assert directive in policy


def test_only_real_script_tags_are_marked() -> None:
    html = (
        b"<title>about <script> tags</title><!-- <script> --><style>/* <script> */</style>"
        b'<SCRIPT defer src="/a.js"></SCRIPT><script type="module">const a = "<script>";</script>'
        b"<textarea><script>no</script></textarea><scripted>no</scripted>"
    )
    marked = add_nonce(html, "N")
    assert marked.count(b'nonce="N"') == 2
    assert b'<script nonce="N" defer src="/a.js">' in marked
    assert b'<script nonce="N" type="module">const a = "<script>";' in marked
    assert marked.replace(b' nonce="N"', b"").lower() == html.lower()


@pytest.mark.parametrize("path", ["/", "/api/health", "/api/openapi.json", "/api/docs", "/api/health/live"])
async def test_head_answers_as_get_does_without_a_body(client: httpx.AsyncClient, path: str) -> None:
    await client.get(path)
    got, head = await client.get(path), await client.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    changing = {"x-request-id", "content-security-policy", "set-cookie"}
    assert {k: v for k, v in head.headers.items() if k not in changing} == {
        k: v for k, v in got.headers.items() if k not in changing
    }


@pytest.mark.parametrize("headers", [
    {"origin": "https://evil.test"},
    {"origin": "null"},
    {"origin": "http://sightline.test.evil.test"},
    {"origin": ORIGIN, "sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
])  # fmt: skip
async def test_a_foreign_page_cannot_act_with_a_persons_cookies(
    services: FakeServices, headers: dict[str, str]
) -> None:
    async with new_client(services) as browser:
        await browser.get("/")
        for path in ("/summarize", URL):
            answer = await browser.post(path, data={"address": "x"}, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
        page = await browser.post("/summarize", data={}, headers={**headers, "accept": "text/html"})
        assert page.headers["content-type"].startswith("text/html")
    assert services.summaries.kept == {}


@pytest.mark.parametrize(
    "headers", [{"origin": ORIGIN}, {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}, {}]
)
async def test_our_own_pages_and_plain_programs_pass(services: FakeServices, headers: dict[str, str]) -> None:
    async with new_client(services) as browser:
        await browser.get("/")
        assert (await browser.post("/summarize", data={"a": "b"}, headers=headers)).status_code == 200


async def test_programs_with_a_secret_or_without_cookies_need_no_origin(services: FakeServices) -> None:
    foreign = {"origin": "https://notebook.test", "sec-fetch-site": "cross-site"}
    async with new_client(services, headers=foreign) as program:
        first = await program.post(URL, json={"url": "x"})
        assert first.status_code == 202
        secret = {OWNER_HEADER: first.headers[OWNER_HEADER]}
        assert (await program.post(URL, json={"url": "x"}, headers=secret)).status_code == 202


def test_a_public_origin_is_the_only_one_that_counts() -> None:
    assert is_own_origin("https://a.test", "internal:8080", "https://a.test/")
    assert not is_own_origin("http://internal:8080", "internal:8080", "https://a.test")
    assert is_own_origin("http://localhost:8080", "localhost:8080", None)
    assert not is_own_origin("http://localhost:8081", "localhost:8080", None)
    assert not is_own_origin("null", "", None)


def test_sockets_follow_the_same_rule() -> None:
    check = socket_origin_check(None)
    assert check("http://localhost:8080", {"HTTP_HOST": "localhost:8080"})
    assert not check("http://evil.test", {"HTTP_HOST": "localhost:8080"})


@pytest.mark.parametrize("body", [
    b'{"csp-report": {"violated-directive": "script-src", "blocked-uri": "https://evil.test/a?b=secret"}}',
    b'[{"type": "csp-violation", "body": {"effectiveDirective": "img-src", "blockedURL": "inline"}}]',
    b"", b"[]", b"nonsense", b"x" * 20_000, b'{"csp-report": {"violated-directive": "x", "blocked-uri": "http://[bad"}}',
])  # fmt: skip
async def test_reports_of_the_policy_are_taken_from_any_browser(
    client: httpx.AsyncClient, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await client.post("/api/csp-report", content=body, headers={"origin": "null", "cookie": "sid=x"})
    assert answer.status_code == 204
    assert "secret" not in caplog.text
