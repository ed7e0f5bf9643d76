"""What people choose beside the video: who writes the summary, in which language, and how long."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import FormData

from core.domain.library import EngineMenu, SummaryOptions
from core.domain.output_languages import output_language
from core.domain.summary import EngineName, Length
from core.errors import InvalidInput

ENGINE_FIELD, LANGUAGE_FIELD, LENGTH_FIELD = "engine", "output_language", "length"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """One of several: what the form sends, what it is called, and what it means."""

    value: str
    title: str
    meaning: str


LENGTHS = (
    Pick(value=Length.BRIEF.value, title="Brief", meaning="The gist of each chapter"),
    Pick(value=Length.STANDARD.value, title="Standard", meaning="What matters in each chapter"),
    Pick(value=Length.DEEP.value, title="Deep", meaning="Each chapter in detail"),
)


def engine_picks(menu: EngineMenu) -> tuple[Pick, ...]:
    """The engines of this service, the best first."""
    meanings = {
        EngineName.OPENAI: ("Language model", f"{menu.model or 'Language model'} · every part, checked line by line"),
        EngineName.OFFLINE: ("Offline", "Free, no key · key sentences, word for word, in seconds"),
    }
    return tuple(Pick(value=name.value, title=meanings[name][0], meaning=meanings[name][1]) for name in menu.engines)


def read_options(form: FormData) -> SummaryOptions:
    """The choices of a form; what it leaves out is as it comes. Raises InvalidInput for what cannot be chosen."""
    engine, language, length = (_text(form, name) for name in (ENGINE_FIELD, LANGUAGE_FIELD, LENGTH_FIELD))
    if engine and engine not in set(EngineName):
        raise InvalidInput("There is no such engine. Choose one of those offered.")
    if language and output_language(language) is None:
        raise InvalidInput("Summaries are not written in this language. Choose one of those offered.")
    if length and length not in set(Length):
        raise InvalidInput("There is no such length. Choose brief, standard or deep.")
    return SummaryOptions(
        engine=EngineName(engine) if engine else None,
        language=language or None,
        length=Length(length) if length else Length.STANDARD,
    )


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""
