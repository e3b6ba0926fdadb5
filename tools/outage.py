"""Made traffic: thirty days of requests with a few errors, and then an outage of 40 minutes in which 4 in 100 fail.

Before it a quarter of the error budget of 99.9 % is nearly spent; the outage burns 40 times as fast as planned.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from local.stack.burning import Traffic

OBJECTIVE = "checkout-availability"
BEGINS = datetime(2026, 11, 19, 14, 0, tzinfo=UTC)  # a Thursday
DAYS = 30
HOUR, MINUTE = 3_600, 60
REQUESTS = 6_000
"""A minute."""
USUALLY_BAD = 0.000_23
TROUBLE, LASTS = timedelta(minutes=5), timedelta(minutes=40)
BAD = 0.04
LIVED = timedelta(minutes=75)


def traffic() -> Traffic:
    """Returns the counts of each hour until an hour before, then of each minute."""
    begins = int(BEGINS.timestamp())
    counts: dict[int, tuple[int, int]] = {}
    for at in range(begins - DAYS * 24 * HOUR, begins - HOUR, HOUR):
        counts[at] = (60 * REQUESTS, round(60 * REQUESTS * USUALLY_BAD))
    ends = begins + int(LIVED.total_seconds())
    trouble = range(begins + int(TROUBLE.total_seconds()), begins + int((TROUBLE + LASTS).total_seconds()))
    for at in range(begins - HOUR, ends, MINUTE):
        counts[at] = (REQUESTS, round(REQUESTS * (BAD if at in trouble else USUALLY_BAD)))
    return Traffic(objective=OBJECTIVE, counts=counts, begins=BEGINS, ends=BEGINS + LIVED)
