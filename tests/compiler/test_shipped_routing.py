"""The shipped example reaches whom the requirements name; the real Alertmanager's router agrees where it is there."""

from __future__ import annotations

import itertools
import subprocess
from pathlib import Path

import pytest
from alertrelay.config.model import Config, Route
from alertrelay.policy.route import match_routes

from compiler.config_files import environments
from compiler.load import load
from tests.example import CONFIG as SHIPPED

PAGE, SMS = ["pagerduty-oncall"], ["sms-oncall"]
CRITICAL = [*PAGE, *SMS, "slack-critical", "email-oncall"]
WARNING = ["slack-platform", "email-platform"]

ROUTED = [
    ("severity=critical", CRITICAL),
    ("severity=warning", WARNING),
    ("severity=info", ["nobody"]),
    ("severity=info category=slo plane=app namespace=AWS/RDS", ["nobody"]),
    ("severity=warning category=slo", [*WARNING, "slack-slo", "email-slo"]),
    ("severity=critical category=slo", [*CRITICAL, "slack-slo", "email-slo"]),
    ("severity=warning plane=control", [*WARNING, "slack-control-plane", "email-control-plane"]),
    ("severity=warning plane=app", [*WARNING, "slack-app-plane", "email-app-plane"]),
    ("severity=warning category=cpu", [*WARNING, "slack-infrastructure", "email-infrastructure"]),
    ("severity=warning category=memory", [*WARNING, "slack-infrastructure", "email-infrastructure"]),
    ("severity=warning category=disk", [*WARNING, "slack-infrastructure", "email-infrastructure"]),
    ("severity=warning category=infrastructure", [*WARNING, "slack-infrastructure", "email-infrastructure"]),
    ("severity=warning category=transactions", [*WARNING, "slack-business"]),
    ("severity=warning category=database", [*WARNING, "slack-database", "email-database"]),
    ("severity=warning category=cache", [*WARNING, "slack-database", "email-database"]),
    ("severity=warning namespace=AWS/RDS category=database", [*WARNING, "slack-database", "email-database"]),
    (
        "severity=critical namespace=AWS/RDS category=cpu plane=app",
        [
            *CRITICAL,
            *("slack-app-plane", "email-app-plane"),
            *("slack-infrastructure", "email-infrastructure"),
            *("slack-database", "email-database"),
        ],
    ),
    (
        "severity=warning namespace=AWS/ElastiCache category=memory",
        [*WARNING, "slack-infrastructure", "email-infrastructure", "slack-database", "email-database"],
    ),
    ("severity=warning alertname=AnomalyDetected", ["slack-anomalies", *WARNING]),
    ("severity=critical alertname=AnomalyDetected", ["slack-anomalies", *CRITICAL]),
    ("severity=info alertname=AnomalyDetected", ["slack-anomalies", "nobody"]),
    ("severity=warning alertname=AnomalyDetected category=anomaly", ["slack-anomalies", *WARNING]),
    ("severity=warning alertname=OrdersBelowBand category=anomaly", ["slack-anomalies", *WARNING]),
    ("severity=info alertname=OrdersBelowBand category=anomaly", ["slack-anomalies", "nobody"]),
    ("alertname=Watchdog", ["platform-default"]),
    ("severity=none", ["platform-default"]),
    ("severity=error", ["platform-default"]),
    ("severity=error category=slo", ["slack-slo", "email-slo"]),
]


@pytest.fixture(name="config", scope="module")
def _config() -> Config:
    config = load(SHIPPED, "prod").config
    assert config is not None
    return config


def _labels(text: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in text.split())


def _routes(route: Route) -> list[Route]:
    return [route, *(below for child in route.routes for below in _routes(child))]


@pytest.mark.parametrize(("labels", "receivers"), ROUTED)
def test_the_shipped_file_reaches_whom_the_requirements_name(labels: str, receivers: list[str], config: Config) -> None:
    assert [route.receiver for route in match_routes(config.route, _labels(labels))] == receivers


@pytest.mark.needs_tool("amtool")
def test_the_real_alertmanager_routes_the_same(config: Config, project: Path) -> None:
    values = {
        "severity": ("critical", "warning", "info", ""),
        "category": ("slo", "cpu", "database", "transactions", ""),
        "namespace": ("AWS/RDS", ""),
    }
    sets = [dict(zip(values, combination, strict=True)) for combination in itertools.product(*values.values())]
    sets += [_labels(labels) for labels, _ in ROUTED]
    for labels in ({k: v for k, v in found.items() if v} for found in sets):
        pairs = [f"{name}={value}" for name, value in labels.items()]
        command = ["amtool", "config", "routes", "test", f"--config.file={SHIPPED / 'alertmanager.yml'}", *pairs]
        answer = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()[-1]
        assert [route.receiver for route in match_routes(config.route, labels)] == answer.split(","), labels


def test_critical_is_two_siblings_the_page_at_once_and_the_rest_after_30_seconds(config: Config) -> None:
    page, rest = [r for r in config.route.routes if r.key == '{}/{severity="critical"}']
    assert (page.receiver, page.group_wait, page.repeat_interval, page.continue_) == ("pagerduty-oncall", 0, 3600, True)
    assert (rest.group_wait, rest.repeat_interval) == (30, 3600)
    assert [child.receiver for child in rest.routes] == ["sms-oncall", "slack-critical", "email-oncall"]


def test_grouping_and_times_are_as_required(config: Config) -> None:
    for route in _routes(config.route):
        critical = 'severity="critical"' in route.key
        # A page names one fault: alarms without a service are told apart by their name, account and region.
        pages = ("alertname", "service", "cluster", "env", "account_id", "region")
        assert route.group_by == (pages if critical else ("service", "cluster", "env"))
        assert route.group_interval == 300
        assert route.repeat_interval == (3600 if critical else 21_600)
        assert route.group_wait == (0 if route.receiver == "pagerduty-oncall" else 30)


def test_every_integration_announces_the_end(config: Config) -> None:
    targets = [target for receiver in config.receivers for target in receiver.targets]
    assert len(targets) == 21
    assert all(target.send_resolved for target in targets)


def test_every_receiver_that_a_route_names_has_a_fallback_of_another_channel(config: Config) -> None:
    for route in _routes(config.route):
        receiver = config.receiver(route.receiver)
        assert receiver is not None
        for target in receiver.targets:
            channels = {
                other.integration.channel
                for stage in config.fallbacks[receiver.name]
                for name in stage
                for other in (config.receiver(name) or receiver).targets
            }
            assert channels - {target.integration.channel}, receiver.name


def _channels(config: Config, stage: tuple[str, ...]) -> set[str]:
    receivers = (config.receiver(name) for name in stage)
    return {target.integration.channel for receiver in receivers if receiver for target in receiver.targets}


def test_the_fallbacks_are_the_required_ones(config: Config) -> None:
    first = {name: _channels(config, stages[0]) for name, stages in config.fallbacks.items()}
    assert first["pagerduty-oncall"] == {"slack", "email"}
    assert first["slack-critical"] == {"email"}
    assert first["email-oncall"] == {"slack", "pagerduty"}


def test_every_environment_is_clean_and_says_which_it_is(project: Path) -> None:
    folder = SHIPPED
    for name in environments(folder):
        loaded = load(folder, name)
        assert [f for f in loaded.findings if f.severity != "info" and f.code != "placeholder"] == []
        assert loaded.environment is not None
        assert loaded.environment.labels["env"] == name
        assert loaded.environment.retain is (name == "prod")
