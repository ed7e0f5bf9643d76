"""Whatever is sent, the answer is a problem with a status of its own, never a 500, and nothing is kept."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes import FakeServices

Send = Callable[..., Awaitable[httpx.Response]]
URL = "/api/v1/summaries"
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["url", "transcript", "title"]), inner),
    max_leaves=8,
)
NAMES = st.sampled_from(["file", "title", "language", "url", "", "é"])


@pytest.fixture
def send(client: httpx.AsyncClient) -> Send:
    async def post(**request: object) -> httpx.Response:
        client.cookies.clear()
        return await client.post(URL, **request)

    return post


@QUICK
@given(body=st.binary(max_size=300))
async def test_any_bytes_as_json(send: Send, body: bytes) -> None:
    answer = await send(content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422


@QUICK
@given(body=JSON)
async def test_any_json(send: Send, body: object) -> None:
    answer = await send(content=json.dumps(body), headers={"content-type": "application/json"})
    assert answer.status_code in {202, 422}
    if answer.status_code == 422:
        assert answer.headers["content-type"] == "application/problem+json"


# Starlette leaves the spool of a part that breaks off to the garbage collector.
@pytest.mark.filterwarnings("ignore:Unclosed file <tempfile.SpooledTemporaryFile:ResourceWarning")
@QUICK
@given(body=st.binary(max_size=300))
async def test_any_bytes_as_a_form(send: Send, body: bytes) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n'
    for content in (body, head + body, head + b"\r\n" + body):
        headers = {"content-type": "multipart/form-data; boundary=x"}
        answer = await send(content=content, headers=headers)
        assert answer.status_code in {202, 400, 422}


@QUICK
@given(filename=st.text(max_size=60), title=st.text(max_size=60), content=st.binary(max_size=60), name=NAMES)
async def test_any_file_name_and_title(
    services: FakeServices, send: Send, filename: str, title: str, content: bytes, name: str
) -> None:
    services.summaries.kept.clear()
    files = {name: (filename.encode("utf-8", "replace").decode(), content)}
    answer = await send(files=files, data={"title": title.encode("utf-8", "replace").decode()})
    assert answer.status_code in {202, 400, 422}
    for kept in services.summaries.kept.values():
        shown = f"{kept.request.filename or ''}{kept.request.title or ''}"
        assert shown.isprintable()
        assert "/" not in (kept.request.filename or "")


@QUICK
@given(
    tail=st.text(max_size=40), query=st.dictionaries(st.sampled_from(["cursor", "limit", "x"]), st.text(max_size=20))
)
async def test_any_path_and_query(client: httpx.AsyncClient, tail: str, query: dict[str, str]) -> None:
    path = f"{URL}/{quote(tail.encode('utf-8', 'replace'), safe='')}"
    assert (await client.get(path, params=query)).status_code in {200, 404, 405, 422}
