"""What was asked of a run beyond its words, as it is stored with it: whatever changes the result stands here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.domain.summary import EngineName, Length


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineChoice:
    """Who writes the summary; another version of the rules, or another model, is another engine to every cache.

    `model_reduce` is the model that puts the parts together, where it is another than `model`.
    """

    name: EngineName
    version: str
    model: str | None = None
    model_reduce: str | None = None
    prompt_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """`languages` of captions in order of preference; `title` of what a person handed in.

    `language` (BCP 47; None as spoken) and `length` are the language model's: the offline engine's are always the same.
    """

    engine: EngineChoice
    languages: tuple[str, ...] = ()
    title: str | None = None
    language: str | None = None
    length: Length = Length.STANDARD

    @property
    def models(self) -> tuple[str, ...]:
        """The models that are asked, without repeats."""
        named = (self.engine.model, self.engine.model_reduce)
        return tuple(dict.fromkeys(model for model in named if model))

    def written_by(self) -> list[object]:
        """All that tells one writer's work from another's on the same words: a part of every cache key."""
        engine = self.engine
        return [engine.name.value, engine.version, engine.model, engine.model_reduce, engine.prompt_version,
                self.language, self.length.value]  # fmt: skip

    def to_json(self) -> dict[str, object]:
        """As stored on the run; what says nothing is left out."""
        engine = self.engine
        written: dict[str, object] = {
            "engine": engine.name.value, "engine_version": engine.version, "model": engine.model,
            "model_reduce": engine.model_reduce, "prompt_version": engine.prompt_version,
            "languages": list(self.languages) or None, "title": self.title, "language": self.language,
            "length": None if self.length is Length.STANDARD else self.length.value,
        }  # fmt: skip
        return {name: value for name, value in written.items() if value is not None}

    @staticmethod
    def from_json(stored: Mapping[str, object]) -> RunOptions:
        """What `to_json` wrote, and what runs of earlier versions have."""
        languages = stored.get("languages")
        engine = EngineChoice(
            name=EngineName(str(stored.get("engine", EngineName.OFFLINE))),
            version=str(stored.get("engine_version", "")),
            model=_text(stored.get("model")),
            model_reduce=_text(stored.get("model_reduce")),
            prompt_version=_text(stored.get("prompt_version")),
        )
        return RunOptions(
            engine=engine,
            languages=tuple(map(str, languages)) if isinstance(languages, list) else (),
            title=_text(stored.get("title")),
            language=_text(stored.get("language")),
            length=Length(str(stored.get("length", Length.STANDARD))),
        )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
