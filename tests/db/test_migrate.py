from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from alembic import command
from procrastinate.schema import SchemaManager
from sqlalchemy.exc import ProgrammingError

from core.config import Settings
from core.db import migrate
from core.db.embedded import EmbeddedServer
from core.db.embedded.binaries import wheel_programs
from core.db.migrate import PendingMigrations, SchemaTooNew, differences, locked_connection, pending, prepare, upgrade
from core.db.urls import DatabaseUrls
from core.errors import Unavailable
from tests.conftest import SHARED

ALL = ["0001", "0002", "0003", "0004", "0005", "0006", "0007"]


def run(url: str, *statements: str) -> list[tuple[object, ...]]:
    """The rows of the last statement, outside any transaction."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def upgrade_to(url: str, revision: str) -> None:
    with locked_connection(url) as connection:
        config = migrate._config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def settings_for(data_dir: Path, **given: str) -> Settings:
    return Settings.model_validate({"SIGHTLINE_DATA_DIR": data_dir} | given)


@pytest.fixture
def urls_of(database_server: EmbeddedServer) -> Callable[[str], DatabaseUrls]:
    def embedded(url: str) -> DatabaseUrls:
        return DatabaseUrls(url=url, direct_url=url, server=database_server)

    return embedded


def test_an_empty_database_is_brought_up_to_date_once(empty_database_url: str) -> None:
    assert pending(empty_database_url) == ALL
    assert upgrade(empty_database_url) == ALL
    assert pending(empty_database_url) == []
    assert upgrade(empty_database_url) == []


def test_the_migrated_schema_is_the_models(database_url: str) -> None:
    assert differences(database_url) == []


def test_a_schema_that_is_not_the_models_is_noticed(database_url: str) -> None:
    run(database_url, "ALTER TABLE videos ADD COLUMN stray text", "DROP INDEX idx_summaries_tags")
    found = " ".join(differences(database_url))
    assert "stray" in found
    assert "idx_summaries_tags" in found


def test_the_queues_tables_come_with_the_migrations(database_url: str) -> None:
    assert run(database_url, "SELECT count(*) FROM procrastinate_jobs") == [(0,)]
    assert run(
        database_url, "SELECT to_regprocedure('procrastinate_fetch_job_v2(character varying[], bigint)') IS NOT NULL"
    )


def test_a_queue_that_an_operator_installed_first_is_left_as_it_is(empty_database_url: str) -> None:
    run(empty_database_url, SchemaManager.get_schema(), "INSERT INTO procrastinate_workers DEFAULT VALUES")
    assert upgrade(empty_database_url) == ALL
    assert run(empty_database_url, "SELECT count(*) FROM procrastinate_workers") == [(1,)]


def test_a_migration_that_fails_leaves_nothing_behind(empty_database_url: str) -> None:
    run(empty_database_url, "CREATE TABLE summaries ()")
    with pytest.raises(ProgrammingError):
        upgrade(empty_database_url)
    assert run(empty_database_url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == [("summaries",)]
    assert pending(empty_database_url) == ALL


def test_processes_that_migrate_at_once_wait_for_each_other(empty_database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(upgrade, [empty_database_url] * 4))
    assert sorted(applied) == [[], [], [], ALL]


def test_a_schema_newer_than_the_application_is_refused(database_url: str) -> None:
    run(database_url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaTooNew, match="newer version"):
        pending(database_url)


def test_the_embedded_database_is_migrated_at_the_start(
    empty_database_url: str, urls_of: Callable[[str], DatabaseUrls], tmp_path: Path
) -> None:
    prepare(settings_for(tmp_path), urls_of(empty_database_url))
    assert pending(empty_database_url) == []
    assert not (tmp_path / "backups").exists(), "there was nothing to save yet"


def test_a_database_with_data_is_saved_before_it_is_migrated(
    empty_database_url: str, urls_of: Callable[[str], DatabaseUrls], tmp_path: Path
) -> None:
    upgrade_to(empty_database_url, "0001")
    run(empty_database_url, "INSERT INTO videos (id, fetched_at) VALUES ('kept', now())")
    prepare(settings_for(tmp_path), urls_of(empty_database_url))
    (dump,) = (tmp_path / "backups").iterdir()
    assert dump.name.endswith("-0001.dump")
    assert dump.stat().st_mode & 0o077 == 0
    script = subprocess.run(
        [wheel_programs() / "pg_restore", "-f", "-", dump], capture_output=True, text=True, check=True
    )
    assert re.search(r"^kept\t", script.stdout, re.MULTILINE)


def test_only_the_newest_five_backups_stay(
    empty_database_url: str, urls_of: Callable[[str], DatabaseUrls], tmp_path: Path
) -> None:
    backups = tmp_path / "backups"
    backups.mkdir()
    for day in range(1, 8):
        (backups / f"sightline-2020010{day}T000000000000-0001.dump").touch()
    (backups / "mine.dump").touch()
    upgrade_to(empty_database_url, "0001")
    prepare(settings_for(tmp_path), urls_of(empty_database_url))
    kept = sorted(path.name for path in backups.glob("sightline-*"))
    assert [name[10:18] for name in kept[:4]] == ["20200104", "20200105", "20200106", "20200107"]
    assert len(kept) == 5
    assert (backups / "mine.dump").exists()


def test_a_backup_that_cannot_be_written_stops_the_migration(
    empty_database_url: str, urls_of: Callable[[str], DatabaseUrls], tmp_path: Path
) -> None:
    upgrade_to(empty_database_url, "0001")
    (tmp_path / "backups").write_text("in the way")
    with pytest.raises(Unavailable, match="could not be saved"):
        prepare(settings_for(tmp_path), urls_of(empty_database_url))
    assert pending(empty_database_url) == ALL[1:]


def test_an_operators_database_is_only_looked_at(empty_database_url: str, tmp_path: Path) -> None:
    urls = DatabaseUrls(url=empty_database_url, direct_url=None)
    with pytest.raises(PendingMigrations, match=r"0001, 0002, 0003.*sightline migrate.*MIGRATE_ON_START=1"):
        prepare(settings_for(tmp_path), urls)
    assert pending(empty_database_url) == ALL
    upgrade(empty_database_url)
    prepare(settings_for(tmp_path), urls)


def test_an_operators_database_is_migrated_at_the_start_on_request(empty_database_url: str, tmp_path: Path) -> None:
    urls = DatabaseUrls(url=empty_database_url, direct_url=None)
    prepare(settings_for(tmp_path, MIGRATE_ON_START="1"), urls)
    assert pending(empty_database_url) == []


def test_a_database_that_does_not_answer_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        pending(f"postgresql://nobody@/nothing?host={tmp_path}")


def guide_statements() -> list[str]:
    """Each SQL statement of the operators' guide; the index that exists already is dropped first, as its name says."""
    guide = SHARED / "spec" / "production-operations-guide.md"
    if not guide.exists():
        pytest.skip(f"the operators' guide is missing: {guide}")
    blocks = re.findall(r"```sql\n(.*?)```", guide.read_text("utf-8"), re.DOTALL)
    statements = re.sub(r"--.*", "", "\n".join(blocks)).split(";")
    return [found for statement in statements if (found := statement.strip()) and "WHERE ..." not in found]


