from __future__ import annotations

import json
from uuid import UUID

import httpx
import pytest

from core.api.rate_limit import TokenBuckets
from core.domain.request_ids import new_request_id
from core.domain.telemetry import Kind, Outcome, Who
from tests.api.conftest import new_client, settings_for
from tests.fakes import NOON, FakeServices

URL = "/api/vitals"
WHOLE = {
    "page": "/", "request": new_request_id(NOON).hex, "who": "user", "ready_ms": 812.5, "ttfb_ms": 40, "fcp_ms": 300.2,
    "lcp_ms": 700, "inp_ms": 56, "fid_ms": 2.1, "load_ms": 790, "cls": 0.0123,
}  # fmt: skip


async def test_a_page_reports_all_it_felt(client: httpx.AsyncClient, services: FakeServices) -> None:
    answer = await client.post(URL, content=json.dumps(WHOLE), headers={"content-type": "text/plain;charset=UTF-8"})
    assert answer.status_code == 204
    events = [event for event in services.recorder.events if event.kind is not Kind.OTHER_REQUEST]
    assert {event.kind: event.value for event in events} == {
        Kind.PAGE_OPEN: 812.5, Kind.TTFB: 40, Kind.FCP: 300.2, Kind.LCP: 700, Kind.INP: 56, Kind.FID: 2.1,
        Kind.PAGE_LOAD: 790, Kind.CLS: pytest.approx(12.3),
    }  # fmt: skip
    assert {(event.name, event.who, event.count, event.outcome) for event in events} == {
        ("/", Who.USER, 1, Outcome.OK)
    }  # fmt: skip
    assert {event.request_id for event in events} == {UUID(str(WHOLE["request"]))}


@pytest.mark.parametrize(("left_ms", "outcomes"), [
    (1_999.0, []),
    (2_000.0, [(Outcome.DROPPED, 2_000.0)]),
    (60_000.0, [(Outcome.DROPPED, 60_000.0)]),
])  # fmt: skip
async def test_a_page_that_was_left_unready_counts_once_somebody_had_waited_for_it(
    client: httpx.AsyncClient, services: FakeServices, left_ms: float, outcomes: list[tuple[Outcome, float]]
) -> None:
    await client.post(URL, json={"page": "/", "left_ms": left_ms})
    assert [(event.outcome, event.value) for event in services.recorder.of(Kind.PAGE_OPEN)] == outcomes


@pytest.mark.parametrize("changed", [
    {"page": "x" * 300}, {"page": 3}, {"page": None},
    {"ready_ms": -1}, {"ready_ms": 600_001}, {"ready_ms": "812"}, {"ready_ms": True}, {"cls": 101}, {"cls": -0.1},
    {"request": "not a number"}, {"request": "0" * 32}, {"more": 1}, {"who": "x" * 30},
])  # fmt: skip
async def test_what_no_page_of_ours_would_say_is_refused(
    client: httpx.AsyncClient, services: FakeServices, changed: dict[str, object]
) -> None:
    answer = await client.post(URL, json={**WHOLE, **changed})
    assert answer.status_code == 422
    assert services.recorder.of(Kind.PAGE_OPEN) == []
    assert [event.name for event in services.recorder.of(Kind.REFUSAL)] == ["vitals"]


@pytest.mark.parametrize("page", ["/no/such/page", "/api/v1/summaries"])
async def test_a_page_that_there_is_not_counts_nothing_and_the_answer_does_not_tell_which_there_are(
    client: httpx.AsyncClient, services: FakeServices, page: str
) -> None:
    assert (await client.post(URL, json={**WHOLE, "page": page})).status_code == 204
    assert {event.kind for event in services.recorder.events} == {Kind.REFUSAL, Kind.OTHER_REQUEST}


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b'{"page": "/", "ready_ms": NaN}', b"\xff\xfe"])
async def test_what_is_no_report_is_refused(client: httpx.AsyncClient, services: FakeServices, body: bytes) -> None:
    assert (await client.post(URL, content=body)).status_code == 422
    assert services.recorder.of(Kind.PAGE_OPEN) == []


async def test_a_long_report_is_not_read_to_its_end(client: httpx.AsyncClient, services: FakeServices) -> None:
    body = json.dumps(WHOLE).encode().ljust(5_000)
    assert (await client.post(URL, content=body)).status_code == 413
    assert services.recorder.of(Kind.PAGE_OPEN) == []


async def test_a_page_cannot_make_itself_the_services_own(client: httpx.AsyncClient, services: FakeServices) -> None:
    for who in ("", "root", "admin"):
        await client.post(URL, json={**WHOLE, "who": who})
    assert [event.who for event in services.recorder.of(Kind.PAGE_OPEN)] == [Who.ANONYMOUS, Who.ANONYMOUS, Who.ADMIN]


async def test_each_report_stands_for_those_that_were_not_drawn(tmp_path: object) -> None:
    services = FakeServices(settings_for(tmp_path, vitals_sample_ratio=0.1))  # type: ignore[arg-type]
    async with new_client(services) as client:
        await client.post(URL, json={"page": "/", "ready_ms": 100})
    assert [event.count for event in services.recorder.of(Kind.PAGE_OPEN)] == [10]


async def test_one_address_reports_no_more_than_people_can_open(
    client: httpx.AsyncClient, services: FakeServices
) -> None:
    answers = [(await client.post(URL, json={"page": "/", "ready_ms": 100})).status_code for _ in range(80)]
    assert answers[:60] == [204] * 60
    assert answers[-1] == 429
    assert [event.outcome for event in services.recorder.of(Kind.OTHER_REQUEST)][-1] == Outcome.LIMITED


def test_a_bucket_fills_again_and_each_address_has_its_own() -> None:
    now_s = 0.0
    buckets = TokenBuckets(burst=2, per_s=0.5, now_s=lambda: now_s)
    assert [buckets.take("10.0.0.1") for _ in range(3)] == [True, True, False]
    assert buckets.take("10.0.0.2")
    now_s = 2.0
    assert [buckets.take("10.0.0.1") for _ in range(2)] == [True, False]
    now_s = 1_000.0
    assert [buckets.take("10.0.0.1") for _ in range(3)] == [True, True, False]


def test_a_customer_with_a_million_addresses_has_one_bucket_and_memory_is_bounded() -> None:
    buckets = TokenBuckets(burst=1, per_s=0.0)
    assert [buckets.take(f"2001:db8:1:2::{number:x}") for number in range(1, 4)] == [True, False, False]
    for number in range(12_000):
        buckets.take(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(buckets._buckets) == 10_000
