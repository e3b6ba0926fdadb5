from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alertrelay.channels.email import EmailSettings

from compiler.delivery import DeliveryFile, LastResort, check_delivery, parse_delivery
from compiler.load import try_out
from compiler.reading.finding import Finding, Findings
from compiler.reading.yamlfile import parse

if TYPE_CHECKING:
    from tests.compiler.conftest import Read

RECEIVERS = """
route:
  receiver: page
  routes: [{matchers: [a=b], receiver: chat}, {matchers: [a=c], receiver: nobody}]
receivers:
  - name: page
    pagerduty_configs: [{routing_key_file: /s/pd}]
  - name: chat
    slack_configs: [{api_url_file: /s/chat, send_resolved: true}]
  - name: chat2
    slack_configs: [{api_url_file: /s/chat2, send_resolved: true}]
  - name: phone
    sns_configs: [{phone_number: "+15555550100"}]
  - name: nobody
"""
FULL = """fallbacks: {page: [[chat, phone]], chat: [[phone]]}
last_resort: {email: [oncall@example.com]}
"""
REST = "last_resort: {email: [oncall@example.com]}\n"


def _check(read_config: Read, text: str) -> tuple[DeliveryFile, tuple[Finding, ...]]:
    findings = Findings()
    root = parse(text, findings, file="delivery.yml")
    assert root is not None
    delivery = parse_delivery(root, findings)
    parsed, _ = read_config(RECEIVERS)
    assert parsed is not None
    check_delivery(delivery, {r.name: r for r in parsed.receivers}, parsed.routed, findings)
    return delivery, findings.sorted()


def test_charts_are_off_unless_they_are_switched_on(read_config: Read) -> None:
    assert not _check(read_config, FULL)[0].charts
    delivery, findings = _check(read_config, FULL + "charts: true\n")
    assert (delivery.charts, findings) == (True, ())


def test_charts_are_a_switch(read_config: Read) -> None:
    delivery, (finding,) = _check(read_config, FULL + "charts: always\n")
    assert not delivery.charts
    assert (finding.line, finding.severity) == (3, "error")
    assert finding.mend == "write true or false, without quotes"


def test_stages_last_resort_and_transport_are_read(read_config: Read) -> None:
    text = """
fallbacks:
  page: [[chat, phone], [chat2]]
  chat: [[phone]]
last_resort: {email: [oncall@example.com], sms: ["+15555550100"]}
email: {transport: ses, time_zone: Europe/Berlin}
"""
    delivery, findings = _check(read_config, text)
    assert findings == ()
    assert delivery.fallbacks == {"page": (("chat", "phone"), ("chat2",)), "chat": (("phone",),)}
    assert delivery.last_resort == LastResort(email=("oncall@example.com",), sms=("+15555550100",))
    assert (delivery.transport, delivery.time_zone) == ("ses", "Europe/Berlin")


FINE = "page: [[chat]], chat: [[phone]]"


@pytest.mark.parametrize(
    ("text", "severity", "code", "line"),
    [
        (f"fallbacks: {{{FINE}}}\nfallback: {{}}\n{REST}", "error", "unknown-key", 2),
        (
            f"fallbacks: {{{FINE}}}\nlast_resort:\n  emails: [a@example.com]\n  sms: ['+15555550100']\n",
            "error",
            "unknown-key",
            3,
        ),
        (f"fallbacks:\n  page: [[page]]\n  chat: [[phone]]\n{REST}", "error", "fallback-to-itself", 2),
        (f"fallbacks:\n  page: [[chatt]]\n  chat: [[phone]]\n{REST}", "error", "unknown-receiver", 2),
        (
            f"fallbacks:\n  {FINE.replace(', ', chr(10) + '  ')}\n  pager: [[chat]]\n{REST}",
            "error",
            "unknown-receiver",
            4,
        ),
        (f"fallbacks:\n  page: [[chat, chat]]\n  chat: [[phone]]\n{REST}", "error", "duplicate-name", 2),
        (f"fallbacks:\n  page: [[nobody]]\n  chat: [[phone]]\n{REST}", "error", "tells-nobody", 2),
        (f"fallbacks:\n  page: [chat]\n  chat: [[phone]]\n{REST}", "error", "wrong-type", 2),
        (f"fallbacks:\n  page: chat\n  chat: [[phone]]\n{REST}", "error", "wrong-type", 2),
        (f"fallbacks:\n  page: []\n  chat: [[phone]]\n{REST}", "error", "empty-list", 2),
        (f"fallbacks:\n  page: [[]]\n  chat: [[phone]]\n{REST}", "error", "empty-list", 2),
        (f"fallbacks:\n  page: [[5]]\n  chat: [[phone]]\n{REST}", "error", "wrong-type", 2),
        (f"fallbacks: {{{FINE}}}\nlast_resort: {{}}\n", "error", "empty-list", 2),
        (f"fallbacks: {{{FINE}}}\nlast_resort: {{email: [oncall]}}\n", "error", "bad-value", 2),
        (f"fallbacks: {{{FINE}}}\nlast_resort: {{sms: [5555550100]}}\n", "error", "wrong-type", 2),
        (f"fallbacks: {{{FINE}}}\n{REST}email: {{transport: sendmail}}\n", "error", "bad-value", 3),
        (f"fallbacks: {{{FINE}}}\n{REST}email: {{time_zone: Europe/Berlim}}\n", "error", "bad-value", 3),
        (f"fallbacks:\n  chat: [[phone]]\n{REST}", "warning", "no-fallback", 1),
        (f"fallbacks:\n  page: [[phone]]\n  chat: [[chat2]]\n{REST}", "warning", "same-channel", 3),
        (f"fallbacks: {{{FINE}}}\n", "warning", "no-last-resort", 1),
        (f"fallbacks:\n  page: [[chat]]\n  chat: [[phone, page]]\n{REST}", "info", "critical-only", 3),
    ],
)
def test_each_fault_is_found_where_it_stands(text: str, severity: str, code: str, line: int, read_config: Read) -> None:
    _, findings = _check(read_config, text)
    assert (severity, code, line) in [(f.severity, f.code, f.line) for f in findings]
    assert {f.file for f in findings} == {"delivery.yml"}


