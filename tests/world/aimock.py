"""aimock (npm, MIT): a language model that gives canned answers, chosen by what is in the request.

    with Aimock() as aimock:
        aimock.answer("hello", {"content": "Hi.", "usage": {"prompt_tokens": 12_000, "completion_tokens": 345}})
        ...calls to aimock.base_url...

`require()` before it skips where it cannot be had. The fixtures' format is aimock's own.
"""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import cast

import pytest

from tests.world.tool_server import ToolServer, missing

AIMOCK = "@copilotkit/aimock@1.43.0"


class Aimock(ToolServer):
    """Answers nothing but what it was told to."""

    def __init__(self) -> None:
        # It wants a file of fixtures to start with; ours come later, by its own interface.
        self._folder = tempfile.TemporaryDirectory(prefix="sightline-aimock-")
        fixtures = Path(self._folder.name) / "none.json"
        fixtures.write_text('{"fixtures": []}')
        command = [*_tool(), "--port", "{port}", "--fixtures", str(fixtures)]
        super().__init__(command, health="/__aimock/journal")

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self._folder.cleanup()

    def forget(self) -> None:
        """Canned answers, requests and chaos."""
        self.post("/__aimock/reset")

    def answer(self, user_message: str, response: dict[str, object], **match: object) -> None:
        """Gives `response` to requests whose user message holds these words, and that fit the rest of `match`.

        The first that was told and fits wins.
        """
        fixture = {"match": {"userMessage": user_message, **match}, "response": response}
        self.post("/__aimock/fixtures", {"fixtures": [fixture]})

    def chaos(self, **rates: float) -> None:
        """`dropRate`, `malformedRate`, `disconnectRate`, `rateLimitRate`: probabilities 0…1."""
        self.post("/__aimock/chaos", rates)

    def bodies(self) -> list[dict[str, object]]:
        """The bodies of all requests since, in order."""
        journal = self.get("/__aimock/journal")
        entries = cast("list[dict[str, dict[str, object]]]", journal)
        return [entry["body"] for entry in entries]


def require() -> None:
    if reason := reason_it_cannot_run():
        pytest.skip(reason)


@cache
def reason_it_cannot_run() -> str:
    """What is missing, as a sentence; empty where aimock runs. Fetches it the first time."""
    if shutil.which("npx") is None:
        return "The command npx is missing: aimock needs Node.js 20."
    return missing("the package registry", [[*_tool(), "--help"]])


def _tool() -> list[str]:
    # The command that serves language models alone; the package's own name serves a dozen other things.
    return ["npx", "--yes", "--prefer-offline", f"--package={AIMOCK}", "llmock"]
