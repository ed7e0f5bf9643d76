"""The sums of one question, decoded: counts, totals and histograms by bin, of whatever selections were asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncSession

from core.db.queries.rollups import SumRow, read_sums
from core.domain.telemetry import Kind, Series
from core.metrics.definition import Metric, Quantile, Selection, selections_of
from core.telemetry.buckets import LARGEST_BUCKET, value_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Histograms = NDArray[np.float64]

_BUCKETS = LARGEST_BUCKET + 1
# Decoding so much takes longer than a page should wait for the loop.
_LARGE_BYTES = 100_000
Of = tuple[Selection, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be read. Selections of `histograms` are counted too; `by_name`: kinds whose names are told apart."""

    counts: Of = ()
    histograms: Of = ()
    by_name: tuple[Kind, ...] = ()

    def __add__(self, other: Question) -> Question:
        return Question(
            counts=_joined(self.counts, other.counts),
            histograms=_joined(self.histograms, other.histograms),
            by_name=tuple(dict.fromkeys((*self.by_name, *other.by_name))),
        )


def question_for(metrics: Sequence[Metric]) -> Question:
    """What has to be read to evaluate all of these."""
    asked = Question()
    for metric in metrics:
        of = selections_of(metric.query)
        asked += Question(histograms=of) if isinstance(metric.query, Quantile) else Question(counts=of)
    return asked


@dataclass(frozen=True, slots=True)
class Group:
    """Series that no selection of the question tells apart. `matched`: places of the selections that let them through.

    `kind` and `name` are set where names are told apart.
    """

    matched: frozenset[int]
    kind: str = ""
    name: str = ""


class KnownSeries(dict[int, Series]):
    """Every series by its number. How a question groups them is worked out once."""

    def __init__(self, series: Mapping[int, Series]) -> None:
        super().__init__(series)
        self._grouped: dict[tuple[Of, tuple[Kind, ...]], tuple[dict[int, int], list[Group]]] = {}

    def grouped(self, selections: Of, by_name: tuple[Kind, ...]) -> tuple[dict[int, int], list[Group]]:
        """Each wanted series' group, and the groups.

        There are far fewer groups than series, so that the database adds up and little is sent.
        """
        key = (selections, by_name)
        if key not in self._grouped:
            self._grouped[key] = _grouped(selections, self, frozenset(by_name))
        return self._grouped[key]


class Cells:
    """Sums by bin. Bins before `first` belong to the period before, so that both come from one reading."""

    def __init__(
        self, selections: Of, groups: Sequence[Group], edges: Sequence[datetime], rows: Sequence[SumRow], *, first: int
    ) -> None:
        self.edges = tuple(edges)
        self.first = first
        self.bins = len(edges) - 1
        self._places = {selection: place for place, selection in enumerate(selections)}
        self._groups = groups
        self._rows: dict[int, list[SumRow]] = {}
        for row in rows:
            self._rows.setdefault(row.group, []).append(row)
        self._decoded: dict[tuple[Of, str, str], Histograms] = {}
        self._reached: dict[tuple[Of, str, str, str], Histograms] = {}

    def counts(self, of: Of, *, kind: str = "", name: str = "") -> list[int]:
        """Events by bin."""
        found = [0] * self.bins
        for row in self._matching(of, kind, name):
            found[row.bin] += row.events
        return found

    def totals(self, of: Of) -> list[float]:
        """Sums of the stored values by bin."""
        found = [0.0] * self.bins
        for row in self._matching(of, "", ""):
            found[row.bin] += row.total
        return found

    def names(self, of: Of) -> list[tuple[str, str]]:
        """(kind, name) of the groups that hold events of these selections, in order."""
        wanted = {self._places[each] for each in of}
        found = {
            (group.kind, group.name)
            for number, group in enumerate(self._groups)
            if number in self._rows and wanted & group.matched
        }
        return sorted(found)

    def histograms(self, of: Of, *, kind: str = "", name: str = "") -> Histograms:
        """Counts by (bin, bucket)."""
        key = (of, kind, name)
        if key not in self._decoded:
            self._decoded[key] = _decode(self._matching(of, kind, name), self.bins)
        return self._decoded[key]

    def quantiles(self, of: Of, q: float) -> list[float | None]:
        """The q-quantile of the stored values by bin, within 1 %."""
        return _quantiles(self._cumulated(of, "", "", "bins"), q)

    def quantile(self, of: Of, q: float, *, is_before: bool = False, kind: str = "", name: str = "") -> float | None:
        """The q-quantile over the whole period, or over the one before."""
        return _quantiles(self._cumulated(of, kind, name, "before" if is_before else "whole"), q)[0]

    def _cumulated(self, of: Of, kind: str, name: str, scope: str) -> Histograms:
        key = (of, kind, name, scope)
        if key not in self._reached:
            rows = self.histograms(of, kind=kind, name=name)
            if scope != "bins":
                part = rows[: self.first] if scope == "before" else rows[self.first :]
                rows = part.sum(axis=0, keepdims=True)
            self._reached[key] = rows.cumsum(axis=1)
        return self._reached[key]

    async def decode(self, metrics: Sequence[Metric]) -> None:
        """Decodes what these metrics need, in a thread where it is much: nobody else's page waits for it."""
        wanted = {metric.query.of for metric in metrics if isinstance(metric.query, Quantile)}
        await self.decode_all(wanted)

    async def decode_all(self, wanted: set[Of]) -> None:
        """The same for selections."""
        size = sum(len(row.histogram or b"") for rows in self._rows.values() for row in rows)
        if size < _LARGE_BYTES:
            self._decode_each(wanted)
        else:
            await asyncio.to_thread(self._decode_each, wanted)

    def _decode_each(self, wanted: set[Of]) -> None:
        for of in wanted:
            self.histograms(of)

    def _matching(self, of: Of, kind: str, name: str) -> list[SumRow]:
        wanted = {self._places[each] for each in of}
        return [
            row
            for number, rows in self._rows.items()
            if wanted & self._groups[number].matched
            and (not kind or (self._groups[number].kind, self._groups[number].name) == (kind, name))
            for row in rows
        ]


