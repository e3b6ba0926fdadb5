"""How alerts are grouped and routed."""

from __future__ import annotations

from tests.differential.scenario import Scenario
from tests.differential.scenarios.parts import (
    CLASSIC_NAMES,
    EMPTY_GROUP_BY,
    TWO,
    a,
)

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
