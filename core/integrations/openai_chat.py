"""Any endpoint that speaks OpenAI's chat completions: one try a call, read as a stream, within one deadline.

The library is imported with the first call: it takes over a second, and the offline engine never needs it.
"""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from core.domain.model import AnswerForm, ModelAnswer, ModelFailed, ModelFailure, ModelRequest, Usage
from core.domain.telemetry import Outcome
from core.integrations.calls import CallNotes, OnCall, outbound, uncounted
from core.integrations.openai_errors import Refusal, disliked_option, failure_of, refusal_of, retry_after_s
from core.integrations.openai_stream import Reading
from core.ports import Detail

if TYPE_CHECKING:
    import httpx2
    from openai import OpenAI

# Sixteen thousand tokens come as about 6 MB of events.
MAX_ANSWER_BYTES = 32 * 1024 * 1024
_REMAINING = ("x-ratelimit-remaining-requests", "x-ratelimit-remaining-tokens")
_TALKATIVE_LOGGERS = ("openai", "httpx2", "httpcore2")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Habits:
    """What this endpoint puts up with, as far as it is known."""

    asks_usage: bool = True
    limit_option: str = "max_tokens"

    def without(self, option: str) -> _Habits | None:
        """Habits that leave the option out; None where there is nothing left to change."""
        if option == "stream_options":
            return replace(self, asks_usage=False) if self.asks_usage else None
        if option != self.limit_option:
            return None
        return replace(
            self, limit_option="max_tokens" if option == "max_completion_tokens" else "max_completion_tokens"
        )


class OpenAiModel:
    """A LanguageModel. Thread-safe; what it learns of the endpoint's habits holds for all later calls."""

    def __init__(self, *, api_key: str | None, base_url: str, on_call: OnCall = uncounted) -> None:
        self._api_key = api_key or "none"
        self._base_url = base_url
        self._on_call = on_call
        self._lock = threading.Lock()
        self._library: _Library | None = None
        # OpenAI's newer models refuse the old name; other endpoints may silently ignore the new one.
        is_vendor = (urlsplit(base_url).hostname or "").endswith("openai.com")
        self._habits = _Habits(limit_option="max_completion_tokens" if is_vendor else "max_tokens")

    def __repr__(self) -> str:
        return "OpenAiModel(…)"

    def complete(self, request: ModelRequest) -> ModelAnswer:
        """The whole answer, or ModelFailed within `request.timeout_s`.

        An option that the endpoint does not know is left out and the request sent anew, which costs nothing: it was
        refused before it was read.
        """
        if not (self._api_key.isascii() and self._api_key.isprintable()):
            raise ModelFailed(ModelFailure.KEY_REFUSED)
        # Loading the library takes its time once, and takes none of the call's.
        library = self._loaded()
        deadline_s = time.monotonic() + request.timeout_s
        # The options can each be disliked once, the limit under both of its names.
        for _ in range(3):
            ended = self._call(library, request, self._habits, deadline_s)
            if isinstance(ended, ModelAnswer):
                return ended
            if isinstance(ended, ModelFailed):
                raise ended
            self._learn(ended)
        raise ModelFailed(ModelFailure.REQUEST_REFUSED)

    def _call(
        self, library: _Library, request: ModelRequest, habits: _Habits, deadline_s: float
    ) -> ModelAnswer | ModelFailed | _Habits:
        """One request; other habits where it was refused for these."""
        with outbound("openai", "chat", self._on_call) as call:
            talk = _Talk(library, request, habits, deadline_s)
            ended = talk.hold()
            _note(call, ended, talk, request.model)
            return ended

    def _learn(self, habits: _Habits) -> None:
        with self._lock:
            self._habits = habits

    def _loaded(self) -> _Library:
        with self._lock:
            if self._library is None:
                self._library = _load(self._api_key, self._base_url)
            return self._library


@dataclass(frozen=True, slots=True, kw_only=True)
class _Library:
    """What calls share. Reading the certificates takes tens of milliseconds, so they are read once."""

    client: OpenAI
    certificates: ssl.SSLContext