async def read_cells(
    session: AsyncSession,
    question: Question,
    edges: Sequence[datetime],
    *,
    series: KnownSeries,
    first: int = 0,
) -> Cells:
    """The sums of each bin of `edges`, of which those from `first` on are the period itself."""
    selections = _joined(question.counts, question.histograms)
    places, groups = series.grouped(selections, question.by_name)
    with_histogram = {place for place, each in enumerate(selections) if each in set(question.histograms)}
    rows = await read_sums(
        session,
        edges,
        places,
        with_histogram=[number for number, group in enumerate(groups) if with_histogram & group.matched],
    )
    return Cells(selections, groups, edges, rows, first=first)


def _grouped(
    selections: Of, series: Mapping[int, Series], by_name: frozenset[str]
) -> tuple[dict[int, int], list[Group]]:
    of_kind: dict[str, list[tuple[int, Selection]]] = {}
    for place, selection in enumerate(selections):
        of_kind.setdefault(selection.kind, []).append((place, selection))
    numbers: dict[Group, int] = {}
    places: dict[int, int] = {}
    for series_id, each in series.items():
        matched = frozenset(place for place, selection in of_kind.get(each.kind, ()) if selection.matches(each))
        if matched:
            is_named = each.kind in by_name
            group = Group(matched, each.kind if is_named else "", each.name if is_named else "")
            places[series_id] = numbers.setdefault(group, len(numbers))
    return places, list(numbers)


def _joined(*parts: Of) -> Of:
    return tuple(dict.fromkeys(selection for part in parts for selection in part))


def _decode(rows: Sequence[SumRow], bins: int) -> Histograms:
    import numpy as np

    stored = [(row.bin, row.histogram) for row in rows if row.histogram]
    pairs = np.frombuffer(b"".join(part for _, part in stored), dtype=[("bucket", "<u2"), ("count", "<u4")])
    lengths = [len(part) // pairs.dtype.itemsize for _, part in stored]
    offsets = np.repeat(np.array([place * _BUCKETS for place, _ in stored], dtype=np.int64), lengths)
    flat = np.bincount(offsets + pairs["bucket"], weights=pairs["count"], minlength=bins * _BUCKETS)
    return flat.astype(np.float64, copy=False).reshape(bins, _BUCKETS)


def _quantiles(reached: Histograms, q: float) -> list[float | None]:
    """By row of cumulated counts the first bucket at which ⌈q·n⌉ is reached, as core.telemetry.buckets.quantile."""
    import numpy as np

    totals = reached[:, -1]
    ranks = np.maximum(np.ceil(q * totals), 1)
    buckets = (reached < ranks[:, None]).sum(axis=1)
    return [value_of(int(bucket)) if total else None for bucket, total in zip(buckets, totals, strict=True)]
