"""How the dashboard writes numbers and times: rounded to what matters, and exact where it is hovered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.period import zone_of
from core.domain.telemetry import Unit
from core.metrics.definition import Direction
from core.metrics.reading import Reading
from core.slos.status import Health

NOTHING = "–"
MINUS = "−"
_BYTE_STEPS = ((1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB"))


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as it is written and its unit, so that the two can be set in different sizes."""

    value: str
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.value} {self.unit}" if self.unit else self.value


@dataclass(frozen=True, slots=True)
class Change:
    """Against the period before: "+6 %", or "−0.3" where the value is a share (in points). `tone`: ok, bad or none."""

    text: str
    tone: str


def amount(value: float | None, unit: Unit) -> Amount:
    """The value with its unit as people read it; a dash where there is none."""
    if value is None:
        return Amount(NOTHING)
    match unit:
        case Unit.RATIO:
            return Amount(percent_digits(value), "%")
        case Unit.MS:
            return duration(value)
        case Unit.SECONDS:
            return duration(value * 1000)
        case Unit.BYTES:
            return size(value)
        case Unit.MICROUSD:
            return Amount(f"${value / 1e6:,.2f}")
        case Unit.SCORE:
            return Amount(f"{value:.2f}")
        case Unit.PER_HOUR:
            return Amount(decimal(value), "an hour")
        case Unit.PER_MINUTE:
            return Amount(decimal(value), "a minute")
    return Amount(whole(value))


def whole(value: float) -> str:
    """ "1,284"."""
    return f"{value:,.0f}".replace("-", MINUS)


def decimal(value: float) -> str:
    """Three figures at most: "0.04", "4.2", "53.5", "1,284"."""
    size_ = abs(value)
    text = f"{value:,.0f}" if size_ >= 100 or value == int(value) else f"{value:.1f}" if size_ >= 1 else f"{value:.2g}"
    return text.replace("-", MINUS)


def percent_digits(ratio: float) -> str:
    """A share in per cent without its sign: never 100 for less than all, nor 0 for more than nothing."""
    percent = ratio * 100
    if ratio in {0, 1}:
        return f"{percent:.0f}"
    for digits in (1, 2, 3, 4) if abs(percent) < 99.5 else (2, 3, 4):
        text = f"{percent:.{digits}f}"
        is_lost = (float(text) == 0 and ratio != 0) or (float(text) >= 100 and ratio < 1)
        if not is_lost:
            return text.replace("-", MINUS)
    return "under 0.0001" if percent < 50 else "over 99.9999"


def goal(value: float, unit: Unit) -> str:
    """A target: a round number, without the noughts that a measured value has."""
    written = amount(value, unit)
    short = written.value.removesuffix(":00") if written.unit == "min" else trimmed(written.value)
    return str(Amount(short, written.unit))


def percent(ratio: float | None) -> str:
    return NOTHING if ratio is None else f"{percent_digits(ratio)} %"


def points(ratio: float) -> str:
    """A budget left, in whole per cent: "62 %", "−340 %"; "under 1 %" or "−0.4 %" for a little. Nothing is "0 %"."""
    percent_ = ratio * 100
    if 0 < percent_ < 1:
        return "under 1 %"
    if -1 < percent_ < 0:
        return f"{min(percent_, -0.1):.1f} %".replace("-", MINUS)
    return f"{percent_:,.0f} %".replace("-", MINUS)


