"""Models Go's time.Time and time.Duration: their text, layouts, and methods. Source: Go's package time (format.go)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000_000
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_CHUNK = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|0[1-6]|002|15|2006|_2006|__2|_2|1|2|3|4|5|PM|pm"
    r"|[-Z]07:00:00|[-Z]070000|[-Z]07:00|[-Z]0700|[-Z]07|[.,]0+(?![0-9])|[.,]9+(?![0-9])"
)
_DEFAULT = "2006-01-02 15:04:05.999999999 -0700 MST"


class Month(int):
    """A time.Month: prints its name."""

    go_type = "time.Month"

    def __str__(self) -> str:
        return MONTHS[self - 1] if 1 <= self <= 12 else f"%!Month({int(self)})"


class Weekday(int):
    """A time.Weekday: prints its name."""

    go_type = "time.Weekday"

    def __str__(self) -> str:
        return DAYS[self]


class Duration(int):
    """A time.Duration, in nanoseconds: prints as 1h2m3.5s."""

    def __str__(self) -> str:
        whole = abs(int(self))
        if whole < _SECOND:
            return self._small(whole)
        sign = "-" if self < 0 else ""
        seconds, nanos = divmod(whole, _SECOND)
        minutes, seconds = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        fraction = f".{nanos:09d}".rstrip("0").rstrip(".")
        text = f"{seconds}{fraction}s"
        if hours or minutes:
            text = f"{minutes}m{text}"
        return sign + (f"{hours}h{text}" if hours else text)

    def _small(self, whole: int) -> str:
        if not whole:
            return "0s"
        unit, size = ("ns", 1) if whole < 1000 else ("µs", 1000) if whole < 1_000_000 else ("ms", 1_000_000)
        value, rest = divmod(whole, size)
        digits = f".{rest:0{len(str(size)) - 1}d}".rstrip("0").rstrip(".") if size > 1 else ""
        return f"{'-' if self < 0 else ''}{value}{digits}{unit}"

    def rounded(self, unit: int, *, up: bool) -> Duration:
        """Returns it in whole units, rounded half away from zero, or cut off."""
        if unit <= 0:
            return self
        whole = abs(int(self)) + (unit // 2 if up else 0)
        return Duration((whole - whole % unit) * (-1 if self < 0 else 1))


@dataclass(frozen=True, slots=True)
class GoTime:
    """A time: a Python datetime with its zone, and the nanoseconds below its microsecond."""

    at: datetime
    nanos: int = 0

    @property
    def unix_nanos(self) -> int:
        """Returns the nanoseconds since 1970."""
        return (self.at - _EPOCH) // timedelta(microseconds=1) * 1000 + self.nanos

    @property
    def zero(self) -> bool:
        """Returns whether it is the zero time, 0001-01-01T00:00:00Z."""
        return not self.nanos and self.at == datetime(1, 1, 1, tzinfo=UTC)

    def within(self, zone: tzinfo) -> GoTime:
        """Returns the same moment in another zone."""
        try:
            return replace(self, at=self.at.astimezone(zone))
        except OverflowError:  # the zero time has no day before it
            return self

    def format(self, layout: str) -> str:
        """Returns the time in a Go layout."""
        return _CHUNK.sub(lambda found: _chunk(self, found.group()), layout)

    def __str__(self) -> str:
        return self.format(_DEFAULT)


def go_time(text: str) -> GoTime:
    """Reads RFC 3339 with up to nine digits of a second. Raises ValueError."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)", text)
    if not found:
        raise ValueError(f"{text!r} is not a time in RFC 3339")
    whole = datetime.fromisoformat(found[1] + found[3].replace("Z", "+00:00"))
    digits = (found[2] or "").ljust(9, "0")
    return GoTime(whole.replace(microsecond=int(digits[:6])), int(digits[6:]))


def _chunk(time: GoTime, chunk: str) -> str:
    at = time.at
    if chunk[0] in "-Z" and chunk[1:3] == "07":
        return _offset(at, chunk)
    if chunk[0] in ".,":
        return _fraction(time, chunk)
    return _CHUNKS[chunk](at)


