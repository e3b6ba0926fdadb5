"""`alertrelay check --fix`: what is rewritten, that nothing else is, and that no secret is shown."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from cli.command import main
from compiler.delivery import NOTHING
from compiler.mending.mend import CannotMend, mend

OLD = """\
# our file
global:
  slack_api_url: &hook https://hooks.slack.com/services/T/B/FAKE1  # ask Jo for FAKE1
route:
  receiver: chat
  routes:
  - match:        # old
      severity: critical # c1
      # between
      team: a
    # c2
    match_re:
      service: foo|bar
    receiver: page
  - match: {a: b, c: 500}
    match_re: {d: "x, y'.*"}
    receiver: chat
  # last
  - match_re:
      service: "it's \\\\d+"
inhibit_rules:
- source_match: {a: b}
  target_match_re:
    a: c|d
receivers:
# one
- name: chat
  slack_configs:
  - api_url: *hook
    channel: '#c'
  # two
  - channel: '#d'
    "api_url": >-
      https://hooks.slack.com/services/T/B/
      FAKE2

- name: page
  pagerduty_configs: [{routing_key: 'FAKE3', send_resolved: true}]
mute_time_intervals: []
"""
NEW = """\
# our file
global:
  slack_api_url_file: &hook /etc/alertmanager/secrets/slack_api_url  # ask Jo for FAKE1
route:
  receiver: chat
  routes:
  - matchers:        # old
      - 'severity="critical"' # c1
      # between
      - 'team="a"'
    # c2
      - 'service=~"^(?:foo|bar)$"'
    receiver: page
  - matchers: ['a="b"', 'c="500"', 'd=~"^(?:x, y''.*)$"']
    receiver: chat
  # last
  - matchers:
      - 'service=~"^(?:it''s \\\\d+)$"'
inhibit_rules:
- source_matchers: ['a="b"']
  target_matchers:
    - 'a=~"^(?:c|d)$"'
receivers:
# one
- name: chat
  slack_configs:
  - api_url_file: *hook
    channel: '#c'
  # two
  - channel: '#d'
    api_url_file: /etc/alertmanager/secrets/chat_slack_api_url

- name: page
  pagerduty_configs: [{routing_key_file: /etc/alertmanager/secrets/page_pagerduty_routing_key, send_resolved: true}]
