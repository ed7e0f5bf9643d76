"""People with a browser: the pages they open, what those ask of the server, and what the browser tells of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain.telemetry import Kind, Who
from core.seeding.arrays import Flags, Floats, Ints
from core.seeding.columns import NOBODY, who
from core.seeding.day import OK, Day, after
from core.seeding.names import API_TRANSCRIPT, PAGES, STAFF_PAGES, SUMMARY_PAGE, Page

_PAUSE_S = 38.0
_PAGES_AFTER_THE_FIRST = 2.2
_BY_ACCOUNTS = 0.46
_STAFF = 0.006
# Vitals: kind, how often a browser gives it, median in stored units (ms, thousandths for CLS), spread.
_VITALS = (
    (Kind.TTFB, 1.0, 96.0, 0.6), (Kind.FCP, 1.0, 610.0, 0.5), (Kind.LCP, 0.94, 920.0, 0.55),
    (Kind.CLS, 0.9, 18.0, 1.1), (Kind.INP, 0.62, 68.0, 0.7), (Kind.FID, 0.55, 7.0, 0.9),
    (Kind.PAGE_LOAD, 1.0, 860.0, 0.5),
)  # fmt: skip
_VITALS_SHARE = 0.38
_READS_A_PAGE = 1.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """One entry a visit. `account` and `visitor` are -1 where it is not theirs; `by` is a place in WHOS."""

    at_us: Ints
    account: Ints
    visitor: Ints
    by: Ints

    def where(self, chosen: Flags | Ints) -> Visits:
        return Visits(
            at_us=self.at_us[chosen], account=self.account[chosen], visitor=self.visitor[chosen], by=self.by[chosen]
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """Requests by their numbers, with the ms each took, and whether it went well."""

    request: NDArray[np.uint64]
    took: Floats
    is_ok: Flags


def draw_visits(day: Day, at_us: Ints) -> Visits:
    """Who comes at these moments."""
    size = len(at_us)
    is_account = day.chance(size, _BY_ACCOUNTS)
    drawn = day.people.drawn(day.rng, int(is_account.sum()), day.start_us)
    if len(drawn) == 0:
        is_account[:] = False
    account = np.full(size, NOBODY)
    account[is_account] = drawn
    visitor = np.full(size, NOBODY)
    visitor[~is_account] = day.visitors.come(day.rng, int((~is_account).sum()))
    return Visits(
        at_us=at_us, account=account, visitor=visitor, by=np.where(is_account, who(Who.USER), who(Who.ANONYMOUS))
    )  # fmt: skip


def browse(day: Day, visits: Visits) -> None:
    """The pages of these visits."""
    viewing = _repeated(day, visits)
    for is_user, shares in ((False, 0), (True, 1)):
        some = viewing.where((viewing.account >= 0) == is_user)
        page = day.choice(len(some.at_us), tuple(each.shares[shares] for each in PAGES))
        _open_pages(day, some, page, PAGES)
        seen = some.where(page == SUMMARY_PAGE)
        _read_transcripts(day, seen)
        day.active.append(np.unique(seen.account[seen.account >= 0]))


def watch_operations(day: Day, at_us: Ints) -> None:
    """The staff at the operators' pages: a few of all visits."""
    mine = at_us[day.chance(len(at_us), _STAFF)]
    by = np.where(day.chance(len(mine), 0.3), who(Who.ADMIN), who(Who.OPERATOR))
    nobody = np.full(len(mine), NOBODY)
    viewing = Visits(at_us=mine, account=nobody, visitor=nobody, by=by)
    page = day.choice(len(mine), tuple(each.shares[1] for each in STAFF_PAGES))
    _open_pages(day, viewing, page, STAFF_PAGES)


def open_page(day: Day, viewing: Visits, place: int) -> None:
    """One page of `PAGES`, opened by all of these."""
    _open_pages(day, viewing, np.full(len(viewing.at_us), place), PAGES)


