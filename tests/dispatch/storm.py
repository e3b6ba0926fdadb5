"""`python -m tests.dispatch.storm --alarms 10000`: what each channel gets from a storm's first alert to its last
resolve. Too slow for the test run at ten thousand; test_storm_limits.py has the same day with fewer alarms.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
import time
from datetime import datetime, timedelta

from alertrelay.notify.limits import LIMITS

from tests.dispatch.test_storm_limits import _posted, _resolve, _storm, _with_sms
from tests.dispatch.world import World

CHANNELS = ("slack", "email", "sns")
MOST = 10
PAGES = 21
"""In any minute; one may be sent at either end of it."""


def play(count: int, *, minutes: float) -> tuple[World, list[datetime]]:
    """Returns the world after `count` alarms that fire within `minutes` and resolve, with the time of each trigger."""
    world = World(config=_with_sms(), limits=LIMITS)
    times: list[datetime] = []
    send = world.senders["pagerduty"].send

    def timed(message, *args, **given):  # type: ignore[no-untyped-def]  # as the sender has it
        if message["event_action"] == "trigger":
            times.append(world.clock.now())
        return send(message, *args, **given)

    world.senders["pagerduty"].send = timed  # type: ignore[method-assign]
    _storm(world, count, seconds=60 * minutes)
    world.run(400)
    _resolve(world, 0, count)
    world.run(1500)
    return world, times


def main(arguments: list[str]) -> int:
    """Prints the messages of each channel; returns 1 where there are more than people take."""
    parser = argparse.ArgumentParser(prog="python -m tests.dispatch.storm", description=__doc__)
    parser.add_argument("--alarms", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=1.0, help="how long new alarms fire")
    parser.add_argument("--profile", action="store_true", help="print where the time went")
    given = parser.parse_args(arguments)
    began, profile = time.monotonic(), cProfile.Profile()
    if given.profile:
        profile.enable()
    world, times = play(given.alarms, minutes=given.minutes)
    profile.disable()
    found = {channel: len(_posted(world, channel)) for channel in CHANNELS}
    pages = max(sum(1 for at in times if first <= at < first + timedelta(minutes=1)) for first in times)
    left = {key for action, key in world.pages() if action == "trigger"} - {
        key for action, key in world.pages() if action == "resolve"
    }
    sys.stdout.write(
        f"{given.alarms} alarms in {given.minutes:g} min: {found}, PagerDuty {len(times)} triggers, at most {pages} a "
        f"minute, {len(left)} left open; {time.monotonic() - began:.0f} s\n"
    )
    if given.profile:
        pstats.Stats(profile, stream=sys.stdout).sort_stats("tottime").print_stats(25)
    return 1 if left or pages > PAGES or max(found.values()) > MOST else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
