from __future__ import annotations

import gzip
import json
import uuid

import httpx
import pytest
from starlette.middleware.gzip import GZipMiddleware

from core.api.owners import OWNER_HEADER
from core.domain.library import AS_IT_COMES, AddressRequest, CaptionsRequest, SummaryOptions
from core.domain.run import RunState
from core.domain.summary import EngineName, Length
from tests.api.conftest import ORIGIN, build_app, new_client
from tests.fakes import WORDS, FakeServices

URL = "/api/v1/summaries"
NO_FILE = b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nno file\r\n--x--\r\n'
ADDRESS = {"url": "https://youtu.be/dQw4w9WgXcQ"}


async def test_an_address_is_accepted_with_its_place_and_a_secret(
    client: httpx.AsyncClient, services: FakeServices
) -> None:
    answer = await client.post(URL, json=ADDRESS)
    assert answer.status_code == 202
    made = answer.json()
    assert made == {"id": made["id"], "status": "queued"}
    assert answer.headers["location"] == f"{URL}/{made['id']}"
    assert len(answer.headers[OWNER_HEADER]) >= 32
    kept = services.summaries.kept[uuid.UUID(made["id"])]
    assert kept.request == AddressRequest(address=ADDRESS["url"], languages=("en",))


async def test_the_secret_opens_what_it_made_and_nothing_else_does(services: FakeServices) -> None:
    async with new_client(services) as maker, new_client(services) as friend, new_client(services) as stranger:
        made = await maker.post(URL, json=ADDRESS)
        place, secret = made.headers["location"], made.headers[OWNER_HEADER]
        assert (await friend.get(place, headers={OWNER_HEADER: secret})).status_code == 200
        other = (await stranger.post(URL, json=ADDRESS)).headers[OWNER_HEADER]
        for headers in ({}, {OWNER_HEADER: other}, {OWNER_HEADER: "x"}, {OWNER_HEADER: secret[:-1] + "é"}):
            raw = [(name, value.encode("latin-1")) for name, value in headers.items()]
            assert (await stranger.get(place, headers=raw)).status_code == 404


@pytest.mark.parametrize(("method", "tail"), [
    ("GET", ""), ("DELETE", ""), ("GET", "/events"), ("GET", "/transcript"), ("POST", "/cancel"), ("POST", "/retry"),
    ("POST", "/take-offline"),
])  # fmt: skip
async def test_a_stranger_is_told_that_nothing_is_there(services: FakeServices, method: str, tail: str) -> None:
    async with new_client(services) as owner, new_client(services) as stranger:
        place = (await owner.post(URL, json=ADDRESS)).headers["location"]
        await stranger.post(URL, json=ADDRESS)
        strange = await stranger.request(method, place + tail)
        missing = await stranger.request(method, f"{URL}/{uuid.uuid4()}{tail}")
        malformed = await stranger.request(method, f"{URL}/1%20or%201{tail}")
        assert [strange.status_code, missing.status_code, malformed.status_code] == [404, 404, 404]
        assert strange.json()["code"] == "not_found"
        assert (await owner.get(place)).status_code == 200


async def test_a_browser_keeps_its_secret_in_the_session_and_gets_no_header(services: FakeServices) -> None:
    async with new_client(services) as browser:
        await browser.get("/")
        made = await browser.post(URL, json=ADDRESS, headers={"origin": ORIGIN})
        assert made.status_code == 202
        assert OWNER_HEADER not in made.headers
        assert (await browser.get(made.headers["location"])).status_code == 200


async def test_the_same_client_keeps_one_library(client: httpx.AsyncClient) -> None:
    first = await client.post(URL, json=ADDRESS)
    secret = first.headers[OWNER_HEADER]
    second = await client.post(URL, json=ADDRESS, headers={OWNER_HEADER: secret})
    assert OWNER_HEADER not in second.headers
    listed = (await client.get(URL, headers={OWNER_HEADER: secret})).json()
    assert [row["id"] for row in listed["items"]] == [second.json()["id"], first.json()["id"]]


async def test_a_malformed_secret_is_refused_rather_than_replaced(
    client: httpx.AsyncClient, services: FakeServices
) -> None:
    answer = await client.post(URL, json=ADDRESS, headers={OWNER_HEADER: "short"})
    assert answer.status_code == 422
    assert services.summaries.kept == {}


async def test_pasted_words_carry_title_and_format(client: httpx.AsyncClient, services: FakeServices) -> None:
    body = {"transcript": "1\n00:00:01,000 --> 00:00:02,000\nHi\n", "format": "SRT", "title": "A\nfine\x00 talk"}
    assert (await client.post(URL, json=body)).status_code == 202
    (kept,) = services.summaries.kept.values()
    assert kept.request == CaptionsRequest(
        content=body["transcript"].encode(), filename=None, title="A fine talk", is_pasted=True
    )


