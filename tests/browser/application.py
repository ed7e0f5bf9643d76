"""The application as a process of its own, on its own data folder and a free port."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_ADDRESS = re.compile(r"http://[\w.]+:\d+")


@contextmanager
def run_application(
    data_dir: Path,
    more_environment: Mapping[str, str] | None = None,
    *,
    command: Sequence[str] = ("app.py",),
) -> Iterator[str]:
    """Its origin, such as "http://127.0.0.1:41234". It and its worker are gone at the end of the block.

    `command` is what Python runs: the application, or a stand-in that prints its address likewise.
    """
    environment = os.environ | {"PORT": "0", "SIGHTLINE_DATA_DIR": str(data_dir)} | dict(more_environment or {})
    # NiceGUI would take the process for a part of the test.
    for name in ("PYTEST_CURRENT_TEST", "NICEGUI_USER_SIMULATION"):
        environment.pop(name, None)
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield _read_address(process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


def _read_address(process: subprocess.Popen[str]) -> str:
    said: list[str] = []
    output = process.stdout
    assert output is not None
    for line in output:
        said.append(line)
        if found := _ADDRESS.search(line):
            threading.Thread(target=_read_on, args=(output,), daemon=True).start()
            return found.group().replace("0.0.0.0", "127.0.0.1")
    pytest.fail("The application did not start:\n" + "".join(said[-40:]))


def _read_on(output: Iterator[str]) -> None:
    """Keeps the pipe empty, so that the application never waits for a reader."""
    try:
        for _line in output:
            pass
    except ValueError:
        return  # closed at the end of the block
