"""The engines this service has: one entry each, the best first."""

from __future__ import annotations

from core.config import Settings
from core.domain.run_options import EngineChoice
from core.domain.summary import EngineName
from core.summarizing.model.options import MODEL_ENGINE_VERSION
from core.summarizing.model.prompts import PROMPT_VERSION
from core.summarizing.version import OFFLINE_ENGINE_VERSION


def engine_choices(settings: Settings) -> tuple[EngineChoice, ...]:
    """The language model's where a key is set, and the offline one, which needs none."""
    offline = EngineChoice(name=EngineName.OFFLINE, version=OFFLINE_ENGINE_VERSION)
    return (model_choice(settings), offline) if settings.openai_api_key else (offline,)


def model_choice(settings: Settings) -> EngineChoice:
    return EngineChoice(
        name=EngineName.OPENAI,
        version=MODEL_ENGINE_VERSION,
        model=settings.openai_model,
        model_reduce=settings.openai_model_reduce,
        prompt_version=PROMPT_VERSION,
    )
