"""What operators ask and do: figures, a drill alert, a group that is notified once more."""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.aws.intake.statistics import QUERY, LogStatistics, figures_of
from alertrelay.config.model import Config, Route, Target
from alertrelay.intake.clearing import Clearing, NoSuchGroup, clear
from alertrelay.intake.ports import DayFigures
from alertrelay.intake.request import read_request
from alertrelay.intake.tokens import user_of
from alertrelay.memory.ports import ManualClock
from alertrelay.memory.store import MemoryStore
from alertrelay.nflog.group_state import GroupHeader, GroupIdentity, GroupState
from alertrelay.nflog.ledger import Ledger
from alertrelay.notify.limits import LIMITS
from alertrelay.notify.rate_limit import RateLimiter, refill
from alertrelay.policy.group_key import group_id
from alertrelay.state import Store

from cli.serve import Served
from local.serve.http import IntakeServer
from tests.aws.conftest import clock as clock
from tests.aws.conftest import dynamodb as dynamodb
from tests.aws.conftest import store as store
from tests.aws.state import TABLE, change, dynamo, table
from tests.intake.door import ADMIN, NOW, PUSH, READ, Door, event
from tests.intake.test_api import deliver, fire
from tests.serve.conftest import ask, pages, until
from tests.serve.conftest import folder as folder
from tests.serve.conftest import served as served


def test_stats_have_the_figures_of_the_last_day(door: Door) -> None:
    assert door.ask("GET", "/stats", token=READ).json["last_day"] is None
    door.figures = DayFigures(deliveries={"delivered": 3}, suppressed={"silence": 1}, latency={"p50": 0.4})
    assert door.ask("GET", "/stats", token=READ).json["last_day"] == {
        "deliveries": {"delivered": 3},
        "suppressed": {"silence": 1},
        "latency": {"p50": 0.4},
    }


