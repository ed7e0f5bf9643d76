"""A language model asked until it answers in the shape that was wanted: paid for, tried again, put right.

Every call is paid in three steps: leave for the most it can cost, one try, the bill. Pure but for its ports.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, Protocol

from core.domain.model import (
    AnswerForm,
    ModelAnswer,
    ModelFailed,
    ModelFailure,
    ModelRequest,
    ModelRetry,
    Usage,
)
from core.domain.prices import Price, cost_microusd
from core.domain.tokens import TokenGauge
from core.ports import LanguageModel, Purse
from core.summarizing.model.fitting import Misfit, Unreadable, fitted, item_count, misfits, read_json

_FORMS: Final = tuple(AnswerForm)
# After these no other call of the same job can end otherwise: the rest is spared.
_HOPELESS: Final = frozenset({ModelFailure.QUOTA_EXHAUSTED, ModelFailure.KEY_REFUSED, ModelFailure.UNKNOWN_MODEL})
_MOST_MISFITS_TOLD = 20
# A longer answer is not shown to the model again: it would cost more room than it helps.
_MOST_CHARS_TOLD = 24_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often a call is tried, and how long the pauses are: doubled from the first on, a quarter more or less.

    A vendor that asks for more than `longest_wait_s` is not waited for here: the job goes back to the queue.
    """

    tries: int = 4
    first_wait_s: float = 1.0
    longest_wait_s: float = 30.0


class Stop(Protocol):
    """A `threading.Event` that is set when the job is cancelled; waiting on it is how pauses are made."""

    def is_set(self) -> bool: ...

    def wait(self, timeout: float) -> bool: ...


class CallStopped(Exception):
    """The job was cancelled between two tries."""