def query(day: Day, at_us: Ints, request: NDArray[np.uint64], name: str, mean: float) -> None:
    """Some statements of each request, a few milliseconds after its start."""
    times = day.rng.poisson(mean, len(at_us))
    began = np.repeat(at_us, times)
    took = day.lasting(began, 2.1, 0.95)
    day.columns.add(
        Kind.QUERY, day.book.name(name), value=took, request=np.repeat(request, times, axis=0),
        at_us=after(began, 1.0 + day.rng.exponential(6.0, len(began)) + took),
    )  # fmt: skip


def _repeated(day: Day, visits: Visits) -> Visits:
    """An entry for each page of each visit, half a minute apart."""
    pages = 1 + day.rng.poisson(_PAGES_AFTER_THE_FIRST, len(visits.at_us))
    which = np.repeat(np.arange(len(visits.at_us)), pages)
    pause = day.rng.exponential(_PAUSE_S, len(which))
    walked = np.cumsum(pause)
    first = np.cumsum(pages) - pages
    since = walked - walked[first][which]
    viewing = visits.where(which)
    return Visits(
        at_us=after(viewing.at_us, since * 1_000), account=viewing.account, visitor=viewing.visitor, by=viewing.by
    )  # fmt: skip


def _open_pages(day: Day, viewing: Visits, page: Ints, pages: tuple[Page, ...]) -> None:
    request = day.requests(viewing.at_us)
    took = day.lasting(viewing.at_us, np.take([each.median_ms for each in pages], page), 0.55)
    ends = day.ends(viewing.at_us, is_api=False)
    names = day.book.name_each(tuple(f"GET {each.route}" for each in pages))
    day.columns.add(
        Kind.PAGE_REQUEST, names[page], at_us=after(viewing.at_us, took), value=took, outcome=ends, who=viewing.by,
        request=request, person=viewing.account, detail=day.details(ends),
    )  # fmt: skip
    query(day, viewing.at_us, request, "read", _READS_A_PAGE)
    shown = (ends == OK) & day.chance(len(page), 0.95)
    _show_pages(day, viewing.where(shown), page[shown], request[shown], pages)


def _show_pages(day: Day, viewing: Visits, page: Ints, request: NDArray[np.uint64], pages: tuple[Page, ...]) -> None:
    took = day.lasting(viewing.at_us, np.take([each.open_ms for each in pages], page), 0.56)
    names = day.book.name_each(tuple(each.route for each in pages))
    day.columns.add(
        Kind.PAGE_OPEN, names[page], at_us=after(viewing.at_us, took), value=took, who=viewing.by, request=request,
        person=viewing.account,
    )  # fmt: skip
    telling = np.flatnonzero(day.chance(len(page), _VITALS_SHARE))
    for kind, share, median, spread in _VITALS:
        some = telling[day.chance(len(telling), share)]
        at_us = viewing.at_us[some]
        value = day.lasting(at_us, median, spread)
        day.columns.add(
            kind, names[page[some]], at_us=after(at_us, 3_000 + took[some]), value=value, who=viewing.by[some],
            request=request[some],
        )  # fmt: skip


def _read_transcripts(day: Day, viewing: Visits) -> None:
    """A summary's page fetches its transcript over the interface for programs."""
    began = after(viewing.at_us, np.full(len(viewing.at_us), 240.0))
    call_api(day, Visits(at_us=began, account=viewing.account, visitor=viewing.visitor, by=viewing.by),
             API_TRANSCRIPT, median_ms=36, spread=0.9)  # fmt: skip


def call_api(day: Day, callers: Visits, name: str, *, median_ms: float, spread: float) -> Called:
    """One call each."""
    at_us = callers.at_us
    request = day.requests(at_us)
    took = day.lasting(at_us, median_ms, spread)
    ends = day.ends(at_us, is_api=True)
    day.columns.add(
        Kind.API_REQUEST, day.book.name(name), at_us=after(at_us, took), value=took, outcome=ends, who=callers.by,
        request=request, person=callers.account, detail=day.details(ends),
    )  # fmt: skip
    query(day, at_us, request, "read", _READS_A_PAGE)
    return Called(request=request, took=took, is_ok=ends == OK)
