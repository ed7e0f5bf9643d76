"""Parts of the work that are finished once and never paid for again: each is a draft of what it gave."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.domain.model import ModelRequest
from core.summarizing.model.prompts import PROMPT_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedPart:
    """`body` is JSON to be handed in again as `finished[key]`.

    `draft` is the JSON of a SummaryDraft of just this part, all of it verified, which a page can show at once; empty
    for a part that has nothing to show.
    """

    key: str
    body: dict[str, object]
    draft: dict[str, object]


OnPart = Callable[[FinishedPart], None]


class Checkpoints:
    """What earlier attempts finished, and where this one tells what it has. Several threads use it at once."""

    def __init__(self, finished: Mapping[str, dict[str, object]], on_part: OnPart, transcript_sha256: str) -> None:
        self._finished = finished
        self._on_part = on_part
        self._transcript = transcript_sha256
        self._lock = threading.Lock()

    def key_of(self, request: ModelRequest) -> str:
        """A hash of all that decides the answer; the same over runs, processes and answer forms."""
        asked = [PROMPT_VERSION, self._transcript, request.model, request.system, request.user, request.schema]
        return hashlib.sha256(json.dumps(asked, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:32]

    @property
    def has_any(self) -> bool:
        return bool(self._finished)

    def find(self, key: str) -> dict[str, object] | None:
        """The body an earlier attempt kept under this key."""
        return self._finished.get(key)

    def keep(self, key: str, body: dict[str, object], *, draft: dict[str, object] | None = None) -> None:
        """Tells of a part that is finished; `draft` where it has something to show."""
        with self._lock:
            self._on_part(FinishedPart(key=key, body=body, draft=draft or {}))
