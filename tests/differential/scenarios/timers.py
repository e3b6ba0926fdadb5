"""When a group is flushed, and when it repeats."""

from __future__ import annotations

from tests.differential.scenario import Scenario
from tests.differential.scenarios.parts import (
    ANNOUNCED_ONLY,
    CLOSED_AT_ONCE,
    LATE_JOINER,
    OPENS_NO_GROUP,
    PUNCTUAL_REPEAT,
    a,
)

TIMERS = [
    Scenario(name="no wait", route={"group_wait": "0s"}, timeline=[(0, [a()]), (0.7, [a(i="2")])], until=2),
    Scenario(name="an old alert is told at once", timeline=[(0, [a(starts=-60)]), (0.2, [a(i="2")])], until=1.5),
    Scenario(
        name="an old alert that joins a waiting group",
        route={"group_wait": "1s"},
        timeline=[(0, [a(i="1")]), (0.3, [a(starts=-60, i="2")])],
        until=2,
        since=LATE_JOINER,
    ),
    Scenario(
        name="an old alert that joins a running group waits for the tick",
        timeline=[(0, [a(i="1")]), (0.5, [a(starts=-60, i="2")])],
        until=2,
    ),
    Scenario(name="a repeat between two ticks", route={"repeat_interval": "1200ms"}, timeline=[(0, [a()])], until=4.7),
    Scenario(
        name="a repeat of a whole number of ticks",
        route={"repeat_interval": "1500ms"},
        timeline=[(0, [a()])],
        until=4.6,
        answers_after=0.06,
        differs=PUNCTUAL_REPEAT,
    ),
    Scenario(
        name="a change puts the repeat off",
        route={"repeat_interval": "1200ms"},
        timeline=[(0, [a(i="1")]), (1.5, [a(i="2")])],
        until=4.1,
    ),
    Scenario(name="fired and ended before the first flush", timeline=[(0, [a()]), (0.1, [a(ends=0.1)])], until=1.5),
    Scenario(
        name="fired and ended between two flushes beside another",
        timeline=[(0, [a(i="1")]), (0.9, [a(i="2")]), (1.0, [a(i="2", ends=1.0)])],
        until=2.2,
        differs=ANNOUNCED_ONLY,
    ),
    Scenario(
        name="ended and fired again between two flushes",
        timeline=[(0, [a()]), (0.9, [a(ends=0.9)]), (1.1, [a()])],
        until=2.5,
    ),
    Scenario(
        name="a re-fire after the group is empty",
        timeline=[(0, [a()]), (1, [a(ends=1)]), (1.45, [a()])],
        until=3,
        since=CLOSED_AT_ONCE,
    ),
    Scenario(
        name="a re-fire after the maintenance of groups",
        route={"group_interval": "4s"},
        timeline=[(0, [a()]), (1, [a(ends=1)]), (33, [a()])],
        until=34.5,
    ),
    Scenario(
        name="an end comes first",
        route={"group_wait": "800ms"},
        timeline=[(0, [a(ends=0)]), (0.4, [a()])],
        until=2,
        differs=OPENS_NO_GROUP,
    ),
    Scenario(name="an alert ends by its own end", timeline=[(0, [a(ends=1)])], until=2.5),
    Scenario(
        name="an alert ends by resolve_timeout",
        rest={"global": {"resolve_timeout": "1s"}},
        timeline=[(0, [a()]), (0.6, [a()])],
        until=3,
    ),
    Scenario(
        name="a firing post does not shorten a known end",
        timeline=[(0, [a(ends=2)]), (0.5, [a(ends=1.2, starts=0)])],
        until=3,
    ),
    Scenario(
        name="an explicit end does",
        timeline=[(0, [a(ends=5)]), (0.9, [a(ends=0.9)])],
        until=2,
    ),
    Scenario(
        name="one of two ends, then the other",
        timeline=[(0, [a(i="1"), a(i="2")]), (1, [a(i="1", ends=1)]), (2, [a(i="2", ends=2)])],
        until=3.2,
    ),
]
