"""The engine's process asks its worker for leave to spend: only that knows what everybody else has spent today."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from uuid import uuid4

from core.domain.model import ModelFailed, ModelFailure, Usage
from core.jobs.messages import SpendAnswer, SpendAsked, SpendSettled
from core.jobs.telling import Tell


class AskingPurse:
    """The port `Purse`. A thread that asks waits for its own answer; the others go on."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._waiting: dict[str, SimpleQueue[SpendAnswer]] = {}
        self._lock = threading.Lock()

    def reserve(self, most_microusd: int, *, model: str, purpose: str) -> str:
        ask, answers = uuid4().hex, SimpleQueue[SpendAnswer]()
        with self._lock:
            self._waiting[ask] = answers
        self._tell(SpendAsked(ask=ask, most_microusd=most_microusd, model=model, purpose=purpose))
        answer = answers.get()
        if answer.reservation is None:
            raise ModelFailed(ModelFailure.CAP_REACHED, reason=answer.reason)
        return answer.reservation

    def settle(self, reservation: str, cost_microusd: int, usage: Usage) -> None:
        self._tell(
            SpendSettled(
                reservation=reservation,
                cost_microusd=cost_microusd,
                prompt_tokens=usage.prompt_tokens,
                cached_tokens=usage.cached_tokens,
                completion_tokens=usage.completion_tokens,
                is_estimate=usage.is_estimate,
            )
        )

    def take(self, answer: SpendAnswer) -> None:
        """Hands the worker's answer to the thread that waits for it."""
        with self._lock:
            answers = self._waiting.pop(answer.ask, None)
        if answers is not None:
            answers.put(answer)