class Logs:
    """CloudWatch Logs, as botocore answers: an answer is there with the second question."""

    def __init__(self, *, ends: str = "Complete") -> None:
        self.asked: dict[str, Any] = {}
        self._statuses = ["Running", ends]

    def start_query(self, **arguments: Any) -> dict[str, str]:
        self.asked = arguments
        return {"queryId": "q"}

    def get_query_results(self, *, queryId: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        assert queryId == "q"
        row = {"outcome": "suppressed", "why": "silence", "n": "4"}
        return {"status": self._statuses.pop(0), "results": [[{"field": k, "value": v} for k, v in row.items()]]}


def test_the_figures_are_counted_in_the_logs_of_the_forwarders() -> None:
    logs, said = Logs(), list[str]()
    clock = ManualClock(NOW)
    found = LogStatistics(lambda: logs, ["slack", "email"], clock, lambda event, **_: said.append(event)).last_day(NOW)
    assert found == DayFigures(deliveries={}, suppressed={"silence": 4}, latency={})
    assert logs.asked["logGroupNames"] == ["slack", "email"]
    assert logs.asked["endTime"] - logs.asked["startTime"] == 86_400
    assert logs.asked["queryString"] == QUERY
    failed = LogStatistics(lambda: Logs(ends="Failed"), ["slack"], clock, lambda event, **_: said.append(event))
    assert failed.last_day(NOW) is None
    assert said == ["statistics_not_read"]


def test_rows_become_figures() -> None:
    rows = [
        {"outcome": "delivered", "n": "7", "p50": "0.4", "p99": "2.5"},
        {"outcome": "delivered", "why": "repeat", "n": "1", "p50": "0.1", "p99": "9"},
        {"outcome": "fallback", "n": "1", "p50": "5", "p99": "5"},
        {"outcome": "merged", "n": "2"},
    ]
    assert figures_of(rows) == DayFigures(
        deliveries={"delivered": 8, "fallback": 1}, suppressed={"merged": 2}, latency={"p50": 0.4, "p99": 9.0}
    )


def test_a_drill_alert_goes_to_the_receiver_and_resolves(door: Door) -> None:
    answer = door.ask("POST", "/test", {"receiver": "pagerduty-oncall"}).json
    deliver(door)
    (listed,) = door.ask("GET", "/api/v2/alerts").json
    assert listed["labels"]["alertrelay_test"] == answer["test"]
    assert {"name": "pagerduty-oncall"} in listed["receivers"]
    door.clock.sleep(181)
    assert door.tick() == {"expired": 1}


@pytest.mark.parametrize(
    ("target", "body", "status", "said"),
    [
        ("/test", {"receiver": "pagerduty-onkall"}, 404, "did you mean pagerduty-oncall?"),
        ("/test", {"receiver": "nobody"}, 404, "notifies nobody"),
        ("/test", {}, 422, "receiver in body is required"),
        ("/test", [], 422, "expected"),
        ("/test", {"receiver": "pagerduty-oncall", "labels": {"a": 1}}, 422, "labels in body: a is 1: write"),
        ("/suppression/clear", {"receiver": "pagerduty-oncall", "labels": {"alertname": "None"}}, 404, "no group"),
        ("/suppression/clear", {"receiver": "nope"}, 404, "no group"),
    ],
)
def test_wrong_orders_name_the_mend(door: Door, target: str, body: object, status: int, said: str) -> None:
    answer = door.ask("POST", target, body, token=ADMIN)
    assert (answer.status, said in answer.json["message"]) == (status, True), answer.text


def test_only_an_admin_may(door: Door) -> None:
    for target in ("/test", "/suppression/clear"):
        assert door.ask("POST", target, {"receiver": "pagerduty-oncall"}, token=PUSH).status == 403


def test_listing_needs_no_admin(door: Door) -> None:
    fire(door, "Down")
    assert door.ask("GET", "/stats", token=READ).json["groups"] > 0


LARGE = Ledger(firing=frozenset(f"{number:016x}" for number in range(2_000)))
"""A ledger that a header does not hold."""


def _notified(config: Config) -> tuple[Route, Target]:
    """A route with an integration of its receiver."""
    return next(
        (route, found.targets[0])
        for route in config.route.routes
        if (found := config.receiver(route.receiver)) and found.targets
    )


@pytest.mark.parametrize("lost", [False, True])
def test_a_group_whose_ledger_stands_in_chunks_is_cleared_too(
    config: Config, dynamodb: Any, clock: ManualClock, lost: bool
) -> None:
    route, target = _notified(config)
    gid = group_id(target.integration, route, {})
    identity = GroupIdentity(integration=target.integration, route_id="{}", group_key="{}", group_labels={})
    with table(dynamodb):
        store = dynamo(dynamodb, clock)
        clearing = Clearing(config=config, groups=store, rates=store, clock=clock, new_id=lambda: "me")
        now = clock.now()
        assert store.arm(gid, GroupHeader(identity=identity), due=now)
        assert store.lease(gid, owner="flush", now=now, until=now + timedelta(seconds=35))
        assert store.record(gid, owner="flush", change=change(LARGE, next_due=now + timedelta(minutes=5)))
        if lost:
            for item in dynamodb.scan(TableName=TABLE)["Items"]:
                if item["pk"]["S"].startswith("L#"):
                    dynamodb.delete_item(TableName=TABLE, Key={"pk": item["pk"], "sk": item["sk"]})
        assert clear(clearing, route.receiver, {}) == [gid]
        state = store.lease(gid, owner="next", now=now, until=now + timedelta(seconds=35))
    assert isinstance(state, GroupState)
    assert state.progress.uncertain is lost
    assert state.ledger.unsure == (frozenset() if lost else LARGE.firing)


def test_the_limits_of_the_receiver_begin_anew(config: Config, store: Store) -> None:
    target = next(one for found in config.receivers for one in found.targets if one.integration.channel == "slack")
    clock = ManualClock(NOW)
    limiter = RateLimiter(limits=LIMITS, configured={}, rates=store, clock=clock, log=lambda *_, **__: None)
    asks = (limiter.admits, limiter.admits_resolve, limiter.admits_doubtful, limiter.admits_end_of_storm)
    for admits in asks:
        refill(store, target)  # also what was never taken from
        while admits(target):
            pass
        assert not admits(target)
        refill(store, target)
        assert admits(target)


def test_a_cleared_group_is_notified_once_more_and_still_resolves(served: Served) -> None:
    fires = {"labels": {"alertname": "Down", "severity": "critical"}}
    assert ask(served, "POST", "/api/v2/alerts", [fires]) is None
    until(lambda: pages(served))
    (group,) = ask(served, "GET", "/api/v2/alerts/groups")
    order = {"receiver": group["receiver"]["name"], "labels": group["labels"]}
    assert ask(served, "POST", "/suppression/clear", {**order, "labels": {**group["labels"], "a": "b"}}) == 404
    (gid,) = ask(served, "POST", "/suppression/clear", order)["groups"]
    assert gid.startswith("pagerduty-")
    until(lambda: len(pages(served)) > 1)
    ask(
        served,
        "POST",
        "/api/v2/alerts",
        [{**fires, "endsAt": "2020-01-01T00:00:00Z", "startsAt": "2019-01-01T00:00:00Z"}],
    )
    until(lambda: len(pages(served)) > 2)
    assert [action for action, _ in pages(served)] == ["trigger", "trigger", "resolve"]
    assert ask(served, "GET", "/stats")["last_day"]["deliveries"]["delivered"] >= 2


def test_only_the_group_that_has_exactly_these_labels_is_cleared(config: Config) -> None:
    route, target = _notified(config)
    clock = ManualClock(NOW)
    store = MemoryStore(clock)
    clearing = Clearing(config=config, groups=store, rates=store, clock=clock, new_id=lambda: "me")
    gid = group_id(target.integration, route, {})
    identity = GroupIdentity(integration=target.integration, route_id="{}", group_key="{}", group_labels={})
    assert store.arm(gid, GroupHeader(identity=identity), due=NOW + timedelta(minutes=1))
    with pytest.raises(NoSuchGroup):
        clear(clearing, route.receiver, {"a": "b"})
    assert clear(clearing, route.receiver, {}) == [gid]


@pytest.mark.parametrize(
    ("authorization", "by"), [("Bearer secret", "10.0.0.1"), ("Basic bWU6c2VjcmV0", "me@10.0.0.1")]
)
def test_who_asked_is_a_user_and_an_address(authorization: str, by: str) -> None:
    asked = event("POST", "/suppression/clear", {}, headers={"authorization": authorization})
    asked["requestContext"]["http"]["sourceIp"] = "10.0.0.1"
    assert read_request(asked, user=user_of(authorization)).client == by


def test_a_request_on_loopback_has_its_address() -> None:
    seen = list[Mapping[str, Any]]()

    def handle(event: Mapping[str, Any]) -> Mapping[str, Any]:
        seen.append(event)
        return {"statusCode": 200}

    with IntakeServer(handle) as server:
        urllib.request.urlopen(f"http://127.0.0.1:{server.port}/", timeout=10).close()
    assert read_request(seen[0]).client == "127.0.0.1"
