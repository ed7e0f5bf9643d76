"""The language model's engine inside the worker's process: what happens is told, what it costs is asked for."""

from __future__ import annotations

from core.clock import SystemClock
from core.domain.engine_settings import EngineSettings
from core.domain.model import AnswerForm
from core.domain.summary import Length
from core.domain.tokens import TokenGauge
from core.jobs.messages import EndpointLearned, EstimateMade, ModelOrder, PartFinished
from core.jobs.telling import Tell
from core.ports import Purse
from core.services.model_engine import Learned, ModelListener, ModelWish, PaidEngine
from core.summarizing.model.checkpoints import FinishedPart


def model_engine(settings: EngineSettings, order: ModelOrder, tell: Tell, purse: Purse) -> PaidEngine:
    known = {
        model: Learned(form=AnswerForm(endpoint.form), gauge=TokenGauge.from_json(endpoint.gauge))
        for model, endpoint in order.endpoints.items()
    }
    wish = ModelWish(
        model=order.model,
        model_reduce=order.model_reduce,
        language=order.language,
        length=Length(order.length),
        finished=order.finished,
        known=known,
    )
    listener = ModelListener(
        on_call=tell,
        on_part=lambda part: tell(_part(part)),
        on_estimate=lambda microusd: tell(EstimateMade(microusd=microusd)),
        on_learned=lambda model, learned: tell(_learned(model, learned)),
    )
    return PaidEngine(settings, wish, purse, listener, today=SystemClock().now().date())


def _part(part: FinishedPart) -> PartFinished:
    return PartFinished(key=part.key, body=part.body, draft=part.draft or None)


def _learned(model: str, learned: Learned) -> EndpointLearned:
    return EndpointLearned(model=model, form=learned.form.value, gauge=learned.gauge.to_json())
