"""The simulation itself: the same again for the same seed, as many events as asked for, and what it tells."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from core.domain.request_ids import began_at
from core.domain.telemetry import Kind
from core.errors import InvalidInput
from core.seeding.history import History, Stretch
from core.seeding.ledger import Ledger
from core.seeding.plan import chunks, make_plan, micros_of, minute_of, moment_of, weights
from core.seeding.talks import make_talks
from core.seeding.truth_figures import FIGURES, is_request, of
from core.seeding.window import Window
from tests.seeding.conftest import EVENTS, NOW, Seeded, small_plan


@pytest.fixture(scope="module")
def busy() -> Ledger:
    """Four days with as much traffic as makes every share steady."""
    history = History(make_plan(days=4, users=100, events=500_000, seed=1, now=NOW))
    ledger = Ledger(history)
    for stretch in history.stretches():
        ledger.add(stretch)
    return ledger


def _all(seed: int) -> list[Stretch]:
    return list(History(small_plan(seed)).stretches())


def test_the_same_seed_gives_the_same_rows_and_another_seed_others() -> None:
    first, again, other = _all(1), _all(1), _all(2)
    for left, right in zip(first, again, strict=True):
        for column in dataclasses.fields(left.rows):
            assert np.array_equal(getattr(left.rows, column.name), getattr(right.rows, column.name)), column.name
        assert np.array_equal(left.active, right.active)
    assert not np.array_equal(first[2].rows.value, other[2].rows.value)


def test_as_many_events_are_counted_as_were_asked_for() -> None:
    assert sum(int(stretch.rows.count.sum()) for stretch in _all(1)) == pytest.approx(EVENTS, rel=0.001)


def test_stretches_follow_each_other_and_each_holds_its_own_time_only() -> None:
    plan = small_plan()
    stretches = _all(1)
    edges = [first for first, _ in chunks(plan)]
    assert [stretch.first - minute_of(plan.start) for stretch in stretches] == edges
    for stretch, (first, end) in zip(stretches, chunks(plan), strict=True):
        minute = stretch.rows.at_us // 60_000_000 - minute_of(plan.start)
        assert first <= minute.min()
        assert minute.max() < end
        assert np.all(np.diff(stretch.rows.at_us) >= 0)


def test_stretches_are_cut_at_midnight_in_utc() -> None:
    plan = make_plan(days=2, users=20, events=4_000, seed=1, now=datetime(2026, 3, 29, 0, 0, 30, tzinfo=UTC))
    assert chunks(plan) == [(0, 1_440), (1_440, 2_880)]
    later = dataclasses.replace(plan, end=plan.end + timedelta(minutes=90))
    assert chunks(later) == [(0, 1_350), (1_350, 2_790), (2_790, 2_880)]


@pytest.mark.parametrize(
    ("days", "users", "events"), [(1, 100, 100_000), (367, 100, 10**7), (8, 19, 10**6), (8, 100, 15_999)]
)
def test_a_history_too_small_or_too_long_is_refused(days: int, users: int, events: int) -> None:
    with pytest.raises(InvalidInput):
        make_plan(days=days, users=users, events=events, seed=1, now=NOW)


def test_nights_and_weekends_are_quieter_and_traffic_grows() -> None:
    plan = make_plan(days=84, users=20, events=10**6, seed=1, now=datetime(2026, 11, 23, tzinfo=UTC))
    by_day = weights(plan).reshape(84, 1_440)
    hours = by_day.mean(axis=0).reshape(24, 60).mean(axis=1)
    assert hours[4] < 0.4 * hours[14]
    weekday = by_day.sum(axis=1).reshape(12, 7).sum(axis=0)
    assert plan.start.weekday() == 0
    assert weekday[5:].max() < 0.8 * weekday[:5].min()
    assert by_day[-7:].sum() > 1.8 * by_day[:7].sum()


def test_request_numbers_tell_when_their_request_began(seeded: Seeded) -> None:
    stretch = next(History(seeded.plan).stretches())
    rows = stretch.rows.where(stretch.rows.request[:, 0] > 0)
    for place in range(0, len(rows), 997):
        high, low = (int(half) for half in rows.request[place])
        number = UUID(int=high << 64 | low)
        assert number.version == 7
        assert timedelta(0) <= moment_of(rows.at_us[place]) - began_at(number) < timedelta(minutes=10)


def test_availability_falls_in_the_outage(busy: Ledger) -> None:
    outage = next(trouble for trouble in busy.plan.troubles if trouble.fails)
    during = Window(busy, outage.started_at, outage.mitigated_at.replace(second=0))
    day = Window(busy, outage.started_at - timedelta(days=1), outage.started_at)
    assert during.count(is_request) > 100
    assert 0.5 < (FIGURES["error-rate"](during) or 0) < 0.8
    assert (FIGURES["availability"](day) or 0) > 0.998


def test_summaries_by_the_slow_rung_take_over_30_s_since_the_last_release(busy: Ledger) -> None:
    since, end = busy.plan.slow_rung_since, busy.plan.end
    before, after = Window(busy, busy.plan.start, since), Window(busy, since + timedelta(minutes=3), end)
    assert (before.quantile(of("rung", "youtube_proxy"), 0.5) or 0) < 15_000
    assert (after.quantile(of("rung", "youtube_proxy"), 0.1) or 0) > 30_000
    assert (FIGURES["summary-under-30s"](before) or 0) > 0.95 > (FIGURES["summary-under-30s"](after) or 0)


def test_the_first_release_makes_everything_slower_until_the_second(seeded: Seeded) -> None:
    ledger = seeded.ledger
    first, second, third = seeded.plan.releases

    def median(start: datetime, end: datetime) -> float:
        values = [told.value for told in ledger.told(start, end) if told.series.kind == Kind.PAGE_OPEN]
        return float(np.median(np.concatenate(values)))

    slow = [release for release in (first, second, third) if release.slows > 1]
    assert len(slow) == 1
    following = next(release.at for release in (first, second, third) if release.at > slow[0].at)
    assert median(slow[0].at, following) > 1.3 * median(seeded.plan.start, slow[0].at)


def test_some_browsers_sign_up_within_thirty_days_of_their_first_summary(seeded: Seeded) -> None:
    visitors = seeded.ledger.visitors
    tied = np.flatnonzero(visitors.account >= 0)
    assert len(tied) > 20
    assert np.all(visitors.registered_us[tied] > visitors.first_summary_us[tied])
    assert len(np.unique(visitors.account[tied])) == len(tied)
    created = seeded.ledger.people.created_us[visitors.account[tied]]
    assert np.array_equal(created, visitors.registered_us[tied])
    assert created.max() < micros_of(seeded.plan.end)


def test_every_talk_is_summarised_in_full_and_supported_by_its_own_words() -> None:
    talks = make_talks()
    assert len(talks) == 8
    for talk in talks:
        assert talk.draft.tldr
        assert talk.draft.chapters
        assert talk.tags
        assert talk.supported >= 0.9 * talk.lines
    assert len({talk.words.facts.sha256 for talk in talks}) == len(talks)
