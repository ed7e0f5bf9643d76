"""`sightline grant`, `ban` and `unban` on an installation's database."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from core.cli import main


@pytest.fixture
def installation(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a database with one account in it, which the settings name."""
    for name in ("DATABASE_URL", "DATABASE_DIRECT_URL"):
        monkeypatch.setenv(name, database_url)
    monkeypatch.setenv("SIGHTLINE_DATA_DIR", str(tmp_path))
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO users (id, email, email_key, password_hash) "
            "VALUES (gen_random_uuid(), 'Ann@example.org', 'ann@example.org', 'x')"
        )
    return database_url


def row(database_url: str, sql: str) -> tuple[object, ...] | None:
    with psycopg.connect(database_url) as connection:
        return connection.execute(sql.encode()).fetchone()


def test_a_role_is_granted_by_address_and_written_down(installation: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grant", "ann@EXAMPLE.org", "admin"]) == 0
    assert capsys.readouterr().out == "Ann@example.org is an admin now.\n"
    assert row(installation, "SELECT role FROM users") == ("admin",)
    logged = row(installation, "SELECT actor, action, detail ->> 'to' FROM audit_log")
    assert logged is not None
    assert str(logged[0]).startswith("cli:")
    assert logged[1:] == ("account.grant", "admin")


def test_a_ban_and_its_end(installation: str) -> None:
    assert main(["ban", "ann@example.org"]) == 0
    assert row(installation, "SELECT banned_at IS NULL FROM users") == (False,)
    assert main(["unban", "ann@example.org"]) == 0
    assert row(installation, "SELECT banned_at IS NULL FROM users") == (True,)


def test_an_unknown_address_is_said_plainly(installation: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grant", "bob@example.org", "operator"]) == 1
    assert capsys.readouterr().err == "Nobody has an account with this address.\n"


def test_an_unknown_role_is_refused_before_anything_is_opened(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["grant", "ann@example.org", "king"])
    assert refused.value.code == 2
    assert "user" in capsys.readouterr().err
