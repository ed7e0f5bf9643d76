from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., subprocess.CompletedProcess[bytes]]

LECTURE = """1
00:00:01,000 --> 00:00:06,000
Gradient descent is the workhorse of deep learning, and it is a simple idea.

2
00:00:06,000 --> 00:00:12,000
The gradient points uphill, so every step goes the other way, down the slope of the loss.

3
01:08:38,000 --> 01:08:45,000
A learning rate that is too large makes the loss jump about instead of falling.

4
01:08:45,000 --> 01:08:52,000
With momentum the steps remember where they came from, and *narrow* valleys are crossed faster.
"""


@pytest.fixture
def sightline(tmp_path: Path) -> Run:
    """Runs the command in a process of its own, away from the checkout and with no settings."""

    def run(
        *arguments: str | Path, stdin: bytes = b"", env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        clean = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LC_ALL": "C"}
        command = [sys.executable, "-m", "core.cli", *map(str, arguments)]
        return subprocess.run(
            command, cwd=tmp_path, input=stdin, env=clean | (env or {}), capture_output=True, timeout=100, check=False
        )

    return run


@pytest.fixture
def lecture(tmp_path: Path) -> Path:
    file = tmp_path / "lecture.srt"
    file.write_text(LECTURE)
    return file