class Caller:
    """Asks one model of one endpoint. Called from several threads at once; what one of them learns holds for all.

    `form` is what the endpoint is known to answer in, `gauge` what is known of its tokens: both can be read back.
    """

    def __init__(
        self,
        model: LanguageModel,
        purse: Purse,
        *,
        price: Price,
        stop: Stop,
        form: AnswerForm = AnswerForm.STRICT_SCHEMA,
        gauge: TokenGauge | None = None,
        patience: Patience | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._model = model
        self._purse = purse
        self._price = price
        self._stop = stop
        self._form = form
        self._gauge = gauge or TokenGauge()
        self._patience = patience or Patience()
        self._chance = chance
        self._hopeless: ModelFailure | None = None
        self._lock = threading.Lock()

    @property
    def form(self) -> AnswerForm:
        return self._form

    @property
    def gauge(self) -> TokenGauge:
        return self._gauge

    def ask(self, request: ModelRequest) -> dict[str, object]:
        """An answer that fits `request.schema`; `request.form` is ours to choose. Raises ModelFailed, or CallStopped.

        An answer that does not fit is sent back once with what is wrong with it. If that does not help, the items
        that fit are kept, of whichever answer has more of them; UNUSABLE where nothing is left.
        """
        content = self._whole_answer(request)
        found, wrong = _judged(content, request)
        if not wrong:
            return found or {}
        self._distrust_form(content, request)
        return self._put_right(request, content, found, wrong)

    def most_cost_microusd(self, request: ModelRequest) -> int:
        """The most that one try of this request, in its form, can cost."""
        most = Usage(
            prompt_tokens=self._gauge.bound(_prompt_text(request)),
            cached_tokens=0,
            completion_tokens=request.most_output_tokens,
            is_estimate=True,
        )
        return cost_microusd(self._price, most)

    def _put_right(
        self, request: ModelRequest, content: str, found: dict[str, object] | None, wrong: list[Misfit]
    ) -> dict[str, object]:
        try:
            second = self._whole_answer(_repair(request, content, wrong))
        except ModelFailed:
            if not item_count(found):
                raise
            return found or {}
        repaired, still_wrong = _judged(second, request)
        if repaired is not None and not still_wrong:
            return repaired
        best = max(repaired or {}, found or {}, key=item_count)
        if not item_count(best):
            raise ModelFailed(ModelFailure.UNUSABLE)
        return best

    def _whole_answer(self, request: ModelRequest) -> str:
        """The text of an answer, in whichever form the endpoint gives one, after as many tries as patience has."""
        number = 1
        while True:
            asked = self._shaped(request)
            try:
                return self._paid_try(asked)
            except ModelFailed as failed:
                if failed.rule.retry is ModelRetry.OTHER_FORM and self._step_down(asked.form):
                    continue
                self._pause(failed, number)
                number += 1

    def _paid_try(self, request: ModelRequest) -> str:
        if self._stop.is_set():
            raise CallStopped
        if self._hopeless is not None:
            raise ModelFailed(self._hopeless)
        most = self.most_cost_microusd(request)
        reservation = self._purse.reserve(most, model=request.model, purpose=request.schema_name)
        try:
            answer = self._model.complete(request)
        except ModelFailed as failed:
            if failed.failure in _HOPELESS:
                self._hopeless = failed.failure
            self._settle(reservation, request, self._usage_of_failure(request, failed))
            raise
        usage = answer.usage or self._usage_of_answer(request, answer)
        self._settle(reservation, request, usage)
        return answer.content

    def _settle(self, reservation: str, request: ModelRequest, usage: Usage) -> None:
        self._purse.settle(reservation, cost_microusd(self._price, usage), usage)
        with self._lock:
            self._gauge = self._gauge.after(_prompt_text(request), usage)

    def _usage_of_answer(self, request: ModelRequest, answer: ModelAnswer) -> Usage:
        gauge = self._gauge
        return Usage(
            prompt_tokens=gauge.estimate(_prompt_text(request)),
            cached_tokens=0,
            completion_tokens=gauge.estimate(answer.content),
            is_estimate=True,
        )

    def _usage_of_failure(self, request: ModelRequest, failed: ModelFailed) -> Usage:
        """What is booked for a call without an answer: all the room it had to answer in, since nobody says how much
        of it was written; nothing where the vendor takes nothing.
        """
        if failed.usage is not None:
            return failed.usage
        if not failed.rule.is_billed:
            return Usage(prompt_tokens=0, cached_tokens=0, completion_tokens=0)
        return Usage(
            prompt_tokens=self._gauge.estimate(_prompt_text(request)),
            cached_tokens=0,
            completion_tokens=request.most_output_tokens,
            is_estimate=True,
        )

    def _pause(self, failed: ModelFailed, number: int) -> None:
        """Waits before the next try; raises the failure where there is to be none."""
        patience = self._patience
        wait_s = min(patience.first_wait_s * 2 ** (number - 1), patience.longest_wait_s)
        wait_s = max(wait_s * (0.75 + 0.5 * self._chance()), failed.retry_after_s or 0.0)
        is_worth_it = failed.rule.retry is ModelRetry.SOON and number < patience.tries
        if not is_worth_it or (failed.retry_after_s or 0.0) > patience.longest_wait_s:
            raise failed
        if self._stop.wait(wait_s):
            raise CallStopped

    def _shaped(self, request: ModelRequest) -> ModelRequest:
        """The request in the form that is known to work; without strict schemas the prompt holds the schema."""
        form = self._form
        if form is AnswerForm.STRICT_SCHEMA:
            return replace(request, form=form)
        return replace(request, form=form, system=f"{request.system}\n\n{_schema_words(request)}")

    def _step_down(self, refused: AnswerForm) -> bool:
        """True where there is another form to try: another thread may have found it already."""
        with self._lock:
            if self._form is refused:
                later = _FORMS[_FORMS.index(refused) + 1 :]
                if not later:
                    return False
                self._form = later[0]
            return True

    def _distrust_form(self, content: str, request: ModelRequest) -> None:
        """An endpoint that takes a strict schema and answers something else ignores it: it gets the schema to read."""
        try:
            value = read_json(content)
        except Unreadable:
            value = None
        required = request.schema.get("required")
        names = required if isinstance(required, list) else []
        if not isinstance(value, dict) or any(name not in value for name in names):
            self._step_down(AnswerForm.STRICT_SCHEMA)


def _judged(content: str, request: ModelRequest) -> tuple[dict[str, object] | None, list[Misfit]]:
    """What of an answer fits (None: not even its frame), and what does not."""
    try:
        value = read_json(content)
    except Unreadable:
        return None, [Misfit(path=(), words="it is not JSON")]
    wrong = list(islice(misfits(value, request.schema), _MOST_MISFITS_TOLD))
    return fitted(value, request.schema), wrong


def _repair(request: ModelRequest, content: str, wrong: list[Misfit]) -> ModelRequest:
    told = "\n".join(f"- {misfit}" for misfit in wrong)
    shown = f"<earlier_answer>\n{content}\n</earlier_answer>\n" if len(content) <= _MOST_CHARS_TOLD else ""
    words = f"{shown}Your earlier answer cannot be used:\n{told}\nAnswer again, whole and corrected, in JSON."
    return replace(request, user=f"{request.user}\n\n{words}")


def _schema_words(request: ModelRequest) -> str:
    schema = json.dumps(request.schema, ensure_ascii=False, separators=(",", ":"))
    return f"Answer with one JSON object and nothing else. It must fit this JSON Schema:\n{schema}"


def _prompt_text(request: ModelRequest) -> str:
    """All that is billed as prompt: a strict schema is, too, though no message holds it."""
    if request.form is not AnswerForm.STRICT_SCHEMA:
        return request.system + request.user
    return request.system + request.user + json.dumps(request.schema, ensure_ascii=False, separators=(",", ":"))
