"""Durations and times on the command line: 30s, 5m, 1h30m, 1d, as in the files; times of RFC 3339."""

from __future__ import annotations

import argparse
import math
from datetime import UTC, datetime

from compiler.reading.duration import DurationError, parse_duration

LONGEST_YEARS = 10
YEARS = range(1970, 3000)
"""With the longest duration added, and any timer of a route, a time of these is still far below datetime's maximum."""
_EXPECTED = "30s, 5m, 1h30m or a number of seconds"


def seconds(text: str) -> float:
    """Return the seconds of `1h30m`, or of a bare number, which are seconds. Raises ArgumentTypeError."""
    try:
        found = parse_duration(text)
    except DurationError as error:
        found = _number(text)
        if not (math.isfinite(found) and found >= 0):
            raise argparse.ArgumentTypeError(f"{error}: expected {_EXPECTED}") from None
    if found > LONGEST_YEARS * 365 * 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is too long: expected at most {LONGEST_YEARS} years")
    return found


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def time(text: str) -> datetime:
    """Return an RFC 3339 time in UTC; without a zone it is UTC. Raises ArgumentTypeError."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r}: expected a time of RFC 3339, as in 2026-01-01T00:00:00Z"
        raise argparse.ArgumentTypeError(message) from None
    if at.year not in YEARS:
        message = f"{text!r}: expected a time of the years {YEARS[0]} to {YEARS[-1]}"
        raise argparse.ArgumentTypeError(message)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
