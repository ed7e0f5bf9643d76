"""A Chromium for the tests: the machine's own, else playwright's, installed where that can be done."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@cache
def find_chromium() -> str | None:
    """Path of a browser of this machine; None means that playwright's own is to be used."""
    given = os.environ.get("CHROME_BINARY_LOCATION")
    return given or next((path for name in _NAMES if (path := shutil.which(name))), None)


@cache
def reason_there_is_none() -> str:
    """Empty where a browser is there or could be installed; else what to do."""
    if find_chromium() is not None:
        return ""
    if any(_runs(*command) for command in _installers()):
        find_chromium.cache_clear()
        return ""
    return (
        "There is no Chromium and it could not be installed. Install it (Debian: apt-get install chromium), "
        "or name one in CHROME_BINARY_LOCATION."
    )


def _installers() -> list[list[str]]:
    """Debian's package where we may install it, then playwright's own download."""
    installers = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        update_and_install = f"{apt} update -q && {apt} install -y -q --no-install-recommends chromium"
        installers.insert(0, ["sh", "-c", update_and_install])
    return installers


def _runs(*command: str) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, capture_output=True, check=False, timeout=900, env=environment).returncode == 0
