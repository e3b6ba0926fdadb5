"""The console in Chromium: one relay as `alertrelay serve` runs it, and one browser, for all tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alertrelay.alert import rfc3339

from cli.serve import TOKEN_FILE, Served, serving
from tests.serve.conftest import ask, until
from tools.console.node import NODE, installed

HERE = Path(__file__).parent
ALERTMANAGER = """\
route:
  receiver: chat
  group_by: [alertname, service]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 4h
  routes:
    - matchers: ['severity="critical"']
      receiver: page
    - matchers: ['team="nights"']
      receiver: nights
      mute_time_intervals: [always]
inhibit_rules:
  - source_matchers: ['alertname="NodeDown"']
    target_matchers: ['severity="warning"']
    equal: [service]
time_intervals:
  - name: always
    time_intervals: [{}]
receivers:
  - name: chat
    slack_configs:
      - api_url_file: /etc/alertmanager/secrets/slack_webhook
        send_resolved: true
  - name: nights
    slack_configs:
      - api_url_file: /etc/alertmanager/secrets/slack_webhook
  - name: page
    pagerduty_configs:
      - routing_key_file: /etc/alertmanager/secrets/pagerduty_key
"""
SCRIPT = '<img src=x onerror="window.ran=1"><script>window.ran=1</script>'
ALERTS: tuple[Mapping[str, Mapping[str, str]], ...] = (
    {
        "labels": {"alertname": "NodeDown", "severity": "critical", "service": "orders", "instance": "orders-1"},
        "annotations": {
            "summary": "orders-1 does not answer",
            "description": "Its health check failed three times.",
            "runbook_url": "https://wiki.example.com/node-down",
        },
    },
    {
        "labels": {"alertname": "HighLatency", "severity": "warning", "service": "orders"},
        "annotations": {"summary": "p99 is 2.1 s"},
    },
    {
        "labels": {"alertname": "DiskWillFill", "severity": "warning", "service": "search", "instance": "search-1"},
        "annotations": {"summary": "The disk of search-1 is full in four hours"},
    },
    {
        "labels": {"alertname": "DiskWillFill", "severity": "warning", "service": "search", "instance": "search-2"},
        "annotations": {"summary": "The disk of search-2 is full in four hours"},
    },
    {
        "labels": {"alertname": "Backup", "severity": "info", "service": "reports", "team": "nights"},
        "annotations": {"summary": "The nightly backup runs late"},
    },
    {
        "labels": {"alertname": SCRIPT, "severity": "info", "service": SCRIPT, "any": "javascript:window.ran=1"},
        "annotations": {"summary": SCRIPT, "runbook_url": "javascript:window.ran=1", "help": SCRIPT},
        "generatorURL": "javascript:window.ran=1",  # type: ignore[dict-item]
    },
)

READER = "r" * 24
"""A token that may read alone."""

Run = Callable[..., None]


# Of the module: a relay that ticks on would log into what the tests after these capture.
@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A relay with alerts that fire: two of them suppressed, by another one and by a time interval."""
    folder = tmp_path_factory.mktemp("config")
    (folder / "alertmanager.yml").write_text(ALERTMANAGER)
    (folder / "delivery.yml").write_text("fallbacks: {page: [[chat]]}\n")
    (folder / "environments").mkdir()
    (folder / "environments" / "here.yml").write_text("ops_email: [ops@example.com]\n")
    data = tmp_path_factory.mktemp("data")
    (data / TOKEN_FILE).write_text(json.dumps({"intake_admin_token": "a" * 24, "intake_read_token": READER}))
    with serving(folder, None, data, None, port=0) as served:
        now = datetime.now(UTC)
        times = {"startsAt": rfc3339(now - timedelta(minutes=7)), "endsAt": rfc3339(now + timedelta(hours=6))}
        ask(served, "POST", "/api/v2/alerts", [{**alert, **times} for alert in ALERTS])
        until(lambda: len(ask(served, "GET", "/api/v1/overview")["alerts"]) == len(ALERTS))
        until(lambda: len(served.received()) >= 3)
        yield served


@pytest.fixture(scope="session")
def browser() -> Iterator[subprocess.Popen[str]]:
    """Chromium and what drives it, begun once."""
    if not installed() and os.environ.get("CI", "").lower() != "true":
        pytest.skip(
            "a checkout needs no browser, CI does and fails here: python -m tools.console.node installs its driver"
        )
    chromium = shutil.which("chromium")
    assert chromium is not None
    command = [str(NODE), str(HERE / "driver.mjs"), chromium]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as driver:
        yield driver
        assert driver.stdin is not None
        driver.stdin.close()
        driver.wait(20)


@pytest.fixture
def run(browser: subprocess.Popen[str], console: Served) -> Run:
    """Runs a scenario of scenarios/*.mjs by name; fails with its fault."""

    def ran(name: str, **given: Any) -> None:
        assert browser.stdin is not None
        assert browser.stdout is not None
        options = {"url": console.url, "token": console.token, **given}
        browser.stdin.write(json.dumps({"run": name, "with": options}) + "\n")
        browser.stdin.flush()
        answer = json.loads(browser.stdout.readline())
        if answer["fault"]:
            pytest.fail(answer["fault"], pytrace=False)

    return ran
