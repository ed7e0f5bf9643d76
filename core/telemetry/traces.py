"""Times of whole requests and jobs for Sentry; where none is set, nothing of it is loaded and nothing is paid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from core.config import Settings

# Takes what is traced ("http.server", a task's name); what is put under "name" in the block names it better.
Trace = Callable[[str], AbstractContextManager[dict[str, str]]]


def find_trace(settings: Settings) -> Trace:
    if settings.sentry_dsn is None:
        return _untraced
    from core.integrations.sentry import traced

    return traced


@contextmanager
def _untraced(_kind: str) -> Iterator[dict[str, str]]:
    yield {}
