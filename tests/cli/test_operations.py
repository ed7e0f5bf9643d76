"""`sightline record-deploy`, `record-incident` and `record-correction` on an installation's database."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from core.cli import main


@pytest.fixture
def installation(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    for name in ("DATABASE_URL", "DATABASE_DIRECT_URL"):
        monkeypatch.setenv(name, database_url)
    monkeypatch.setenv("SIGHTLINE_DATA_DIR", str(tmp_path))
    return database_url


def rows(database_url: str, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database_url) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        return connection.execute(sql.encode()).fetchall()


def test_a_deploy_is_marked_with_all_that_was_said_of_it(installation: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([
        "record-deploy", "2026.11.3", "--at", "2026-11-23T14:10+01:00", "--committed-at", "2026-11-22T18:00Z",
        "--commits", "4", "--note", "Quicker captions",
    ]) == 0  # fmt: skip
    assert "2026.11.3 is marked at 2026-11-23 14:10" in capsys.readouterr().out
    found = rows(installation, "SELECT release, deployed_at, committed_at, commits, note FROM deploys")
    assert found == [
        (
            "2026.11.3", datetime(2026, 11, 23, 13, 10, tzinfo=UTC), datetime(2026, 11, 22, 18, 0, tzinfo=UTC), 4,
            "Quicker captions",
        )
    ]  # fmt: skip
    [(actor, action)] = rows(installation, "SELECT actor, action FROM audit_log")
    assert str(actor).startswith("cli:")
    assert action == "record_deploy"


def test_without_a_time_a_deploy_is_marked_now(installation: str) -> None:
    assert main(["record-deploy", "2026.11.3"]) == 0
    assert rows(installation, "SELECT now() - deployed_at < interval '1 minute' FROM deploys") == [(True,)]


def test_an_incident_gets_a_number(installation: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([
        "record-incident", "P1", "Database connections", "--started", "2026-11-23T08:58Z", "--detected",
        "2026-11-23T09:00Z", "--acknowledged", "2026-11-23T09:01Z", "--mitigated", "2026-11-23T09:02Z",
    ]) == 0  # fmt: skip
    assert capsys.readouterr().out == "INC-1 is written down.\n"
    assert rows(installation, "SELECT severity, resolved_at FROM incidents") == [("P1", None)]


def test_an_incident_whose_times_are_out_of_order_is_refused(
    installation: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        main(["record-incident", "P1", "Down", "--started", "2026-11-23T09:00Z", "--mitigated", "2026-11-23T09:02Z"])
        == 2
    )
    assert "follow one another" in capsys.readouterr().err
    assert rows(installation, "SELECT 1 FROM incidents") == []


def test_a_correction_is_kept_in_whole_minutes(installation: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        "record-correction",
        "maintenance",
        "2026-11-23T08:00:31Z",
        "2026-11-23T08:20Z",
        "--slo",
        "availability",
    ]
    assert main([*arguments, "--note", "new disks"]) == 0
    assert "is left out of availability" in capsys.readouterr().out
    assert main(["record-correction", "vendor", "2026-11-23T08:00Z", "2026-11-23T08:20Z", "--slo", "uptime"]) == 1
    [(kept,)] = rows(installation, "SELECT value FROM installation_facts WHERE name = 'slo_corrections'")
    assert kept == [
        {
            "start": "2026-11-23T08:00:00+00:00", "end": "2026-11-23T08:20:00+00:00", "category": "maintenance",
            "note": "new disks", "slo": "availability",
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [
        ["record-deploy", "1", "--at", "2026-11-23T13:10"],  # whose clock?
        ["record-deploy", "1", "--commits", "-1"],
        ["record-incident", "P7", "Down", "--started", "2026-11-23T13:10Z"],
        ["record-incident", "P1", "Down"],
        ["record-correction", "holiday", "2026-11-23T13:10Z", "2026-11-23T13:20Z"],
    ],
)
def test_what_can_not_be_read_is_refused_before_anything_is_opened(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(arguments)
    assert refused.value.code == 2
