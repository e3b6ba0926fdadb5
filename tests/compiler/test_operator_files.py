"""Files as prometheus-operator generates them, one of each kind of receiver: read, routed as by amtool, rewritten.

The operator names each receiver namespace/resource/receiver, holds each team's routes and inhibitions to its namespace,
and puts the values of Kubernetes secrets into the file. Values here are made up.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from compiler.delivery import NOTHING
from compiler.examine import examine
from compiler.load import try_out
from compiler.mending.mend import mend

KINDS = {
    "discord": "webhook_url: https://discord.example.com/api/webhooks/1/FAKE",
    "email": "to: team@example.com\n    from: am@example.com\n    smarthost: smtp.example.com:587\n"
    "    auth_username: am\n    auth_password: FAKE\n    headers:\n      Subject: '{{ .CommonLabels.alertname }}'\n"
    "    html: '{{ template \"email.default.html\" . }}'\n    require_tls: true",
    "msteams": "webhook_url: https://teams.example.com/FAKE",
    "msteamsv2": "webhook_url: https://flow.example.com/FAKE",
    "opsgenie": "api_key: FAKE\n    message: '{{ .CommonLabels.alertname }}'\n    responders:\n    - name: team\n"
    "      type: team",
    "pagerduty": "routing_key: FAKE\n    http_config:\n      follow_redirects: true\n    class: ping failure\n"
    "    details:\n      firing: '{{ .Alerts.Firing | len }}'",
    "pushover": "user_key: FAKE\n    token: FAKE2\n    retry: 1m\n    expire: 1h",
    "rocketchat": "api_url: https://chat.example.com/\n    channel: '#a'\n    token: FAKE\n    token_id: FAKE2",
    "slack": "api_url: https://hooks.slack.com/services/T/B/FAKE\n    channel: '#alerts'\n    send_resolved: true\n"
    "    title: '{{ template \"slack.default.title\" . }}'\n    actions:\n    - type: button\n      text: Runbook\n"
    "      url: '{{ (index .Alerts 0).Annotations.runbook_url }}'",
    "sns": "sigv4:\n      region: eu-west-1\n    topic_arn: arn:aws:sns:eu-west-1:111122223333:team\n"
    "    subject: '{{ .CommonLabels.alertname }}'",
    "telegram": "bot_token: FAKE\n    chat_id: -1001\n    parse_mode: HTML",
    "victorops": "api_key: FAKE\n    routing_key: team",
    "webex": "room_id: r\n    http_config:\n      authorization:\n        type: Bearer\n        credentials: FAKE",
    "webhook": "url: https://hooks.example.com/alerts\n    max_alerts: 10\n    send_resolved: true",
    "jira": "api_url: https://jira.example.com/rest/api/2\n    project: OPS\n    issue_type: bug",
    "webhook with oauth2": "url: https://hooks.example.com/a\n    http_config:\n      oauth2:\n"
    "        client_id: relay\n        client_secret: FAKE\n        token_url: https://id.example.com/token\n"
    "        scopes:\n        - alerts\n"
    "        endpoint_params:\n          audience: hooks",
    "webhook with headers": "url: https://hooks.example.com/a\n    http_config:\n      http_headers:\n        X-Team:\n"
    "          values:\n          - a\n          - b\n        X-Key:\n          secrets:\n          - FAKE\n"
    "          - FAKE2",
    "wechat": "api_secret: FAKE\n    corp_id: c\n    to_user: u",
}
NEWER = {"jira", "msteams", "msteamsv2", "rocketchat", "webhook with headers"}
"""What amtool 0.25 does not know."""
FILE = """\
global:
  resolve_timeout: 5m
  http_config:
    follow_redirects: true
inhibit_rules:
- target_matchers:
  - severity="warning"
  - namespace="team-a"
  source_matchers:
  - severity="critical"
  - namespace="team-a"
  equal:
  - alertname
route:
  receiver: "null"
  group_by:
  - namespace
  routes:
  - receiver: team-a/routing/oncall
    group_by:
    - job
    matchers:
    - namespace="team-a"
    continue: true
    routes:
    - receiver: team-a/routing/oncall
      matchers:
      - severity=~"critical|page"
      group_wait: 10s
      repeat_interval: 12h
      mute_time_intervals:
      - team-a/routing/weekend
  - receiver: "null"
    match:
      alertname: Watchdog
receivers:
- name: "null"
- name: team-a/routing/oncall
  KIND_configs:
  - ENTRY
templates: []
mute_time_intervals:
- name: team-a/routing/weekend
  time_intervals:
  - weekdays:
    - saturday
    - sunday
"""
LABELS = (
    "namespace=team-a",
    "namespace=team-a severity=page",
    "alertname=Watchdog",
    "namespace=team-b severity=critical",
)


def operator_file(kind: str) -> str:
    return FILE.replace("KIND", kind.partition(" ")[0]).replace("ENTRY", KINDS[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_a_generated_file_is_routed_and_loses_its_secrets(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "alertmanager.yml"
    path.write_text(operator_file(kind))
    assert try_out(path).config is not None
    found = mend(operator_file(kind), file="alertmanager.yml", delivery=NOTHING)
    path.write_text(found.text)
    assert "match:" not in found.text
    errors = {one.code for one in examine(alertmanager=path, delivery=None) if one.severity == "error"}
    assert errors <= {"unsupported-receiver"}
    if not errors:
        assert "FAKE" not in found.text
        assert ("FAKE" in operator_file(kind)) == bool(found.secrets)
    before, after = (yaml.safe_load(text)["route"]["routes"][0] for text in (operator_file(kind), found.text))
    assert before == after


@pytest.mark.needs_tool("amtool")
@pytest.mark.parametrize("kind", sorted(KINDS.keys() - NEWER))
def test_route_takes_what_amtool_takes_and_says_the_same(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from cli.command import main

    path = tmp_path / "alertmanager.yml"
    path.write_text(operator_file(kind))
    for labels in LABELS[:2] if kind != "slack" else LABELS:
        command = ["amtool", "config", "routes", "test", f"--config.file={path}", *labels.split()]
        theirs = subprocess.run(command, capture_output=True, check=True, text=True).stdout.splitlines()[-1]
        assert main(["route", "--config", str(path), *labels.split()]) == 0
        assert capsys.readouterr().out.splitlines()[-1] == theirs
