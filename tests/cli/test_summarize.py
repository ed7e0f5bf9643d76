from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from core.domain.rendering import document_schema
from tests.cli.conftest import LECTURE, ROOT, Run


def test_json_is_valid_by_its_own_schema_and_the_same_bytes_every_time(sightline: Run, lecture: Path) -> None:
    first = sightline("summarize", lecture, "--format", "json")
    second = sightline("summarize", lecture, "--format", "json", env={"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"})
    assert (first.returncode, first.stderr) == (0, b"")
    assert first.stdout == second.stdout
    document = json.loads(first.stdout)
    jsonschema.validate(document, document_schema())
    assert document["status"] == "done"
    assert document["video"]["title"] == "Lecture"
    assert document["transcript"]["segments"] == 4
    assert first.stdout.endswith(b"}\n")


def test_the_id_is_that_of_the_words_not_of_the_file(sightline: Run, lecture: Path, tmp_path: Path) -> None:
    moved = tmp_path / "deep" / "lecture.srt"
    moved.parent.mkdir()
    moved.write_text(LECTURE)
    other = tmp_path / "other.srt"
    other.write_text(LECTURE.replace("momentum", "patience"))
    ids = [json.loads(sightline("summarize", f, "--format", "json").stdout)["id"] for f in (lecture, moved, other)]
    assert ids[0] == ids[1] != ids[2]


def test_markdown_tells_the_moment_of_each_line_past_the_hour_too(sightline: Run, lecture: Path) -> None:
    done = sightline("summarize", lecture, "--title", "Descent [1]")
    text = done.stdout.decode()
    assert text.startswith("# Descent \\[1\\]\n")
    assert "[1:08:38]" in text
    assert "\\*narrow\\*" in text or "*narrow*" not in text
    assert text.endswith("\n")


def test_standard_input_is_read_for_a_dash(sightline: Run, lecture: Path) -> None:
    piped = sightline("summarize", "-", "--format", "json", "--title", "Lecture", stdin=lecture.read_bytes())
    assert piped.returncode == 0
    assert piped.stdout == sightline("summarize", lecture, "--format", "json").stdout


def test_the_output_file_holds_what_would_have_been_printed(sightline: Run, lecture: Path, tmp_path: Path) -> None:
    printed = sightline("summarize", lecture)
    kept = tmp_path / "out.md"
    kept.write_text("old")
    done = sightline("summarize", lecture, "--output", kept)
    assert (done.returncode, done.stdout) == (0, b"")
    assert kept.read_bytes() == printed.stdout
    assert not list(tmp_path.glob(".*.draft"))


def test_an_output_that_cannot_be_written_is_said_plainly(sightline: Run, lecture: Path, tmp_path: Path) -> None:
    done = sightline("summarize", lecture, "--output", tmp_path / "no" / "such" / "out.md")
    assert done.returncode == 2
    assert b"cannot be written" in done.stderr


def test_other_scripts_pass_whatever_the_locale(sightline: Run, tmp_path: Path) -> None:
    file = tmp_path / "日本.srt"
    file.write_text("1\n00:00:01,000 --> 00:00:04,000\n勾配降下法は深層学習の基本です。\n", "utf-8")
    done = sightline("summarize", file, "--format", "json")
    assert done.returncode == 0
    assert "勾配降下法" in done.stdout.decode("utf-8")


BAD_FILES = {
    "empty.srt": b"",
    "blank.srt": b" \n\n\t\n",
    "binary.srt": bytes(range(256)) * 40,
    "archive.srt": b"PK\x03\x04" + b"\x14\x00" * 400,
    "page.srt": b"<!doctype html><html><head><title>x</title></head><body><p>Not captions</p></body></html>",
    "negative.srt": b"1\n-00:00:05,000 --> -00:00:01,000\nHello\n",
    "late.srt": b"1\n100:00:00,000 --> 100:00:02,000\nHello there\n",
    "wordless.srt": b"1\n00:00:01,000 --> 00:00:02,000\n...\n",
    "music.srt": b"1\n00:00:01,000 --> 00:00:02,000\n[Music]\n\n2\n00:00:03,000 --> 00:00:04,000\n[Applause]\n",
    "endless.srt": b"a" * 1_000_000,
    "huge.srt": b"word " * 2_200_000,
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_files_are_refused_in_plain_words(sightline: Run, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(BAD_FILES[name])
    done = sightline("summarize", file)
    said = done.stderr.decode()
    assert (done.returncode, done.stdout) == (2, b"")
    assert said.endswith(".\n")
    assert "Traceback" not in said
    assert not said.startswith("Something went wrong")


@pytest.mark.parametrize("source", [
    "no-such-file.srt", "", ".", "https://example.org/watch?v=dQw4w9WgXcQ", "http://127.0.0.1/x", "http://10.0.0.1/",
    "javascript:alert(1)", "file:///etc/hosts", "https://youtube.com.evil.test/watch?v=dQw4w9WgXcQ", "a" * 5000,
    "https://www.youtube.com/playlist?list=PLabc", "https://user:pw@youtube.com/watch?v=dQw4w9WgXcQ",
])  # fmt: skip
def test_what_is_no_file_and_no_video_is_refused(sightline: Run, source: str) -> None:
    done = sightline("summarize", source)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().strip()
    assert b"Traceback" not in done.stderr


def test_a_video_that_cannot_be_reached_fails_and_says_what_to_do(sightline: Run) -> None:
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "SIGHTLINE_YOUTUBE_TOTAL_TIMEOUT_S": "3"}
    done = sightline("summarize", "https://youtu.be/dQw4w9WgXcQ", env=nowhere)
    assert (done.returncode, done.stdout) == (1, b"")
    (line,) = done.stderr.decode().splitlines()
    assert line.endswith(".")


def test_a_reader_that_has_enough_is_no_error_to_tell(lecture: Path) -> None:
    script = f"{sys.executable} -m core.cli summarize {lecture} --format json | head -c 10"
    done = subprocess.run(["sh", "-c", script], cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == (b'{\n  "id": ', b"")


def test_progress_is_shown_on_a_terminal_and_wiped_at_the_end(lecture: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "core.cli", "summarize", str(lecture)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs, timeout=60, check=False)
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert done.returncode == 0
    assert "Reading" in shown
    assert shown.endswith("\r\x1b[K")
    assert b"\x1b" not in done.stdout


def test_the_schema_is_printed(sightline: Run) -> None:
    assert json.loads(sightline("schema").stdout) == document_schema()


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["summarize"], ["summarize", "x", "--format", "pdf"]])
def test_a_wrong_command_line_exits_with_two_and_shows_the_use(sightline: Run, arguments: list[str]) -> None:
    done = sightline(*arguments)
    assert done.returncode == 2
    assert b"usage: sightline" in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--engine", "openai"], b"set OPENAI_API_KEY"),
        (["--length", "deep"], b"Add --engine openai"),
        (["--output-language", "de"], b"Add --engine openai"),
        (["--engine", "openai", "--output-language", "tlh"], b"not written in this language"),
    ],
)
def test_what_the_engine_cannot_do_is_said_before_anything_is_read(
    sightline: Run, options: list[str], said: bytes
) -> None:
    done = sightline("summarize", "no-such-file.srt", *options)
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr
