"""The language model's engine, put together for whoever runs it: the worker's process, or the command line."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from core.domain.engine_settings import EngineSettings
from core.domain.model import AnswerForm
from core.domain.prices import price_of
from core.domain.summary import Length, SummaryDraft
from core.domain.tokens import TokenGauge
from core.domain.transcript import Transcript
from core.domain.video import Video
from core.integrations.calls import OnCall
from core.integrations.openai_chat import OpenAiModel
from core.ports import Purse, Report
from core.summarizing.model.calling import Caller
from core.summarizing.model.checkpoints import OnPart
from core.summarizing.model.engine import ModelEngine
from core.summarizing.model.estimating import estimate
from core.summarizing.model.options import ModelOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What a model's endpoint is known to do: the form it answers in and how it counts tokens."""

    form: AnswerForm = AnswerForm.STRICT_SCHEMA
    gauge: TokenGauge = field(default_factory=TokenGauge)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelWish:
    """What is asked of the model: who reads and who puts together, in which language and how long.

    `finished` are parts of earlier attempts by key, `known` what is known of the endpoint by model.
    """

    model: str
    model_reduce: str
    language: str | None = None
    length: Length = Length.STANDARD
    finished: Mapping[str, dict[str, object]] = field(default_factory=dict)
    known: Mapping[str, Learned] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelListener:
    """Who hears what happens meanwhile. All of it may come from several threads, but never twice at once."""

    on_call: OnCall
    on_part: OnPart
    on_estimate: Callable[[int], None]
    on_learned: Callable[[str, Learned], None]


class PaidEngine:
    """A `SummaryEngine` that tells its estimate before its first call, and what it learned however it ends."""

    def __init__(
        self, settings: EngineSettings, wish: ModelWish, purse: Purse, listener: ModelListener, *, today: date
    ) -> None:
        self._wish = wish
        self._listener = listener
        self._prices = {
            model: price_of(model, on=today, own=settings.openai_prices) for model in (wish.model, wish.model_reduce)
        }
        endpoint = OpenAiModel(
            api_key=settings.openai_api_key, base_url=settings.openai_base_url, on_call=listener.on_call
        )
        # Cancelling ends the whole process: nobody sets it.
        never = threading.Event()
        self._callers = {
            model: Caller(
                endpoint, purse, price=price, stop=never, form=self._known(model).form, gauge=self._known(model).gauge
            )
            for model, price in self._prices.items()
        }
        self._options = ModelOptions(
            language=wish.language,
            length=wish.length,
            map_model=wish.model,
            reduce_model=wish.model_reduce,
            context_tokens=settings.openai_context_tokens,
            concurrency=settings.openai_concurrency,
            timeout_s=settings.openai_timeout_s,
        )

    def summarize(self, transcript: Transcript, video: Video, *, report: Report) -> SummaryDraft:
        """As `ModelEngine.summarize`."""
        wish = self._wish
        thought = estimate(
            transcript,
            self._options,
            map_price=self._prices[wish.model],
            reduce_price=self._prices[wish.model_reduce],
            gauge=self._known(wish.model).gauge,
            reduce_gauge=self._known(wish.model_reduce).gauge,
        )
        self._listener.on_estimate(thought.microusd)
        engine = ModelEngine(
            map_caller=self._callers[wish.model],
            reduce_caller=self._callers[wish.model_reduce],
            options=self._options,
            finished=wish.finished,
            on_part=self._listener.on_part,
        )
        try:
            return engine.summarize(transcript, video, report=report)
        finally:
            for model, caller in self._callers.items():
                self._listener.on_learned(model, Learned(form=caller.form, gauge=caller.gauge))

    def _known(self, model: str) -> Learned:
        return self._wish.known.get(model, Learned())
