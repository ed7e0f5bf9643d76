"""The interface on the real services: the whole way from a request to a summary, and what is refused on it."""

from __future__ import annotations

import asyncio
import io
import json
import uuid
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import jsonschema
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from core.api import register
from core.api.owners import OWNER_HEADER
from core.bootstrap import Services
from core.domain.rendering import document_schema
from tests.api.conftest import ORIGIN
from tests.cli.conftest import LECTURE
from tests.factories.applications import services_on, settings_for, worker_on

URL = "/api/v1/summaries"
TABLES = ("summaries", "runs", "transcripts", "progress_tracking", "procrastinate_jobs")


@pytest.fixture
async def real(database_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    async with services_on(database_url, settings_for(tmp_path)) as services:
        yield services


@pytest.fixture
async def client(real: Services) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    register(app, real)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, timeout=60) as made:
        yield made


async def count_rows(real: Services) -> int:
    async with real.database.read() as session:
        return sum([await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in TABLES])


async def test_a_file_becomes_a_summary_whose_every_line_can_be_checked(
    client: httpx.AsyncClient, real: Services, database_url: str
) -> None:
    made = await client.post(URL, files={"file": ("lecture.srt", LECTURE.encode())}, data={"language": "en-GB"})
    assert (made.status_code, made.json()["status"]) == (202, "queued")
    place, owner = made.headers["location"], {OWNER_HEADER: made.headers[OWNER_HEADER]}
    early = (await client.get(place, headers=owner)).json()
    jsonschema.validate(early, document_schema())
    assert early["tldr"] == []
    async with worker_on(database_url, real.settings):
        events = (await client.get(place + "/events", headers=owner)).text
    data = [json.loads(line.removeprefix("data: ")) for line in events.splitlines() if line.startswith("data: ")]
    assert (data[0]["status"], data[-1]["status"]) == ("queued", "done")
    assert [one["seq"] for one in data] == sorted({one["seq"] for one in data})
    assert [one["ratio"] for one in data] == sorted(one["ratio"] for one in data)
    document = (await client.get(place, headers=owner)).json()
    jsonschema.validate(document, document_schema())
    rows = (await client.get(place + "/transcript", headers=owner)).json()
    spoken = " ".join(" ".join(row[2] for row in rows).split())
    lines = [*document["tldr"], *document["key_moments"], *(p for c in document["chapters"] for p in c["points"])]
    assert lines
    assert document["transcript"]["language"] == "en-GB"
    assert all(" ".join(proof["quote"].split()) in spoken for line in lines for proof in line["evidence"])
    (row,) = (await client.get(URL, headers=owner)).json()["items"]
    assert (row["id"], row["status"], row["title"]) == (document["id"], "done", "Lecture")


async def test_cancel_is_told_to_whoever_watches_and_retry_begins_anew(client: httpx.AsyncClient) -> None:
    made = await client.post(URL, json={"transcript": LECTURE})
    place, owner = made.headers["location"], {OWNER_HEADER: made.headers[OWNER_HEADER]}
    watching = asyncio.create_task(client.get(place + "/events", headers=owner))
    await asyncio.sleep(0.05)
    cancelled = await client.post(place + "/cancel", headers=owner)
    assert (cancelled.status_code, cancelled.json()["status"]) == (202, "cancelled")
    assert '"status":"cancelled"' in (await asyncio.wait_for(watching, 10)).text
    assert (await client.post(place + "/cancel", headers=owner)).status_code == 409
    retried = await client.post(place + "/retry", headers=owner)
    assert (retried.status_code, retried.json()["status"]) == (202, "queued")
    assert (await client.delete(place, headers=owner)).status_code == 204
    assert (await client.get(place, headers=owner)).status_code == 404


def _zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.srt", LECTURE)
    return packed.getvalue()


BAD_FILES = {
    "empty": b"",
    "blank": b"\n \t\r\n",
    "binary": bytes(range(256)) * 64,
    "video": b"\x00\x00\x00\x20ftypisom" + b"\x00\x01\x02" * 5000,
    "zip": _zip(),
    "html": b"<!DOCTYPE html>\n<html><head><title>Captions</title></head><body><div>1</div></body></html>",
    "negative": b"1\n-00:00:05,000 --> -00:00:03,000\nHello\n\n2\n-00:00:02,000 --> -00:00:01,000\nWorld\n",
    "past 99 h": b"1\n99:30:00,000 --> 99:30:02,000\nHello there\n",
    "no words": b"1\n00:00:01,000 --> 00:00:02,000\n--- ...\n",
    "only music": b"1\n00:00:01,000 --> 00:00:02,000\n[Music]\n",
    "one endless line": b"x" * 1_000_000,
}


