"""Events as columns: what one day of the simulation leaves behind, ready to be counted, kept and copied."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from core.domain.telemetry import Kind, Outcome, Pace, Series, Who
from core.seeding.arrays import PACES, Ints, paces_of

KINDS_ = tuple(Kind)
OUTCOMES = tuple(Outcome)
WHOS = tuple(Who)
_T = TypeVar("_T", bound=np.generic)

# An event's series as one number: kind, name, outcome and who, each in its own digits; the pace comes last.
_NAMES, _OUTCOMES, _WHOS, _PACES = 1_024, 16, 8, 4
NOBODY = -1
_NOBODY_IN_PARTICULAR = WHOS.index(Who.NOBODY)


def outcome(which: Outcome) -> int:
    return OUTCOMES.index(which)


def who(which: Who) -> int:
    return WHOS.index(which)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """One entry an event, or several alike (`count`).

    `at_us`: microseconds since 1970. `code`: see `Book`. `request`: two halves of a request's number, 0 for none.
    `person`: an account's place in `People`, or NOBODY. `detail`: a place in `Book.details`.
    """

    at_us: Ints
    code: NDArray[np.int32]
    value: NDArray[np.float32]
    count: NDArray[np.int32]
    request: NDArray[np.uint64]
    person: NDArray[np.int32]
    detail: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.at_us)

    def where(self, chosen: NDArray[np.bool_] | Ints) -> Rows:
        return Rows(**{each.name: getattr(self, each.name)[chosen] for each in fields(self)})


@dataclass(slots=True)
class Book:
    """Names and details by number, so that columns hold numbers only. The same calls give the same numbers."""

    names: list[str]
    details: list[str]
    _numbers: dict[str, int]
    _places: dict[str, int]

    def __init__(self) -> None:
        self.names, self._numbers = [], {}
        self.details, self._places = [""], {"": 0}

    def name(self, text: str) -> int:
        if text not in self._numbers:
            self._numbers[text] = len(self.names)
            self.names.append(text)
        return self._numbers[text]

    def name_each(self, texts: tuple[str, ...]) -> Ints:
        return np.array([self.name(text) for text in texts])

    def detail(self, json_text: str) -> int:
        if json_text not in self._places:
            self._places[json_text] = len(self.details)
            self.details.append(json_text)
        return self._places[json_text]

    def series(self, code: int) -> Series:
        """What a code stands for."""
        rest, pace = divmod(code, _PACES)
        rest, by = divmod(rest, _WHOS)
        rest, end = divmod(rest, _OUTCOMES)
        kind, name = divmod(rest, _NAMES)
        return Series(
            kind=KINDS_[kind].value, name=self.names[name], outcome=OUTCOMES[end].value,
            pace=Pace(PACES[pace]).value, who=WHOS[by].value,
        )  # fmt: skip


class Columns:
    """Collects events of any kinds; `rows` gives them by rising time."""

    def __init__(self) -> None:
        self._parts: list[Rows] = []

    def add(
        self,
        kind: Kind,
        name: Ints | int,
        *,
        at_us: Ints,
        value: NDArray[np.float64] | float,
        outcome: Ints | int = 0,
        who: Ints | int = _NOBODY_IN_PARTICULAR,
        count: Ints | int = 1,
        request: NDArray[np.uint64] | None = None,
        person: Ints | int = NOBODY,
        detail: Ints | int = 0,
    ) -> None:
        """One event for each of `at_us`; what is no array holds for all of them."""
        size = len(at_us)
        small = np.broadcast_to(np.asarray(value, dtype=np.float32), size)
        stem = ((KINDS_.index(kind) * _NAMES + np.asarray(name)) * _OUTCOMES + outcome) * _WHOS + who
        pace = paces_of(kind, small.astype(np.float64))
        self._parts.append(
            Rows(
                at_us=at_us.astype(np.int64),
                code=(stem * _PACES + pace).astype(np.int32),
                value=small,
                count=_column(count, size, np.int32),
                request=np.zeros((size, 2), dtype=np.uint64) if request is None else request,
                person=_column(person, size, np.int32),
                detail=_column(detail, size, np.int16),
            )
        )

    def take(self, rows: Rows) -> None:
        self._parts.append(rows)

    def rows(self) -> Rows:
        together = {
            each.name: np.concatenate([getattr(part, each.name) for part in self._parts]) for each in fields(Rows)
        }
        joined = Rows(**together)
        return joined.where(np.argsort(joined.at_us, kind="stable"))


def pace_of(code: int) -> int:
    """The pace in a code, as a place in PACES."""
    return int(code) % _PACES


def outcome_of(code: int) -> int:
    """The outcome in a code, as a place in OUTCOMES."""
    return int(code) // (_PACES * _WHOS) % _OUTCOMES


def _column(given: Ints | int, size: int, dtype: type[_T]) -> NDArray[_T]:
    return np.broadcast_to(np.asarray(given, dtype=dtype), size)