def _load(api_key: str, base_url: str) -> _Library:
    from httpx2 import create_ssl_context
    from openai import OpenAI

    for name in _TALKATIVE_LOGGERS:
        # Below this they log addresses and headers, whatever level the process runs at.
        logging.getLogger(name).setLevel(logging.WARNING)
    client = OpenAI(api_key=api_key, base_url=base_url, max_retries=0)
    return _Library(client=client, certificates=create_ssl_context())


class _Talk:
    """One request with a connection of its own, in a thread of its own, so that it can be hung up on.

    A timeout of the library bounds each single wait: headers or a stream that drip outlive it for ever.
    """

    def __init__(self, library: _Library, request: ModelRequest, habits: _Habits, deadline_s: float) -> None:
        self._library = library
        self._request = request
        self._habits = habits
        self._deadline_s = deadline_s
        self._reading = Reading()
        self._connection: socket.socket | None = None
        self._is_given_up = False
        self.headers: Mapping[str, str] = {}

    @property
    def usage(self) -> Usage | None:
        return self._reading.usage

    def hold(self) -> ModelAnswer | ModelFailed | _Habits:
        """How it ended, at the deadline at the latest. Bugs are raised."""
        endings: SimpleQueue[Callable[[], ModelAnswer | ModelFailed | _Habits]] = SimpleQueue()
        threading.Thread(target=lambda: endings.put(self._ending()), daemon=True, name="openai").start()
        try:
            return endings.get(timeout=self._seconds_left())()
        except Empty:
            self._hang_up()
            return self._reading.conclude(ModelFailure.TIMED_OUT)

    def _ending(self) -> Callable[[], ModelAnswer | ModelFailed | _Habits]:
        try:
            ended = self._speak()
        except BaseException as error:  # a bug: carried over to the thread that waits
            caught = error

            def fail() -> ModelAnswer:
                raise caught

            return fail
        return lambda: ended

    def _speak(self) -> ModelAnswer | ModelFailed | _Habits:
        import openai

        try:
            with self._http() as http:
                self._listen(http)
        except openai.APIStatusError as error:
            return self._refused(refusal_of(error.status_code, error.body))
        except (openai.APITimeoutError, _DeadlinePassed):
            return self._reading.conclude(ModelFailure.TIMED_OUT)
        except openai.APIConnectionError:
            # Once it began to answer it may have billed as well.
            return self._reading.conclude(ModelFailure.CUT if self.headers else ModelFailure.UNREACHABLE)
        except openai.APIError as error:
            return self._reading.conclude(failure_of(refusal_of(0, error.body)))
        except (_AnswerTooLarge, _Unreadable):
            return self._reading.conclude(ModelFailure.MALFORMED)
        return self._reading.conclude(None)

    def _listen(self, http: httpx2.Client) -> None:
        client = self._library.client.with_options(http_client=http, timeout=self._seconds_left())
        stream = client.chat.completions.create(**self._arguments())
        try:
            for chunk in stream:
                self._reading.take(chunk)
        except (ValueError, TypeError, AttributeError, LookupError):
            # Neither an event nor JSON nor of the shape it should have: the library checks none of it.
            raise _Unreadable from None

    def _http(self) -> httpx2.Client:
        """A client for this request alone. The key and the prompt go to the endpoint that was configured, or nowhere:
        no redirection is followed.
        """
        from openai import DefaultHttpxClient

        hooks: dict[str, list[Callable[..., Any]]] = {
            "request": [self._watch_connection],
            "response": [self._bound_answer],
        }
        return DefaultHttpxClient(follow_redirects=False, event_hooks=hooks, verify=self._library.certificates)

    def _arguments(self) -> dict[str, Any]:
        request, habits = self._request, self._habits
        arguments: dict[str, Any] = {
            "model": request.model,
            "messages": [
                {"role": "system", "content": _sendable(request.system)},
                {"role": "user", "content": _sendable(request.user)},
            ],
            "stream": True,
            habits.limit_option: request.most_output_tokens,
            # A compressed stream comes in lumps, and its size says nothing.
            "extra_headers": {"Accept-Encoding": "identity"},
        }
        if habits.asks_usage:
            arguments["stream_options"] = {"include_usage": True}
        if request.form is not AnswerForm.PLAIN:
            arguments["response_format"] = _response_format(request)
        return arguments

    def _refused(self, refusal: Refusal) -> ModelFailed | _Habits:
        option = disliked_option(refusal)
        if option is not None and (habits := self._habits.without(option)) is not None:
            return habits
        wait_s = retry_after_s(self.headers, now=datetime.now(UTC))
        return ModelFailed(failure_of(refusal), retry_after_s=wait_s)

    def _watch_connection(self, request: httpx2.Request) -> None:
        request.extensions["trace"] = self._note_event

    def _note_event(self, event: str, info: Mapping[str, Any]) -> None:
        if self._is_given_up:
            # A name that resolves after the deadline: nobody waits for an answer, so none is asked and paid for.
            raise _DeadlinePassed
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._connection = cast("socket.socket | None", info["return_value"].get_extra_info("socket"))

    def _bound_answer(self, response: httpx2.Response) -> None:
        """Both the stream and the body of an error are read by `iter_bytes`."""
        self.headers = response.headers
        pieces = response.iter_bytes

        def bounded(chunk_size: int | None = None) -> Iterator[bytes]:
            left_bytes = MAX_ANSWER_BYTES
            for piece in pieces(chunk_size):
                left_bytes -= len(piece)
                if left_bytes < 0:
                    raise _AnswerTooLarge
                if self._seconds_left() <= 0:
                    raise _DeadlinePassed
                yield piece

        response.iter_bytes = bounded  # type: ignore[method-assign]  # of this one answer

    def _hang_up(self) -> None:
        self._is_given_up = True
        if self._connection is not None:
            # Wakes the thread that still reads, however it is fed.
            with suppress(OSError, ValueError):
                self._connection.shutdown(socket.SHUT_RDWR)

    def _seconds_left(self) -> float:
        return max(self._deadline_s - time.monotonic(), 0.0)