async def test_a_file_is_taken_with_its_bare_name(client: httpx.AsyncClient, services: FakeServices) -> None:
    files = {"file": ("..\\..\\etc/talk.vtt", b"WEBVTT\n\n\xff", "text/vtt")}
    assert (
        await client.post(URL, files=files, data={"title": "T", "language": "pt-BR", "submit": "Go"})
    ).status_code == 202
    (kept,) = services.summaries.kept.values()
    assert kept.request == CaptionsRequest(content=b"WEBVTT\n\n\xff", filename="talk.vtt", title="T", language="pt-BR")


@pytest.mark.parametrize("body", [
    b"", b"null", b"[]", b"{}", b"7", b'"x"', b"{", b'{"url": 7}', b'{"url": null}', b'{"url": "a", "transcript": "b"}',
    b'{"url": "a", "extra": 1}', b"\xff\xfe", b'{"transcript": "\\ud800"}', b"[" * 100_000,
    b'{"url": "' + b"a" * 5000 + b'"}',
    b'{"url": "a", "language": "../../x"}', b'{"transcript": "a", "format": "../srt"}', b'{"transcript": ["a"]}',
])  # fmt: skip
async def test_a_malformed_body_is_refused_and_costs_nothing(
    client: httpx.AsyncClient, services: FakeServices, body: bytes
) -> None:
    answer = await client.post(URL, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "invalid_input"
    assert services.summaries.kept == {}


@pytest.mark.parametrize(("content_type", "body", "status"), [
    ("text/plain", b"hello", 415),
    ("application/x-www-form-urlencoded", b"url=x", 415),
    ("", b"{}", 415),
    ("multipart/form-data", b"--x", 400),
    ("multipart/form-data; boundary=x", b"--x\r\nbroken", 422),
    ("multipart/form-data; boundary=x", NO_FILE, 422),
])  # fmt: skip
async def test_other_kinds_of_body_are_refused_by_name(
    client: httpx.AsyncClient, services: FakeServices, content_type: str, body: bytes, status: int
) -> None:
    answer = await client.post(URL, content=body, headers={"content-type": content_type})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert services.summaries.kept == {}


async def test_a_form_with_two_files_or_endless_fields_is_refused(
    client: httpx.AsyncClient, services: FakeServices
) -> None:
    two = [("file", ("a.srt", b"a")), ("file", ("b.srt", b"b"))]
    assert (await client.post(URL, files=two)).status_code == 400
    many = {f"field{number}": "x" for number in range(50)}
    assert (await client.post(URL, files={"file": ("a.srt", b"a")}, data=many)).status_code == 400
    assert services.summaries.kept == {}


async def test_the_list_is_paged_and_bounded(client: httpx.AsyncClient) -> None:
    for _ in range(5):
        await client.post(URL, json=ADDRESS)
    first = (await client.get(URL, params={"limit": 2})).json()
    second = (await client.get(URL, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    last = (await client.get(URL, params={"limit": 2, "cursor": second["next_cursor"]})).json()
    ids = [row["id"] for page in (first, second, last) for row in page["items"]]
    assert (len(set(ids)), first["total"], last["next_cursor"]) == (5, 5, None)
    for bad in ("0", "101", "x"):
        assert (await client.get(URL, params={"limit": bad})).status_code == 422


async def test_a_client_without_a_secret_has_an_empty_list(client: httpx.AsyncClient) -> None:
    assert (await client.get(URL)).json() == {"items": [], "total": 0, "next_cursor": None}


async def test_cancel_retry_and_delete_say_what_became_of_it(client: httpx.AsyncClient, services: FakeServices) -> None:
    place = (await client.post(URL, json=ADDRESS)).headers["location"]
    cancelled = await client.post(place + "/cancel")
    assert (cancelled.status_code, cancelled.json()["status"]) == (202, "cancelled")
    again = await client.post(place + "/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    retried = await client.post(place + "/retry")
    assert (retried.status_code, retried.json()["status"]) == (202, "queued")
    deleted = await client.delete(place)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (await client.get(place)).status_code == 404
    assert services.summaries.kept == {}


async def test_the_transcript_comes_once_and_then_is_known_by_its_tag(client: httpx.AsyncClient) -> None:
    place = (await client.post(URL, json=ADDRESS)).headers["location"] + "/transcript"
    answer = await client.get(place)
    assert answer.json() == [[0, 2000, "Hello there.", None], [2000, 4500, "Café, 日本語.", "Ann"]]
    tag = answer.headers["etag"]
    assert tag == f'"{WORDS.sha256}"'
    for held in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        known = await client.get(place, headers={"if-none-match": held})
        assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", tag)
    assert (await client.get(place, headers={"if-none-match": '"other"'})).status_code == 200


async def test_the_transcript_may_be_compressed(services: FakeServices) -> None:
    app = build_app(services)
    app.add_middleware(GZipMiddleware, minimum_size=10)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:
        place = (await client.post(URL, json=ADDRESS)).headers["location"] + "/transcript"
        async with client.stream("GET", place, headers={"accept-encoding": "gzip"}) as answer:
            raw = b"".join([chunk async for chunk in answer.aiter_raw()])
        assert answer.headers["content-encoding"] == "gzip"
        assert json.loads(gzip.decompress(raw))[0] == [0, 2000, "Hello there.", None]


async def test_what_belongs_to_one_person_is_kept_by_no_shared_cache(client: httpx.AsyncClient) -> None:
    place = (await client.post(URL, json=ADDRESS)).headers["location"]
    for answer in (await client.get(place), await client.get(URL), await client.get(place + "/transcript")):
        assert "private" in answer.headers["cache-control"]
        assert OWNER_HEADER in answer.headers["vary"]


async def test_a_finished_summary_is_given_as_it_stands(client: httpx.AsyncClient, services: FakeServices) -> None:
    made = await client.post(URL, json=ADDRESS)
    services.summaries.advance(uuid.UUID(made.json()["id"]), RunState.DONE)
    found = (await client.get(made.headers["location"])).json()
    assert found == services.summaries.kept[uuid.UUID(found["id"])].state.document


async def test_engine_language_and_length_are_taken_from_json_and_from_a_form(
    client: httpx.AsyncClient, services: FakeServices
) -> None:
    chosen = {"engine": "offline", "output_language": "pt-BR", "length": "brief"}
    await client.post(URL, json={**ADDRESS, **chosen})
    await client.post(URL, json={"transcript": "0:00 Hello there.", **chosen})
    await client.post(URL, data=chosen, files={"file": ("a.srt", b"1\n00:00:00,000 --> 00:00:01,000\nHello\n")})
    expected = SummaryOptions(engine=EngineName.OFFLINE, language="pt-BR", length=Length.BRIEF)
    assert [kept.request.options for kept in services.summaries.kept.values()] == [expected] * 3


async def test_without_choices_a_summary_is_as_it_comes(client: httpx.AsyncClient, services: FakeServices) -> None:
    await client.post(URL, json=ADDRESS)
    (kept,) = services.summaries.kept.values()
    assert kept.request.options == AS_IT_COMES


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("engine", "skynet", "'offline' or 'openai'"),
        ("length", "endless", "'brief', 'standard' or 'deep'"),
        ("output_language", "tlh", "summaries are not written in this language"),
        ("output_language", "<script>", "pattern"),
    ],
)
@pytest.mark.parametrize("is_form", [False, True])
async def test_a_choice_that_does_not_exist_is_refused_by_its_field(
    client: httpx.AsyncClient, services: FakeServices, field: str, value: str, said: str, is_form: bool
) -> None:
    if is_form:
        answer = await client.post(URL, data={field: value}, files={"file": ("a.srt", b"0:00 Hello")})
    else:
        answer = await client.post(URL, json={**ADDRESS, field: value})
    assert answer.status_code == 422
    assert field in answer.text
    assert said in answer.text
    assert value not in answer.text.replace("'offline'", "")
    assert not services.summaries.kept


async def test_the_offline_summary_is_taken_by_a_request_of_its_own(client: httpx.AsyncClient) -> None:
    made = await client.post(URL, json=ADDRESS)
    headers = {OWNER_HEADER: made.headers[OWNER_HEADER]}
    taken = await client.post(made.headers["location"] + "/take-offline", headers=headers)
    assert taken.status_code == 202
    assert taken.json() == {"id": made.json()["id"], "status": "done"}
    again = await client.post(made.headers["location"] + "/take-offline", headers=headers)
    assert again.status_code == 409


async def test_the_description_shows_what_can_be_chosen(client: httpx.AsyncClient) -> None:
    described = (await client.get("/api/openapi.json")).json()
    content = described["paths"][URL]["post"]["requestBody"]["content"]
    for kind in ("application/json", "multipart/form-data"):
        fields = content[kind]["schema"]["properties"]
        assert fields["length"]["enum"] == ["brief", "standard", "deep"]
        assert fields["engine"]["anyOf"][0]["enum"] == ["offline", "openai"]
        assert "output_language" in fields
    assert content["multipart/form-data"]["schema"]["required"] == ["file"]
