"""The command lines, as somebody with the machine and without a server types them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from core.archiving.archive_file import OpenArchive
from core.cli import main
from tests.factories.aged import Aged, copy_out, fill, fill_events, run_sql

Sightline = Callable[..., tuple[int, str, str]]


@pytest.fixture
def sightline(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Sightline:
    """Runs a command; exit code, standard output and standard error."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("SIGHTLINE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SIGHTLINE_ARCHIVE_REST_RATIO", "0")

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def aged(database_url: str) -> Aged:
    return fill(database_url, now=datetime.now(UTC))


def test_without_yes_it_only_looks(sightline: Sightline, database_url: str, aged: Aged) -> None:
    before = copy_out(database_url)
    code, out, _ = sightline("archive", "anonymous-summaries", "--json")
    told = json.loads(out)
    assert (code, told["rows"], told["policy"]) == (0, len(aged.due), "anonymous-summaries")
    assert told["sql"].startswith("DELETE FROM summaries")
    code, out, _ = sightline("archive", "progress")
    assert code == 0
    assert "Nothing was changed. Add --yes" in out
    assert copy_out(database_url) == before


@pytest.mark.parametrize("policy", ["anonymous-summaries", "progress", "events"])
def test_archive_and_restore_with_json(sightline: Sightline, database_url: str, aged: Aged, policy: str) -> None:
    fill_events(database_url, {0: 4, 36: 30, 40: 20}, now=datetime.now(UTC))
    before = copy_out(database_url)
    code, out, _ = sightline("archive", policy, "--yes", "--json")
    told = json.loads(out)
    path = Path(told["file"])
    assert code == 0
    assert set(told) == {"rows", "file", "sha256"}
    assert told["rows"] > 0
    assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert copy_out(database_url) != before
    code, out, _ = sightline("restore-archive", str(path), "--json")
    assert json.loads(out) == {"policy": policy, "rows": told["rows"], "existing": 0}
    code, out, _ = sightline("restore-archive", str(path), "--yes", "--json")
    assert (code, json.loads(out)) == (0, {"restored": told["rows"], "skipped": 0})
    assert copy_out(database_url) == before
    code, out, _ = sightline("restore-archive", path.name, "--yes", "--json")
    assert (code, json.loads(out)) == (0, {"restored": 0, "skipped": told["rows"]})
    assert copy_out(database_url) == before
    assert aged.summaries


def test_nothing_due_is_no_failure(sightline: Sightline) -> None:
    assert sightline("archive", "progress", "--yes", "--json")[:2] == (0, '{"rows": 0, "file": null, "sha256": null}\n')


def test_who_did_it_is_in_the_audit_log_whose_chain_is_whole(
    sightline: Sightline, database_url: str, aged: Aged
) -> None:
    held = str(aged.due[0])
    assert sightline("hold", "summary", held, "--reason", "a court asked")[0] == 0
    assert sightline("archive", "anonymous-summaries", "--yes")[0] == 0
    assert sightline("release-hold", "summary", held)[0] == 0
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT actor, action FROM audit_log ORDER BY id").fetchall()
    assert [action for _, action in rows] == ["hold.placed", "archive.started", "archive.done", "hold.released"]
    assert {actor.partition(":")[0] for actor, _ in rows} == {"cli"}
    code, out, _ = sightline("verify-audit")
    assert (code, out.startswith("Intact: 4 lines, head ")) == (0, True)
    head = out.split()[-1]
    assert sightline("verify-audit", "--contains", head)[0] == 0
    run_sql(database_url, "ALTER TABLE audit_log DISABLE TRIGGER USER")
    run_sql(database_url, "UPDATE audit_log SET actor = 'cli:nobody' WHERE id = 3")
    code, out, _ = sightline("verify-audit")
    assert (code, out.startswith("Broken at line 3: ")) == (1, True)
    assert sightline("verify-audit", "--contains", "0" * 64)[0] == 1


def test_an_unknown_noted_head_is_told(sightline: Sightline) -> None:
    code, out, _ = sightline("verify-audit", "--contains", "0" * 64)
    assert (code, "is not in it" in out) == (1, True)


def test_a_run_that_a_living_process_has_is_not_taken_from_it(
    sightline: Sightline, database_url: str, aged: Aged, tmp_path: Path
) -> None:
    first = json.loads(sightline("archive", "anonymous-summaries", "--yes", "--json")[1])
    run_sql(database_url, "UPDATE archive_runs SET state = 'running'")
    with OpenArchive(Path(first["file"])):
        code, _, err = sightline("archive", "anonymous-summaries", "--yes")
    assert code == 1
    assert "Another process is busy with this run" in err
    assert aged.due


def test_a_run_whose_process_is_gone_is_gone_on_with(sightline: Sightline, database_url: str, aged: Aged) -> None:
    first = json.loads(sightline("archive", "anonymous-summaries", "--yes", "--json")[1])
    run_sql(database_url, "UPDATE archive_runs SET state = 'running', sha256 = NULL")
    Path(f"{first['file']}.sha256").unlink()
    code, out, _ = sightline("archive", "anonymous-summaries", "--yes", "--json")
    assert (code, json.loads(out)) == (0, first)
    assert aged.due


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("restore-archive", "nothing.jsonl.gz", "--yes"), 1),
        (("hold", "summary", "00000000-0000-0000-0000-000000000000", "--reason", "x"), 1),
        (("hold", "user", "x", "--reason", " "), 2),
        (("release-hold", "user", "x"), 1),
    ],
)
def test_what_can_t_be_done_is_said_in_a_line(sightline: Sightline, arguments: tuple[str, ...], code: int) -> None:
    failed, out, err = sightline(*arguments)
    assert (failed, out) == (code, "")
    assert err.count("\n") == 1


def test_another_file_is_not_restored(sightline: Sightline, tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl.gz"
    path.write_bytes(b"just some notes")
    code, _, err = sightline("restore-archive", str(path), "--yes")
    assert code == 1
    assert "no archive" in err


def test_a_person_is_taken_out_of_the_archives(sightline: Sightline, tmp_path: Path, aged: Aged) -> None:
    sightline("archive", "anonymous-summaries", "--yes")
    code, out, err = sightline("erase-archived", str(aged.due[0]), str(aged.due[1]))
    assert (code, out, err) == (0, "Erased 2 rows from the archives.\n", "")
    [path] = (tmp_path / "archives").glob("*.gz")
    path.unlink()
    code, out, err = sightline("erase-archived", str(aged.due[2]))
    assert (code, out) == (1, "Erased 0 rows from the archives.\n")
    assert err.startswith(f"Not searched: {path.name}: ")
