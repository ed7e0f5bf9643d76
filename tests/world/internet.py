"""mitmproxy as the outside world: the application keeps its default addresses, the answers come from this machine.

    with Internet({"https://www.youtube.com/": "http://127.0.0.1:4711/"}) as internet:
        subprocess.Popen([...], env={**os.environ, **internet.env})

Every address that is not mapped is answered with 503, so nothing leaves the machine. The proxy asks for a password
(it stands in the addresses of `env`), so that a wrong one can be tried: `proxy_url(password="wrong")`.
`reason_it_cannot_run()` says what is missing where it cannot start; `require()` skips, or fails where CI is set.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Self

import pytest

# The newest for Python 3.11; in an environment of its own, since as a dependency it would resolve to version 6.
MITMPROXY = "mitmproxy==11.0.2"
USER, PASSWORD = "sightline", "local"
START_TIMEOUT_S = 60.0


class Internet:
    """One mitmdump process on a free loopback port; `routes` maps the beginning of outside addresses to local ones."""

    def __init__(self, routes: Mapping[str, str]) -> None:
        self._routes = dict(routes)
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def start(self) -> dict[str, str]:
        """Starts the process and returns `env`; fails the test where it does not answer in time."""
        self._folder = tempfile.TemporaryDirectory(prefix="sightline-internet-")
        log = (Path(self._folder.name) / "mitmdump.log").open("wb")
        with log:
            self._process = subprocess.Popen(self._command(), stdout=log, stderr=log, start_new_session=True)
        self._wait_until_it_answers()
        return self.env

    def stop(self) -> None:
        if self._process is not None:
            _end_group(self._process)
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    @property
    def env(self) -> dict[str, str]:
        """What a process needs in its environment to see this Internet instead of the real one."""
        proxy, certificates = self.proxy_url(), str(self.certificates)
        return {
            "HTTPS_PROXY": proxy,
            "HTTP_PROXY": proxy,
            "https_proxy": proxy,
            "http_proxy": proxy,
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "SSL_CERT_FILE": certificates,
            "REQUESTS_CA_BUNDLE": certificates,
        }

    @property
    def certificates(self) -> Path:
        """The authority that signs the proxy's certificates, in PEM."""
        if self._folder is None:
            raise RuntimeError("not started")
        return Path(self._folder.name) / "mitmproxy-ca-cert.pem"

    def proxy_url(self, *, password: str = PASSWORD) -> str:
        return f"http://{USER}:{password}@127.0.0.1:{self._port}"

    def _command(self) -> list[str]:
        # A backslash would be eaten by the filter's own quoting.
        outside = "|".join(f"^{re.escape(address)}" for address in self._routes).replace("\\.", "[.]")
        folder = self._folder.name if self._folder else ""
        settings = [
            f"confdir={folder}",
            "connection_strategy=lazy",
            "upstream_cert=false",
            f"proxyauth={USER}:{PASSWORD}",
            "stream_large_bodies=64k",
            f'block_list=;!~u "{outside}";503',
        ]
        command = [*_tool(), "mitmdump", "-q", "--listen-host", "127.0.0.1", "-p", str(self._port)]
        for setting in settings:
            command += ["--set", setting]
        for address, local in self._routes.items():
            command += ["--map-remote", f"|^{re.escape(address)}|{local}"]
        return command

    def _wait_until_it_answers(self) -> None:
        until_s = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < until_s and self._process and self._process.poll() is None:
            if self.certificates.exists() and _accepts(self._port):
                return
            time.sleep(0.05)
        log = (self.certificates.parent / "mitmdump.log").read_text(errors="replace")
        self.stop()
        pytest.fail(f"mitmdump did not start: {log[-2000:]}")


def require() -> None:
    """Skips the test where mitmproxy cannot run, with what is missing; fails it where CI is set."""
    reason = reason_it_cannot_run()
    if reason and os.environ.get("CI"):
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


@cache
def reason_it_cannot_run() -> str:
    """What is missing, as a sentence; empty where mitmproxy runs. Fetches it the first time."""
    if shutil.which("uv") is None:
        return "The command uv is missing: pip install uv."
    for tool in (_tool(), _tool(is_offline=False)):
        try:
            subprocess.run([*tool, "mitmdump", "--version"], check=True, capture_output=True, timeout=120)
        except (subprocess.SubprocessError, OSError):
            continue
        return ""
    return f"uv tool run --from {MITMPROXY} mitmdump does not work here: the package index is out of reach."


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _tool(*, is_offline: bool = True) -> list[str]:
    # Once fetched it is run from the cache: tests then need no package index.
    return ["uv", "tool", "run", *(["--offline"] if is_offline else []), "--from", MITMPROXY]


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
    except OSError:
        return False
    return True


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Ends the process and its children; the group is its own, so nothing else is hit."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
        except ProcessLookupError:
            break
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            continue
        break
    process.wait(timeout=5)
