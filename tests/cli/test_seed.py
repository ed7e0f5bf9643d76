"""`sightline seed` on a database of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

from core.cli import EXIT_FAILED, main

_SMALL = ["seed", "--days", "3", "--users", "20", "--events", "6000", "--now", "2026-11-25T12:00Z"]


@pytest.fixture
def own_database(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("SIGHTLINE_DATA_DIR", str(tmp_path / "data"))
    return database_url


def test_it_fills_an_empty_database_marks_it_and_writes_the_truth_down(
    own_database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(_SMALL) == 0
    said = capsys.readouterr().out
    assert "6,000 events of 3 days, 20 accounts" in said
    assert "sightline grant" in said
    truth = json.loads((tmp_path / "data" / "seed-truth.json").read_text("utf-8"))
    assert (truth["events"], truth["end"]) == (6_000, "2026-11-25T12:00:00+00:00")
    with psycopg.connect(own_database) as connection:
        ((mark,),) = connection.execute("SELECT value FROM installation_facts WHERE name = 'demo'").fetchall()
    assert mark["users"] == 20


def test_a_second_time_it_is_refused(own_database: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(_SMALL) == 0
    assert main(_SMALL) == EXIT_FAILED
    assert "made-up history already" in capsys.readouterr().err
    with psycopg.connect(own_database) as connection:
        assert connection.execute("SELECT count(*) FROM users").fetchone() == (20,)


def test_a_database_that_holds_real_people_is_refused(own_database: str, capsys: pytest.CaptureFixture[str]) -> None:
    with psycopg.connect(own_database) as connection:
        connection.execute(
            "INSERT INTO users (id, email, email_key, password_hash)"
            " VALUES (gen_random_uuid(), 'ann@example.com', 'ann@example.com', 'x')"
        )
    assert main(_SMALL) == EXIT_FAILED
    assert "holds people's data already" in capsys.readouterr().err
    with psycopg.connect(own_database) as connection:
        assert connection.execute("SELECT email FROM users").fetchall() == [("ann@example.com",)]
        assert connection.execute("SELECT count(*) FROM installation_facts").fetchone() == (0,)


@pytest.mark.parametrize("moment", ["2026-11-25T12:00", "yesterday"])
def test_an_end_without_a_zone_is_refused(moment: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([*_SMALL[:-1], moment])
    assert "--now" in capsys.readouterr().err
