"""The state of an operators' page as it stands in its address: every link and every reload restores all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode
from uuid import UUID

from core.domain.period import LONGEST, MINUTE, PRESETS, Period, floor_minute, preset, zone_of
from core.domain.telemetry import Kind
from core.errors import InvalidInput
from core.slos import SLOS

DEFAULT_RANGE = "24h"
HEATS = (Kind.SUMMARY.value, Kind.PAGE_OPEN.value, Kind.API_REQUEST.value)
_LONGEST_TEXT = 200
_YES = {"1", "true", "yes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What is looked at. `range` is a preset's name, "" where `start` and `end` (aware, UTC, whole minutes) are given.

    `cause`: a cause of spent budget that was chosen (None: none was, "": everything else). `kind`, `name`: a route or
    page whose requests are wanted. `heat`: what the heat map shows. `problems`: what of the address could not be
    understood, as sentences.
    """

    range: str = DEFAULT_RANGE
    start: datetime | None = None
    end: datetime | None = None
    zone: str = "UTC"
    is_compared: bool = False
    slo: str | None = None
    cause: str | None = None
    request: UUID | None = None
    kind: str | None = None
    name: str | None = None
    heat: str = HEATS[0]
    is_wall: bool = False
    problems: tuple[str, ...] = field(default=(), compare=False)

    def period(self, now: datetime) -> Period:
        """The stretch of time that is asked for; a preset ends with the minute now running."""
        if self.start is not None and self.end is not None:
            return Period(start=self.start, end=self.end, zone=self.zone)
        return preset(self.range, now, self.zone)

    @property
    def length(self) -> timedelta:
        return self.end - self.start if self.start and self.end else PRESETS[self.range]

    def href(self, path: str) -> str:
        """This state as an address; defaults are left out, so that equal states have equal addresses."""
        query = urlencode(_pairs(self), quote_via=quote, safe=":/")
        return f"{path}?{query}" if query else path

    def without_drill(self) -> Address:
        """The same range, clock and look, with nothing chosen in it."""
        return replace(self, slo=None, cause=None, request=None, kind=None, name=None)


def parse(parameters: Mapping[str, str]) -> Address:
    """The state an address holds. Whatever it cannot hold is left at its default and said in `problems`; never raises.

    `range=24h` or `from=…&to=…` (ISO 8601; without an offset on the clock of `tz`), `tz=utc` or an IANA name,
    `compare=1`, `slo`, `cause`, `request`, `kind`, `name`, `heat`, `wall=1`.
    """
    reader = _Reader(parameters)
    zone = reader.zone()
    start, end = reader.bounds(zone)
    return Address(
        range="" if start else reader.range(),
        start=start,
        end=end,
        zone=zone,
        is_compared=reader.flag("compare"),
        slo=reader.one_of("slo", SLOS, "There is no objective of that name."),
        cause=reader.text("cause"),
        request=reader.request(),
        kind=reader.one_of("kind", [each.value for each in Kind], "There is no kind of request of that name."),
        name=reader.text("name"),
        heat=reader.one_of("heat", list(HEATS), "There is no heat map of that name.") or HEATS[0],
        is_wall=reader.flag("wall"),
        problems=tuple(reader.problems),
    )


def _pairs(address: Address) -> list[tuple[str, str]]:
    pairs = [] if address.range in {DEFAULT_RANGE, ""} else [("range", address.range)]
    if address.start and address.end:
        pairs += [("from", _moment(address.start)), ("to", _moment(address.end))]
    if address.zone != "UTC":
        pairs.append(("tz", address.zone))
    if address.is_compared:
        pairs.append(("compare", "1"))
    for name in ("slo", "cause", "kind", "name"):
        value = getattr(address, name)
        if value is not None:
            pairs.append((name, value))
    if address.request:
        pairs.append(("request", address.request.hex))
    if address.heat != HEATS[0]:
        pairs.append(("heat", address.heat))
    if address.is_wall:
        pairs.append(("wall", "1"))
    return pairs


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


class _Reader:
    """Reads one parameter after the other and collects what is wrong."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self._parameters = parameters
        self.problems: list[str] = []

    def text(self, name: str) -> str | None:
        value = self._parameters.get(name)
        if value is not None and (len(value) > _LONGEST_TEXT or not value.isprintable()):
            self.problems.append(f"“{name}” in the address is not a name that could stand there; it was left out.")
            return None
        return value

    def flag(self, name: str) -> bool:
        return self._parameters.get(name, "").lower() in _YES

    def one_of(self, name: str, known: Mapping[str, object] | list[str], problem: str) -> str | None:
        value = self._parameters.get(name)
        if value is None or value in known:
            return value
        self.problems.append(problem)
        return None

    def range(self) -> str:
        value = self._parameters.get("range", DEFAULT_RANGE)
        if value in PRESETS:
            return value
        self.problems.append(f"There is no range of that name. Choose one of {', '.join(PRESETS)}; 24 h are shown.")
        return DEFAULT_RANGE

    def zone(self) -> str:
        value = self._parameters.get("tz", "utc")
        if value.lower() in {"utc", "local", ""}:  # "local" is the browser's word until it has named its zone
            return "UTC"
        try:
            return zone_of(value).key
        except InvalidInput:
            self.problems.append("There is no time zone of that name; times are shown in UTC.")
            return "UTC"

    def bounds(self, zone: str) -> tuple[datetime, datetime] | tuple[None, None]:
        if not {"from", "to"} & set(self._parameters):
            return None, None
        start, end = self._moment("from", zone), self._moment("to", zone)
        if start is None or end is None:
            self.problems.append("A range of your own needs a start and an end, such as 2026-11-23T14:00.")
        elif end - start < MINUTE:
            self.problems.append("The range ends before it begins. Choose an end after the start.")
        elif end - start > LONGEST:
            self.problems.append("The range is longer than a year. Choose a shorter one.")
        else:
            return start, end
        return None, None

    def _moment(self, name: str, zone: str) -> datetime | None:
        try:
            at = datetime.fromisoformat(self._parameters.get(name, ""))
            aware = at if at.tzinfo else at.replace(tzinfo=zone_of(zone))
            return floor_minute(aware)
        except (ValueError, OverflowError):
            return None

    def request(self) -> UUID | None:
        value = self._parameters.get("request")
        try:
            return UUID(value) if value is not None else None
        except ValueError:
            self.problems.append("That is not the number of a request.")
            return None
