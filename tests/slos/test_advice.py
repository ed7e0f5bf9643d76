from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.slos import SLOS
from core.slos.advice import Advice, DeployAt, Finding, Onset, advise, find_onset, worst
from core.slos.definition import BURN_RULES
from core.slos.status import BurnReading, BurnState, Health, SloStatus, Spender

NOW = datetime(2026, 11, 23, 14, 40, tzinfo=UTC)
HOUR = timedelta(hours=1)


def status(slug: str = "summary-30s", **changes: object) -> SloStatus:
    """An objective with 60 % of its budget left and nothing burning."""
    quiet = SloStatus(
        slo=SLOS[slug],
        at=NOW,
        valid=10_000,
        bad=200,
        stuck=0,
        sli=0.98,
        budget_events=500.0,
        budget_left=0.6,
        minutes_left=1_296.0,
        burns=tuple(burning(n, BurnState.OK, 0.4) for n in range(4)),
        health=Health.OK,
        exhausts_at=None,
        full_budget_lasts_s=None,
        p95=21_000.0,
    )
    return replace(quiet, **changes)  # type: ignore[arg-type]


def burning(rule: int, state: BurnState, long: float, short: float = 1.0) -> BurnReading:
    return BurnReading(rule=BURN_RULES[rule], long_rate=long, short_rate=short, state=state)


def no_data(slug: str) -> SloStatus:
    return status(
        slug, valid=0, bad=0, sli=None, budget_left=None, minutes_left=None, burns=(), health=Health.NO_DATA
    )  # fmt: skip


FIRING = status(
    health=Health.FIRING,
    burns=(burning(0, BurnState.FIRING, 17.2),),
    budget_left=0.31,
    exhausts_at=NOW + timedelta(hours=9),
)
BURNING = status(
    health=Health.BURNING,
    burns=(burning(2, BurnState.FIRING, 3.4),),
    budget_left=0.09,
    exhausts_at=datetime(2026, 12, 2, 8, tzinfo=UTC),
)
SPENT = status("page-2s", health=Health.SPENT, budget_left=-0.34)
LOW = status("api-1s", budget_left=0.18)
PROXY = Finding(
    spenders=[
        Spender(cause="rung:oxylabs", label="Captions from oxylabs", bad=71, percent=71),
        Spender(cause="", label="Everything else", bad=29, percent=29),
    ],
    onset=Onset(since=NOW - timedelta(minutes=90), release="2026.11.3", before=0.01, after=0.2),
)


@pytest.mark.parametrize(
    ("statuses", "finding", "sentence"),
    [
        (
            [status(), BURNING],
            PROXY,
            ("Summaries in 30 s: the budget burns at 3.4×. 71 % of the 100 bad ones: Captions from oxylabs, since "
            "release 2026.11.3 at 13:10. At this rate the budget ends on 2 December."),
        ),
        (
            [FIRING],
            replace(PROXY, onset=replace(PROXY.onset, release=None)),
            ("Summaries in 30 s: the budget burns at 17×. 71 % of the 100 bad ones: Captions from oxylabs, since about "
            "13:10. At this rate the budget ends today at 23:40."),
        ),
        (
            [replace(FIRING, stuck=3, exhausts_at=NOW + timedelta(hours=20))],
            replace(PROXY, onset=None),
            ("Summaries in 30 s: the budget burns at 17×. 3 still open after 30 s. 71 % of the 100 bad ones: Captions "
            "from oxylabs. At this rate the budget ends tomorrow at 10:40."),
        ),
        (
            [replace(FIRING, stuck=5, exhausts_at=NOW, budget_left=-1.5)],
            Finding(spenders=[], onset=None),
            "Summaries in 30 s: the budget burns at 17×. 5 still open after 30 s. It is overdrawn by 150 %.",
        ),
        (
            [replace(BURNING, burns=(burning(0, BurnState.RECOVERING, 15.0, 0.1),), exhausts_at=None)],
            PROXY,
            ("Summaries in 30 s: recovering after burning the budget at 15×. 71 % of the 100 bad ones: Captions from "
            "oxylabs, since release 2026.11.3 at 13:10. At this rate the budget does not run out."),
        ),
        (
            [replace(BURNING, burns=(burning(0, BurnState.RISING, 2.0, 16.0),), exhausts_at=None)],
            None,
            ("Summaries in 30 s: the budget burns at 16×. No bad events lie in the range shown. "
            "At this rate the budget does not run out."),
        ),
        (
            [SPENT, LOW, status()],
            Finding(spenders=[Spender(cause="page_open:/", label="Page /", bad=1, percent=100)], onset=None),
            ("Pages ready in 2 s: the budget of 30 days is used up. The one bad event: Page /. "
            "It is overdrawn by 34 %."),
        ),
        (
            [replace(SPENT, budget_left=0.0)],
            None,
            ("Pages ready in 2 s: the budget of 30 days is used up. No bad events lie in the range shown. "
            "Nothing of it is left."),
        ),
        (
            [LOW, status()],
            None,
            ("API answers in 1 s: 18 % of the budget of 30 days is left. No bad events lie in the range shown. "
            "At this rate the budget does not run out."),
        ),
        (
            [status(health=Health.FIRING, burns=())],
            None,
            ("Summaries in 30 s: failures among few, so the budget burns unseen. No bad events lie in the range shown. "
            "At this rate the budget does not run out."),
        ),
        (
            [status("recovery", health=Health.SPENT, valid=3, bad=2, budget_left=-0.33, burns=())],
            None,
            ("P0 and P1 incidents mitigated in 5 min: the budget of 90 days is used up. 2 of 3 incidents were not "
            "mitigated within 5 minutes. It is overdrawn by 33 %."),
        ),
        (
            [status(), status("api-1s", budget_left=0.7, valid=4_000, bad=12)],
            None,
            ("Both objectives are within budget. The tightest is Summaries in 30 s: 60 % of its budget is left, "
            "200 of 10,000 were bad in 30 days."),
        ),
        (
            [status(), no_data("api-1s"), no_data("api-200ms")],
            None,
            ("The one objective that has data is within budget. The tightest is Summaries in 30 s: 60 % of its budget "
            "is left, 200 of 10,000 were bad in 30 days. 2 more have no data yet."),
        ),
        (
            [no_data("api-1s"), no_data("page-2s")],
            None,
            "Nothing has been measured yet. The first figures come with the first requests.",
        ),
        ([], None, "Nothing has been measured yet. The first figures come with the first requests."),
    ],
)  # fmt: skip
def test_the_sentence(statuses: list[SloStatus], finding: Finding | None, sentence: str) -> None:
    assert said(advise(statuses, finding, now=NOW, zone="UTC")) == sentence


