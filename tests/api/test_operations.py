"""The interface for operators: who may, and that what it sends is what the service found."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy import text

from core.api.operations_json import to_json
from core.clock import SystemClock
from core.db.database import Database
from core.domain.permissions import Role
from core.domain.request_ids import new_request_id
from core.domain.telemetry import Kind, Outcome
from core.metrics import ALL
from core.metrics.performance import VITALS
from core.services.operations.operations import Operations
from core.slos import ALL as ALL_SLOS
from tests.api.conftest import new_client
from tests.api.test_accounts import browser
from tests.factories.telemetry import event, write_history
from tests.fakes import FakeServices

OPS = "/api/v1/ops"
READS = (
    "/metrics", "/metrics/api-p95", "/metrics/api-p95.csv", "/slos", "/slos/availability", "/overview", "/performance",
    "/usage", "/vitals", "/requests", f"/requests/{uuid4().hex}", "/reference",
)  # fmt: skip
NOW = datetime.now(UTC)


@pytest.fixture
async def figures(services: FakeServices, database: Database) -> FakeServices:
    """Services whose operations are the real ones on the test's database."""
    services.operations = Operations(database=database, clock=SystemClock())
    return services


def as_role(services: FakeServices, role: Role) -> httpx.AsyncClient:
    return browser(services, account=services.accounts.let_in(role))


async def test_for_strangers_and_users_nothing_stands_here(figures: FakeServices) -> None:
    for client in (new_client(figures), as_role(figures, Role.USER)):
        async with client:
            nowhere = await client.get("/api/v1/nowhere")
            for path in READS:
                answer = await client.get(OPS + path)
                assert answer.status_code == 404, path
                # Not to be told apart from an address where nothing stands.
                assert answer.json()["detail"] == nowhere.json()["detail"], path
            answer = await client.post(
                f"{OPS}/deploys", json={"release": "1"}, headers={"origin": "http://sightline.test"}
            )
            assert answer.status_code == 404
            assert (await client.get("/metrics")).status_code == 404


async def test_even_a_request_that_makes_no_sense_tells_a_stranger_nothing(figures: FakeServices) -> None:
    async with new_client(figures) as client:
        for path in ("/overview?range=5y", "/requests?limit=none", "/metrics/none", "/requests/x"):
            assert (await client.get(OPS + path)).status_code == 404, path
        answer = await client.post(f"{OPS}/deploys", content=b"{", headers={"content-type": "application/json"})
        assert answer.status_code == 404


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMIN])
async def test_operators_and_admins_read_everything(figures: FakeServices, role: Role) -> None:
    async with as_role(figures, role) as client:
        for path in READS:
            answer = await client.get(OPS + path)
            assert answer.status_code == (404 if "/requests/" in path else 200), path
            assert "no-store" in answer.headers["cache-control"], path


async def test_while_it_cannot_be_known_who_asks_nobody_is_let_in(figures: FakeServices) -> None:
    async with as_role(figures, Role.OPERATOR) as client:
        figures.accounts.outage = RuntimeError("the database is gone")
        assert (await client.get(f"{OPS}/overview")).status_code == 503


async def test_the_registry_and_a_metric_with_its_points(figures: FakeServices, database: Database) -> None:
    await write_history(database, [event(Kind.API_REQUEST, "GET /api/v1/summaries", NOW, value=120.0)] * 3)
    async with as_role(figures, Role.OPERATOR) as client:
        listed = (await client.get(f"{OPS}/metrics")).json()
        assert [each["slug"] for each in listed] == [metric.slug for metric in ALL]
        found = (await client.get(f"{OPS}/metrics/requests-per-minute?range=1h")).json()
        bare = (await client.get(f"{OPS}/metrics/requests-per-minute?range=1h&points=false")).json()
        missing = await client.get(f"{OPS}/metrics/none")
    assert found["metric"]["unit"] == "per minute"
    assert sum(each["value"] or 0 for each in found["points"][:-1]) in {0.0, 3.0}
    assert len(found["points"]) == 60
    assert bare["points"] == []
    assert bare["value"] == found["value"] > 0
    assert missing.status_code == 404


