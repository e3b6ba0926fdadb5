"""Decides the state of an alarm by its data points: M of N, and how missing ones are treated.

Sources: Amazon CloudWatch user guide, "Alarm evaluation"
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html) and "Configuring how CloudWatch
alarms treat missing data" (…/alarms-and-missing-data.html), whose tables are in tests/local/test_alarm_rules.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
Missing = Literal["missing", "ignore", "breaching", "notBreaching"]


def state_of(
    points: Sequence[bool | None], *, datapoints: int, of: int, missing: Missing, current: State = "OK"
) -> State:
    """Returns the state by the points of the evaluation range, oldest first: whether each is breaching, None where it
    is missing. The most recent `of` points that exist decide; only where there are fewer, missing ones are filled in.
    """
    real = [point for point in points if point is not None]
    if len(real) >= of:
        return "ALARM" if sum(real[-of:]) >= datapoints else "OK"
    if missing == "breaching":
        return "ALARM" if sum(real) + of - len(real) >= datapoints else "OK"
    if sum(real) >= datapoints:
        return "ALARM"
    if missing == "notBreaching" or not all(real):
        return "OK"
    if missing == "ignore":
        return current
    return _premature(points, datapoints, current) if real else "INSUFFICIENT_DATA"


def _premature(points: Sequence[bool | None], datapoints: int, current: State) -> State:
    """Returns the state where all points that exist are breaching, and too few: ALARM once the oldest of them is as
    many periods old as data points are needed."""
    oldest = next(place for place, point in enumerate(points) if point is not None)
    return "ALARM" if len(points) - oldest >= datapoints else current
