"""A server that others wrote, run as a process of its own on a free loopback port, and spoken to over HTTP."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Self

import pytest

from tests.world.internet import free_port

START_TIMEOUT_S = 60.0


class ToolServer:
    """`command` is run with the port in place of "{port}"; it is up once `health` answers."""

    def __init__(self, command: Sequence[str], *, health: str) -> None:
        self.port = free_port()
        self._command = [part.replace("{port}", str(self.port)) for part in command]
        self._health = health
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def base_url(self) -> str:
        """What OPENAI_BASE_URL is set to."""
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        with tempfile.TemporaryFile() as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, start_new_session=True)
            until_s = time.monotonic() + START_TIMEOUT_S
            while time.monotonic() < until_s and self._process.poll() is None:
                with contextlib.suppress(OSError):
                    self.get(self._health)
                    return self
                time.sleep(0.05)
            log.seek(0)
            said = log.read().decode(errors="replace")[-2000:]
        self._end()
        pytest.fail(f"{self._command[0]} did not start a server: {said}")

    def __exit__(self, *_error: object) -> None:
        self._end()

    def get(self, path: str) -> object:
        return self._ask(urllib.request.Request(f"http://127.0.0.1:{self.port}{path}"))

    def post(self, path: str, body: object = None) -> object:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            data=json.dumps(body).encode() if body is not None else b"",
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        return self._ask(request)

    def _ask(self, request: urllib.request.Request) -> object:
        # Without the proxies of the environment: it is on this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as answer:
            text = answer.read().decode()
        return json.loads(text) if text.strip().startswith(("{", "[")) else text

    def _end(self) -> None:
        """Ends the process and its children; the group is its own, so nothing else is hit."""
        if self._process is None:
            return
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=5)
                return


def missing(tool: str, commands: Sequence[Sequence[str]]) -> str:
    """Why none of these commands works, as a sentence; empty where one does."""
    for command in commands:
        with contextlib.suppress(subprocess.SubprocessError, OSError):
            subprocess.run(command, check=True, capture_output=True, timeout=180)
            return ""
    return f"{' '.join(commands[-1])} does not work here: {tool} is out of reach."


def skip_or_fail(reason: str) -> None:
    """Skips the test with what is missing; fails it where CI is set, since there all is fetched."""
    if reason and os.environ.get("CI"):
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
