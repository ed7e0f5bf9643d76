"""Batches as programs see them."""

from __future__ import annotations

import uuid

import httpx
import pytest

from core.api.owners import OWNER_HEADER
from core.domain.batch import BatchState, ItemState
from tests.api.conftest import new_client
from tests.fake_batches import row
from tests.fakes import FakeServices

URL = "/api/v1/batches"
TWO = {"urls": ["https://youtu.be/dQw4w9WgXcQ", "https://youtu.be/GJLlxj_dtq8"]}
PLAYLIST = {"list_url": "https://www.youtube.com/playlist?list=PLabcdefghijkl"}


async def test_a_list_of_addresses_is_accepted_with_its_place_and_a_secret(client: httpx.AsyncClient) -> None:
    answer = await client.post(URL, json=TWO)
    assert answer.status_code == 202
    made = answer.json()
    assert (made["status"], made["counts"]["waiting"], made["counts"]["total"]) == ("running", 2, 2)
    assert answer.headers["location"] == f"{URL}/{made['id']}"
    assert len(answer.headers[OWNER_HEADER]) >= 32
    assert "private" in answer.headers["cache-control"]
    listing = await client.post(URL, json=PLAYLIST)
    assert (listing.status_code, listing.json()["status"]) == (202, "listing")


async def test_rows_come_with_the_batch_a_page_at_a_time(client: httpx.AsyncClient, services: FakeServices) -> None:
    place = (await client.post(URL, json=TWO)).headers["location"]
    batch_id = uuid.UUID(place.rpartition("/")[2])
    services.batches.put(batch_id, row(1, ItemState.RUNNING, title="A talk"))
    first = (await client.get(place, params={"limit": 1})).json()
    assert first["next_after"] == 1
    [shown] = first["items"]
    assert (shown["number"], shown["status"], shown["stage"], shown["ratio"]) == (1, "running", "writing", 0.62)
    second = (await client.get(place, params={"after": 1})).json()
    assert ([item["number"] for item in second["items"]], second["next_after"]) == ([2], None)


@pytest.mark.parametrize("body", [
    {}, {"urls": []}, {**TWO, **PLAYLIST}, {"urls": ["https://example.org/"]}, {"urls": "x"}, {**TWO, "more": 1},
    {"urls": ["https://youtu.be/dQw4w9WgXcQ"] * 5_001},
])  # fmt: skip
async def test_what_cannot_be_read_is_refused_and_nothing_is_kept(
    client: httpx.AsyncClient, services: FakeServices, body: dict[str, object]
) -> None:
    answer = await client.post(URL, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert services.batches.kept == {}


async def test_a_wrong_line_is_told_by_its_number(client: httpx.AsyncClient) -> None:
    answer = await client.post(URL, json={"urls": [*TWO["urls"], "https://example.org/"]})
    assert answer.json()["detail"].startswith("Line 3: ")
    assert "example.org" not in answer.text


async def test_only_json_is_taken(client: httpx.AsyncClient) -> None:
    assert (await client.post(URL, content=b"x", headers={"content-type": "text/plain"})).status_code == 415


async def test_pause_resume_and_retry_say_what_became_of_it(client: httpx.AsyncClient, services: FakeServices) -> None:
    place = (await client.post(URL, json=TWO)).headers["location"]
    batch_id = uuid.UUID(place.rpartition("/")[2])
    assert (await client.post(place + "/pause")).json()["status"] == "paused"
    assert (await client.post(place + "/pause")).status_code == 409
    assert (await client.post(place + "/resume")).json()["status"] == "running"
    services.batches.put(batch_id, row(1, ItemState.FAILED))
    assert (await client.get(place)).json()["items"][0]["failure_message"].startswith("This video has no captions")
    assert (await client.post(place + "/items/1/retry")).json()["counts"]["waiting"] == 2
    assert (await client.post(place + "/items/2/cancel")).json()["counts"]["left_out"] == 1
    assert (await client.post(place + "/retry")).status_code == 202
    assert [asked[0] for asked in services.batches.asked][-3:] == ["retry_item", "cancel_item", "retry_failed"]
    assert (await client.post(place + "/items/0/retry")).status_code == 422
    assert (await client.delete(place)).status_code == 204
    assert (await client.get(place)).status_code == 404


@pytest.mark.parametrize(("method", "tail"), [
    ("GET", ""), ("DELETE", ""), ("POST", "/pause"), ("POST", "/resume"), ("POST", "/retry"),
    ("POST", "/items/1/retry"), ("POST", "/items/1/cancel"),
])  # fmt: skip
async def test_a_stranger_is_told_that_nothing_is_there(services: FakeServices, method: str, tail: str) -> None:
    async with new_client(services) as owner, new_client(services) as stranger:
        place = (await owner.post(URL, json=TWO)).headers["location"]
        await stranger.post(URL, json=TWO)
        strange = await stranger.request(method, place + tail)
        missing = await stranger.request(method, f"{URL}/{uuid.uuid4()}{tail}")
        malformed = await stranger.request(method, f"{URL}/x{tail}")
        assert [strange.status_code, missing.status_code, malformed.status_code] == [404, 404, 404]
        assert services.batches.asked == []
        assert (await owner.get(place)).json()["status"] == BatchState.RUNNING


async def test_the_list_is_paged_and_empty_for_whoever_shows_nothing(services: FakeServices) -> None:
    async with new_client(services) as client, new_client(services) as nobody:
        for _ in range(3):
            await client.post(URL, json=TWO)
        first = (await client.get(URL, params={"limit": 2})).json()
        second = (await client.get(URL, params={"limit": 2, "cursor": first["next_cursor"]})).json()
        assert (len(first["items"]), len(second["items"]), first["total"], second["next_cursor"]) == (2, 1, 3, None)
        assert (await nobody.get(URL)).json() == {"items": [], "total": 0, "next_cursor": None}
