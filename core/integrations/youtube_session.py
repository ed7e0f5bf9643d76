"""The HTTP session for YouTube and all who stand in for it: every wait has an end, every answer a largest size."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ReadTimeoutError

from core.integrations.calls import OnCall, outbound, uncounted

Result = TypeVar("Result")

VENDOR = "youtube"
# Part of the address → what is asked for, whoever is asked; the first that fits.
_OPERATIONS = (
    ("/watch", "watch"),
    ("/youtubei/v1/player", "player"),
    ("/youtubei/v1/browse", "browse"),
    ("/timedtext", "captions"),
    ("/oembed", "oembed"),
    ("/youtube/v3/videos", "videos"),
    ("/youtube/v3/playlistItems", "playlist_items"),
    ("/youtube/v3/channels", "channels"),
    ("/start_pipeline", "start_pipeline"),
    ("/get_pl_run", "get_pl_run"),
)
_READ_BYTES = 64 * 1024


class DeadlinePassed(requests.exceptions.Timeout):
    """The whole conversation took longer than it may, however alive each single read was."""


class AnswerTooLarge(requests.exceptions.RequestException):
    """The body went past the largest size; what was read of it is dropped."""


class BoundedSession(requests.Session):
    """A session for one job: not thread-safe, gone with it.

    `timeout_s` bounds each connect and each read, `deadline_s` (on the clock of time.monotonic) the whole session,
    `max_bytes` each body after decompression. Proxies and certificates of the environment are honoured; `proxy_url`
    wins over them. Calls are counted under `vendor`.
    """

    def __init__(
        self,
        *,
        timeout_s: float,
        deadline_s: float,
        max_bytes: int,
        proxy_url: str | None = None,
        vendor: str = VENDOR,
        on_call: OnCall = uncounted,
    ) -> None:
        super().__init__()
        self._vendor = vendor
        self._on_call = on_call
        self._proxies = {"http": proxy_url, "https": proxy_url} if proxy_url else {}
        adapter = _BoundedAdapter(timeout_s=timeout_s, deadline_s=deadline_s, max_bytes=max_bytes)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # noqa: ANN401  # requests' own
        """Counts the call with its whole body; a redirection counts as the call it leads to, and within this one."""
        with outbound(self._vendor, _operation(request.url or ""), self._on_call) as call:
            answer = super().send(request, **kwargs)
            call.note_status(answer.status_code)
            return answer

    def merge_environment_settings(self, url, proxies, stream, verify, cert):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        # requests lets HTTPS_PROXY win over session.proxies; a proxy that was configured for us must win instead.
        return super().merge_environment_settings(url, {**(proxies or {}), **self._proxies}, stream, verify, cert)


def _operation(url: str) -> str:
    """What is asked for, by the address's path: names that do not grow with what people ask."""
    path = urlsplit(url).path
    return next((name for part, name in _OPERATIONS if part in path), "other")


def run_within(seconds: float, work: Callable[[], Result]) -> Result:
    """What `work` returns or raises; DeadlinePassed after `seconds`.

    The outer wall around a session: name look-ups have no timeout at all and headers may drip for ever. The thread
    of work given up ends by the session's own limits, or with the process.
    """
    outcomes: SimpleQueue[Callable[[], Result]] = SimpleQueue()
    threading.Thread(target=lambda: outcomes.put(_outcome_of(work)), daemon=True, name="youtube").start()
    try:
        return outcomes.get(timeout=max(seconds, 0.0))()
    except Empty:
        raise DeadlinePassed from None


def _outcome_of(work: Callable[[], Result]) -> Callable[[], Result]:
    try:
        result = work()
    except BaseException as error:  # carried over to the thread that waits, whatever it is
        caught = error

        def fail() -> Result:
            raise caught

        return fail
    return lambda: result


class _BoundedAdapter(HTTPAdapter):
    def __init__(self, *, timeout_s: float, deadline_s: float, max_bytes: int) -> None:
        super().__init__(max_retries=0)
        self._timeout_s = timeout_s
        self._deadline_s = deadline_s
        self._max_bytes = max_bytes

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: object = None,  # noqa: ARG002  # replaced by what the deadline leaves
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        allowed_s = min(self._timeout_s, _seconds_left(self._deadline_s))
        response = super().send(request, stream, (allowed_s, allowed_s), verify, cert, proxies)
        response.raw = _BoundedBody(response.raw, deadline_s=self._deadline_s, max_bytes=self._max_bytes)
        return response


class _Body(Protocol):
    def read1(self, amt: int | None = None, decode_content: bool | None = None) -> bytes: ...

    def close(self) -> None: ...


class _BoundedBody:
    """Stands before urllib3's body: reads what has arrived instead of waiting for a full block, and counts it."""

    def __init__(self, body: _Body, *, deadline_s: float, max_bytes: int) -> None:
        self._body = body
        self._deadline_s = deadline_s
        self._max_bytes = max_bytes

    def __getattr__(self, name: str) -> object:
        return getattr(self._body, name)

    def stream(self, _amount: int, *, decode_content: bool) -> Iterator[bytes]:
        """Decoded pieces of the body; raises AnswerTooLarge, DeadlinePassed, or requests' ReadTimeout."""
        try:
            yield from self._pieces(decode_content=decode_content)
        except BaseException:
            # A connection given up half-read is of no use to the next request.
            self._body.close()
            raise

    def _pieces(self, *, decode_content: bool) -> Iterator[bytes]:
        left_bytes = self._max_bytes
        while piece := self._read_piece(decode_content=decode_content):
            left_bytes -= len(piece)
            if left_bytes < 0:
                raise AnswerTooLarge
            _seconds_left(self._deadline_s)
            yield piece

    def _read_piece(self, *, decode_content: bool) -> bytes:
        try:
            return self._body.read1(_READ_BYTES, decode_content)
        except ReadTimeoutError:
            # requests itself would turn this into a ConnectionError, and "slow" would read as "unreachable".
            raise requests.exceptions.ReadTimeout from None


def _seconds_left(deadline_s: float) -> float:
    left_s = deadline_s - time.monotonic()
    if left_s <= 0:
        raise DeadlinePassed
    return left_s
