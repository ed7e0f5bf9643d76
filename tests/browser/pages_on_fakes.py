"""The pages in front of hand-written services, as a process of its own: `python -m tests.browser.pages_on_fakes`.

What is typed as an address names the scene that is played: see `SCENES`. So a browser sees every state of a summary
by a language model without there being one.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from types import SimpleNamespace
from typing import cast
from uuid import UUID

from nicegui import app, ui
from starlette.requests import Request
from starlette.responses import Response

import pages
from core.api.security import SecurityHeaders
from core.api.serving import choose_address
from core.bootstrap import Services
from core.config import PROJECT_ROOT, Settings
from core.domain.library import AddressRequest, EngineMenu, SummaryRequest
from core.domain.owner import Owner
from core.domain.run import RunState
from core.domain.summary import EngineName
from tests.factories.rich_summary import offline_document, rich_document, started_document, talk
from tests.factories.scenes import failed, moment, next_of, waiting
from tests.fake_batches import FakeBatches
from tests.fakes import FakeAccounts, FakeSummaries


class ScriptedSummaries(FakeSummaries):
    """Keeps what the scene says instead of what was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.menu = EngineMenu(engines=(EngineName.OPENAI, EngineName.OFFLINE), model="gpt-4o-mini")

    async def submit(self, request: SummaryRequest, owner: Owner) -> UUID:
        made = await super().submit(request, owner)
        scene = request.address if isinstance(request, AddressRequest) else ""
        if scene in SCENES:
            self.show(made, *SCENES[scene]())
        return made

    async def take_offline(self, summary_id: UUID, owner: Owner) -> None:
        self._find(summary_id, owner)
        self.show(summary_id, RunState.DONE, next_of(offline_document()))


def _soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=12)


SCENES = {
    "rich": lambda: (RunState.DONE, rich_document()),
    "offline": lambda: (RunState.DONE, offline_document()),
    "next": lambda: (RunState.DONE, next_of(offline_document())),
    "started": lambda: (RunState.RUNNING, moment(started_document(3), 0.61)),
    "beginning": lambda: (RunState.RUNNING, moment(started_document(0), 0.42)),
    "waiting": lambda: (RunState.QUEUED, waiting(moment(started_document(2), 0.58), until=_soon())),
    "stopped": lambda: (RunState.CANCELLED, moment(started_document(3), 0.61)),
    "capped": lambda: (RunState.FAILED, failed(started_document(2), "cost_cap_reached")),
    "refused": lambda: (RunState.FAILED, failed(started_document(0), "model_refused")),
}


def main() -> None:
    """Serves until it is stopped, on the port that PORT says."""
    settings = Settings(data_dir=Path(mkdtemp(prefix="sightline-fakes-")))
    summaries = ScriptedSummaries()
    services = SimpleNamespace(summaries=summaries, batches=FakeBatches(), accounts=FakeAccounts(), settings=settings)
    address = choose_address(settings)
    app.storage.path = settings.data_dir / "nicegui"
    app.add_middleware(SecurityHeaders, is_https=False)
    pages.register(cast("Services", services))
    app.add_api_route("/api/v1/summaries/{summary_id}/transcript", _transcript, methods=["GET"])
    app.on_startup(lambda: sys.stdout.write(f"http://127.0.0.1:{address.port}\n") and sys.stdout.flush())
    ui.run(
        host="127.0.0.1", port=address.port, title="Sightline", language="en-US", dark=None, show=False, reload=False,
        favicon=PROJECT_ROOT / "pages" / "components" / "favicon.svg", unocss=None, tailwind=False, prod_js=True,
        storage_secret="for-tests-only", show_welcome_message=False, log_config=None, access_log=False,
    )  # fmt: skip


def _transcript(request: Request) -> Response:
    from starlette.responses import JSONResponse

    del request
    return JSONResponse([[s.start_ms, s.end_ms, s.text, s.speaker] for s in talk().segments])


if __name__ == "__main__":
    main()
