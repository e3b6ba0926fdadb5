from __future__ import annotations

import pytest
from alertrelay.alert import Integration
from alertrelay.channels.pagerduty import PagerDutyImage, PagerDutyLink, PagerDutySettings

from compiler.alertmanager.file import parse_alertmanager
from compiler.reading.finding import Finding, Findings
from compiler.reading.yamlfile import parse


def read(config: str) -> tuple[PagerDutySettings, list[Finding]]:
    """The settings of one integration, and what is found."""
    findings = Findings()
    configs = f"[{{routing_key_file: /s/k, {config}}}]"
    text = f"route: {{receiver: r}}\nreceivers:\n  - name: r\n    pagerduty_configs: {configs}\n"
    root = parse(text, findings, file="alertmanager.yml")
    assert root is not None
    parsed = parse_alertmanager(root, findings)
    assert parsed is not None
    (target,) = parsed.receivers[0].targets
    assert target.integration == Integration(receiver="r", channel="pagerduty", index=0)
    assert isinstance(target.settings, PagerDutySettings)
    return target.settings, list(findings.sorted())


def test_plain_pictures_and_links_are_obeyed_without_a_word() -> None:
    settings, findings = read(
        "images: [{src: 'https://a.test/p.png', alt: Map, href: 'https://a.test'}, {src: 'HTTPS://a.test/q.png'}],"
        " links: [{href: 'http://wiki.corp/x', text: Handbook}]"
    )
    assert findings == []
    assert settings.images == (
        PagerDutyImage(src="https://a.test/p.png", alt="Map", href="https://a.test"),
        PagerDutyImage(src="HTTPS://a.test/q.png", alt="", href=""),
    )
    assert settings.links == (PagerDutyLink(href="http://wiki.corp/x", text="Handbook"),)


@pytest.mark.parametrize(
    ("key", "entry", "code"),
    [
        ("images", "src: 'http://a.test/p.png'", "not-obeyed"),
        ("images", "alt: Map", "not-obeyed"),
        ("links", "href: 'javascript:alert(1)'", "not-obeyed"),
    ],
)
def test_an_entry_that_is_not_sent_has_a_warning_and_the_others_are_sent(key: str, entry: str, code: str) -> None:
    address = "src" if key == "images" else "href"
    settings, findings = read(f"{key}: [{{{entry}}}, {{{address}: 'https://b.test/b'}}]")
    assert [(f.severity, f.code, f.key) for f in findings] == [
        ("warning", code, f"receivers[0].pagerduty_configs[0].{key}[0]")
    ]
    assert [getattr(one, address) for one in getattr(settings, key)] == ["https://b.test/b"]


@pytest.mark.parametrize(
    ("config", "code", "key"),
    [
        ("images: [{source: 'https://a.test/p.png'}]", "unknown-key", "images[0].source"),
        # Of PagerDuty's links alone; Alertmanager does not start with it.
        ("images: [{src: 'https://a.test/p.png', text: x}]", "unknown-key", "images[0].text"),
        ("links: [{href: 'https://a.test', title: x}]", "unknown-key", "links[0].title"),
        ("links: [{href: ['https://a.test']}]", "wrong-type", "links[0].href"),
        ("links: {}", "wrong-type", "links"),
    ],
)
def test_what_alertmanager_refuses_is_an_error_at_its_key(config: str, code: str, key: str) -> None:
    errors = [(f.code, f.key) for f in read(config)[1] if f.severity == "error"]
    assert errors == [(code, f"receivers[0].pagerduty_configs[0].{key}")]


def test_more_links_than_are_sent_are_counted() -> None:
    links = ", ".join(f"{{href: 'https://a.test/{number}'}}" for number in range(21))
    settings, findings = read(f"links: [{links}]")
    assert [one.href for one in settings.links] == [f"https://a.test/{number}" for number in range(20)]
    assert [(f.code, f.message) for f in findings] == [
        ("not-obeyed", "links: 20 are sent with each message, and 21 stand here")
    ]