def test_an_unknown_receiver_is_met_with_the_nearest(read_config: Read) -> None:
    _, findings = _check(read_config, f"fallbacks:\n  page: [[chatt]]\n  chat: [[phone]]\n{REST}")
    assert next(f for f in findings if f.code == "unknown-receiver").mend in (
        "did you mean 'chat'?",
        "did you mean 'chat2'?",
    )


def test_who_is_notified_without_a_fallback_is_said_as_it_is(read_config: Read) -> None:
    for rest, said in ((REST, "only the last resort is"), ("", "nobody is")):
        _, findings = _check(read_config, f"fallbacks:\n  chat: [[phone]]\n{rest}")
        assert f"while its channel is down {said} notified at once" in "".join(f.message for f in findings)


def test_a_receiver_that_no_route_names_needs_no_fallback(read_config: Read) -> None:
    _, findings = _check(read_config, f"fallbacks: {{{FINE}}}\n{REST}")
    assert [f for f in findings if f.code == "no-fallback"] == []


MAIL = """
global: {smtp_smarthost: "mail.example.org:587", smtp_from: relay@example.org}
route: {receiver: mail}
receivers:
  - name: mail
    email_configs: [{to: "On call <OnCall@example.org>, db@example.org", send_resolved: true}]
  - name: chat
    slack_configs: [{api_url_file: /s/chat, send_resolved: true}]
"""


def _on_call(tmp_path: Path, email: str) -> tuple[EmailSettings | None, list[tuple[str, ...]]]:
    (tmp_path / "alertmanager.yml").write_text(MAIL)
    delivery = tmp_path / "delivery.yml"
    delivery.write_text(f"fallbacks: {{mail: [[chat]]}}\nlast_resort: {{email: [a@example.org]}}\nemail: {email}\n")
    loaded = try_out(tmp_path / "alertmanager.yml", delivery=delivery)
    found: list[tuple[str, ...]] = [(f.severity, f.code, f.mend) for f in loaded.findings]
    if loaded.config is None:
        return None, found
    settings = loaded.config.receivers[0].targets[0].settings
    assert isinstance(settings, EmailSettings)
    return settings, found


def test_who_is_on_call_is_compiled_into_each_receiver_that_mails_to_them(tmp_path: Path) -> None:
    settings, findings = _on_call(tmp_path, "{on_call: [oncall@example.org]}")
    assert settings is not None
    assert findings == []
    assert settings.on_call == ("OnCall@example.org",)
    assert list(settings.recipients.values()) == [True, False]


def test_an_address_on_call_that_no_receiver_mails_to_is_an_error(tmp_path: Path) -> None:
    settings, findings = _on_call(tmp_path, "{on_call: [dba@example.org]}")
    assert settings is None
    assert findings == [("error", "unknown-receiver", "did you mean 'db@example.org'?")]


@pytest.mark.parametrize("value", ["[oncall]", "[1]", "oncall@example.org", "{a: b}", "[[oncall@example.org]]"])
def test_what_is_no_list_of_addresses_is_an_error(tmp_path: Path, value: str) -> None:
    settings, findings = _on_call(tmp_path, f"{{on_call: {value}}}")
    assert settings is None
    assert [finding[0] for finding in findings] == ["error"]


def test_on_call_has_no_effect_with_ses_and_a_warning_says_so(tmp_path: Path) -> None:
    settings, findings = _on_call(tmp_path, "{transport: ses, on_call: [oncall@example.org]}")
    assert settings is not None
    assert [finding[:2] for finding in findings] == [("warning", "not-obeyed")]
    assert settings.recipients == {}
