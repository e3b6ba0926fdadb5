"""The scheduled drill of an environment notifies its own receiver, and nobody else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from compiler.examine import check_folder
from compiler.load import load
from tests.example import CONFIG

ROUTE = """\
    - matchers: ['alertname="AlertrelayDrill"']
      receiver: drill
      group_wait: 0s
      group_interval: 1m
"""
RECEIVER = """\
  - name: drill
    pagerduty_configs:
      - routing_key_file: /etc/alertmanager/secrets/drill_key
        send_resolved: true
  - name: silent-drill
"""


def folder(tmp_path: Path, drill: str = "{receiver: drill}", *, route: str = ROUTE) -> Path:
    made = shutil.copytree(CONFIG, tmp_path / "config")
    file = made / "alertmanager.yml"
    text = (
        file.read_text()
        .replace("receivers:\n", f"receivers:\n{RECEIVER}", 1)
        .replace("  routes:\n", f"  routes:\n{route}", 1)
    )
    file.write_text(text)
    prod = made / "environments" / "prod.yml"
    drilled = f"  every: 15m\n  drill: {drill}\n  heartbeat_key: heartbeat_url\n"
    prod.write_text(prod.read_text().replace("  every: 15m\n", drilled, 1))
    return made


def errors(made: Path) -> list[str]:
    loaded = load(made, "prod")
    assert {f.code for f in loaded.errors} == {
        f.code for f in check_folder(made, environment="prod") if f.severity == "error"
    }
    return [f"{one.code}: {one.message}" for one in loaded.errors]


def test_a_drill_with_a_route_and_a_receiver_of_its_own_is_accepted(tmp_path: Path) -> None:
    made = folder(tmp_path)
    assert errors(made) == []
    environment = load(made, "prod").environment
    assert environment
    assert environment.audit
    assert environment.audit.drill
    assert (environment.audit.drill.every, environment.audit.drill.within) == (86_400, 120)


@pytest.mark.parametrize(
    ("drill", "route", "said"),
    [
        ("{receiver: dril}", ROUTE, "unknown-receiver: alertmanager.yml has no receiver 'dril'"),
        ("{receiver: silent-drill}", ROUTE, "tells-nobody: the receiver 'silent-drill' notifies nobody"),
        ("{receiver: drill}", "", "drill-of-others: a drill would notify "),
        ("{receiver: drill}", f"{ROUTE}      continue: true\n", "drill-of-others: a drill would notify "),
        ("{receiver: drill, within: 4m}", ROUTE.replace("1m", "10m"), "out-of-range: its route waits"),
    ],
)
def test_a_drill_that_would_notify_others_nobody_or_too_late_is_refused(
    tmp_path: Path, drill: str, route: str, said: str
) -> None:
    (found,) = errors(folder(tmp_path, drill, route=route))
    assert found.startswith(said)


@pytest.mark.parametrize(
    ("report", "said"),
    [
        ("email-database", []),
        ("email-databse", ["unknown-receiver: alertmanager.yml has no receiver 'email-databse'"]),
        ("pagerduty-oncall", ["tells-nobody: the receiver 'pagerduty-oncall' has neither Slack nor e-mail, which the "
                              "weekly audit is sent to"]),
    ],
)  # fmt: skip
def test_the_weekly_audit_goes_to_slack_or_to_a_mailbox(report: str, said: list[str], tmp_path: Path) -> None:
    made = shutil.copytree(CONFIG, tmp_path / "config")
    prod = made / "environments" / "prod.yml"
    prod.write_text(prod.read_text().replace("  every: 15m\n", f"  every: 15m\n  report: {report}\n", 1))
    assert errors(made) == said
