"""What stands where the name of a secret's key belongs, or under a misspelt key, is never shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from compiler.anomaly import parse_anomaly
from compiler.config_files import alertmanager_of, check_with_environment
from compiler.delivery import NOTHING, parse_delivery
from compiler.examine import examine
from compiler.load import try_out
from compiler.mending.mend import mend
from compiler.placeholders import name_placeholders
from compiler.reading.finding import Findings
from compiler.reading.tokens import looks_like_token, looks_random, without_tokens
from compiler.reading.yamlfile import Value, parse
from compiler.resources.environment import parse_environment


def _environment(root: Value, findings: Findings) -> object:
    return parse_environment(root, "prod", findings)


BASE = "route: {receiver: r}\nreceivers:\n  - name: r\n"


@pytest.mark.parametrize(
    ("text", "code", "example"),
    [
        ('audit: {heartbeat_key: "https://hc-ping.example/LEAKX-uuid"}', "bad-value", "heartbeat_url"),
        ("audit: {heartbeat_key: 1b671a64-40d5-491e-99b0-da01ff1f3341}", "inline-secret", "heartbeat_url"),
        ("ops_pagerduty_key: LEAKX and more", "bad-value", "ops_pagerduty_key"),
        ("ops_pagerduty_key: 0123456789abcdef0123456789abcdef", "inline-secret", "ops_pagerduty_key"),
    ],
)
def test_a_value_in_place_of_a_keys_name_is_not_shown(text: str, code: str, example: str) -> None:
    findings = Findings()
    root = parse(f"region: eu-west-1\n{text}\n", findings, file="prod.yml")
    assert root is not None
    parse_environment(root, "prod", findings)
    (found,) = [one for one in findings.sorted() if one.code == code]
    value = text.rpartition(": ")[2].strip('"}')
    assert value not in str(found)
    assert found.mend.startswith(f"as in {example}; the value itself goes into the environment's secret")


GRAFANA = "glsa_" + "aB3dE5gH" * 4 + "_0a1b2c3d"
SERVER = "prometheus: {address: 'https://prom.example.com', authentication: bearer, secret_key: %s}"


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (parse_delivery, "grafana: {url: 'https://g.io', token_key: %s, dashboards: [{match: [a=b], dashboard: d}]}"),
        (parse_anomaly, SERVER),
        (_environment, "region: eu-west-1\nsources: [{kind: prometheus, url: 'https://prom.io', token_key: %s}]"),
        (_environment, "region: eu-west-1\nops_pagerduty_key: %s"),
        (_environment, "region: eu-west-1\naudit: {heartbeat_key: %s}"),
    ],
)
def test_a_token_in_place_of_its_keys_name_is_an_inline_secret(read: Callable[..., object], text: str) -> None:
    findings = Findings()
    root = parse(text % GRAFANA, findings, file="a.yml")
    assert root is not None
    taken = read(root, findings)
    assert [one.line for one in findings.sorted() if one.code == "inline-secret"] == [1 + text.count("\n")]
    assert not any(part in f"{findings.sorted()} {taken}" for part in ("aB3d", "0a1b2c3d"))


@pytest.mark.parametrize(
    "token",
    [
        "xoxb-1234567890-SECRETTOKEN",
        "azGDORePK8gMaC0QOYAMyEEuzJnyUi",
        "0123456789abcdef0123456789abcdef",
        "1b671a64-40d5-491e-99b0-da01ff1f3341",
        "https://hooks.slack.com/services/T0/B0/SECRETTOKEN",
        "https://me:SECRETTOKEN@x.io",
    ],
)
def test_a_token_in_a_wrong_place_is_shown_by_its_first_characters(token: str) -> None:
    findings = Findings()
    text = f'slack: {{may_silence: ["{token}"], mentions: [{{who: ["{token}"]}}], "{token}": 1}}'
    root = parse(text, findings, file="delivery.yml")
    assert root is not None
    parse_delivery(root, findings)
    name_placeholders(root, findings)
    found = findings.sorted()
    assert {"slack.may_silence[0]", "slack.mentions[0].who[0]"} <= {one.key for one in found}
    assert "…" in str(found)
    assert not any(part in str(found) for part in (token[-10:], "TTOKEN"))


@pytest.mark.parametrize(
    "name",
    [
        "grafana_token_of_team2_in_prod3",
        "glsa_token_for_grafana",
        "P99LatencyOver2SecondsInShop",
        "OrdersFunctionHandler8A5B2C3D",
        "arn:aws:aps:eu-west-1:111122223333:workspace/ws-1b671a64-40d5-491e-99b0-da01ff1f3341",
        "app/web/50dc6c495c0c9188",
        "ASIA-PACIFIC-REGION-2",
    ],
)
def test_a_name_is_no_token(name: str) -> None:
    assert without_tokens(f"{name!r} is not known") == f"{name!r} is not known"


FEW_DIGITS = "azGDORePKgMaCQOYAMyEEuzJnyUi"


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (parse_delivery, "grafana: {url: 'https://g.io', token_key: %s, dashboards: [{match: [a=b], dashboard: d}]}"),
        (_environment, "region: eu-west-1\nops_pagerduty_key: %s"),
    ],
)
def test_a_random_name_of_a_key_is_a_warning_and_not_shown(read: Callable[..., object], text: str) -> None:
    assert not looks_like_token(FEW_DIGITS)
    findings = Findings()
    root = parse(text % FEW_DIGITS, findings, file="a.yml")
    assert root is not None
    read(root, findings)
    path = try_out(BASE + f"    pagerduty_configs: [{{routing_key_file: /s/{FEW_DIGITS}}}]\n").findings
    for found in (findings.sorted(), path):
        assert [one.severity for one in found if one.code == "random-secret-name"] == ["warning"]
        assert FEW_DIGITS[4:] not in str(found)


@pytest.mark.parametrize(
    "name", ["PagerDutyRoutingKeyForPlatform", "platform_slack_bot_token_eu1", "smtp_password_2026"]
)
def test_a_name_of_words_is_not_random(name: str) -> None:
    assert not looks_random(name)


def test_a_path_that_ends_in_a_token_names_no_key() -> None:
    found = try_out(BASE + f"    pagerduty_configs: [{{routing_key_file: /s/{GRAFANA}}}]\n").findings
    assert "bad-secret-path" in {one.code for one in found}
    assert "aB3d" not in str(found)


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