class _DeadlinePassed(Exception):
    pass


class _AnswerTooLarge(Exception):
    pass


class _Unreadable(Exception):
    pass


def _sendable(text: str) -> str:
    """Without halves of characters, which no encoding can carry."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _response_format(request: ModelRequest) -> dict[str, object]:
    if request.form is AnswerForm.JSON_OBJECT:
        return {"type": "json_object"}
    schema = {"name": request.schema_name, "strict": True, "schema": request.schema}
    return {"type": "json_schema", "json_schema": schema}


_OUTCOMES: Final[dict[ModelFailure, Outcome]] = {
    ModelFailure.RATE_LIMITED: Outcome.VENDOR_LIMITED,
    ModelFailure.QUOTA_EXHAUSTED: Outcome.VENDOR_LIMITED,
    ModelFailure.TIMED_OUT: Outcome.TIMEOUT,
    ModelFailure.SERVER_ERROR: Outcome.SERVER_ERROR,
    ModelFailure.KEY_REFUSED: Outcome.REFUSED,
    ModelFailure.UNKNOWN_MODEL: Outcome.REFUSED,
    ModelFailure.REQUEST_REFUSED: Outcome.REFUSED,
    ModelFailure.CONTEXT_TOO_LONG: Outcome.REFUSED,
    ModelFailure.FORM_REFUSED: Outcome.REFUSED,
    ModelFailure.REFUSED: Outcome.REFUSED,
    ModelFailure.FILTERED: Outcome.REFUSED,
}


def _note(call: CallNotes, ended: ModelAnswer | ModelFailed | _Habits, talk: _Talk, model: str) -> None:
    """For the operators: how it ended, what it took and what the vendor still allows."""
    if isinstance(ended, ModelFailed):
        call.outcome, call.error = _OUTCOMES.get(ended.failure, Outcome.FAILED), ended.failure.value
    elif isinstance(ended, _Habits):
        call.outcome, call.error = Outcome.REFUSED, "option_refused"
    detail: Detail = {"model": model}
    if talk.usage is not None:
        detail["prompt_tokens"] = talk.usage.prompt_tokens
        detail["cached_tokens"] = talk.usage.cached_tokens
        detail["completion_tokens"] = talk.usage.completion_tokens
    for name in _REMAINING:
        if (left := talk.headers.get(name, "")).isdecimal():
            detail[name.removeprefix("x-ratelimit-").replace("-", "_")] = int(left)
    call.detail = detail
