"""A stretch of time an operator looks at: its bins, what came before it, and which stored sums it is made of."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.errors import InvalidInput

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LONGEST = timedelta(days=366)
# Nothing was measured before, and so far from both ends of the calendar no sum of days leaves it.
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_OUTSIDE = "The range lies outside of the years from 2000 to 2199. Choose another one."

# Presets of the picker.
PRESETS: dict[str, timedelta] = {
    "1h": HOUR,
    "6h": 6 * HOUR,
    "24h": DAY,
    "7d": 7 * DAY,
    "30d": 30 * DAY,
    "90d": 90 * DAY,
}
# (up to this length, width of a bin); longer ranges have bins of a day.
_WIDTHS: tuple[tuple[timedelta, timedelta], ...] = (
    (HOUR, MINUTE),
    (6 * HOUR, 5 * MINUTE),
    (DAY, 15 * MINUTE),
    (2 * DAY, HOUR),
    (7 * DAY, 2 * HOUR),
    (31 * DAY, 6 * HOUR),
)


class Tier(StrEnum):
    """Where sums are stored, coarsest first."""

    DAY = "day"
    HOUR = "hour"
    MINUTE = "minute"


TIER_LENGTH = {Tier.DAY: DAY, Tier.HOUR: HOUR, Tier.MINUTE: MINUTE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """[start, end) to be read from one tier."""

    tier: Tier
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """[start, end), whole minutes, aware, in UTC; `zone` is the IANA name of the clock it is shown in."""

    start: datetime
    end: datetime
    zone: str = "UTC"

    def __post_init__(self) -> None:
        if not self.start < self.end:
            raise InvalidInput("The range ends before it begins. Choose an end after the start.")
        if self.end - self.start > LONGEST:
            raise InvalidInput("The range is longer than a year. Choose a shorter one.")
        if self.start < _EARLIEST or self.end > _LATEST:
            raise InvalidInput(_OUTSIDE)

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    @property
    def before(self) -> Period:
        """The stretch of the same length that ends where this one begins."""
        return Period(start=self.start - self.length, end=self.start, zone=self.zone)

    @property
    def width(self) -> timedelta:
        """The width of a bin; a day's is a calendar day of the zone, 23 or 25 hours when the clocks change."""
        return next((width for bound, width in _WIDTHS if self.length <= bound), DAY)

    def edges(self) -> tuple[datetime, ...]:
        """The bins' edges in UTC: the first is the start, the last the end, those between fall on the zone's clock."""
        inner: list[datetime] = []
        at = self._first_edge()
        while at < self.end:
            if at > self.start:
                inner.append(at)
            at = self._next_edge(at)
        return (self.start, *inner, self.end)

    def _first_edge(self) -> datetime:
        if self.width == DAY:
            return _local_midnight(self.start, self.zone)
        offset = self.start.astimezone(zone_of(self.zone)).utcoffset() or timedelta()
        if self.width >= HOUR:
            # On a clock of half hours wide bins begin at half past: whole hours of UTC are what sums are kept of.
            offset -= offset % HOUR
        since = (self.start + offset - _EARLIEST) % self.width
        return self.start - since

    def _next_edge(self, at: datetime) -> datetime:
        if self.width == DAY:
            return _local_midnight(at + timedelta(hours=36), self.zone)
        return at + self.width


def preset(name: str, now: datetime, zone: str = "UTC") -> Period:
    """The preset that ends with the minute now running. InvalidInput for an unknown name."""
    length = PRESETS.get(name)
    if length is None:
        raise InvalidInput(f"There is no range of that name. Choose one of {', '.join(PRESETS)}.")
    end = floor_minute(now) + MINUTE
    return Period(start=end - length, end=end, zone=zone)


def own_range(start: datetime, end: datetime, zone: str = "UTC") -> Period:
    """The whole minutes from `start` to `end`, both with an offset. InvalidInput for a range that makes no sense."""
    try:
        return Period(start=floor_minute(start), end=floor_minute(end), zone=zone)
    except OverflowError:
        raise InvalidInput(_OUTSIDE) from None


def check_moment(at: datetime) -> None:
    """InvalidInput for a time that no figure can lie at; some of them could be written, but never read again."""
    if not _EARLIEST <= at < _LATEST:
        raise InvalidInput("That time lies outside of the years from 2000 to 2199.")


def floor_minute(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(second=0, microsecond=0)


def zone_of(name: str) -> ZoneInfo:
    """The clock of that IANA name; InvalidInput where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput("There is no time zone of that name.") from None


def pieces(start: datetime, end: datetime, *, dirty: Collection[datetime] = ()) -> list[Piece]:
    """[start, end) cut so that each part is read from the coarsest sums that hold exactly it, in order of time.

    `dirty`: hours (UTC) whose hour and day sums are out of date: they are read by the minute.
    """
    stale_days = {hour.replace(hour=0) for hour in dirty}
    found: list[Piece] = []
    at = start
    while at < end:
        tier = _tier_at(at, end, dirty, stale_days)
        until = min(at + TIER_LENGTH[tier] if tier is not Tier.MINUTE else _ceil_hour(at), end)
        if found and found[-1].tier is tier:
            found[-1] = Piece(tier=tier, start=found[-1].start, end=until)
        else:
            found.append(Piece(tier=tier, start=at, end=until))
        at = until
    return found


def _tier_at(at: datetime, end: datetime, dirty: Collection[datetime], stale_days: Collection[datetime]) -> Tier:
    is_hour = at.minute == 0 and at.second == 0
    if is_hour and at.hour == 0 and at + DAY <= end and at not in stale_days:
        return Tier.DAY
    if is_hour and at + HOUR <= end and at not in dirty:
        return Tier.HOUR
    return Tier.MINUTE


def _ceil_hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0) + HOUR


def _local_midnight(at: datetime, zone: str) -> datetime:
    """The start of the local day that holds `at`, in UTC."""
    clock = zone_of(zone)
    day = at.astimezone(clock).date()
    return datetime(day.year, day.month, day.day, tzinfo=clock).astimezone(UTC)
