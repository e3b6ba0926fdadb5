"""Reads the times that sources write: RFC 3339 and its many substitutes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""From here on a time means "never" (.NET's 9999-12-31T23:59:59Z), as 0001-01-01 and 1970-01-01 mean "none". With it no
sum of a time that was read here and any interval of the configuration can leave the calendar."""
_MILLISECONDS_FROM = 100_000_000_000  # as seconds this is the year 5138, as milliseconds 1973
_MICROSECONDS_FROM = 100_000_000_000_000
_NANOSECONDS_FROM = 100_000_000_000_000_000
_TEXT_MAX = 64  # characters; Go's longest printing with its monotonic clock has 60

# Python's own fromisoformat refuses nanoseconds, Go's `2026-01-02 03:04:05.678 +0000 UTC m=+0.1`, and words for zones.
_ISO = re.compile(
    r"(?P<y>[0-9]{4})-(?P<mo>[0-9]{2})-(?P<d>[0-9]{2})"
    r"(?:[Tt ](?P<h>[0-9]{2}):(?P<mi>[0-9]{2})(?::(?P<s>[0-9]{2})(?:[.,](?P<f>[0-9]+))?)?)?"
    r"\s*(?P<zone>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?"
    r"(?:\s+?[A-Z][A-Za-z]{1,5}|\s*(?:UTC|GMT))?(?:\s+m=\S+)?"
)


def instant(value: object) -> datetime | None:
    """Return the time that `value` means, in UTC, after 1970-01-01 and before `LATEST`; None where it means none.

    Takes RFC 3339 with any fraction, offsets without a colon (CloudWatch's +0000), naive times as UTC, Go's own
    printing, RFC 1123, and numbers (or their digits) as seconds, milli-, micro- or nanoseconds since 1970. A zero time
    (0001-01-01, 1970-01-01, an empty text) means "none", 9999-12-31 means "never".
    """
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return None
        at = _from_text(value.strip()) if isinstance(value, str) else _from_number(value)
        if at is None or at.year < 1970:
            return None
        at = at.astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError, AttributeError):
        # the last three: email.utils raises them on some malformed dates
        return None
    return at if _EPOCH < at < LATEST else None


def _from_number(value: float) -> datetime:
    size = abs(value)
    parts = 1_000_000_000 if size >= _NANOSECONDS_FROM else 1_000_000 if size >= _MICROSECONDS_FROM else 1_000
    seconds = value / parts if size >= _MILLISECONDS_FROM else value
    return _EPOCH + timedelta(seconds=seconds)


def _from_text(text: str) -> datetime | None:
    if len(text) > _TEXT_MAX:
        return None
    if text.isascii() and text.isdecimal() and len(text) >= 10:
        return _from_number(int(text))
    match = _ISO.fullmatch(text)
    if not match:
        if "," not in text:
            return None
        from email.utils import parsedate_to_datetime  # slow to import, and few sources write such dates

        parsed = parsedate_to_datetime(text)
        return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    part = match.groupdict()
    return datetime(
        int(part["y"]),
        int(part["mo"]),
        int(part["d"]),
        int(part["h"] or 0),
        int(part["mi"] or 0),
        int(part["s"] or 0),
        int((part["f"] or "")[:6].ljust(6, "0")),
        tzinfo=_zone(part["zone"]),
    )


def _zone(text: str | None) -> timezone:
    if not text or text in "Zz":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[3:].lstrip(":") or 0)
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
