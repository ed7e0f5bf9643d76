"""How pages felt to the people who opened them: each page posts its own figures, once, when it is left.

A page counts as opened once it was ready. One that was left unready after its target counts as DROPPED with the time
waited; one that was left sooner is not counted: nobody had to wait for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.routing import BaseRoute

from core.api.problems import TooManyReports, problem_response
from core.api.rate_limit import TokenBuckets
from core.api.request_record import kind_of
from core.domain.telemetry import KINDS, Kind, Outcome, Pace, Who
from core.errors import AppError, InvalidInput, TooLarge
from core.ports import Recording

MAX_BYTES = 4 * 1024
# A person opens a page every few seconds at most; one address may stand for an office.
BURST = 60
PER_S = 2.0
_CLS_SCALE = round(1 / KINDS[Kind.CLS].scale)

# Ten minutes: whatever took longer was a sleeping computer.
Milliseconds = Annotated[float, Field(ge=0, le=600_000, allow_inf_nan=False)]


class Vitals(BaseModel):
    """What `pages/components/vitals.js` sends. `page` is a route template.

    `left_ms` stands there instead of `ready_ms` where the page was left before it was ready. `request` is the number of
    the request that brought the page.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    page: Annotated[str, Field(max_length=200)]
    request: Annotated[str, Field(pattern=r"^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$")] | None = None
    who: Annotated[str, Field(max_length=20)] = Who.ANONYMOUS.value
    ready_ms: Milliseconds | None = None
    left_ms: Milliseconds | None = None
    ttfb_ms: Milliseconds | None = None
    fcp_ms: Milliseconds | None = None
    lcp_ms: Milliseconds | None = None
    inp_ms: Milliseconds | None = None
    fid_ms: Milliseconds | None = None
    load_ms: Milliseconds | None = None
    cls: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] | None = None

    def figures(self) -> list[tuple[Kind, float]]:
        """What was measured, in the kinds' stored units."""
        found = (
            (Kind.TTFB, self.ttfb_ms),
            (Kind.FCP, self.fcp_ms),
            (Kind.LCP, self.lcp_ms),
            (Kind.INP, self.inp_ms),
            (Kind.FID, self.fid_ms),
            (Kind.PAGE_LOAD, self.load_ms),
            (Kind.CLS, None if self.cls is None else self.cls * _CLS_SCALE),
        )
        return [(kind, value) for kind, value in found if value is not None]


class VitalsRoutes:
    """`pages` gives the templates of the pages there are; of them `sample_ratio` of all opens is reported."""

    def __init__(
        self,
        recording: Recording,
        *,
        pages: Callable[[], Collection[str]],
        sample_ratio: float,
        limits: TokenBuckets | None = None,
    ) -> None:
        self._recording = recording
        self._pages = pages
        self._stands_for = round(1 / sample_ratio) if sample_ratio > 0 else 1
        self._limits = limits or TokenBuckets(burst=BURST, per_s=PER_S)

    async def take(self, request: Request) -> Response:
        """Counts one page's figures; 204, for a page that there is not too."""
        try:
            self._count(await self._read(request))
        except AppError as error:
            self._recording.record(Kind.REFUSAL, "vitals")
            return problem_response(error)
        return Response(status_code=204, headers={"Cache-Control": "no-store"})

    async def _read(self, request: Request) -> Vitals:
        if not self._limits.take(request.client.host if request.client else ""):
            raise TooManyReports("Too many reports from this address. They are not needed.")
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BYTES:
                raise TooLarge(f"A report has at most {MAX_BYTES} bytes.")
        try:
            return Vitals.model_validate_json(bytes(body))
        except ValidationError:
            raise InvalidInput("This is not a report of ours.") from None

    def _count(self, vitals: Vitals) -> None:
        if vitals.page not in self._pages():
            # Counted and not answered: nobody learns from this which pages there are.
            self._recording.record(Kind.REFUSAL, "vitals")
            return
        if vitals.ready_ms is not None:
            self._record(vitals, Kind.PAGE_OPEN, vitals.ready_ms)
        elif vitals.left_ms is not None and KINDS[Kind.PAGE_OPEN].pace(vitals.left_ms) is not Pace.FAST:
            self._record(vitals, Kind.PAGE_OPEN, vitals.left_ms, Outcome.DROPPED)
        for kind, value in vitals.figures():
            self._record(vitals, kind, value)

    def _record(self, vitals: Vitals, kind: Kind, value: float, outcome: Outcome = Outcome.OK) -> None:
        self._recording.record(
            kind,
            vitals.page,
            outcome,
            value,
            who=Who(vitals.who) if vitals.who in _WHO else Who.ANONYMOUS,
            count=self._stands_for,
            request_id=UUID(vitals.request) if vitals.request else None,
        )


_WHO = frozenset(who.value for who in Who) - {Who.NOBODY.value}


def vitals_router(routes: VitalsRoutes) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/vitals", routes.take, methods=["POST"])
    return router


class KnownPages:
    """The templates of an application's pages, looked up at the first report: by then all of them are defined."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._found: frozenset[str] = frozenset()

    def __call__(self) -> frozenset[str]:
        self._found = self._found or frozenset(map(_path_of, filter(_is_page, self._app.routes)))
        return self._found


def _path_of(route: BaseRoute) -> str:
    return str(getattr(route, "path", ""))


def _is_page(route: BaseRoute) -> bool:
    methods: Collection[str] = getattr(route, "methods", None) or ()
    return "GET" in methods and kind_of(_path_of(route)) is Kind.PAGE_REQUEST
