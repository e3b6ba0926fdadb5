"""The scenarios. Times are seconds; a group of ROUTE is looked at 0.3 s after its first alert, then every 0.5 s."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.differential.scenario import Scenario, Webhooks, configuration

MUTED_END = "an end is told although it is muted"
FIRED_AGAIN = "what fires again after its mute is told at the next flush"
PUNCTUAL_REPEAT = "a repeat is not one tick late"
CLOSED_AT_ONCE = "0.25 keeps an empty group until its maintenance"
LATE_JOINER = "0.25 flushes at once where a late alert joins a group that waits"
OWN_RETRIES = "a failed channel is tried again after its own pauses, not at the next tick"
ANNOUNCED_ONLY = "an end is told only of what was announced"
OPEN_STAYS = "what was announced stays in the message while it fires, although it is muted now"
FIRED_AGAIN_QUIETLY = "what fires again is told anew, also where its end was not"
OPENS_NO_GROUP = "an end of which nothing was known opens no group"
SILENCE_ENDS = "a silence's end over a critical alert is announced before it comes"
MOVED_AT_A_FLUSH = "a new configuration takes hold at a group's next flush"

CLASSIC_NAMES = "0.25 refuses names of labels beyond the classic ones"
EMPTY_GROUP_BY = "0.25 ignores `group_by: []` in a child"

Labels = dict[str, str]


def a(name: str = "a", *, ends: float | None = None, starts: float | None = None, **labels: str) -> dict[str, Any]:
    """An alert."""
    times = {key: value for key, value in (("endsAt", ends), ("startsAt", starts)) if value is not None}
    return {"labels": {"alertname": name, **labels}, **times}


def silence(name: str, starts: float, ends: float, **labels: str) -> dict[str, Any]:
    """A silence of equal labels."""
    matchers = [{"name": key, "value": value} for key, value in labels.items()]
    return {"silence": {"name": name, "matchers": matchers, "startsAt": starts, "endsAt": ends}}


def reload(
    route: Mapping[str, Any], receivers: Mapping[str, Any] | None = None, rest: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Another configuration; the port is put in when it is played."""
    return {
        "reload": configuration(route, receivers or {"r": [{}]}, rest or {}, lambda name: f"http://127.0.0.1:9/{name}")
    }


def inhibit(source: list[str], target: list[str], equal: list[str]) -> dict[str, Any]:
    """One inhibit rule."""
    return {"inhibit_rules": [{"source_matchers": source, "target_matchers": target, "equal": equal}]}


TWO: Webhooks = {"r": [{}], "s": [{}]}
QUIET = {"r": [{"send_resolved": False}]}
ALWAYS = {
    "time_intervals": [
        {"name": "always", "time_intervals": [{"times": [{"start_time": "00:00", "end_time": "24:00"}]}]}
    ]
}
NEVER = {"time_intervals": [{"name": "never", "time_intervals": [{"years": ["1999"]}]}]}
DOWN = inhibit(["alertname=down"], ["alertname!=down"], ["service"])

GROUPING = [
    Scenario(name="one alert fires and ends", timeline=[(0, [a()]), (1, [a(ends=1)])], until=2.5),
    Scenario(name="alerts of one wait are one message", timeline=[(0, [a(i="1")]), (0.15, [a(i="2")])], until=2),
    Scenario(name="a later alert waits for the tick", timeline=[(0, [a(i="1")]), (1, [a(i="2")])], until=2),
    Scenario(name="group_by parts alerts", timeline=[(0, [a("a"), a("b")]), (0.9, [a("b", ends=0.9)])], until=2),
    Scenario(
        name="a label that is missing makes another group",
        route={"group_by": ["alertname", "cluster"]},
        timeline=[(0, [a(), a(cluster="x"), a(cluster="y")])],
        until=1.5,
    ),
    Scenario(name="all labels group", route={"group_by": ["..."]}, timeline=[(0, [a(i="1"), a(i="2")])], until=1.5),
    Scenario(name="no label groups", route={"group_by": []}, timeline=[(0, [a("a"), a("b")])], until=1.5),
    Scenario(
        name="an empty group_by in a child",
        route={"routes": [{"matchers": ["team=x"], "group_by": []}]},
        timeline=[(0, [a("a", team="x"), a("b", team="x")])],
        until=1.5,
        since=EMPTY_GROUP_BY,
    ),
    Scenario(
        name="continue goes on to the siblings",
        receivers=TWO,
        route={"routes": [{"matchers": ["team=x"], "receiver": "s", "continue": True}, {"matchers": ["team=~x|y"]}]},
        timeline=[(0, [a(team="x"), a(team="y"), a(team="z")])],
        until=1.5,
    ),
    Scenario(
        name="a child inherits its timers, and may have its own",
        receivers=TWO,
        route={"routes": [{"matchers": ["team=x"], "receiver": "s", "group_wait": "800ms"}]},
        timeline=[(0, [a(team="x"), a(team="y")]), (1, [a(team="x", i="2"), a(team="y", i="2")])],
        until=2.5,
    ),
    Scenario(
        name="two siblings with one key and two receivers",
        receivers=TWO,
        route={"routes": [{"matchers": ["team=x"], "continue": True}, {"matchers": ["team=x"], "receiver": "s"}]},
        timeline=[(0, [a(team="x")]), (1, [a(team="x", ends=1)])],
        until=2,
    ),
    Scenario(
        name="two siblings with one key and one receiver",
        route={"routes": [{"matchers": ["team=x"], "continue": True}, {"matchers": ["team=x"]}]},
        timeline=[(0, [a(team="x")]), (1, [a(team="x", ends=1)])],
        until=2,
    ),
    Scenario(
        name="a label with an empty value does not exist",
        timeline=[(0, [a(cluster=""), a(cluster="x")])],
        route={"group_by": ["cluster"]},
        until=1.5,
    ),
    Scenario(
        name="what is invalid does not keep out what is valid",
        timeline=[(0, [{"labels": {}}, a(ends=-10, starts=5), a(i="1")])],
        until=1.5,
    ),
    Scenario(
        name="a name of a label beyond the classic ones",
        timeline=[(0, [{"labels": {"alertname": "a", "x-y": "1"}}, a(i="1")])],
        until=1.5,
        since=CLASSIC_NAMES,
    ),
]
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
SCENARIOS = [*GROUPING, *TIMERS, *MUTING, *DELIVERY]