time_intervals: []
"""


def fixed(text: str) -> str:
    return mend(text, file="a.yml", delivery=NOTHING).text


def test_secrets_and_old_keys_are_rewritten_and_all_else_stays() -> None:
    found = mend(OLD, file="a.yml", delivery=NOTHING)
    assert found.text == NEW
    assert found.secrets == {
        "slack_api_url": "https://hooks.slack.com/services/T/B/FAKE1",
        "chat_slack_api_url": "https://hooks.slack.com/services/T/B/ FAKE2",
        "page_pagerduty_routing_key": "FAKE3",
    }
    assert "FAKE" not in "\n".join(found.diff)
    assert fixed(NEW) == NEW


@pytest.mark.parametrize("ends", ["\r\n", "\n"])
def test_line_breaks_and_a_file_without_the_last_one_stay(ends: str) -> None:
    old, new = (text.replace("\\n", ends).rstrip() for text in (OLD, NEW))
    assert fixed(old) == new


@pytest.mark.parametrize(
    "text",
    [
        "route: {receiver: r, routes: [{match: {a: b}, matchers: [c=d]}]}\nreceivers: [{name: r}]\n",
        "route:\n  receiver: r\n  routes:\n  - match: &m {a: b}\n  - match: *m\nreceivers: [{name: r}]\n",
        "route: {receiver: r}\nreceivers: [{name: r}]\nmute_time_intervals: []\ntime_intervals: []\n",
        "route:\n  receiver: r\n  routes:\n  - match:\n      a: |\n        b\nreceivers: [{name: r}]\n",
        "route: {receiver: r}\nreceivers: [{name: r, sns_configs: [{topic_arn: 'arn:aws:sns:eu-west-1:111122223333:x',"
        " sigv4: {access_key: a, secret_key: FAKE}}]}]\n",
    ],
)
def test_what_cannot_be_rewritten_surely_stays(text: str) -> None:
    assert fixed(text) == text


HEAD = "route: {receiver: a}\nreceivers:\n"
AUTH = 'username: "relay", password_file: /etc/alertmanager/secrets/a_webhook_password'


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        (
            "- name: a\n  webhook_configs:\n  - url: 'https://relay:FAKE-pw@hooks.test/x' # c\n    max_alerts: 5\n",
            "- name: a\n  webhook_configs:\n  - url: 'https://hooks.test/x' # c\n    http_config:\n      basic_auth:\n"
            '        username: "relay"\n        password_file: /etc/alertmanager/secrets/a_webhook_password\n'
            "    max_alerts: 5\n",
            {"a_webhook_password": "FAKE-pw"},
        ),
        (
            "- name: a\n  webhook_configs: [{url: 'https://relay:FAKE-pw@hooks.test/x', max_alerts: 5}]\n",
            "- name: a\n  webhook_configs: [{url: 'https://hooks.test/x', http_config: {basic_auth: {"
            f"{AUTH}}}}}, max_alerts: 5}}]\n",
            {"a_webhook_password": "FAKE-pw"},
        ),
        (
            "- name: a\n  webhook_configs:\n  - http_config: {follow_redirects: false}\n"
            "    url: https://relay:FAKE-pw@hooks.test/x\n",
            "- name: a\n  webhook_configs:\n  - http_config: {follow_redirects: false}\n"
            "    url_file: /etc/alertmanager/secrets/a_webhook_url\n",
            {"a_webhook_url": "https://relay:FAKE-pw@hooks.test/x"},
        ),
        (
            "- name: a\n  slack_configs: [{api_url: 'https://relay:FAKE-pw@hooks.test/x', channel: '#x'}]\n",
            "- name: a\n  slack_configs: [{api_url_file: /etc/alertmanager/secrets/a_slack_api_url, channel: '#x'}]\n",
            {"a_slack_api_url": "https://relay:FAKE-pw@hooks.test/x"},
        ),
        (
            "- name: a\n  webhook_configs: [{url: https://hooks.test/x?integrationKey=FAKE17f47892}]\n",
            "- name: a\n  webhook_configs: [{url_file: /etc/alertmanager/secrets/a_webhook_url}]\n",
            {"a_webhook_url": "https://hooks.test/x?integrationKey=FAKE17f47892"},
        ),
        (
            "- name: a\n  webhook_configs: [{url: https://hooks.test/api/v2/alerts?team=checkout}]\n",
            "- name: a\n  webhook_configs: [{url: https://hooks.test/api/v2/alerts?team=checkout}]\n",
            {},
        ),
    ],
    ids=["a user", "a user in brackets", "a user beside http_config", "another kind", "a token", "nothing secret"],
)
def test_what_authorizes_in_an_address_leaves_the_file(old: str, new: str, kept: dict[str, str]) -> None:
    found = mend(HEAD + old, file="a.yml", delivery=NOTHING)
    assert found.text == HEAD + new
    assert found.secrets == kept
    assert "FAKE" not in "\n".join(found.diff)
    assert fixed(found.text) == found.text


HEADERS = """\
route: {receiver: hook}
receivers:
- name: hook
  webhook_configs:
  - url: https://hooks.example.com/in
    http_config:
      http_headers:
        X-Key: %s
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "{secrets: [FAKE1, 'FAKE 2']}  # both",
            "{files: [PATH, PATH_2]}  # both",
        ),
        (
            "{values: [v], secrets: [FAKE1, FAKE1]}",
            "{values: [v], files: [PATH, PATH]}",
        ),
        (
            "\n          secrets: # why\n          - FAKE1 # one",
            "\n          files: # why\n          - PATH # one",
        ),
        ("{secrets: [FAKE1], files: [/s/k]}", "{secrets: [FAKE1], files: [/s/k]}"),
        ("{secrets: [&a FAKE1, *a]}", "{secrets: [&a FAKE1, *a]}"),
        ("{secrets: FAKE1}", "{secrets: FAKE1}"),
    ],
)
def test_secrets_of_a_header_become_its_files(old: str, new: str) -> None:
    found = mend(HEADERS % old, file="alertmanager.yml", delivery=NOTHING)
    assert found.text == HEADERS % new.replace("PATH", "/etc/alertmanager/secrets/hook_webhook_X-Key")
    assert "FAKE" not in "".join(found.diff)
    assert set(found.secrets.values()) <= {"FAKE1", "FAKE 2"}
    assert bool(found.secrets) == (old != new)


def test_a_tab_behind_a_value_stays_where_it_is() -> None:
    old = "route:\t{receiver: a}\t# c\nreceivers:\n- name: a\t\n  pagerduty_configs: [{routing_key: FAKE}]\t\n"
    new = old.replace("routing_key: FAKE", "routing_key_file: /etc/alertmanager/secrets/a_pagerduty_routing_key")
    assert fixed(old) == new


