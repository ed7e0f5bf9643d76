"""The adapter against endpoints on loopback sockets that behave as no well-made stand-in would."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.domain.model import AnswerForm, ModelAnswer, ModelFailed, ModelFailure, ModelRequest, Usage
from core.domain.telemetry import OutboundCall
from core.integrations import openai_chat
from core.integrations.openai_chat import OpenAiModel
from tests.world.chat_endpoint import DONE, STOP, WHOLE, Answer, Endpoint, Handler, event, usage
from tests.world.internet import free_port

KEY = "sk-a-key-nobody-may-see"
PROMPT = "words-of-a-prompt-nobody-may-see"
ANSWER = "words-of-an-answer-nobody-may-see"
SCHEMA: dict[str, object] = {
    "type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False,
}  # fmt: skip


def request(*, timeout_s: float = 5.0, **changes: Any) -> ModelRequest:
    fields: dict[str, Any] = {
        "model": "gpt-4o-mini", "system": "You summarise.", "user": PROMPT, "schema_name": "map", "schema": SCHEMA,
        "most_output_tokens": 100, "timeout_s": timeout_s,
    }  # fmt: skip
    return ModelRequest(**{**fields, **changes})


CALLS: list[OutboundCall] = []


def model_at(endpoint: Endpoint) -> OpenAiModel:
    return OpenAiModel(api_key=KEY, base_url=endpoint.base_url, on_call=CALLS.append)


@pytest.fixture(autouse=True)
def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture(autouse=True, scope="module")
def loaded_library() -> None:
    """The library takes two seconds to load, which no test of time should measure."""
    assert OpenAiModel(api_key=KEY, base_url="http://127.0.0.1:1/v1")._loaded().client.chat.completions


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    CALLS.clear()
    with Endpoint() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.is_over.set()
        server.shutdown()
        thread.join(timeout=5)


def streams(*pieces: bytes, **headers: str) -> Answer:
    return lambda handler, _body: handler.stream(*pieces, **headers)


def failure_of(endpoint: Endpoint, answer: Answer, *, timeout_s: float = 5.0) -> ModelFailed:
    endpoint.answer = answer
    with pytest.raises(ModelFailed) as caught:
        model_at(endpoint).complete(request(timeout_s=timeout_s))
    return caught.value


def test_an_answer_comes_whole_with_what_it_took(endpoint: Endpoint) -> None:
    counts = usage(prompt_tokens_details={"cached_tokens": 4_000, "cache_write_tokens": 1_000})
    endpoint.answer = streams(WHOLE, STOP, counts, DONE, x_ratelimit_remaining_tokens="149000")
    answer = model_at(endpoint).complete(request())
    taken = Usage(prompt_tokens=12_000, cached_tokens=4_000, completion_tokens=345, cache_write_tokens=1_000)
    assert answer == ModelAnswer(content='{"a":"b"}', usage=taken)
    [call] = CALLS
    assert (call.vendor, call.operation, call.outcome, call.error) == ("openai", "chat", "ok", "")
    assert call.detail == {
        "model": "gpt-4o-mini", "prompt_tokens": 12_000, "cached_tokens": 4_000, "completion_tokens": 345,
        "remaining_tokens": 149_000,
    }  # fmt: skip


@pytest.mark.parametrize("form", AnswerForm)
def test_the_form_that_is_asked_for_is_what_is_sent(endpoint: Endpoint, form: AnswerForm) -> None:
    model_at(endpoint).complete(request(form=form))
    [body] = endpoint.bodies
    assert body["stream"] is True
    assert body["stream_options"] == {"include_usage": True}
    assert body["max_tokens"] == 100
    assert endpoint.authorizations == [f"Bearer {KEY}"]
    assert body.get("response_format") == {
        AnswerForm.STRICT_SCHEMA: {
            "type": "json_schema", "json_schema": {"name": "map", "strict": True, "schema": SCHEMA},
        },
        AnswerForm.JSON_OBJECT: {"type": "json_object"},
        AnswerForm.PLAIN: None,
    }[form]  # fmt: skip


@pytest.mark.parametrize("said", [
    b"", usage(prompt_tokens=None), usage(completion_tokens="many"), usage(prompt_tokens=-1),
    event(usage={"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}),
])  # fmt: skip
def test_without_two_counts_there_is_no_usage_but_an_answer(endpoint: Endpoint, said: bytes) -> None:
    endpoint.answer = streams(WHOLE, STOP, said, DONE)
    assert model_at(endpoint).complete(request()) == ModelAnswer(content='{"a":"b"}', usage=None)


def test_more_cached_tokens_than_there_are_tokens_are_not_believed(endpoint: Endpoint) -> None:
    endpoint.answer = streams(WHOLE, STOP, usage(prompt_tokens_details={"cached_tokens": 99_999}), DONE)
    answer = model_at(endpoint).complete(request())
    assert answer.usage is not None
    assert answer.usage.cached_tokens == 12_000


@pytest.mark.parametrize("tail", [b"", DONE])
def test_a_stream_without_a_reason_to_stop_is_never_whole(endpoint: Endpoint, tail: bytes) -> None:
    assert failure_of(endpoint, streams(WHOLE, tail)).failure is ModelFailure.CUT


def test_a_connection_lost_in_the_middle_is_an_answer_cut(endpoint: Endpoint) -> None:
    def cut(handler: Handler, _body: dict[str, Any]) -> None:
        handler.stream(WHOLE, Content_Length="100000")

    assert failure_of(endpoint, cut).failure is ModelFailure.CUT


def test_a_connection_lost_after_the_reason_to_stop_takes_nothing_away(endpoint: Endpoint) -> None:
    endpoint.answer = streams(WHOLE, STOP, Content_Length="100000")
    assert model_at(endpoint).complete(request()) == ModelAnswer(content='{"a":"b"}', usage=None)


def test_a_stream_that_hangs_after_the_reason_to_stop_is_whole_at_the_deadline(endpoint: Endpoint) -> None:
    def hang(handler: Handler, _body: dict[str, Any]) -> None:
        handler.stream(WHOLE, STOP)
        endpoint.is_over.wait(10)

    endpoint.answer = hang
    assert model_at(endpoint).complete(request(timeout_s=0.4)).content == '{"a":"b"}'


@pytest.mark.parametrize(("pieces", "failure"), [
    ((WHOLE, event({}, "length"), usage(), DONE), ModelFailure.TOO_LONG),
    ((WHOLE, event({}, "content_filter"), usage(), DONE), ModelFailure.FILTERED),
    ((event({"refusal": "I can't."}), STOP, usage(), DONE), ModelFailure.REFUSED),
    ((event({"content": " \n"}), STOP, usage(), DONE), ModelFailure.EMPTY),
    ((WHOLE, event({}, "tool_calls"), usage(), DONE), ModelFailure.MALFORMED),
    ((WHOLE, event({}, "error"), usage(), DONE), ModelFailure.SERVER_ERROR),
])  # fmt: skip
def test_each_way_to_stop_has_its_failure_and_keeps_the_usage(
    endpoint: Endpoint, pieces: tuple[bytes, ...], failure: ModelFailure
) -> None:
    failed = failure_of(endpoint, streams(*pieces))
    assert failed.failure is failure
    assert failed.usage == Usage(prompt_tokens=12_000, cached_tokens=0, completion_tokens=345)


@pytest.mark.parametrize("piece", [
    b"data: {half\n\n", b"data: \xff\xfe\n\n", b'data: {"choices": "x"}\n\n', b'data: {"choices": [7]}\n\n',
    b'data: {"choices": [{"index": 0, "delta": {"content": {"a": 1}}}]}\n\n', b"data: [1, 2]\n\n", b"data: null\n\n",
    b"<html>log in first</html>", b"",
])  # fmt: skip
def test_what_is_no_stream_of_chunks_is_malformed(endpoint: Endpoint, piece: bytes) -> None:
    assert failure_of(endpoint, streams(piece)).failure is ModelFailure.MALFORMED


@pytest.mark.parametrize(("error", "failure"), [
    ({"message": "overloaded", "type": "server_error"}, ModelFailure.SERVER_ERROR),
    ({"message": "no credit", "code": "insufficient_quota"}, ModelFailure.QUOTA_EXHAUSTED),
    ({"message": "slow down", "code": 429}, ModelFailure.RATE_LIMITED),
])  # fmt: skip
def test_an_error_in_the_middle_of_a_stream_is_told_apart(
    endpoint: Endpoint, error: dict[str, object], failure: ModelFailure
) -> None:
    broken = b"data: " + json.dumps({"error": error}).encode() + b"\n\n"
    assert failure_of(endpoint, streams(WHOLE, broken)).failure is failure


def test_a_stream_that_drips_ends_with_the_deadline(endpoint: Endpoint) -> None:
    def drip(handler: Handler, _body: dict[str, Any]) -> None:
        handler.stream()
        while not endpoint.is_over.wait(0.05):
            handler.wfile.write(event({"content": "x"}))

    began_s = time.monotonic()
    assert failure_of(endpoint, drip, timeout_s=0.5).failure is ModelFailure.TIMED_OUT
    assert time.monotonic() - began_s < 1.5
    assert CALLS[0].outcome == "timeout"


@pytest.mark.parametrize("piece", [b"H", b"HTTP/1.1 200 OK\r\nx: y\r\n", b""])
def test_headers_that_never_end_end_with_the_deadline_and_their_thread_too(piece: bytes) -> None:
    is_over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _address = listener.accept()
            with connection:
                try:
                    connection.sendall(piece)
                    while not is_over.wait(0.05):
                        connection.sendall(b"x" if piece else b"")
                except OSError:
                    return

        server = threading.Thread(target=serve)
        server.start()
        model = OpenAiModel(api_key=KEY, base_url=f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
        with pytest.raises(ModelFailed) as caught:
            model.complete(request(timeout_s=0.5))
        assert caught.value.failure is ModelFailure.TIMED_OUT
        for thread in threading.enumerate():
            if thread.name == "openai":
                thread.join(timeout=2)
                assert not thread.is_alive()
        is_over.set()
        server.join(timeout=5)


def test_a_closed_port_is_unreachable_and_costs_nothing() -> None:
    calls: list[OutboundCall] = []
    model = OpenAiModel(api_key=None, base_url=f"http://127.0.0.1:{free_port()}/v1", on_call=calls.append)
    with pytest.raises(ModelFailed) as caught:
        model.complete(request())
    assert caught.value.failure is ModelFailure.UNREACHABLE
    assert [(call.outcome, call.error) for call in calls] == [("failed", "model_unreachable")]


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_past_the_largest_size_is_dropped(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    monkeypatch.setattr(openai_chat, "MAX_ANSWER_BYTES", 100_000)
    huge = b": " + b"x" * 300_000 + b"\n\n" + WHOLE + STOP
    answer = streams(gzip.compress(huge), Content_Encoding="gzip") if packed else streams(huge)
    assert failure_of(endpoint, answer).failure is ModelFailure.MALFORMED


def test_the_body_of_an_error_is_bounded_as_well(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_chat, "MAX_ANSWER_BYTES", 1_000)
    failed = failure_of(endpoint, lambda handler, _body: handler.refuse(500, "x" * 5_000))
    assert failed.failure is ModelFailure.MALFORMED


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirection_is_followed_with_the_key(endpoint: Endpoint, status: int) -> None:
    with Endpoint() as elsewhere:
        thread = threading.Thread(target=elsewhere.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        place = f"http://127.0.0.1:{elsewhere.server_port}/v1/chat/completions"
        failed = failure_of(endpoint, lambda handler, _body: handler.refuse(status, {}, Location=place))
        elsewhere.shutdown()
        thread.join(timeout=5)
    assert failed.failure is ModelFailure.REQUEST_REFUSED
    assert elsewhere.bodies == []


def test_a_refused_option_is_left_out_and_never_sent_again(endpoint: Endpoint) -> None:
    def picky(handler: Handler, body: dict[str, Any]) -> None:
        disliked = next((name for name in ("stream_options", "max_tokens") if name in body), None)
        if disliked:
            handler.refuse(400, {"error": {"message": f"Unsupported parameter: {disliked}"}})
        else:
            handler.stream(WHOLE, STOP, DONE)

    endpoint.answer = picky
    model = model_at(endpoint)
    assert model.complete(request()).usage is None
    assert model.complete(request()).content == '{"a":"b"}'
    assert len(endpoint.bodies) == len(CALLS) == 4
    assert [call.error for call in CALLS] == ["option_refused", "option_refused", "", ""]
    assert endpoint.bodies[-1]["max_completion_tokens"] == 100
    assert "stream_options" not in endpoint.bodies[-1]


def test_an_endpoint_that_takes_no_limit_under_any_name_is_given_up(endpoint: Endpoint) -> None:
    def picky(handler: Handler, body: dict[str, Any]) -> None:
        name = "max_tokens" if "max_tokens" in body else "max_completion_tokens"
        handler.refuse(400, {"error": {"message": f"Unknown parameter: {name}"}})

    assert failure_of(endpoint, picky).failure is ModelFailure.REQUEST_REFUSED
    assert len(endpoint.bodies) == 3


def test_the_vendor_itself_is_asked_with_the_new_name_of_the_limit() -> None:
    assert (
        OpenAiModel(api_key=KEY, base_url="https://api.openai.com/v1")._habits.limit_option == "max_completion_tokens"
    )
    assert OpenAiModel(api_key=KEY, base_url="https://notopenai.example/v1")._habits.limit_option == "max_tokens"


def test_one_try_is_one_request(endpoint: Endpoint) -> None:
    failed = failure_of(endpoint, lambda handler, _body: handler.refuse(503, {}, Retry_After="7"))
    assert (failed.failure, failed.retry_after_s) == (ModelFailure.SERVER_ERROR, 7.0)
    assert len(endpoint.bodies) == 1


@pytest.mark.parametrize("key", ["sk-ключ", "sk-a\nb"])
def test_a_key_that_fits_no_header_is_refused_without_a_call(endpoint: Endpoint, key: str) -> None:
    with pytest.raises(ModelFailed) as caught:
        OpenAiModel(api_key=key, base_url=endpoint.base_url).complete(request())
    assert caught.value.failure is ModelFailure.KEY_REFUSED
    assert endpoint.bodies == []


def test_half_a_character_in_a_transcript_stops_nothing(endpoint: Endpoint) -> None:
    model_at(endpoint).complete(request(user="before \ud83d after"))
    assert endpoint.bodies[0]["messages"][1]["content"] == "before ? after"


def test_many_threads_may_ask_at_once(endpoint: Endpoint) -> None:
    model, answers = model_at(endpoint), list[ModelAnswer]()
    threads = [threading.Thread(target=lambda: answers.append(model.complete(request()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert len(answers) == len(CALLS) == 8


def test_neither_prompt_nor_answer_nor_key_reach_logs_or_errors(
    endpoint: Endpoint, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_LOG", "debug")
    caplog.set_level(logging.DEBUG)
    said = {"error": {"message": f"{KEY} {PROMPT} {ANSWER}", "code": "x"}}
    failures = [
        failure_of(endpoint, lambda handler, _body: handler.refuse(400, said)),
        failure_of(endpoint, streams(event({"content": ANSWER}), b"data: {" + ANSWER.encode() + b"\n\n")),
        failure_of(endpoint, streams(event({"content": ANSWER}))),
    ]
    shown = caplog.text + repr(model_at(endpoint)) + repr(CALLS)
    for failed in failures:
        shown += "".join(traceback.format_exception(failed)) + repr(failed.__context__) + repr(failed.__cause__)
    assert not any(secret in shown for secret in (KEY, PROMPT, ANSWER))


def test_the_library_is_loaded_by_the_first_call_and_not_before() -> None:
    probe = "import sys, core.integrations.openai_chat; print('openai' in sys.modules, 'pydantic' in sys.modules)"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", probe], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
