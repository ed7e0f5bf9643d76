from __future__ import annotations

import re

import httpx
import jsonschema

from core.domain.rendering import document_schema
from tests.fakes import NOON, FakeServices

PATHS = {
    "/api/v1/summaries": {"get", "post"},
    "/api/v1/summaries/{summary_id}": {"get", "delete"},
    "/api/v1/summaries/{summary_id}/events": {"get"},
    "/api/v1/summaries/{summary_id}/transcript": {"get"},
    "/api/v1/summaries/{summary_id}/cancel": {"post"},
    "/api/v1/summaries/{summary_id}/retry": {"post"},
    "/api/v1/summaries/{summary_id}/take-offline": {"post"},
    "/api/v1/schema/summary.json": {"get"},
    "/api/v1/batches": {"get", "post"},
    "/api/v1/batches/{batch_id}": {"get", "delete"},
    "/api/v1/batches/{batch_id}/pause": {"post"},
    "/api/v1/batches/{batch_id}/resume": {"post"},
    "/api/v1/batches/{batch_id}/retry": {"post"},
    "/api/v1/batches/{batch_id}/items/{number}/retry": {"post"},
    "/api/v1/batches/{batch_id}/items/{number}/cancel": {"post"},
    "/api/health": {"get"},
    "/api/health/live": {"get"},
    "/api/health/ready": {"get"},
    "/api/v1/ops/metrics": {"get"},
    "/api/v1/ops/metrics/{slug}": {"get"},
    "/api/v1/ops/metrics/{slug}.csv": {"get"},
    "/api/v1/ops/slos": {"get"},
    "/api/v1/ops/slos/{slug}": {"get"},
    "/api/v1/ops/overview": {"get"},
    "/api/v1/ops/performance": {"get"},
    "/api/v1/ops/usage": {"get"},
    "/api/v1/ops/vitals": {"get"},
    "/api/v1/ops/requests": {"get"},
    "/api/v1/ops/requests/{request_id}": {"get"},
    "/api/v1/ops/reference": {"get"},
    "/api/v1/ops/deploys": {"post"},
}


async def test_health_has_the_guides_four_keys(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/health")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "healthy", "database": "connected", "openai": "not configured", "timestamp": NOON.isoformat()
    }  # fmt: skip
    assert answer.headers["cache-control"] == "no-store"


async def test_where_the_core_flow_cannot_work_health_and_readiness_say_so_and_life_goes_on(
    client: httpx.AsyncClient, services: FakeServices
) -> None:
    services.health.report.status = "unhealthy"
    services.health.report.http_status = 503
    assert (await client.get("/api/health")).status_code == 503
    assert (await client.get("/api/health/ready")).status_code == 503
    assert (await client.get("/api/health/live")).status_code == 200


async def test_the_description_names_every_address_in_full(client: httpx.AsyncClient) -> None:
    document = (await client.get("/api/openapi.json")).json()
    assert {path: set(methods) for path, methods in document["paths"].items()} == PATHS
    post = document["paths"]["/api/v1/summaries"]["post"]
    assert set(post["requestBody"]["content"]) == {"application/json", "multipart/form-data"}
    got = document["paths"]["/api/v1/summaries/{summary_id}"]["get"]["responses"]
    assert got["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/SummaryDocument")
    assert "application/problem+json" in got["default"]["content"]
    assert {"ItemDocument", "EvidenceDocument", "Problem"} <= set(document["components"]["schemas"])


async def test_every_reference_in_the_description_leads_somewhere(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/openapi.json")
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', answer.text))
    assert names
    assert names <= set(answer.json()["components"]["schemas"])
    assert "#/$defs" not in answer.text


async def test_the_reference_page_loads_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/docs")
    assert answer.status_code == 200
    assert "/api/v1/summaries/{summary_id}/events" in answer.text
    assert re.findall(r'(?:src|href)="(?!/)([^"]+)"', answer.text) == []
    assert "<script" not in answer.text


async def test_the_schema_of_a_summary_is_served(client: httpx.AsyncClient) -> None:
    schema = (await client.get("/api/v1/schema/summary.json")).json()
    assert schema == document_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
