"""What stands where the name of a secret's key belongs, or under a misspelt key, is never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.config_files import alertmanager_of, check_with_environment
from compiler.delivery import NOTHING
from compiler.examine import examine
from compiler.load import try_out
from compiler.mending.mend import mend
from compiler.reading.finding import Findings
from compiler.reading.yamlfile import parse
from compiler.resources.environment import parse_environment

BASE = "route: {receiver: r}\nreceivers:\n  - name: r\n"


@pytest.mark.parametrize(
    ("text", "example"),
    [
        ('audit: {heartbeat_key: "https://hc-ping.example/LEAKX-uuid"}', "heartbeat_url"),
        ("audit: {heartbeat_key: 1b671a64-40d5-491e-99b0-da01ff1f3341}", "heartbeat_url"),
        ("ops_pagerduty_key: LEAKX and more", "ops_pagerduty_key"),
        ("ops_pagerduty_key: 0123456789abcdef0123456789abcdef", "ops_pagerduty_key"),
    ],
)
def test_a_value_in_place_of_a_keys_name_is_not_shown(text: str, example: str) -> None:
    findings = Findings()
    root = parse(f"region: eu-west-1\n{text}\n", findings, file="prod.yml")
    assert root is not None
    parse_environment(root, "prod", findings)
    (found,) = [one for one in findings.sorted() if one.code == "bad-value"]
    value = text.rpartition(": ")[2].strip('"}')
    assert value not in str(found)
    assert found.mend.startswith(f"as in {example}; the value itself goes into the environment's secret")


def test_a_path_that_names_no_key_is_not_shown() -> None:
    loaded = try_out(BASE + "    slack_configs: [{api_url_file: 'https://hooks.example/LEAKX?', channel: '#a'}]\n")
    assert "bad-secret-path" in {one.code for one in loaded.findings}
    assert "LEAKX" not in str(loaded.findings)


@pytest.mark.parametrize("key", ["chat_token", "ops_key"])
def test_a_heartbeat_has_a_key_of_its_own(key: str) -> None:
    findings = Findings()
    text = f"region: eu-west-1\nops_pagerduty_key: ops_key\naudit: {{heartbeat_key: {key}}}\n"
    root = parse(text, findings, file="prod.yml")
    assert root is not None
    environment = parse_environment(root, "prod", findings)
    pushover = "    pushover_configs: [{token_file: /s/chat_token, user_key_file: /s/user}]\n"
    tree = parse(BASE + pushover, findings, file="alertmanager.yml")
    assert tree is not None
    config = alertmanager_of(tree, NOTHING, findings)
    check_with_environment(config, NOTHING, environment, findings)
    (found,) = [one for one in findings.sorted() if one.code == "secret-name-clash"]
    assert (found.line, found.key) == (3, "audit.heartbeat_key")
    assert "heartbeat_url" in found.mend


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ("msteams_configs: [{webhook_url: 'https://x.example/LEAKX'}]", "webhook_url"),
        ("wechat_configs: [{api_secret: LEAKX}]", "api_secret"),
    ],
)
def test_a_secret_of_a_kind_that_is_not_served_is_named_and_moved(config: str, key: str, tmp_path: Path) -> None:
    path = tmp_path / "am.yml"
    path.write_text(f"{BASE}    {config}\n", encoding="utf-8")
    found = examine(alertmanager=path, delivery=None)
    assert {"inline-secret", "unsupported-receiver"} <= {one.code for one in found}
    assert "LEAKX" not in str(found)
    assert f"{key}_file" in mend(path.read_text(encoding="utf-8"), file="am.yml", delivery=NOTHING).text


@pytest.mark.parametrize(
    "unknown", ["passwrd: LEAKX", "passwrd: x1", "passwords: [LEAKX, x1]", "login: {user: LEAKX, all: [{pass: x1}]}"]
)
def test_what_stands_under_an_unknown_key_is_not_shown_beside_what_is_moved(unknown: str) -> None:
    text = f"{BASE}    pushover_configs: [{{token: FAKE1, user_key: FAKE2, {unknown}}}]\n"
    diff = "\n".join(mend(text, file="am.yml", delivery=NOTHING).diff)
    assert "token_file" in diff
    assert not any(value in diff for value in ("LEAKX", "x1"))
