"""llmock (PyPI, MIT): a language model that fails on demand, and judges how its client coped.

    with Llmock() as llmock:
        llmock.expect({"type": "fail", "status": 429, "retry_after": 1}, {"type": "stream_fault", "kind": "truncate"})
        ...calls to llmock.base_url...
        assert llmock.findings() == []

`require()` before it skips where it cannot be had.
"""

from __future__ import annotations

import shutil
from functools import cache
from typing import cast

from tests.world.tool_server import ToolServer, missing, skip_or_fail

LLMOCK = "llmock==0.2.2"


class Llmock(ToolServer):
    """Answers structured outputs that fit any schema; without a scenario nothing fails."""

    def __init__(self, *arguments: str) -> None:
        command = [*_tool(), "llmock", "serve", "--port", "{port}", *arguments]
        super().__init__(command, health="/health")

    def expect(self, *behaviours: dict[str, object]) -> None:
        """Forgets all before, and queues what the next requests meet, each once unless it says `times`."""
        self.post("/_llmock/reset")
        if behaviours:
            self.post("/_llmock/scenario", {"behaviors": list(behaviours)})

    def requests(self) -> list[dict[str, object]]:
        """Every request since, with its status and times."""
        return cast("dict[str, list[dict[str, object]]]", self.get("/_llmock/requests"))["requests"]

    def findings(self) -> list[str]:
        """Codes of what the client did wrong, by llmock's own judgement."""
        verdict = cast("dict[str, list[dict[str, str]]]", self.get("/_llmock/verdict"))
        return [finding["code"] for finding in verdict["findings"]]


def require() -> None:
    skip_or_fail(reason_it_cannot_run())


@cache
def reason_it_cannot_run() -> str:
    """What is missing, as a sentence; empty where llmock runs. Fetches it the first time."""
    if shutil.which("uv") is None:
        return "The command uv is missing: pip install uv."
    tools = (_tool(), _tool(is_offline=False))
    return missing("the package index", [[*tool, "llmock", "--help"] for tool in tools])


def _tool(*, is_offline: bool = True) -> list[str]:
    # Once fetched it is run from the cache: tests then need no package index.
    return ["uv", "tool", "run", *(["--offline"] if is_offline else []), "--from", LLMOCK]