@pytest.mark.parametrize(
    "text", ["a: [", "\ta: b", "a: 1\n---\nb: 2\n", "route: {receiver: a}\nroute: {receiver: b}\n"]
)
def test_what_is_no_yaml_is_refused(text: str) -> None:
    with pytest.raises(CannotMend) as refused:
        mend(text, file="a.yml", delivery=NOTHING)
    assert all(one.line and one.mend for one in refused.value.findings)


def test_a_merged_mapping_is_rewritten_where_it_stands() -> None:
    text = """\
route: {receiver: r}
receivers:
- name: r
  pagerduty_configs:
  - &base
    routing_key: FAKE
    send_resolved: true
  - <<: *base
    severity: critical
"""
    assert fixed(text) == text.replace(
        "routing_key: FAKE", "routing_key_file: /etc/alertmanager/secrets/r_pagerduty_routing_key"
    )


MANAGED = """\
# ours
alertmanager_config: |
    route: {receiver: r}  # inner
    receivers: [{name: r, pagerduty_configs: [{routing_key: FAKE}]}]
template_files:
  default.tmpl: |
    {{ define "x" }}y{{ end }}
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "alertmanager.yml"
    path.write_text(text)
    return path


def test_a_definition_of_managed_prometheus_becomes_plain_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, MANAGED)
    assert main(["check", "--config", str(path), "--fix", "--yes"]) == 0
    assert path.read_text().splitlines() == [
        "# ours",
        "route: {receiver: r}  # inner",
        "receivers: [{name: r, pagerduty_configs: [{routing_key_file: "
        "/etc/alertmanager/secrets/r_pagerduty_routing_key}]}]",
    ]
    assert (tmp_path / "default.tmpl").read_text() == '{{ define "x" }}y{{ end }}\n'
    assert "FAKE" not in capsys.readouterr().out


def test_a_template_that_would_leave_the_folder_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, MANAGED.replace("default.tmpl", "../x"))
    assert main(["check", "--config", str(path), "--fix", "--yes"]) == 2
    assert [one.name for one in tmp_path.iterdir()] == ["alertmanager.yml"]


def test_the_values_are_written_for_their_owner_alone_and_never_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, OLD)
    path.chmod(0o640)
    assert main(["check", "--config", str(path), "--fix", "--yes"]) == 0
    captured = capsys.readouterr()
    assert "FAKE" not in captured.out + captured.err
    assert "-  pagerduty_configs: [{routing_key: <secret>, send_resolved: true}]" in captured.out
    kept = tmp_path / "alertmanager.secrets.json"
    assert (kept.stat().st_mode & 0o777, path.stat().st_mode & 0o777) == (0o600, 0o640)
    assert json.loads(kept.read_text())["page_pagerduty_routing_key"] == "FAKE3"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["alertmanager.secrets.json", "alertmanager.yml"]
    path.write_text(OLD.replace("FAKE3", "OTHER"))
    assert main(["check", "--config", str(path), "--fix", "--yes"]) == 2  # other values under the same names
    assert "OTHER" in path.read_text()


def test_a_file_of_secrets_that_is_no_json_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, OLD)
    kept = tmp_path / "alertmanager.secrets.json"
    kept.write_text('{\n"a": ', encoding="utf-8")
    assert main(["check", "--config", str(path), "--fix", "--yes"]) == 2
    assert f"{kept} is there already and is no JSON (line 2)" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == OLD


def test_a_dry_run_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, OLD)
    assert main(["check", "--config", str(path), "--fix", "--dry-run"]) == 0
    assert path.read_text() == OLD
    assert [one.name for one in tmp_path.iterdir()] == ["alertmanager.yml"]
    assert "+mute_time" not in capsys.readouterr().out


def test_a_file_that_changed_meanwhile_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, OLD)

    def slow(text: str, *, file: str, delivery: object) -> object:
        path.write_text(OLD + "# theirs\n")
        return mend(text, file=file, delivery=delivery)  # type: ignore[arg-type]

    monkeypatch.setattr("cli.check_fix.mend", slow)
    assert main(["check", "--config", str(path), "--fix", "--yes"]) == 2
    assert path.read_text() == OLD + "# theirs\n"
    assert [one.name for one in tmp_path.iterdir()] == ["alertmanager.yml"]


def test_a_change_at_the_last_moment_takes_the_secrets_back_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, OLD)
    real = shutil.copymode

    def last(source: Path, target: Path) -> None:
        real(source, target)
        path.write_text("theirs: 1\n")

    monkeypatch.setattr(shutil, "copymode", last)
    assert main(["check", "--config", str(path), "--fix", "--yes"]) == 2
    assert path.read_text() == "theirs: 1\n"
    assert [one.name for one in tmp_path.iterdir()] == ["alertmanager.yml"]