def said(advice: Advice) -> str:
    return " ".join(part for part in (advice.headline, advice.because, advice.outlook) if part)


def test_firing_comes_before_burning_before_spent_before_nearly_spent() -> None:
    order = [FIRING, BURNING, SPENT, LOW]
    for place, expected in enumerate(order):
        assert worst(list(reversed(order[place:]))) is expected
    assert worst([status(), no_data("api-1s")]) is None


def test_among_equals_the_one_that_burns_fastest_is_the_worst() -> None:
    slower = replace(FIRING, slo=SLOS["api-1s"], burns=(burning(0, BurnState.FIRING, 15.0),))
    assert worst([slower, FIRING]) is FIRING


@pytest.mark.parametrize(
    ("which", "tone", "slug"),
    [
        (FIRING, "bad", "summary-30s"),
        (BURNING, "warn", "summary-30s"),
        (SPENT, "bad", "page-2s"),
        (LOW, "warn", "api-1s"),
    ],
)
def test_it_leads_to_the_objective_it_speaks_of(which: SloStatus, tone: str, slug: str) -> None:
    advice = advise([status("availability"), which], None, now=NOW, zone="UTC")
    assert (advice.tone, advice.slo) == (tone, slug)


def test_all_quiet_leads_to_the_tightest_and_no_data_leads_nowhere() -> None:
    quiet = advise([status()], None, now=NOW, zone="UTC")
    assert (quiet.tone, quiet.slo) == ("ok", "summary-30s")
    nothing = advise([no_data("api-1s")], None, now=NOW, zone="UTC")
    assert (nothing.tone, nothing.slo) == ("", None)


def test_times_are_on_the_readers_clock_with_the_date_where_it_is_another_day() -> None:
    said_there = said(advise([BURNING], PROXY, now=NOW, zone="Asia/Kathmandu"))
    assert "at 18:55." in said_there
    earlier = replace(PROXY, onset=replace(PROXY.onset, since=NOW - timedelta(days=2)))
    assert "at 14:40 on 21 November." in said(advise([BURNING], earlier, now=NOW, zone="UTC"))


EDGES = [NOW + n * HOUR for n in range(25)]
VALID = [1_000] * 24


def test_a_rise_at_a_deploy_names_the_release() -> None:
    bad = [10] * 12 + [200] * 12
    deploys = [DeployAt(release="2026.11.2", at=EDGES[3]), DeployAt(release="2026.11.3", at=EDGES[12])]
    onset = find_onset(EDGES, bad, VALID, deploys)
    assert onset == Onset(since=EDGES[12], release="2026.11.3", before=0.01, after=0.2)


def test_a_deploy_within_a_bin_belongs_to_its_end() -> None:
    bad = [10] * 12 + [200] * 12
    deploy = DeployAt(release="2026.11.3", at=EDGES[12] - timedelta(minutes=20))
    onset = find_onset(EDGES, bad, VALID, [deploy])
    assert onset is not None
    assert (onset.release, onset.since) == ("2026.11.3", deploy.at)


def test_a_rise_far_from_any_deploy_names_the_hour() -> None:
    bad = [10] * 18 + [200] * 6
    onset = find_onset(EDGES, bad, VALID, [DeployAt(release="2026.11.3", at=EDGES[4])])
    assert onset is not None
    assert (onset.release, onset.since) == (None, EDGES[18])


@pytest.mark.parametrize(
    ("bad", "valid"),
    [
        ([10] * 24, VALID),  # as ever
        ([200] * 12 + [10] * 12, VALID),  # it got better
        ([0] * 23 + [4], VALID),  # four events prove nothing
        ([0] * 24, [0] * 24),  # no data
        ([10] * 12 + [14] * 12, [100_000] * 24),  # surely more, but not twice as much
    ],
)
def test_no_beginning_is_named_where_there_is_none(bad: list[int], valid: list[int]) -> None:
    assert find_onset(EDGES, bad, valid, [DeployAt(release="2026.11.3", at=EDGES[12])]) is None


def test_a_range_of_one_bin_has_no_beginning() -> None:
    assert find_onset(EDGES[:2], [100], [100], []) is None


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(50, 500)), min_size=1, max_size=40))
def test_whatever_is_found_rose_clearly(bins: list[tuple[int, int]]) -> None:
    edges = [NOW + n * HOUR for n in range(len(bins) + 1)]
    onset = find_onset(edges, [bad for bad, _ in bins], [valid for _, valid in bins], [])
    if onset is not None:
        assert onset.after >= 2 * onset.before
        assert onset.since in edges[1:-1]