def _fraction(time: GoTime, chunk: str) -> str:
    digits = f"{time.at.microsecond:06d}{time.nanos:03d}"[: len(chunk) - 1].ljust(len(chunk) - 1, "0")
    if chunk[1] == "0":
        return chunk[0] + digits
    digits = digits.rstrip("0")
    return chunk[0] + digits if digits else ""


def _offset(at: datetime, chunk: str) -> str:
    seconds = int((at.utcoffset() or timedelta()).total_seconds())
    if chunk[0] == "Z" and not seconds:
        return "Z"
    sign = "-" if seconds < 0 else "+"
    hours, rest = divmod(abs(seconds), 3600)
    parts = [f"{hours:02d}", f"{rest // 60:02d}", f"{rest % 60:02d}"]
    colon = ":" if ":" in chunk else ""
    return sign + colon.join(parts[: (len(chunk.replace(":", "")) - 1) // 2])


def _zone(at: datetime) -> str:
    """Returns the zone's short name; where it has none, its offset."""
    name = at.tzname() or ""
    return _offset(at, "-0700") if not name or name.startswith(("UTC+", "UTC-")) else name


def _hour12(at: datetime) -> int:
    return at.hour % 12 or 12


_CHUNKS: dict[str, Callable[[datetime], str]] = {
    "January": lambda at: MONTHS[at.month - 1],
    "Jan": lambda at: MONTHS[at.month - 1][:3],
    "1": lambda at: str(at.month),
    "01": lambda at: f"{at.month:02d}",
    "Monday": lambda at: DAYS[at.isoweekday() % 7],
    "Mon": lambda at: DAYS[at.isoweekday() % 7][:3],
    "2": lambda at: str(at.day),
    "_2": lambda at: f"{at.day:2d}",
    "02": lambda at: f"{at.day:02d}",
    "__2": lambda at: f"{at.timetuple().tm_yday:3d}",
    "002": lambda at: f"{at.timetuple().tm_yday:03d}",
    "15": lambda at: f"{at.hour:02d}",
    "3": lambda at: str(_hour12(at)),
    "03": lambda at: f"{_hour12(at):02d}",
    "4": lambda at: str(at.minute),
    "04": lambda at: f"{at.minute:02d}",
    "5": lambda at: str(at.second),
    "05": lambda at: f"{at.second:02d}",
    "2006": lambda at: f"{at.year:04d}",
    "_2006": lambda at: f"_{at.year:04d}",
    "06": lambda at: f"{at.year % 100:02d}",
    "PM": lambda at: "PM" if at.hour >= 12 else "AM",
    "pm": lambda at: "pm" if at.hour >= 12 else "am",
    "MST": _zone,
}


def moved(time: GoTime, nanos: int) -> GoTime:
    """Returns the time some nanoseconds later. Raises OverflowError beyond the years 1 to 9999."""
    micros, rest = divmod(time.nanos + nanos, 1000)
    zone = time.at.tzinfo or UTC
    return GoTime((time.at.astimezone(UTC) + timedelta(microseconds=micros)).astimezone(zone), rest)


def add_date(time: GoTime, years: int, months: int, days: int) -> GoTime:
    """Returns the time some years, months and days later; the 31st of a shorter month runs over, as in Go."""
    index = time.at.month - 1 + months
    year, month = time.at.year + years + index // 12, index % 12 + 1
    day = date(year, month, 1) + timedelta(days=time.at.day - 1 + days)
    return replace(time, at=time.at.replace(year=day.year, month=day.month, day=day.day))


def time_parts(time: GoTime) -> list[str]:
    """Returns what Go prints of it in `%#v`: year, month, day, hour, minute, second, nanosecond."""
    at = time.at
    parts = (at.day, at.hour, at.minute, at.second, at.microsecond * 1000 + time.nanos)
    return [str(at.year), f"time.{MONTHS[at.month - 1]}", *map(str, parts)]