async def test_a_range_of_one_s_own_and_ranges_that_make_no_sense(figures: FakeServices) -> None:
    async with as_role(figures, Role.OPERATOR) as client:
        own = await client.get(
            f"{OPS}/metrics/summaries",
            params={"from": "2026-11-01T00:00:30Z", "to": "2026-11-03T00:00:00+01:00", "tz": "Europe/Berlin"},
        )
        assert (own.json()["start"], own.json()["end"]) == ("2026-11-01T00:00:00+00:00", "2026-11-02T23:00:00+00:00")
        for query in (
            "range=2y",
            "from=2026-11-01T00:00:00Z",
            "from=2026-11-01T00:00:00Z&to=2026-11-01T00:00:00Z",
            "from=2026-11-01T00:00:00&to=2026-11-02T00:00:00",  # no offset: whose clock?
            "range=24h&tz=Mars/Olympus",
            "from=0001-01-01T00:00:00Z&to=0001-01-02T00:00:00Z",
            "from=2026-11-01T00:00:00Z&to=9999-12-31T23:59:00-12:00",
        ):
            assert (await client.get(f"{OPS}/metrics/summaries?{query}")).status_code == 422, query


async def test_a_csv_has_one_line_for_each_bin(figures: FakeServices, database: Database) -> None:
    await write_history(database, [event(Kind.PAGE_OPEN, "/", NOW, value=1_000.0)])
    async with as_role(figures, Role.OPERATOR) as client:
        answer = await client.get(f"{OPS}/metrics/page-under-2s.csv?range=6h")
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == ["start", "end", "page-under-2s (ratio)"]
    assert len(rows) in {73, 74}
    assert [row[2] for row in rows if row[2] not in {"", rows[0][2]}] == ["1.0"]
    assert answer.headers["content-disposition"] == 'attachment; filename="page-under-2s.csv"'


async def test_objectives_and_panels_are_sent_as_they_were_found(figures: FakeServices, database: Database) -> None:
    await write_history(database, [event(Kind.PAGE_REQUEST, "GET /", NOW, outcome=Outcome.SERVER_ERROR)] * 5)
    async with as_role(figures, Role.OPERATOR) as client:
        listed = (await client.get(f"{OPS}/slos")).json()
        one = (await client.get(f"{OPS}/slos/availability")).json()
        overview = (await client.get(f"{OPS}/overview?range=1h")).json()
        performance = (await client.get(f"{OPS}/performance?kind=page_open")).json()
        vitals = (await client.get(f"{OPS}/vitals")).json()
        rows = (await client.get(f"{OPS}/requests?slo=availability&limit=2")).json()
    assert [each["slug"] for each in listed] == [slo.slug for slo in ALL_SLOS]
    assert (listed[0]["health"], listed[0]["bad"], listed[0]["budget_left"]) == ("firing", 5, pytest.approx(-999.0))
    assert [each["percent"] for each in one["spenders"]] == [100]
    assert overview["advice"]["slo"] == "availability"
    assert performance["heat"]["title"] == "Page opens"
    assert [each["metric"]["slug"] for each in vitals] == [metric.slug for metric in VITALS]
    assert [row["outcome"] for row in rows] == ["server_error", "server_error"]


async def test_one_request_s_story_by_its_number(figures: FakeServices, database: Database) -> None:
    number = new_request_id(NOW - timedelta(seconds=2))
    await write_history(database, [event(Kind.PAGE_REQUEST, "GET /library", NOW, value=900.0, request_id=number)])
    async with as_role(figures, Role.OPERATOR) as client:
        story = (await client.get(f"{OPS}/requests/{number.hex}")).json()
        assert (await client.get(f"{OPS}/requests/not-a-number")).status_code == 404
    assert (story["request_id"], story["title"], len(story["steps"])) == (number.hex, "GET /library", 1)