def test_the_operators_guides_sql_runs_unchanged(database_url: str) -> None:
    run(database_url, "CREATE EXTENSION pg_stat_statements")
    definitions = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'summaries' ORDER BY 1"
    before = run(database_url, definitions)
    statements = guide_statements()
    assert len(statements) >= 8
    for statement in statements:
        if built := re.match(r"CREATE INDEX CONCURRENTLY (\w+)", statement):
            run(database_url, f"DROP INDEX {built[1]}")
        run(database_url, statement)
    assert run(database_url, definitions) == before, "our indexes are the guide's"


def test_archiving_as_the_guide_does_takes_only_what_is_old(database_url: str) -> None:
    add_run = "INSERT INTO runs (id, request_key, engine, state) VALUES (gen_random_uuid(), '{0}', 'offline', 'done')"
    add_summary = (
        "INSERT INTO summaries (id, user_id, run_id, created_at)"
        " SELECT gen_random_uuid(), '{1}', id, now() - interval '{2} days' FROM runs WHERE request_key = '{0}'"
    )
    add_progress = (
        "INSERT INTO progress_tracking (run_id, seq, attempt, stage, ratio, stages, created_at)"
        " SELECT id, 1, 1, 'done', 1, '[]', now() - interval '{2} days' FROM runs WHERE request_key = '{0}'"
    )
    for row in (("old", "ANONYMOUS_USER", 91), ("mine", "somebody", 91), ("new", "ANONYMOUS_USER", 1)):
        run(database_url, *(statement.format(*row) for statement in (add_run, add_summary, add_progress)))
    for statement in guide_statements():
        if statement.startswith("DELETE"):
            run(database_url, statement)
    joined = "SELECT request_key FROM runs JOIN {} x ON x.run_id = runs.id ORDER BY 1"
    assert run(database_url, joined.format("summaries")) == [("mine",), ("new",)]
    assert run(database_url, joined.format("progress_tracking")) == [("new",)]
