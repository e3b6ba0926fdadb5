"""Failing channels, resolves that are not wanted, and new configurations."""

from __future__ import annotations

from tests.differential.scenario import Scenario
from tests.differential.scenarios.parts import (
    ALWAYS,
    CLOSED_AT_ONCE,
    DOWN,
    FIRED_AGAIN_QUIETLY,
    MOVED_AT_A_FLUSH,
    OWN_RETRIES,
    QUIET,
    TWO,
    a,
    reload,
)

DELIVERY = [
    Scenario(
        name="ends are not sent",
        receivers=QUIET,
        timeline=[(0, [a(i="1"), a(i="2")]), (1, [a(i="1", ends=1)]), (2, [a(i="2", ends=2)])],
        until=3,
    ),
    Scenario(
        name="ends are not sent, and a re-fire is told",
        receivers=QUIET,
        timeline=[(0, [a()]), (1, [a(ends=1)]), (1.7, [a()])],
        until=3.2,
        since=CLOSED_AT_ONCE,
    ),
    Scenario(
        name="ends are not sent, and what fires is repeated",
        receivers=QUIET,
        route={"repeat_interval": "1200ms"},
        timeline=[(0, [a()])],
        until=3,
    ),
    Scenario(
        name="ends are not sent, and an end that falls upon a repeat does not put it off",
        receivers=QUIET,
        route={"repeat_interval": "1200ms"},
        timeline=[(0, [a(i="1"), a(i="2")]), (1.5, [a(i="1", ends=1.5)])],
        until=2.6,
    ),
    Scenario(
        name="ends are not sent, nor shown beside what fires",
        receivers=QUIET,
        timeline=[(0, [a(i="1")]), (0.9, [a(i="1", ends=0.9), a(i="2")])],
        until=2.2,
    ),
    Scenario(
        name="ends are not sent, and one of two fires again",
        receivers=QUIET,
        timeline=[(0, [a(i="1"), a(i="2")]), (0.9, [a(i="1", ends=0.9)]), (1.5, [a(i="1")])],
        until=2.6,
        differs=FIRED_AGAIN_QUIETLY,
    ),
    Scenario(
        name="two integrations of one receiver",
        receivers={"r": [{}, {"send_resolved": False}]},
        timeline=[(0, [a(i="1"), a(i="2")]), (1, [a(i="1", ends=1)])],
        until=2.5,
    ),
    Scenario(
        name="a refusal waits for the next flush",
        timeline=[(0, {"sink": 400}), (0.05, [a()]), (1, {"sink": 200})],
        until=2.5,
        differs=OWN_RETRIES,
    ),
    Scenario(
        name="too many requests wait for the next flush",
        timeline=[(0, {"sink": 429}), (0.05, [a()]), (1, {"sink": 200})],
        until=2.5,
        differs=OWN_RETRIES,
    ),
    Scenario(
        name="an end that was refused is told at the next flush",
        timeline=[(0, [a(i="1"), a(i="2")]), (0.5, {"sink": 400}), (0.6, [a(i="1", ends=0.6)]), (1.5, {"sink": 200})],
        until=3,
        differs=OWN_RETRIES,
    ),
    Scenario(
        name="one receiver fails alone",
        receivers=TWO,
        route={"routes": [{"matchers": ["team=x"], "receiver": "s", "continue": True}, {"matchers": ["team=x"]}]},
        timeline=[(0, {"sink": {"s": 404}}), (0.05, [a(team="x")]), (1, {"sink": {"s": 200}})],
        until=2.5,
        differs=OWN_RETRIES,
    ),
    Scenario(
        name="a fault is retried within the flush",
        timeline=[(0, {"sink": 503}), (0.05, [a()]), (0.5, {"sink": 200})],
        until=2,
        tolerance=0.4,
        differs=OWN_RETRIES,
    ),
    Scenario(
        name="a reload of the same configuration tells nothing again",
        timeline=[(0, [a()]), (1, reload({}))],
        until=2.5,
    ),
    Scenario(
        name="a reload to another receiver",
        timeline=[(0, [a()]), (1, reload({"receiver": "s"}, TWO))],
        until=2.5,
        differs=MOVED_AT_A_FLUSH,
    ),
    Scenario(
        name="a reload that adds a receiver",
        route={"routes": [{"matchers": ["alertname=a"], "continue": True}]},
        timeline=[
            (0, [a()]),
            (
                1,
                reload(
                    {
                        "routes": [
                            {"matchers": ["alertname=a"], "continue": True},
                            {"matchers": ["alertname=a"], "receiver": "s"},
                        ]
                    },
                    TWO,
                ),
            ),
        ],
        until=2.5,
        differs=MOVED_AT_A_FLUSH,
    ),
    Scenario(
        name="a reload to another grouping",
        timeline=[(0, [a(i="1"), a(i="2")]), (1, reload({"group_by": ["i"]}))],
        until=2.5,
        differs=MOVED_AT_A_FLUSH,
    ),
    Scenario(
        name="a reload that mutes",
        rest=ALWAYS,
        timeline=[
            (0, [a()]),
            (
                0.5,
                reload(
                    {
                        "routes": [
                            {"matchers": ["alertname=a"], "group_by": ["alertname"], "mute_time_intervals": ["always"]}
                        ]
                    },
                    None,
                    ALWAYS,
                ),
            ),
        ],
        until=2.5,
        differs=MOVED_AT_A_FLUSH,
    ),
    Scenario(
        name="a reload with a new inhibit rule",
        timeline=[
            (0, [a("down", service="x")]),
            (0.9, reload({}, None, DOWN)),
            (1.1, [a("cpu", service="x")]),
        ],
        until=2.5,
    ),
]