def duration(ms: float | None) -> Amount:
    """ "142 ms", "1.21 s", "58.1 s", "3:40 min", "2 h 5 min", "12 days"."""
    if ms is None:
        return Amount(NOTHING)
    seconds = ms / 1000
    if ms < 9.95:
        return Amount(f"{ms:.1f}", "ms")
    if ms < 999.5:
        return Amount(f"{ms:.0f}", "ms")
    if seconds < 9.995:
        return Amount(f"{seconds:.2f}", "s")
    if seconds < 59.95:
        return Amount(f"{seconds:.1f}", "s")
    if round(seconds) < 3600:
        return Amount(f"{round(seconds) // 60}:{round(seconds) % 60:02}", "min")
    minutes = round(seconds / 60)
    if minutes < 48 * 60:
        return Amount(f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h")
    return Amount(f"{minutes / 1440:.0f}", "days")


def size(count: float) -> Amount:
    """ "61 MB"; a thousand is a thousand."""
    for bound, name in _BYTE_STEPS:
        if abs(count) >= bound:
            return Amount(decimal(round(count / bound, 1) if count < 10 * bound else round(count / bound)), name)
    return Amount(f"{count:.0f}", "B")


def change_of(reading: Reading) -> Change | None:
    """None where there is nothing to compare with."""
    return change(reading.value, reading.before, reading.metric.unit, reading.metric.direction)


def change(value: float | None, before: float | None, unit: Unit, direction: Direction) -> Change | None:
    """Shares in points, everything else in per cent of what was before, where that was anything."""
    if value is None or before is None:
        return None
    if unit is not Unit.RATIO and before == 0:
        return Change("from 0", _tone(True, direction)) if value else Change("±0", "")
    difference = (value - before) * 100 if unit is Unit.RATIO else (value / before - 1) * 100
    text = f"{abs(difference):.1f}" if unit is Unit.RATIO or abs(difference) < 1 else f"{abs(difference):,.0f}"
    if float(text.replace(",", "")) == 0:
        return Change("±0", "")
    sign = "+" if difference > 0 else MINUS
    suffix = "" if unit is Unit.RATIO else " %"
    return Change(f"{sign}{trimmed(text)}{suffix}", _tone(difference > 0, direction))


def _tone(is_more: bool, direction: Direction) -> str:
    if direction is Direction.NEITHER:
        return ""
    return "ok" if is_more == (direction is Direction.UP) else "bad"


def trimmed(text: str) -> str:
    """ "4.50" as "4.5", "4.00" as "4"."""
    return text.rstrip("0").rstrip(".") if "." in text else text


HEALTH_WORDS: dict[Health, tuple[str, str]] = {
    Health.OK: ("ok", "ok"),
    Health.BURNING: ("burning", "warn"),
    Health.FIRING: ("firing", "bad"),
    Health.SPENT: ("spent", "bad"),
    Health.NO_DATA: ("no data", ""),
}


class Clock:
    """Times on the clock the page shows."""

    def __init__(self, zone: str) -> None:
        self._zone = zone_of(zone)
        self.name = "UTC" if zone == "UTC" else zone

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self._zone)

    def time(self, at: datetime) -> str:
        return f"{self.local(at):%H:%M}"

    def second(self, at: datetime) -> str:
        return f"{self.local(at):%H:%M:%S}"

    def day(self, at: datetime) -> str:
        local = self.local(at)
        return f"{local.day} {local:%b}"

    def day_in_full(self, at: datetime) -> str:
        local = self.local(at)
        return f"{local.day} {local:%B}"

    def moment(self, at: datetime, now: datetime) -> str:
        """The time of today; with the day for any other."""
        return self.time(at) if self.local(at).date() == self.local(now).date() else self.stamp(at)

    def stamp(self, at: datetime) -> str:
        return f"{self.day(at)} {self.time(at)}"

    def bin(self, start: datetime, end: datetime) -> str:
        """A bin as hovered and in tables: "23 Nov 14:30", or the day for a bin of a day."""
        return self.day(start) if end - start >= timedelta(hours=23) else self.stamp(start)


def span(length: timedelta) -> str:
    """A range's length in words: "24 h", "7 days", "40 min"."""
    minutes = round(length.total_seconds() / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes <= 24 * 60 or minutes % 1440:
        hours, rest = divmod(minutes, 60)
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{minutes // 1440} days"


def before_phrase(length: timedelta) -> str:
    """What a comparison is with: "the day before", "the 7 days before"."""
    return {timedelta(hours=1): "the hour before", timedelta(days=1): "the day before"}.get(
        length, f"the {span(length)} before"
    )


def counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def initials(email: str) -> str:
    """ "MK" of "mia.koch@example.org": what tells colleagues apart without writing an address on a wall."""
    words = [word for word in email.partition("@")[0].replace("_", ".").replace("-", ".").split(".") if word]
    return "".join(word[0] for word in words[:2]).upper() or "–"
