"""Silences, inhibitions and time intervals."""

from __future__ import annotations

from tests.differential.scenario import Scenario
from tests.differential.scenarios.parts import (
    ALWAYS,
    DOWN,
    FIRED_AGAIN,
    MUTED_END,
    NEVER,
    OPEN_STAYS,
    SILENCE_ENDS,
    TWO,
    a,
    inhibit,
    silence,
)

MUTING = [
    Scenario(
        name="a silence from the start to its end",
        timeline=[(0, silence("s", 0, 1.5, alertname="a")), (0.1, [a(), a("b")])],
        until=2.5,
    ),
    Scenario(
        name="an end within a silence",
        timeline=[(0, [a()]), (0.6, silence("s", 0.6, 9, alertname="a")), (1, [a(ends=1)])],
        until=2.5,
        differs=MUTED_END,
    ),
    Scenario(
        name="a re-fire after an end within a silence",
        timeline=[
            (0, [a()]),
            (0.5, silence("s", 0.5, 2, alertname="a")),
            (0.9, [a(ends=0.9)]),
            (2.5, [a()]),
        ],
        until=4,
        differs=FIRED_AGAIN,
    ),
    Scenario(
        name="a re-fire within a silence that began after the first",
        timeline=[(0, [a(i="1"), a(i="2")]), (0.5, silence("s", 0.5, 2, i="1"))],
        until=3,
    ),
    Scenario(
        name="a silence that is expired",
        timeline=[(0, silence("s", 0, 60, alertname="a")), (0.1, [a()]), (1.2, {"expire": "s"})],
        until=2.5,
    ),
    Scenario(
        name="a silence that is edited to last longer, then shorter",
        timeline=[
            (0, silence("s", 0, 1, alertname="a")),
            (0.1, [a()]),
            (0.5, silence("s", 0, 60, alertname="a")),
            (1.7, silence("s", 0, 2.1, alertname="a")),
        ],
        until=3.3,
    ),
    Scenario(
        name="a silence whose matchers are edited",
        timeline=[
            (0, silence("s", 0, 60, alertname="a")),
            (0.1, [a(), a("b")]),
            (1, silence("s", 0, 60, alertname="b")),
        ],
        until=2.5,
    ),
    Scenario(
        name="a silence that is pending",
        timeline=[(0, silence("s", 1, 2, alertname="a")), (0.1, [a(i="1")]), (1.05, [a(i="2")])],
        until=3,
    ),
    Scenario(
        name="a silence over a critical alert",
        timeline=[(0, silence("s", 0, 1.6, alertname="a")), (0.1, [a(severity="critical")])],
        until=2.5,
        differs=SILENCE_ENDS,
    ),
    Scenario(
        name="a silence by regular expression and by what is missing",
        timeline=[
            (
                0,
                {
                    "silence": {
                        "name": "s",
                        "startsAt": 0,
                        "endsAt": 60,
                        "matchers": [
                            {"name": "alertname", "value": "a|b", "isRegex": True},
                            {"name": "team", "value": "x", "isEqual": False},
                        ],
                    }
                },
            ),
            (0.1, [a(), a("b", team="x"), a("c"), a("ab")]),
        ],
        until=1.5,
    ),
    Scenario(
        name="one of a group is silenced and repeated without it",
        route={"repeat_interval": "1200ms"},
        timeline=[(0, [a(i="1"), a(i="2")]), (0.5, silence("s", 0.5, 60, i="1"))],
        until=3,
        differs=OPEN_STAYS,
    ),
    Scenario(
        name="an alert inhibits those of its service",
        rest=DOWN,
        timeline=[(0, [a("down", service="x"), a("cpu", service="x"), a("cpu", service="y")])],
        until=1.5,
    ),
    Scenario(
        name="what was inhibited is told after the source ended",
        rest=DOWN,
        timeline=[(0, [a("down", service="x"), a("cpu", service="x")]), (1, [a("down", service="x", ends=1)])],
        until=2.5,
    ),
    Scenario(
        name="an end within an inhibition",
        rest=DOWN,
        timeline=[
            (0, [a("cpu", service="x")]),
            (0.6, [a("down", service="x")]),
            (1, [a("cpu", service="x", ends=1)]),
            (1.7, [a("down", service="x", ends=1.7)]),
        ],
        until=3,
        differs=MUTED_END,
    ),
    Scenario(
        name="a label missing on both sides is equal, on one side it is not",
        rest=DOWN,
        timeline=[(0, [a("down"), a("cpu"), a("cpu", service="x")])],
        until=1.5,
    ),
    Scenario(
        name="a rule does not inhibit its own sources",
        rest=inhibit(["severity=~critical|high"], ["severity=~high|low"], ["service"]),
        timeline=[
            (
                0,
                [
                    a(severity="high", service="x"),
                    a(severity="high", service="x", i="2"),
                    a(severity="low", service="x"),
                ],
            )
        ],
        until=1.5,
    ),
    Scenario(
        name="a one-sided source among two-sided ones",
        rest=inhibit(["severity=~critical|high"], ["severity=~high|low"], ["service"]),
        timeline=[
            (0, [a(severity="critical", service="x"), a(severity="high", service="x"), a(severity="low", service="x")])
        ],
        until=1.5,
    ),
    Scenario(
        name="a silenced source of another receiver inhibits",
        receivers=TWO,
        rest=DOWN,
        route={"routes": [{"matchers": ["alertname=down"], "receiver": "s"}]},
        timeline=[(0, silence("s", 0, 60, alertname="down")), (0.05, [a("down", service="x"), a("cpu", service="x")])],
        until=1.5,
    ),
    Scenario(
        name="a source whose receiver has no integration inhibits",
        receivers={"r": [{}], "nobody": []},
        rest=DOWN,
        route={"routes": [{"matchers": ["alertname=down"], "receiver": "nobody"}]},
        timeline=[(0, [a("down", service="x"), a("cpu", service="x")]), (1, [a("down", service="x", ends=1)])],
        until=2.5,
    ),
    Scenario(
        name="a muted route",
        rest=ALWAYS,
        receivers=TWO,
        route={"routes": [{"matchers": ["team=x"], "receiver": "s", "mute_time_intervals": ["always"]}]},
        timeline=[(0, [a(team="x"), a(team="y")])],
        until=1.5,
    ),
    Scenario(
        name="a route that is never active, whose child is",
        rest=NEVER,
        receivers=TWO,
        route={
            "routes": [
                {
                    "matchers": ["team=x"],
                    "active_time_intervals": ["never"],
                    "routes": [{"matchers": ["i=1"], "receiver": "s"}],
                }
            ]
        },
        timeline=[(0, [a(team="x"), a(team="x", i="1")])],
        until=1.5,
    ),
]
