"""`flap_damping` of delivery.yml: what it means, and each fault with its mend."""

from __future__ import annotations

from pathlib import Path

import pytest
from alertrelay.config.model import FlapRule

from compiler.load import Loaded, try_out

CONFIG = """\
route:
  receiver: pager
  group_interval: 5m
  routes: [{receiver: chat, matchers: [severity="warning"], group_interval: 20m}]
receivers:
  - name: pager
    pagerduty_configs: [{routing_key_file: /etc/alertmanager/secrets/pagerduty_key}]
  - name: chat
    slack_configs: [{api_url_file: /etc/alertmanager/secrets/slack_webhook, channel: "#a", send_resolved: true}]
"""
FALLBACKS = "fallbacks: {pager: [[chat]], chat: [[pager]]}\nlast_resort: {email: [a@example.org]}\n"


def loaded(folder: Path, rules: str) -> Loaded:
    (folder / "d.yml").write_text(FALLBACKS + f"flap_damping: {rules}\n")
    return try_out(CONFIG, delivery=folder / "d.yml")


def test_a_rule_has_defaults_and_the_first_that_covers_an_alert_counts(tmp_path: Path) -> None:
    config = loaded(tmp_path, "[{receivers: [chat], within: 2h}, {severities: [warning], more_than: 6}]").config
    assert config is not None
    first, second = config.flap_damping
    assert first == FlapRule(receivers=("chat",), severities=(), more_than=4, within=7200, settled_after=3600)
    assert config.flap_rule("chat", "warning") is first
    assert config.flap_rule("pager", "warning") is second
    assert config.flap_rule("pager", "critical") is None


@pytest.mark.parametrize(
    ("rules", "code", "said"),
    [
        ("[{receivers: [chet], severities: [warning]}]", "unknown-receiver", "'chet'"),
        ("[{severities: [criticle]}]", "bad-value", "'criticle'"),
        ("[{severities: [info], more_than: 1}]", "out-of-range", "1"),
        ("[{severities: [info], within: 2d}]", "out-of-range", "2d"),
        ("[{severities: [info], within: soon}]", "bad-duration", "soon"),
        ("[{severities: [info], times: 3}]", "unknown-key", "times"),
        ("{severities: [info]}", "wrong-type", "a list"),
        ("[{receivers: [chat], severities: [info], within: 30m}]", "never-flaps", "at most 3 times within 30m"),
        ("[{}]", "damps-pages", "pager"),
    ],
)
def test_each_fault_is_named_with_a_mend(tmp_path: Path, rules: str, code: str, said: str) -> None:
    found = [one for one in loaded(tmp_path, rules).findings if one.code == code]
    assert len(found) == 1, loaded(tmp_path, rules).findings
    assert said in found[0].message
    assert found[0].mend


def test_a_rule_for_warnings_has_no_finding(tmp_path: Path) -> None:
    text = "[{receivers: [pager, chat], severities: [warning, info], more_than: 4, within: 1h, settled_after: 30m}]"
    assert {one.code for one in loaded(tmp_path, text).findings} == {"critical-only"}
