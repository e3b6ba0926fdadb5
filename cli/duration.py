"""Durations on the command line, in the one spelling that the files have too: 30s, 5m, 1h30m, 1d."""

from __future__ import annotations

import argparse
import math

from compiler.reading.duration import DurationError, parse_duration


def parsed(text: str) -> float:
    """Return the seconds of `1h30m`, or of a bare number, which are seconds. Raises DurationError."""
    try:
        return parse_duration(text)
    except DurationError as error:
        fault = str(error)
    try:
        bare = float(text)
    except ValueError:
        bare = math.nan
    if math.isfinite(bare) and bare >= 0:
        return bare
    raise DurationError(f"{fault}: 30s, 5m, 1h30m or a number of seconds was expected")


def seconds(text: str) -> float:
    """As `parsed`, for argparse. Raises ArgumentTypeError."""
    try:
        return parsed(text)
    except DurationError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
