"""Every panel in its four states: it waits, it has nothing to show, it could not be read, it is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from nicegui import ElementFilter, ui
from nicegui.element import Element

from core.domain.permissions import Action, Role
from core.errors import Unavailable
from ops_dashboard.components.chart import ChartCard
from ops_dashboard.panels import PANELS
from pages import guards
from tests.factories import views
from tests.ops_dashboard.conftest import Desktop

FIGURES = ("/ops", "/ops/performance", "/ops/usage")
DRILLED = "/ops/performance?slo=summary-30s&range=7d"


def elements(desktop: Desktop, kind: type[Element]) -> list[Element]:
    with desktop.user:
        return list(ElementFilter(kind=kind))


def html(desktop: Desktop) -> str:
    """All markup of the open page, and the words of its other elements."""
    drawn = [str(each.props.get("innerHTML", "")) for each in elements(desktop, ui.html)]
    texts = [str(each._text) for each in elements(desktop, Element) if each._text]
    return "\n".join([*drawn, *texts])


def charts(desktop: Desktop) -> list[ChartCard]:
    return [each for each in elements(desktop, ChartCard) if isinstance(each, ChartCard)]


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(500):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come about in five seconds")


def is_settled(desktop: Desktop) -> bool:
    busy = [each.props.get("aria-busy") for each in elements(desktop, Element) if "aria-busy" in each.props]
    return bool(busy) and "true" not in busy


async def opened(desktop: Desktop, address: str, role: Role = Role.OPERATOR) -> str:
    await desktop.sign_in(role)
    await desktop.user.open(address)
    await until(lambda: is_settled(desktop))
    return html(desktop)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.slug or "overview")
@pytest.mark.parametrize("role", [None, Role.USER])
async def test_whoever_may_not_see_a_panel_gets_the_ordinary_404(
    desktop: Desktop, panel: object, role: Role | None
) -> None:
    if role is not None:
        await desktop.sign_in(role)
    answer = await desktop.user.http_client.get(panel.path)  # type: ignore[attr-defined]
    assert answer.status_code == 404
    assert answer.text == (await desktop.user.http_client.get("/nowhere")).text
    assert desktop.figures.asked == []


@pytest.mark.parametrize("address", [*FIGURES, DRILLED])
async def test_a_panel_shows_skeletons_until_its_figures_come(desktop: Desktop, address: str) -> None:
    desktop.figures.gate = asyncio.Event()
    await desktop.sign_in()
    await desktop.user.open(address)
    await until(lambda: set(desktop.figures.asked) > {"freshness"})
    assert 'class="panel bones' in html(desktop)
    busy = [each.props["aria-busy"] for each in elements(desktop, Element) if "aria-busy" in each.props]
    assert "true" in busy
    desktop.figures.gate.set()
    await until(lambda: is_settled(desktop))
    assert 'class="panel bones' not in html(desktop)


@pytest.mark.parametrize("address", [*FIGURES, DRILLED])
async def test_a_panel_without_data_says_why_in_each_place(desktop: Desktop, address: str) -> None:
    desktop.figures.is_empty = True
    page = await opened(desktop, address)
    assert charts(desktop)
    assert all(chart.shown is not None and chart.shown.reason for chart in charts(desktop))
    assert all(chart.shown is not None and chart.shown.reason.endswith(".") for chart in charts(desktop))
    assert "<tbody>" not in page
    assert page.count('class="void"') >= 2


@pytest.mark.parametrize("address", [*FIGURES, DRILLED])
async def test_a_panel_that_cannot_be_read_says_so_and_can_be_tried_again(desktop: Desktop, address: str) -> None:
    desktop.figures.failure = Unavailable("The database does not answer.")
    page = await opened(desktop, address)
    assert "could not be read" in page
    assert "The database does not answer." in page
    desktop.figures.failure = None
    desktop.user.find("Try again").click()
    await until(lambda: is_settled(desktop) and "could not be read" not in html(desktop))
    assert all(chart.shown is not None and not chart.shown.reason for chart in charts(desktop))


async def test_a_bug_behind_a_panel_shows_no_stack_and_no_secret(desktop: Desktop) -> None:
    desktop.figures.failure = RuntimeError("password=hunter2")
    page = await opened(desktop, "/ops")
    assert "Something went wrong on our side" in page
    assert "hunter2" not in page


async def test_figures_that_are_there_stay_when_they_cannot_be_brought_up_to_date(desktop: Desktop) -> None:
    await opened(desktop, "/ops")
    await desktop.feed.look()
    desktop.figures.failure = Unavailable("The database does not answer.")
    desktop.clock.forward(minutes=1)
    await desktop.feed.look()
    await until(lambda: "could not be brought up to date" in html(desktop))
    assert len(charts(desktop)) == 2
    assert "Vendors" in html(desktop)


async def test_the_overview_says_where_to_look_and_leads_there(desktop: Desktop) -> None:
    page = await opened(desktop, "/ops?range=7d")
    assert "the budget burns at 3.4×." in page
    assert 'href="/ops/performance?range=7d&amp;slo=summary-30s"' in page
    assert [chart.shown and chart.shown.key for chart in charts(desktop)] == ["requests", "summary-times"]
    for words in ("Availability", "99.93", "9 % of budget left", "burning", "3:40", "youtube.captions", "31.2 %"):
        assert words in page


async def test_one_comes_from_an_objective_to_one_request_in_three_clicks(desktop: Desktop) -> None:
    page = await opened(desktop, "/ops/performance?slo=summary-30s")
    assert 'href="/ops/performance?slo=summary-30s&amp;cause=rung:proxy"' in page
    page = await opened(desktop, "/ops/performance?slo=summary-30s&cause=rung:proxy")
    assert f'href="/ops/performance?slo=summary-30s&amp;cause=rung:proxy&amp;request={views.REQUEST.hex}"' in page
    page = await opened(desktop, f"/ops/performance?slo=summary-30s&cause=rung:proxy&request={views.REQUEST.hex}")
    for words in ("Captions from proxy", "Statement, write, 2 times", "failed", "blocked", "release 2026.11.3"):
        assert words in page
    assert desktop.figures.asked.count(f"story {views.REQUEST}") == 1


async def test_shares_of_what_spent_the_budget_add_up_to_a_hundred(desktop: Desktop) -> None:
    page = await opened(desktop, DRILLED)
    shown = [int(part.split(" %")[0]) for part in page.split("</small>")[1:] if " %" in part[:6]]
    assert sum(shown) == 100


async def test_a_route_leads_to_its_requests(desktop: Desktop) -> None:
    page = await opened(desktop, "/ops/performance")
    assert 'href="/ops/performance?kind=api_request&amp;name=POST%20/api/v1/summaries"' in page
    await opened(desktop, "/ops/performance?kind=api_request&name=POST%20/api/v1/summaries")
    assert "requests slo=None cause=None kind=api_request name=POST /api/v1/summaries" in desktop.figures.asked


async def test_a_request_that_was_not_kept_is_said_beside_the_others(desktop: Desktop) -> None:
    page = await opened(desktop, f"{DRILLED}&request={'0' * 31}7")
    assert "Nothing was kept of a request of that number" in page
    assert "Captions from proxy" in page


async def test_a_comparison_reads_the_period_before_and_draws_it(desktop: Desktop) -> None:
    for address in FIGURES:
        await opened(desktop, f"{address}?compare=1")
        compared = [
            chart.shown for chart in charts(desktop) if chart.shown and ", before" in "".join(chart.shown.columns)
        ]
        assert compared
        shown, before = desktop.figures.periods[-2:]
        assert {shown.start, before.start} == {shown.start, shown.start - timedelta(days=1)}


async def test_the_reference_holds_every_definition_with_its_query(desktop: Desktop) -> None:
    page = await opened(desktop, "/ops/reference")
    view = desktop.figures.reference()
    for entry in view.metrics:
        assert f'id="{entry.metric.slug}"' in page
    for objective in view.slos:
        assert f'id="slo-{objective.slo.slug}"' in page
    assert page.count("<pre") == len(view.metrics) + 2 * len(view.slos)


async def test_an_address_that_makes_no_sense_is_said_and_the_page_is_there(desktop: Desktop) -> None:
    page = await opened(desktop, "/ops?range=99h&tz=Nowhere&from=x&slo=nope")
    assert page.count('class="problem"') == 4
    assert len(charts(desktop)) == 2


async def test_a_range_being_typed_outlives_the_minute(desktop: Desktop) -> None:
    await opened(desktop, "/ops")
    await desktop.feed.look()
    [controls] = [each for each in elements(desktop, ui.html) if "data-range" in str(each.props.get("innerHTML"))]
    before = controls.props["innerHTML"]
    asked = desktop.figures.asked.count("overview")
    desktop.clock.forward(minutes=1)
    await desktop.feed.look()
    await until(lambda: desktop.figures.asked.count("overview") > asked and is_settled(desktop))
    assert controls.props["innerHTML"] == before


async def test_that_it_is_live_is_said_once_and_not_at_each_look(desktop: Desktop) -> None:
    await opened(desktop, "/ops")
    await until(lambda: ">Live<" in html(desktop))
    [said] = [each for each in elements(desktop, ui.html) if ">Live<" in str(each.props.get("innerHTML"))]
    before = said.props["innerHTML"]
    desktop.figures.fresh = replace(desktop.figures.fresh, read_at=desktop.clock.now() + timedelta(seconds=5))
    await desktop.feed.look()
    assert f'data-live="{desktop.figures.fresh.read_at.isoformat()}"' in html(desktop)
    assert said.props["innerHTML"] == before


async def test_a_range_of_another_year_says_which(desktop: Desktop) -> None:
    page = await opened(desktop, "/ops?from=2025-12-31T08:00&to=2026-01-01T08:00")
    assert "31 Dec 2025 08:00 – 1 Jan 08:00" in page


async def test_the_page_says_which_address_it_followed_last(desktop: Desktop) -> None:
    await opened(desktop, "/ops?range=7d")
    (main,) = [each for each in elements(desktop, Element) if "data-address" in each.props]
    assert main.props["data-address"] == "?range=7d"
    listener = next(each for each in main._event_listeners.values() if each.type == "address")
    main._handle_event({"listener_id": listener.id, "args": {"detail": "?range=30d"}})
    await until(lambda: main.props["data-address"] == "?range=30d")


async def test_a_link_followed_in_place_changes_bar_and_figures(desktop: Desktop) -> None:
    await opened(desktop, "/ops")
    (main,) = [each for each in elements(desktop, Element) if "data-address" in each.props]
    listener = next(each for each in main._event_listeners.values() if each.type == "address")
    main._handle_event({"listener_id": listener.id, "args": {"detail": "?range=30d&tz=Europe/Berlin"}})
    await until(lambda: "Berlin" in html(desktop))
    await until(lambda: is_settled(desktop))
    assert desktop.figures.periods[-1].length == timedelta(days=30)
    assert desktop.figures.periods[-1].zone == "Europe/Berlin"


async def test_demonstration_data_is_called_that(desktop: Desktop) -> None:
    desktop.figures.fresh = views.freshness(is_demo=True)
    await opened(desktop, "/ops")
    await until(lambda: "Demonstration data" in html(desktop))


async def test_lost_events_and_figures_that_lag_are_shown(desktop: Desktop) -> None:
    desktop.figures.fresh = views.freshness(dropped=12)
    await opened(desktop, "/ops")
    await until(lambda: "12 events lost" in html(desktop))
    desktop.figures.fresh = views.freshness()
    desktop.figures.fresh = type(desktop.figures.fresh)(
        read_at=desktop.clock.now(), newest=desktop.clock.now() - timedelta(minutes=9), dropped=0, is_demo=False
    )
    await desktop.feed.look()
    await until(lambda: "Newest figures 11:51" in html(desktop))


async def test_who_loses_the_role_gets_no_new_figures(desktop: Desktop) -> None:
    secret = await desktop.sign_in()
    await desktop.user.open("/ops")
    await until(lambda: is_settled(desktop))
    await desktop.feed.look()
    del desktop.accounts.signed_in[secret]
    asked = desktop.figures.asked.count("overview")
    desktop.clock.forward(minutes=1)
    await desktop.feed.look()
    await until(lambda: "This page is closed to you now" in html(desktop))
    assert ">Live<" not in html(desktop)
    assert desktop.figures.asked.count("overview") == asked


async def test_handlers_are_noted_with_their_action(desktop: Desktop) -> None:
    for panel in PANELS:
        await opened(desktop, panel.path, Role.ADMIN)
    figures = {name: action for name, action in guards.HANDLERS.items() if name.partition(".")[2] in {"go", "retry"}}
    expected = {panel.slug or "overview" for panel in PANELS if panel.action is Action.SEE_OPERATIONS}
    assert {name.partition(".")[0] for name, action in figures.items() if action is Action.SEE_OPERATIONS} >= expected