@pytest.mark.parametrize("name", BAD_FILES)
async def test_bad_files_are_refused_and_leave_nothing_behind(
    client: httpx.AsyncClient, real: Services, name: str
) -> None:
    answers = [
        await client.post(URL, files={"file": ("captions.srt", BAD_FILES[name])}),
        await client.post(URL, json={"transcript": BAD_FILES[name].decode("latin-1")}),
    ]
    for answer in answers:
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), answer.text
        assert answer.json()["next_step"] == "fix_input"
        assert len(answer.json()["detail"]) > 20
    assert await count_rows(real) == 0


BAD_ADDRESSES = [
    "", " ", "https://vimeo.com/76979871", "https://example.org/watch?v=dQw4w9WgXcQ", "http://localhost/watch?v=dQw4w9WgXcQ",
    "http://127.0.0.1:8080/watch?v=dQw4w9WgXcQ", "http://[::1]/watch?v=dQw4w9WgXcQ", "http://192.168.1.1/", "http://169.254.169.254/",
    "http://10.1.2.3/watch?v=dQw4w9WgXcQ", "http://2130706433/watch?v=dQw4w9WgXcQ", "javascript:alert(1)",
    "data:text/html,youtube.com/watch?v=dQw4w9WgXcQ", "file:///etc/passwd", "ftp://youtube.com/watch?v=dQw4w9WgXcQ",
    "https://youtube.com.evil.test/watch?v=dQw4w9WgXcQ", "https://youtube.com@evil.test/watch?v=dQw4w9WgXcQ",
    "https://user:secret@youtube.com/watch?v=dQw4w9WgXcQ", "https://evil.test/https://youtu.be/dQw4w9WgXcQ",
    "https://youtube.com:22/watch?v=dQw4w9WgXcQ", "https://youtu.be/short", "https://youtu.be/toolongtobeanid",
    "https://youtube.com/watch?v=<script>al", "https://youtube.com/watch?v=../../../..", "https://youtube.com/watch",
    "https://youtube.com/redirect?q=http://127.0.0.1/", "https://www.youtube.com/@channel", "https://youtu.be/\x00dQw4w9WgXcQ",
    "https://ｙｏｕｔｕｂｅ．ｅｖｉｌ/watch?v=dQw4w9WgXcQ", "https://youtu.be/dQw4w9WgXcQ\r\nX-Evil: 1", "a" * 3000,
]  # fmt: skip


@pytest.mark.parametrize("address", BAD_ADDRESSES)
async def test_bad_addresses_are_refused_and_leave_nothing_behind(
    client: httpx.AsyncClient, real: Services, address: str
) -> None:
    answer = await client.post(URL, json={"url": address})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), answer.text
    assert "secret" not in answer.text
    assert await count_rows(real) == 0


async def test_nothing_of_a_stranger_can_be_reached(client: httpx.AsyncClient) -> None:
    made = await client.post(URL, json={"transcript": LECTURE})
    client.cookies.clear()
    stranger = {OWNER_HEADER: "x" * 43}
    place = made.headers["location"]
    ways = [
        ("GET", ""),
        ("GET", "/events"),
        ("GET", "/transcript"),
        ("POST", "/cancel"),
        ("POST", "/retry"),
        ("DELETE", ""),
    ]
    for method, tail in ways:
        assert (await client.request(method, place + tail, headers=stranger)).status_code == 404
    assert (await client.get(URL, headers=stranger)).json()["total"] == 0
    assert (await client.get(f"{URL}/{uuid.uuid4()}", headers=stranger)).status_code == 404


async def test_a_cursor_that_is_none_is_refused(client: httpx.AsyncClient) -> None:
    for cursor in ("x", "é", "MjAyNi0x", "%00", "a" * 400):
        answer = await client.get(URL, params={"cursor": cursor}, headers={OWNER_HEADER: "x" * 43})
        assert answer.status_code == 422, answer.text


async def test_health_asks_the_real_database(client: httpx.AsyncClient, real: Services) -> None:
    healthy = await client.get("/api/health")
    assert (healthy.status_code, healthy.json()["database"]) == (200, "connected")
    assert set(healthy.json()) == {"status", "database", "openai", "timestamp"}
