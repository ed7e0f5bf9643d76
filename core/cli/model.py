"""The language model at a command line: no server, no database, one purse that nobody shares."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.domain.document import ReceiptDocument
from core.domain.model import ModelFailed, ModelFailure, Usage
from core.domain.summary import Length
from core.errors import InvalidInput

if TYPE_CHECKING:
    from core.services.model_engine import PaidEngine

_MICROUSD = 1_000_000


@dataclass(slots=True, kw_only=True)
class OwnPurse:
    """The port `Purse`: spends up to `cap_microusd`, and adds up what it spent. Threads use it at once."""

    cap_microusd: int
    reserved: dict[str, int] = field(default_factory=dict)
    spent_microusd: int = 0
    usages: list[Usage] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _asked: int = 0

    def reserve(self, most_microusd: int, *, model: str, purpose: str) -> str:
        with self._lock:
            if self.spent_microusd + sum(self.reserved.values()) + most_microusd > self.cap_microusd:
                cap = f"${self.cap_microusd // _MICROUSD}.{self.cap_microusd % _MICROUSD // 10_000:02}"
                reason = f"This summary would cost more than {cap}, as SIGHTLINE_JOB_CAP_USD allows."
                raise ModelFailed(ModelFailure.CAP_REACHED, reason=reason)
            self._asked += 1
            name = f"{model} {purpose} {self._asked}"
            self.reserved[name] = most_microusd
            return name

    def settle(self, reservation: str, cost_microusd: int, usage: Usage) -> None:
        with self._lock:
            self.reserved.pop(reservation, None)
            self.spent_microusd += cost_microusd
            self.usages.append(usage)

    def receipt(self) -> ReceiptDocument:
        """What all calls took together."""
        return {
            "calls": len(self.usages),
            "prompt_tokens": sum(usage.prompt_tokens for usage in self.usages),
            "cached_tokens": sum(usage.cached_tokens for usage in self.usages),
            "completion_tokens": sum(usage.completion_tokens for usage in self.usages),
            "is_estimate": any(usage.is_estimate for usage in self.usages),
        }


def model_engine(*, language: str | None, length: Length) -> tuple[PaidEngine, OwnPurse]:
    """The engine of the settings' model and what pays for it. InvalidInput where no model is set up."""
    from core.clock import SystemClock
    from core.config import load_settings
    from core.integrations.calls import uncounted
    from core.services.model_engine import ModelListener, ModelWish, PaidEngine

    settings = load_settings()
    if settings.openai_api_key is None:
        raise InvalidInput(
            "No language model is set up: set OPENAI_API_KEY. Or leave --engine out: the offline engine needs no key."
        )
    wish = ModelWish(
        model=settings.openai_model,
        model_reduce=settings.openai_model_reduce or settings.openai_model,
        language=language,
        length=length,
    )
    purse = OwnPurse(cap_microusd=round(settings.job_cap_usd * _MICROUSD))
    listener = ModelListener(on_call=uncounted, on_part=_unheard, on_estimate=_unheard, on_learned=_unheard)
    today = SystemClock().now().date()
    return PaidEngine(settings.for_engine(), wish, purse, listener, today=today), purse


def _unheard(*_what: object) -> None:
    """Nobody at a command line waits for it."""
