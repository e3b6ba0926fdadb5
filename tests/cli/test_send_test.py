"""`alertrelay send-test` against the template deployed to moto, with its functions behind the topics."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from alertrelay.config.model import Config
from alertrelay.policy.rehearsal import ALERTNAME, NoWay, labels_for, targets_of

from cli.rehearsal import NotSent, Rehearsal
from cli.send_test_alert import exit_code
from compiler.load import load
from local.stack.day import DayRun
from local.stack.deployed import deploy
from local.standins import Fault
from tests.example import CONFIG as SHIPPED

Begin = Callable[..., DayRun]


class Waiting:
    """The stack's clock; while send-test sleeps, the stack lives on."""

    def __init__(self, run: DayRun) -> None:
        self._stack = run.stack

    def now(self) -> datetime:
        return self._stack.clock.now()

    def sleep(self, seconds: float) -> None:
        self._stack.work()
        self._stack.run_until(self._stack.clock.now() + timedelta(seconds=seconds))


@pytest.fixture(autouse=True)
def _looks_each_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute of looks, one a second, takes half a second here."""
    monkeypatch.setattr("cli.rehearsal.POLL_SECONDS", 5.0)


@pytest.fixture(scope="module")
def config() -> Config:
    loaded = load(SHIPPED, "prod")
    assert loaded.config is not None
    return loaded.config


@pytest.fixture
def rehearse(begin: Begin, config: Config) -> Callable[..., tuple[DayRun, Rehearsal, list[str]]]:
    def plan(
        receiver: str | None = None,
        down: Mapping[str, Fault] | None = None,
        labels: Mapping[str, str] | None = None,
        files: Config = config,
    ) -> tuple[DayRun, Rehearsal, list[str]]:
        run, said = begin(down, deployment=deploy), list[str]()
        client: Any = run.stack.emulator.client
        planned = Rehearsal.planned(
            files, client, Waiting(run), receiver=receiver, labels=labels or {}, say=said.append
        )
        return run, planned, said

    return plan


def test_a_test_alert_and_its_end_reach_those_who_hear_of_warnings(rehearse: Any) -> None:
    _, rehearsal, said = rehearse()
    results = rehearsal.go(wait=None)
    assert {r.integration for r in results} == {"slack-platform/slack/0", "email-platform/email/0"}
    assert {(r.seen, r.ended) for r in results} == {("delivered", True)}
    assert exit_code(results) == 0
    assert rehearsal.topic.endswith(":alertrelay-prod-warning")
    assert any("delivered slack-platform/slack/0" in line for line in said)


@pytest.mark.parametrize("receiver", ["pagerduty-oncall", "sms-oncall", None])  # None reaches Slack and mail
def test_every_message_says_that_it_is_a_test(rehearse: Any, receiver: str | None) -> None:
    run, rehearsal, _ = rehearse(receiver)
    assert exit_code(rehearsal.go(wait=None)) == 0
    assert len(run.stack.received) >= 2
    for request in run.stack.received:
        text = json.dumps(request.body)
        own = ALERTNAME in text or "TEST" in text
        if request.channel == "pagerduty" and request.body["event_action"] == "resolve":
            own = request.body["dedup_key"] in {
                r.body["dedup_key"] for r in run.stack.received if r.channel == "pagerduty" and r is not request
            }
        assert own, request


def test_a_fallback_is_named_and_is_no_success(rehearse: Any) -> None:
    _, rehearsal, _ = rehearse("pagerduty-oncall", {"pagerduty": Fault.named("503")})
    results = rehearsal.go(wait=30.0)
    page = next(r for r in results if r.integration == "pagerduty-oncall/pagerduty/0")
    assert page.seen == "fallback"
    assert "slack-critical" in page.detail
    assert exit_code(results) == 1


def test_what_nobody_takes_is_pending_with_the_number_of_tries(rehearse: Any) -> None:
    down = {name: Fault.named("503") for name in ("slack", "email", "sns")}
    _, rehearsal, _ = rehearse(None, down)
    results = rehearsal.go(wait=90.0)
    assert {(r.seen, r.ended) for r in results} == {("pending", False)}
    assert all(re.search(r"\d (try|tries) so far", r.detail) for r in results)
    assert exit_code(results) == 1


def test_a_forwarder_that_sees_nothing_is_pending(rehearse: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run, rehearsal, _ = rehearse()
    run.stack.functions = ()
    results = rehearsal.go(wait=5.0)
    assert {r.seen for r in results} == {"pending"}
    assert all("dead-letter" in r.detail for r in results)


def test_nothing_is_sent_where_another_configuration_is_deployed(rehearse: Any, config: Config) -> None:
    with pytest.raises(NotSent, match="deploy them first"):
        rehearse(files=dataclasses.replace(config, hash="0" * 64))


def test_nothing_is_sent_where_there_is_no_stack(rehearse: Any, config: Config) -> None:
    with pytest.raises(NotSent, match="no stack alertrelay-elsewhere"):
        rehearse(files=dataclasses.replace(config, environment="elsewhere"))


def test_labels_reach_every_routed_receiver_of_the_shipped_file(config: Config) -> None:
    routed = {route.receiver for route in _routes(config.route)}
    tells = [r.name for r in config.receivers if r.targets and r.name in routed]
    assert len(tells) > 10
    for name in tells:
        if name == config.route.receiver:
            continue
        labels = labels_for(config, name, test_id="t", extra={})
        assert name in {told.integration.receiver for told in targets_of(config, labels)}, name
        assert labels["alertname"] == ALERTNAME


def test_a_test_alert_is_never_in_the_group_of_a_real_one(config: Config) -> None:
    first, second = (labels_for(config, None, test_id=i, extra={}) for i in ("a", "b"))
    real = {"alertname": "RDSHighCPU", "severity": "warning", "service": "orders", "env": "prod"}
    groups = [{told.gid for told in targets_of(config, labels)} for labels in (first, real)]
    assert not groups[0] & groups[1]
    assert first != second


@pytest.mark.parametrize(
    ("receiver", "says"),
    [("nobody", "notifies nobody"), ("slack-databse", "slack-database"), ("sms-oncal", "sms-oncall")],
)
def test_a_receiver_that_cannot_be_tested_is_refused_with_the_reason(config: Config, receiver: str, says: str) -> None:
    with pytest.raises(NoWay, match=says):
        labels_for(config, receiver, test_id="t", extra={})


def _routes(route: Any) -> Iterator[Any]:
    yield route
    for child in route.routes:
        yield from _routes(child)
