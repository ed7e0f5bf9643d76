"""The one time engine: every time that is read, shown or linked goes through here, as integer milliseconds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from core.errors import InvalidInput

MAX_TIME_MS = 99 * 3_600_000


class InvalidTimecode(InvalidInput):
    """The text is not a time."""

    code = "invalid_timecode"


class TimeOutOfRange(InvalidTimecode):
    """The time is negative or past 99 hours."""

    code = "time_out_of_range"


class TimeStyle(StrEnum):
    """How a time is written: for people (`1:08:38`, whole seconds), or as a caption format wants it."""

    CLOCK = "clock"
    SRT = "srt"
    VTT = "vtt"
    SBV = "sbv"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRates:
    """What TTML's frames and ticks count against, per second. Defaults: TTML 2, ttp:frameRate and ttp:tickRate."""

    frame_rate: Fraction = Fraction(30)
    sub_frames: int = 1
    tick_rate: Fraction = Fraction(1)


DEFAULT_RATES = MediaRates()


def parse_timecode(text: str, *, rates: MediaRates = DEFAULT_RATES) -> int:
    """Milliseconds of one written time: `h:mm:ss,mmm`, `mm:ss.mmm`, `m:ss`, `12.5s`, `300ms`, `90m`, `24f`, `10t`.

    Raises InvalidTimecode for anything else (fields past 59 included), TimeOutOfRange below 0 and past 99 h.
    """
    time_ms = find_cue_time(text, rates=rates)
    if time_ms is None or _OVERFULL_FIELD.search(text):
        raise InvalidTimecode(f"“{_shorten(text)}” is not a time. Write it as 1:02:03 or 62:03.")
    return check_time(time_ms)


def find_cue_time(text: str, *, rates: MediaRates = DEFAULT_RATES) -> int | None:
    """Milliseconds of a time as caption files really write it, or None.

    Signed and not range-checked: a caption file is judged as a whole. Full-width digits' punctuation, stray spaces
    (both come out of machine translation) and fields past 59 (come out of editors' arithmetic) are read.
    """
    if len(text) > _LONGEST_TIME:
        return None
    compact = "".join(text.translate(_FULL_WIDTH).split())
    sign = -1 if compact.startswith("-") else 1
    unsigned = compact.removeprefix("-")
    for read in (_read_clock, _read_offset, _read_frames):
        time_ms = read(unsigned, rates)
        if time_ms is not None:
            return sign * time_ms
    return None


def find_seconds(text: str) -> int | None:
    """Milliseconds of a plain number of seconds such as `3.24`, signed, or None."""
    match = _SECONDS.fullmatch(text.strip()) if len(text) <= _LONGEST_TIME else None
    if match is None:
        return None
    sign, whole, fraction = match.groups()
    time_ms = int(whole or 0) * 1000 + _fraction_ms(fraction)
    return -time_ms if sign == "-" else time_ms


def check_time(time_ms: int) -> int:
    """The same time. Raises TimeOutOfRange below 0 and past 99 hours."""
    if not 0 <= time_ms <= MAX_TIME_MS:
        raise TimeOutOfRange("A time has to lie between 0:00 and 99:00:00.")
    return time_ms


def format_timecode(time_ms: int, style: TimeStyle = TimeStyle.CLOCK) -> str:
    """`0:00`, `13:59`, `27:46:40` for people (rounded down); `01:08:38,500`, `01:08:38.500`, `1:08:38.500` for files.

    Raises TimeOutOfRange below 0 and past 99 hours.
    """
    seconds, milliseconds = divmod(check_time(time_ms), 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    match style:
        case TimeStyle.SRT:
            return f"{hours:02}:{minutes:02}:{seconds:02},{milliseconds:03}"
        case TimeStyle.VTT:
            return f"{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}"
        case TimeStyle.SBV:
            return f"{hours}:{minutes:02}:{seconds:02}.{milliseconds:03}"
        case TimeStyle.CLOCK:
            return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def parse_time_parameter(text: str) -> int | None:
    """Milliseconds of an address's `t=` or `start=` (`1h2m3s`, `90`, `90s`, `1:02:03`); None for nonsense."""
    compact = text.strip().lower()
    time_ms = find_seconds(compact.removesuffix("s"))
    if time_ms is None and len(compact) <= _LONGEST_TIME:
        match = _UNITS.fullmatch(compact)
        if match and compact:
            hours, minutes, seconds = (int(group or 0) for group in match.groups())
            time_ms = (hours * 3600 + minutes * 60 + seconds) * 1000
        elif ":" in compact:
            time_ms = find_cue_time(compact)
    return time_ms if time_ms is not None and 0 <= time_ms <= MAX_TIME_MS else None


def watch_url(video_id: str, start_ms: int | None = None) -> str:
    """The address that opens the video, at the whole second in which `start_ms` lies when one is given."""
    if not is_video_id(video_id):
        raise ValueError("not a YouTube video id")
    address = f"https://www.youtube.com/watch?v={video_id}"
    return address if start_ms is None else f"{address}&t={check_time(start_ms) // 1000}s"


def is_video_id(text: str) -> bool:
    """True for eleven characters of YouTube's alphabet."""
    return _VIDEO_ID.fullmatch(text) is not None


_LONGEST_TIME = 40
_VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_CLOCK = re.compile(r"(?:([0-9]{1,4}):)?([0-9]{1,4}):([0-9]{1,2})(?:[.,]([0-9]{1,9})|:([0-9]{3}))?")
_OVERFULL_FIELD = re.compile(r"[:：]\s*[6-9][0-9](?![0-9])")
_OFFSET = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,9}))?(h|ms|m|s|f|t)")
_FRAMES = re.compile(r"([0-9]{2,4}):([0-9]{2}):([0-9]{2})[:;]([0-9]{1,3})(?:\.([0-9]{1,3}))?")
_SECONDS = re.compile(r"([+-]?)([0-9]{0,12})(?:\.([0-9]{1,9}))?(?<=[0-9])")
_UNITS = re.compile(r"(?:([0-9]{1,4})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,7})s?)?")
_FULL_WIDTH = str.maketrans("：，．－−–", ":,.---")


def _read_clock(text: str, _rates: MediaRates) -> int | None:
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds, fraction, milliseconds = match.groups()
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    return whole * 1000 + _fraction_ms(fraction or milliseconds)


def _read_offset(text: str, rates: MediaRates) -> int | None:
    match = _OFFSET.fullmatch(text)
    if match is None:
        return None
    whole, fraction, unit = match.groups()
    value = Fraction(f"{whole}.{fraction or 0}")
    second = Fraction(1000)
    per_unit = {
        "h": 3600 * second,
        "m": 60 * second,
        "s": second,
        "ms": Fraction(1),
        "f": second / rates.frame_rate,
        "t": second / rates.tick_rate,
    }
    return _round(value * per_unit[unit])


def _read_frames(text: str, rates: MediaRates) -> int | None:
    match = _FRAMES.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds, frames, sub_frames = (int(group or 0) for group in match.groups())
    frame_count = frames + Fraction(sub_frames, rates.sub_frames)
    return _round(1000 * (hours * 3600 + minutes * 60 + seconds + frame_count / rates.frame_rate))


def _fraction_ms(digits: str | None) -> int:
    """Milliseconds of the digits behind the point, rounded half up from the sixth digit."""
    return (int(digits.ljust(6, "0")[:6]) + 500) // 1000 if digits else 0


def _round(value: Fraction) -> int:
    return (value + Fraction(1, 2)).__floor__()


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_TIME else text[:_LONGEST_TIME] + "…"
