from __future__ import annotations

from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from core.config import ConfigurationError, Settings
from core.db.urls import ensure_database, libpq_url


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("postgres://u:p@h/db", "postgresql://u:p@h/db"),
        ("postgresql+psycopg://u:p@h:6543/db", "postgresql://u:p@h:6543/db"),
        ("postgresql+asyncpg://u@h/db", "postgresql://u@h/db"),
        (
            "postgres://u:p%40ss@ep-x-pooler.eu.aws.neon.tech/db?sslmode=require&channel_binding=require",
            "postgresql://u:p%40ss@ep-x-pooler.eu.aws.neon.tech/db?sslmode=require&channel_binding=require",
        ),
        (
            "postgresql://u:p@h/db?pgbouncer=true&connection_limit=1&sslmode=require",
            "postgresql://u:p@h/db?sslmode=require",
        ),
        ("postgresql://u@/db?host=%2Frun%2Fpg&port=5432", "postgresql://u@/db?host=%2Frun%2Fpg&port=5432"),
        ("postgresql:///db?host=/run/pg", "postgresql:///db?host=%2Frun%2Fpg"),
        (" 'postgresql://u@h/db' \n", "postgresql://u@h/db"),
    ],
)
def test_addresses_of_other_tools_become_libpqs(given: str, read: str) -> None:
    assert libpq_url(given) == read
    assert conninfo_to_dict(read)["dbname"] == "db"


@pytest.mark.parametrize("given", ["mysql://u@h/db", "localhost", "", "postgresql://[broken/db", "file:///etc/passwd"])
def test_other_addresses_are_refused_by_the_settings_name_without_repeating_them(given: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^DATABASE_DIRECT_URL is not the address") as refusal:
        libpq_url(given, setting="DATABASE_DIRECT_URL")
    assert not given or given not in str(refusal.value)


def test_with_an_address_of_the_operators_nothing_embedded_starts(tmp_path: Path) -> None:
    settings = Settings.model_validate(
        {
            "DATABASE_URL": "postgres://u:p@h-pooler/db",
            "DATABASE_DIRECT_URL": "postgres://u:p@h/db",
            "SIGHTLINE_DATA_DIR": tmp_path,
        }
    )
    urls = ensure_database(settings)
    assert (urls.url, urls.direct_url) == ("postgresql://u:p@h-pooler/db", "postgresql://u:p@h/db")
    assert urls.migration_url == urls.direct_url
    assert not urls.is_embedded
    assert list(tmp_path.iterdir()) == []


def test_without_a_direct_address_none_is_guessed() -> None:
    urls = ensure_database(Settings.model_validate({"DATABASE_URL": "postgres://u:p@h/db"}))
    assert urls.direct_url is None
    assert urls.migration_url == urls.url
