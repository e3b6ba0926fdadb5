"""The scheduled drill over the deployed stack: the auditor's own environment, topics, queues and stand-ins."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.runtime import auditor

from infra.assets import CONFIG_FILE
from infra.auditor import EVENTS
from local.stack.day import DayRun
from local.stack.invocation import Context
from local.stack.living import LivingClock
from local.stack.running import RunningStack
from local.standins import Fault

WITHIN = 10
ROUTE = """\
    - matchers: ['alertname="AlertrelayDrill"']
      receiver: drill
      group_wait: 0s
      group_interval: 10s
"""
RECEIVER = """\
  - name: drill
    pagerduty_configs: [{routing_key_file: /etc/alertmanager/secrets/drill_key}]
    slack_configs: [{api_url_file: /etc/alertmanager/secrets/drill_webhook, send_resolved: true}]
    email_configs: [{to: drill@example.com, send_resolved: true}]
"""
Begin = Callable[..., DayRun]


def with_drill(text: str) -> str:
    """Returns alertmanager.yml with a receiver of the drill, and its route before all others."""
    return text.replace("receivers:\n", f"receivers:\n{RECEIVER}", 1).replace("  routes:\n", f"  routes:\n{ROUTE}", 1)


def drill(stack: RunningStack, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Runs the auditor as its rule does, while the stack lives on. Returns what it printed: lines of its log, and
    metrics in the embedded format."""
    function = stack.deployed.auditor
    assert function
    environ = {
        **function.environment,
        "ALERTRELAY_CONFIG": CONFIG_FILE,
        "ALERTRELAY_DRILL": json.dumps({"severity": "critical", "within": WITHIN}),  # as tests/infra/test_auditor.py
        "AWS_ENDPOINT_URL": stack.emulator.url,
        "AWS_REGION": stack.emulator.region,
        "LAMBDA_TASK_ROOT": str(stack.deployed.functions[0].code),
    }
    built = auditor.build(environ, clock=LivingClock(stack))
    ends = stack.clock.now() + timedelta(seconds=function.timeout_seconds)
    auditor.handle(built, EVENTS["Drill"], Context(function.name, "drill-1", ends, stack.clock))
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def values(printed: list[dict[str, Any]], metric: str) -> dict[str, float]:
    """Returns the values of a metric by channel, "" for one without."""
    found = {line.get("channel", ""): line[metric] for line in printed if metric in line}
    return {channel: value[0] if isinstance(value, list) else value for channel, value in found.items()}


def test_its_seconds_to_pagerduty_slack_and_mail_are_a_metric(
    begin_changed: Begin, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = begin_changed(with_drill).stack
    printed = drill(stack, capsys)
    seconds = values(printed, "DrillLatency")
    assert seconds.keys() == {"pagerduty", "slack", "email"}
    assert all(0 < each <= WITHIN for each in seconds.values())
    assert values(printed, "DrillsLate") == {"": 0}
    assert Counter(one.channel for one in stack.standins.requests) == {"pagerduty": 2, "slack": 2, "email": 2}
    assert all("TEST" in json.dumps(one.body) for one in stack.standins.requests if one.channel != "pagerduty")
    # While Slack fails, that drill is late there, and the others are measured.
    stack.faults.down["slack"] = Fault.named("503")
    printed = drill(stack, capsys)
    assert values(printed, "DrillLatency").keys() == {"pagerduty", "email"}
    assert values(printed, "DrillsLate") == {"": 1}
