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
    installing = subprocess.run(
        [sys.executable, "-m", "playwright", "install", "chromium"],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if installing.returncode == 0:
        return ""
    return (
        "There is no Chromium and it could not be installed. Install it (Debian: apt-get install chromium), "
        "or name one in CHROME_BINARY_LOCATION."
    )
