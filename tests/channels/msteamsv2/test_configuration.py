from __future__ import annotations

import pytest
from alertrelay.channels.msteamsv2 import MsTeamsSettings

from compiler.alertmanager.file import parse_alertmanager
from compiler.reading.finding import Finding, Findings
from compiler.reading.yamlfile import parse


def read(config: str) -> tuple[list[object], list[Finding]]:
    """The settings of one receiver's integrations, and what is found."""
    findings = Findings()
    text = f"route: {{receiver: r}}\nreceivers:\n  - name: r\n    msteamsv2_configs: [{{{config}}}]\n"
    root = parse(text, findings, file="alertmanager.yml")
    assert root is not None
    parsed = parse_alertmanager(root, findings)
    assert parsed is not None
    return [target.settings for target in parsed.receivers[0].targets], list(findings.sorted())


def test_the_address_is_named_by_its_file_and_the_end_is_sent() -> None:
    settings, findings = read("webhook_url_file: /etc/alertmanager/secrets/teams_workflow")
    assert settings == [MsTeamsSettings(webhook_url="teams_workflow")]
    assert findings == []


def test_templates_of_the_text_are_run() -> None:
    assert read("webhook_url_file: /s/k, title: '{{ .Status }}', text: '{{ .Receiver }}'")[1] == []


@pytest.mark.parametrize(
    ("config", "code", "key"),
    [
        ("webhook_url: 'https://x.logic.azure.com/workflows/a?sig=s'", "inline-secret", "webhook_url"),
        ("title: x", "missing-key", "webhook_url_file"),
        ("webhook_url_file: '/s/{{ .team }}'", "template", "webhook_url_file"),
        ("webhook_url_file: /s/k, summary: x", "unknown-key", "summary"),
        ("webhook_url_file: /s/k, text: [x]", "wrong-type", "text"),
        ("webhook_url: 'https://x', webhook_url_file: /s/k", "one-of", "webhook_url"),
    ],
)
def test_what_cannot_be_deployed_is_an_error_at_its_key(config: str, code: str, key: str) -> None:
    errors = [(f.code, f.key) for f in read(config)[1] if f.severity == "error"]
    assert (code, f"receivers[0].msteamsv2_configs[0].{key}") in errors


def test_an_inline_address_is_refused_with_the_mend_and_not_shown() -> None:
    (found,) = read("webhook_url: 'https://x.logic.azure.com/workflows/a?sig=s'")[1]
    assert "sig=s" not in str(found)
    assert "`webhook_url_file: /etc/alertmanager/secrets/NAME`" in found.mend
