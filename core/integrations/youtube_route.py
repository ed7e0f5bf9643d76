"""How YouTube is reached: directly or by a proxy, how often, and for how long in all."""

from __future__ import annotations

import logging
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from core.domain.ladder import CaptionFailure, RetryRule, TranscriptUnavailable
from core.integrations.calls import OnCall, uncounted
from core.integrations.proxies import with_fresh_session
from core.integrations.youtube_errors import Observed, explain
from core.integrations.youtube_session import BoundedSession, run_within
from core.ports import FetchedCaptions

log = logging.getLogger(__name__)

# The recorded watch page has 1.0 MB, the captions of a five-hour video 0.6 MB.
MAX_ANSWER_BYTES = 16 * 1024 * 1024
RETRY_PAUSE_S = 0.5
_TRIES, _TRIES_BY_PROXY = 2, 3
_BY_PROXY = frozenset({RetryRule.AT_ONCE, RetryRule.NEW_SESSION})

Read = Callable[[BoundedSession, Observed], FetchedCaptions]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Settings only, so that a source can be sent to the process that does the fetching.

    `timeout_s` bounds each connect and each read, `total_timeout_s` everything together, further tries included.
    `proxy_url` may hold `{session}`: every try then has a fresh one, so three requests leave by one address and the
    next three by another. `name` is whom calls are counted under; `on_call` hears of every request, from another
    thread.
    """

    name: str
    timeout_s: float
    total_timeout_s: float
    proxy_url: str | None = None
    retry_pause_s: float = RETRY_PAUSE_S
    on_call: OnCall = uncounted

    def fetch(self, video_id: str, read: Read) -> FetchedCaptions:
        """What `read` makes of a session; again where another try has a chance. TranscriptUnavailable."""
        deadline_s = time.monotonic() + self.total_timeout_s
        tries = _TRIES_BY_PROXY if self.proxy_url else _TRIES
        for number in range(1, tries + 1):
            pause_s = self.retry_pause_s * 2 ** (number - 1)
            try:
                return self._fetch_once(video_id, read, deadline_s)
            except TranscriptUnavailable as failure:
                if number == tries or not self._is_worth_another_try(failure, pause_s, deadline_s):
                    raise
                # Of random length, so that many jobs do not come back together.
                time.sleep(pause_s * random.uniform(0.5, 1.5))  # noqa: S311  # jitter, not a secret
        raise AssertionError("the last try returns or raises")

    def _fetch_once(self, video_id: str, read: Read, deadline_s: float) -> FetchedCaptions:
        observed = Observed()
        try:
            return run_within(deadline_s - time.monotonic(), lambda: self._read(read, deadline_s, observed))
        except TranscriptUnavailable:
            raise
        except Exception as error:
            failure = explain(error, observed)
            # By name only: messages of HTTP errors hold addresses with signatures and proxies' passwords.
            log.info("captions of %s: %s read as %s", video_id, type(error).__qualname__, failure.code)
            raise failure from None

    def _read(self, read: Read, deadline_s: float, observed: Observed) -> FetchedCaptions:
        with BoundedSession(
            timeout_s=self.timeout_s,
            deadline_s=deadline_s,
            max_bytes=MAX_ANSWER_BYTES,
            proxy_url=with_fresh_session(self.proxy_url),
            vendor=self.name,
            on_call=self.on_call,
        ) as session:
            return read(session, observed)

    def _is_worth_another_try(self, failure: TranscriptUnavailable, pause_s: float, deadline_s: float) -> bool:
        left_s = deadline_s - time.monotonic()
        return self._may_pass(failure) and left_s > 1.5 * pause_s + self.timeout_s

    def _may_pass(self, failure: TranscriptUnavailable) -> bool:
        if self.proxy_url is None:
            return failure.rule.retry is RetryRule.AT_ONCE
        # By another address a block ends, and an exit that was dead is left behind.
        return failure.rule.retry in _BY_PROXY or failure.failure is CaptionFailure.UNREACHABLE


class RoutedCaptions(ABC):
    """What the sources that reach YouTube by a Route have in common; settings only, as that has.

    `languages` are asked for where the caller names none; with `needs_proxy` it is configured only where there is one.
    """

    def __init__(
        self,
        *,
        name: str,
        timeout_s: float = 2.0,
        total_timeout_s: float = 20.0,
        proxy_url: str | None = None,
        needs_proxy: bool = False,
        languages: tuple[str, ...] = ("en",),
        retry_pause_s: float = RETRY_PAUSE_S,
        on_call: OnCall = uncounted,
    ) -> None:
        self.name = name
        self._needs_proxy = needs_proxy
        self._languages = languages
        self._route = Route(
            name=name,
            timeout_s=timeout_s,
            total_timeout_s=total_timeout_s,
            proxy_url=proxy_url,
            retry_pause_s=retry_pause_s,
            on_call=on_call,
        )

    @property
    def is_configured(self) -> bool:
        return not self._needs_proxy or self._route.proxy_url is not None

    @abstractmethod
    def fetch(self, video_id: str, *, languages: tuple[str, ...]) -> FetchedCaptions:
        """The captions of the best track; TranscriptUnavailable with the metadata seen on the way."""
