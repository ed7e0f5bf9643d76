from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
from pathlib import Path

import pytest

from core.archiving.archive_file import (
    ArchiveDamaged,
    ArchiveInUse,
    OpenArchive,
    head_line,
    manifest_line,
    members_of,
    row_of,
    table_of,
    write_checksum,
)
from core.archiving.faults import Faults, Step
from core.db.queries.archival import Slice
from core.errors import Conflict

ROWS = [
    [f'{{"things":{{"id":"{n}","text":"é \\n {n * 7}"}}}}' for n in range(start, start + 50)] for start in (0, 50, 100)
]


def write(path: Path, slices: list[list[str]] = ROWS) -> list[Slice]:
    """A whole archive with these slices."""
    made: list[Slice] = []
    with OpenArchive(path, creates=True) as file:
        parts = [[head_line({"policy": "progress", "table": "things"})], *slices]
        for number, lines in enumerate(parts):
            writer = file.begin(number)
            writer.write(['{"beside":{"id":"x"}}'] if number else [])
            writer.write(lines)
            made.append(writer.finish(len(lines) if number else 0, Faults())[1])
        writer = file.begin(len(made))
        writer.write([manifest_line(made)])
        writer.finish(0, Faults())
        write_checksum(path, file.sha256())
    return made


def test_any_tool_that_knows_gzip_and_json_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    write(path)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    assert [next(iter(line)) for line in lines[:3]] == ["archive", "beside", "things"]
    assert lines[0]["archive"]["policy"] == "progress"
    assert lines[-1]["manifest"]["rows"] == 150
    assert sum("things" in line for line in lines) == 150


def test_the_checksum_beside_it_is_the_usual_tool_s(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl.gz")
    checked = subprocess.run(["sha256sum", "-c", "a.jsonl.gz.sha256"], cwd=tmp_path, capture_output=True, check=False)
    assert checked.returncode == 0


def test_it_tells_what_it_is_and_each_slice_is_as_the_manifest_says(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    made = write(path)
    with OpenArchive(path) as file:
        contents = file.read_contents()
        assert contents.slices == tuple(made)
        assert (contents.rows, contents.head["table"]) == (150, "things")
        for (member, each), rows in zip(members_of(contents.slices), ROWS, strict=True):
            file.check(member, each, "things")
            assert [line.decode().rstrip("\n") for line in file.lines(member)][1:] == rows


def test_a_slice_is_hashed_over_its_lines_not_its_packing(tmp_path: Path) -> None:
    [_, first, *_] = write(tmp_path / "a.jsonl.gz")
    lines = ['{"beside":{"id":"x"}}', *ROWS[0]]
    assert first.sha256 == hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def test_every_single_changed_byte_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    made = write(path, [ROWS[0][:3]])
    whole = path.read_bytes()
    [(member, each)] = members_of(made)
    missed = []
    for at in range(member.start, member.end):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        with OpenArchive(path) as file:
            try:
                file.check(member, each, "things")
                missed.append(at - member.start)
            except ArchiveDamaged:
                continue
    # The time and the system in gzip's own head say nothing of the rows.
    assert set(missed) <= {4, 5, 6, 7, 8, 9}


@pytest.mark.parametrize("keep", [0, 5, 40, -30, -1])
def test_a_file_that_was_cut_short_is_no_archive(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "a.jsonl.gz"
    write(path)
    path.write_bytes(path.read_bytes()[:keep])
    with OpenArchive(path) as file, pytest.raises(ArchiveDamaged):
        file.read_contents()


@pytest.mark.parametrize(
    "content",
    [b"hello", gzip.compress(b'{"archive": 3}\n'), gzip.compress(b"\n\n")],
    ids=["plain text", "another kind", "empty lines"],
)
def test_another_file_is_no_archive(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(content)
    with OpenArchive(path) as file, pytest.raises(ArchiveDamaged):
        file.read_contents()


def test_one_process_at_a_time_and_whoever_only_looks_may(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    write(path)
    with OpenArchive(path):
        with pytest.raises(ArchiveInUse):
            OpenArchive(path)
        with OpenArchive(path, is_shared=True) as looking:
            assert looking.read_contents().rows == 150
    OpenArchive(path).close()


def test_a_file_that_is_not_there_is_not_made_by_looking_for_it(tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="SIGHTLINE_ARCHIVE_DIR"):
        OpenArchive(tmp_path / "none.jsonl.gz")
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_beyond_the_last_committed_slice_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    made = write(path)
    with OpenArchive(path) as file:
        file.cut(made[1].end)
        writer = file.begin(2)
        writer.write(ROWS[1])
        member, again = writer.finish(50, Faults())
        file.check(member, again, "things")
        assert file.size == again.end
        with pytest.raises(ArchiveDamaged, match="shorter"):
            file.cut(again.end + 1)


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "a.jsonl.gz"
    write(path)
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_line_gives_its_table_and_its_row() -> None:
    line = b'{"summaries":{"id":"1","title":"a:b\\"c"}}\n'
    assert table_of(line) == "summaries"
    assert json.loads(row_of(line)) == {"id": "1", "title": 'a:b"c'}


def test_every_step_has_its_number_in_order() -> None:
    for direction in ("archive", "restore"):
        numbers = [int(step.value.split("-")[1]) for step in Step if step.value.startswith(direction)]
        assert numbers == list(range(1, len(numbers) + 1))


def test_an_unknown_step_to_die_at_is_refused() -> None:
    with pytest.raises(ValueError, match="nowhere"):
        Faults("nowhere")


def test_the_folders_and_the_checksum_are_on_the_disk_before_any_row_is_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that is not synced in its own parent is gone after a power cut, with all that was synced inside it."""
    synced: list[Path] = []
    sync = os.fsync

    def note(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    path = tmp_path / "data" / "archives" / "a.jsonl.gz"
    OpenArchive(path, creates=True).close()
    assert {tmp_path, tmp_path / "data", tmp_path / "data" / "archives"} <= set(synced)
    write_checksum(path, "0" * 64)
    assert any(each.name.startswith("a.jsonl.gz.") for each in synced)
