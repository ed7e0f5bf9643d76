"""A streamed chat completion as it comes in: its text, why it ended and what it took."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from core.domain.model import ModelAnswer, ModelFailed, ModelFailure, Usage

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionChunk
    from openai.types.completion_usage import CompletionUsage

# Reasons to stop that mean no whole answer; what is not here ("stop", and what other servers call it) means one.
_FAILURE_OF_FINISH: Final = {
    "length": ModelFailure.TOO_LONG,
    "max_tokens": ModelFailure.TOO_LONG,
    "content_filter": ModelFailure.FILTERED,
    "error": ModelFailure.SERVER_ERROR,
    "insufficient_system_resource": ModelFailure.SERVER_ERROR,
    "tool_calls": ModelFailure.MALFORMED,
    "function_call": ModelFailure.MALFORMED,
}


class Reading:
    """Filled chunk by chunk. The library hands on whatever shape the endpoint sent: nothing of it is trusted."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._chunks = 0
        self._is_refused = False
        self._finish: str | None = None
        self.usage: Usage | None = None

    def take(self, chunk: ChatCompletionChunk) -> None:
        """Raises ValueError, TypeError, AttributeError or LookupError for what is no chunk."""
        self._chunks += 1
        if chunk.usage is not None:
            self.usage = _usage_of(chunk.usage)
        for choice in chunk.choices or ():
            if _count(choice.index):
                continue
            if choice.delta is not None:
                self._is_refused = self._is_refused or bool(choice.delta.refusal)
                if choice.delta.content:
                    self._pieces.append(_text(choice.delta.content))
            if choice.finish_reason:
                self._finish = _text(choice.finish_reason)

    def conclude(self, failure: ModelFailure | None) -> ModelAnswer | ModelFailed:
        """What came of it, where reading ended by itself (None) or by `failure`.

        The reason to stop decides, and nothing else: without one the answer is cut, and what goes wrong after it (the
        connection lost before the usage came) takes nothing away.
        """
        if self._finish is None:
            return self._failed(failure or (ModelFailure.CUT if self._chunks else ModelFailure.MALFORMED))
        if self._is_refused:
            return self._failed(ModelFailure.REFUSED)
        if self._finish in _FAILURE_OF_FINISH:
            return self._failed(_FAILURE_OF_FINISH[self._finish])
        content = "".join(self._pieces)
        if not content.strip():
            return self._failed(ModelFailure.EMPTY)
        return ModelAnswer(content=content, usage=self.usage)

    def _failed(self, failure: ModelFailure) -> ModelFailed:
        return ModelFailed(failure, usage=self.usage)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _usage_of(said: CompletionUsage) -> Usage | None:
    """None where the two counts are not both there: then it is estimated."""
    prompt, completion = _count(said.prompt_tokens), _count(said.completion_tokens)
    if not prompt or completion is None:
        return None
    details = getattr(said, "prompt_tokens_details", None)
    cached = _count(getattr(details, "cached_tokens", None)) or 0
    written = _count(getattr(details, "cache_write_tokens", None)) or 0
    return Usage(
        prompt_tokens=prompt,
        cached_tokens=min(cached, prompt),
        completion_tokens=completion,
        cache_write_tokens=min(written, prompt - min(cached, prompt)),
    )


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
