"""`escalation:` of delivery.yml: its tiers, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from alertrelay.config.escalation import Tier

from compiler.load import try_out
from compiler.reading.finding import Finding

ALERTMANAGER = """
route: {receiver: chat}
receivers:
  - name: chat
    slack_configs: [{api_url_file: /secrets/slack_webhook, channel: "#ops"}]
  - name: second
    slack_configs: [{api_url_file: /secrets/slack_webhook, channel: "#second"}]
  - name: boss
    slack_configs: [{api_url_file: /secrets/slack_webhook, channel: "#boss"}]
  - name: mail
    email_configs: [{to: ops@example.com, from: relay@example.com, smarthost: "mail.example.com:587"}]
  - name: nobody
time_intervals:
  - name: day
    time_intervals: [{times: [{start_time: "08:00", end_time: "20:00"}]}]
"""
REST = "fallbacks: {chat: [[second]]}\nlast_resort: {email: [oncall@example.com]}\n"


def check(folder: Path, escalation: str) -> tuple[tuple[Tier, ...], list[Finding]]:
    (folder / "alertmanager.yml").write_text(ALERTMANAGER, encoding="utf-8")
    (folder / "delivery.yml").write_text(REST + escalation, encoding="utf-8")
    found = try_out(folder / "alertmanager.yml", delivery=folder / "delivery.yml")
    return (found.config.escalation if found.config else ()), [one for one in found.findings if "tier" in one.key]


def test_tiers_are_due_after_15_and_30_minutes_where_they_name_no_time(tmp_path: Path) -> None:
    tiers, findings = check(
        tmp_path, "escalation: {tiers: [{receivers: [second], hours: [day]}, {receivers: [boss]}]}\n"
    )
    assert findings == []
    assert tiers == (
        Tier(number=2, after=900, receivers=("second",), hours=("day",)),
        Tier(number=3, after=1800, receivers=("boss",)),
    )
    assert check(tmp_path, "")[0] == ()


@pytest.mark.parametrize(
    ("tiers", "code", "mend"),
    [
        ("[{receivers: [secnd]}]", "unknown-receiver", "second"),
        ("[{receivers: [nobody]}]", "tells-nobody", "name a receiver with an integration"),
        ("[{receivers: []}]", "empty-list", "name a receiver of alertmanager.yml, or remove the tier"),
        ("[{after: 5m}]", "missing-key", "name who is called at tier 2"),
        ("[]", "empty-list", "as in `tiers:"),
        ("[{receivers: [second], after: 30m}, {receivers: [boss], after: 30m}]", "not-rising", "more than 30m"),
        ("[{receivers: [second], after: 10s}]", "bad-value", "15m or 1h"),
        ("[{receivers: [second], after: soon}]", "bad-duration", "write it as 30s"),
        ("[{receivers: [second], hours: [dya]}, {receivers: [boss]}]", "unknown-interval", "day"),
        ("[{receivers: [second, second]}]", "duplicate-name", "remove one"),
        ("[{receivers: [second], contact: [ana]}]", "unknown-key", "contacts"),
        ("[{receivers: [second], contacts: [ana]}]", "bad-value", "Copy member ID"),
        ('[{receivers: [second], contacts: ["+49 151 5555555"]}]', "bad-value", "phone_number"),
        ("[{receivers: [second], contacts: [ana@example.com]}]", "bad-value", "email_configs"),
        ("[{receivers: [boss]}, 5]", "wrong-type", ""),
        ("{receivers: [boss]}", "wrong-type", "put a '- ' before each item"),
        ("[{receivers: boss}]", "wrong-type", "write [boss]"),
        (f"[{', '.join(['{receivers: [boss]}'] * 6)}]", "bad-value", "leave out the last ones"),
    ],
)
def test_a_slip_is_an_error_with_its_mend(tmp_path: Path, tiers: str, code: str, mend: str) -> None:
    found, findings = check(tmp_path, f"escalation: {{tiers: {tiers}}}\n")
    assert found == ()
    assert [one.code for one in findings if one.severity == "error"] == [code]
    assert mend in findings[0].mend
    assert findings[0].mend


def test_the_key_with_nothing_under_it_is_an_error_at_its_line(tmp_path: Path) -> None:
    assert check(tmp_path, "escalation:\n") == ((), [])
    found = try_out(tmp_path / "alertmanager.yml", delivery=tmp_path / "delivery.yml")
    (finding,) = [one for one in found.findings if one.key == "escalation"]
    assert (finding.severity, finding.code, finding.line) == ("error", "missing-key", 3)
    assert "or remove the key" in finding.mend


def test_tiers_with_hours_alone_are_a_warning(tmp_path: Path) -> None:
    found, (finding,) = check(tmp_path, "escalation: {tiers: [{receivers: [second], hours: [day]}]}\n")
    assert found
    assert (finding.severity, finding.code) == ("warning", "hours-only")


def test_contacts_are_mentioned_in_slack_alone(tmp_path: Path) -> None:
    tiers = "escalation: {tiers: [{receivers: [second], contacts: ['@here', S0789JKLM, U0456EFGH]}]}\n"
    (tier,), findings = check(tmp_path, tiers)
    assert (tier.contacts, findings) == (("@here", "S0789JKLM", "U0456EFGH"), [])
    _, (finding,) = check(tmp_path, "escalation: {tiers: [{receivers: [mail], contacts: ['@here']}]}\n")
    assert (finding.severity, finding.code) == ("warning", "not-obeyed")
    assert "no receiver of tier 2 posts to Slack" in finding.message
