"""Knows the names of time zones."""

from __future__ import annotations

import zoneinfo


def known_zone(name: str) -> bool:
    """Returns whether the tz database has a zone of this name, as far as this machine knows."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        # A machine without any zone data cannot distinguish a wrong name from a right one.
        return not zoneinfo.available_timezones()
    return True