async def test_a_deploy_is_recorded_in_the_name_of_the_operator(figures: FakeServices, database: Database) -> None:
    token = figures.accounts.let_in(Role.OPERATOR)
    account = figures.accounts.signed_in[token].account
    body = {"release": "2026.11.3", "at": "2026-11-23T13:10:00Z", "commits": 4}
    async with browser(figures, account=token) as client:
        made = await client.post(f"{OPS}/deploys", json=body)
        wrong = await client.post(f"{OPS}/deploys", json={**body, "at": "2126-01-01T00:00:00Z"})
        unknown = await client.post(f"{OPS}/deploys", json={**body, "who": "me"})
        for odd in ({"release": "1\0"}, {"release": "1\n2"}, {"note": "\0"}, {"at": "0001-01-01T00:00:00+23:00"}):
            answer = await client.post(f"{OPS}/deploys", json={**body, **odd})
            assert answer.status_code == 422, odd
    assert made.status_code == 201
    assert made.json()["deployed_at"] == "2026-11-23T13:10:00+00:00"
    assert (wrong.status_code, unknown.status_code) == (422, 422)
    async with database.read() as session:
        actors = list(await session.scalars(text("SELECT actor FROM audit_log")))
        releases = list(await session.scalars(text("SELECT release FROM deploys")))
    assert (actors, releases) == ([f"account:{account.id}"], ["2026.11.3"])


async def test_a_deploy_from_a_strange_page_is_refused(figures: FakeServices) -> None:
    token = figures.accounts.let_in(Role.ADMIN)
    async with browser(figures, account=token) as client:
        answer = await client.post(
            f"{OPS}/deploys", json={"release": "1"},
            headers={"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
        )  # fmt: skip
    assert answer.status_code == 403


async def test_prometheus_reads_every_figure_with_the_token(figures: FakeServices, database: Database) -> None:
    figures.settings = figures.settings.model_copy(update={"metrics_token": SecretStr("t" * 40)})
    now = datetime.now(UTC)  # the figures are those of the last five minutes, and a long run of tests takes longer
    await write_history(
        database,
        [
            *[event(Kind.API_REQUEST, "GET /api/v1/summaries", now, value=150.0)] * 3,
            event(Kind.API_REQUEST, "GET /api/v1/summaries", now, outcome=Outcome.SERVER_ERROR, value=150.0),
        ],
    )
    async with new_client(figures) as client:
        answer = await client.get("/metrics", headers={"Authorization": f"Bearer {'t' * 40}"})
        for shown in ("Bearer " + "t" * 39, "Bearer " + "u" * 40, "Basic " + "t" * 40, "Bearer ", "Bearer t\u00fc"):
            refused = await client.get("/metrics", headers={"Authorization": shown.encode()})
            assert refused.status_code == 404, shown
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert {f"sightline_{metric.slug.replace('-', '_')}" for metric in ALL} <= set(families)
    assert families["sightline_api_error_rate"].samples[0].value == 0.25
    assert families["sightline_api_p95"].samples[0].value == pytest.approx(150, rel=0.01)
    # What has no value now is absent, not zero.
    assert families["sightline_coverage"].samples == []
    left = {sample.labels["slo"]: sample.value for sample in families["sightline_slo_budget_left"].samples}
    assert left["availability"] == pytest.approx(-249.0)
    assert "process_resident_memory_bytes" in families
    assert "recovery" not in left


async def test_a_signed_in_operator_sees_the_metrics_too_and_an_empty_token_opens_nothing(
    figures: FakeServices,
) -> None:
    async with as_role(figures, Role.OPERATOR) as client:
        assert (await client.get("/metrics")).status_code == 200
    async with new_client(figures) as client:
        assert (await client.get("/metrics", headers={"Authorization": "Bearer "})).status_code == 404


async def test_nothing_sent_holds_what_is_not_json(figures: FakeServices) -> None:
    async with as_role(figures, Role.OPERATOR) as client:
        for path in READS:
            body = (await client.get(OPS + path)).text
            assert not re.search(r"\b(?:NaN|Infinity)\b", body), path
    with pytest.raises(TypeError):
        to_json(object())


async def test_the_description_tells_what_a_metric_and_an_objective_look_like(client: httpx.AsyncClient) -> None:
    document = (await client.get("/api/openapi.json")).json()
    assert {"ReadingDocument", "SloDocument", "MetricDocument", "RecordedDeploy"} <= set(
        document["components"]["schemas"]
    )
    names = {each["name"] for each in document["paths"]["/api/v1/ops/metrics/{slug}"]["get"]["parameters"]}
    assert names == {"slug", "range", "from", "to", "tz", "points"}
    body = document["paths"]["/api/v1/ops/deploys"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(body["properties"]) == {"release", "at", "committed_at", "commits", "note"}
