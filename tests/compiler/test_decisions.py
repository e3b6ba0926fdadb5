from __future__ import annotations

from dataclasses import replace

import pytest
from alertrelay.alert import Integration
from alertrelay.channels.slack import SlackSettings
from alertrelay.config.model import Target
from alertrelay.render.team_texts import NotAllowed, addressed

from compiler.alertmanager.file import parse_alertmanager
from compiler.delivery import parse_delivery
from compiler.reading.finding import Finding, Findings
from compiler.reading.yamlfile import parse
from tests.render.notifications import CASES

FIRING = CASES["critical-everything"]


def _read(channel: str, allowed: str) -> tuple[Target, tuple[Finding, ...]]:
    findings = Findings()
    said = parse(allowed, findings, file="delivery.yml")
    text = "route: {receiver: r}\nreceivers: [{name: r, slack_configs: [{api_url_file: /s/k, send_resolved: true, "
    root = parse(f"{text}channel: '{channel}'}}]}}]\n", findings, file="alertmanager.yml")
    assert root is not None
    assert said is not None
    parsed = parse_alertmanager(root, findings, allowed=parse_delivery(said, findings).allowed)
    assert parsed is not None
    return parsed.receivers[0].targets[0], findings.sorted()


LISTED = "allowed: {r: {channel: ['#orders', '#search']}}"


def test_a_listed_result_of_the_group_s_labels_is_where_the_message_goes() -> None:
    target, found = _read("#{{ .GroupLabels.service | toLower }}", LISTED)
    assert found == ()
    there = addressed(target, replace(FIRING, group_labels={"service": "Orders"}))
    assert isinstance(there.settings, SlackSettings)
    assert there.settings.channel == "#orders"


@pytest.mark.parametrize("labels", [{"service": "billing"}, {}, {"service": "orders\n#search"}])
def test_any_other_result_is_refused_and_named(labels: dict[str, str]) -> None:
    target, _ = _read("#{{ .GroupLabels.service }}", LISTED)
    with pytest.raises(NotAllowed, match=r"what delivery\.yml does not list: #"):
        addressed(target, replace(FIRING, group_labels=labels))


@pytest.mark.parametrize(
    ("channel", "allowed", "says"),
    [
        ("#{{ .GroupLabels.x }}", "{}", "who is notified would depend on the text of an alert"),
        ("#{{ .GroupLabels.x }}", "allowed: {other: {channel: ['#a']}}", "who is notified would depend"),
        ("#{{ .CommonLabels.x }}", LISTED, "reads more than .GroupLabels"),
        ("#{{ range .Alerts }}{{ .Labels.x }}{{ end }}", LISTED, "reads more than .GroupLabels"),
        ("#{{ with .GroupLabels.x }}{{ $.Status }}{{ end }}", LISTED, "reads more than .GroupLabels"),
        ("#{{ (index .Alerts 0).Labels.x }}", LISTED, "reads more than .GroupLabels"),
        ("#{{ . }}", LISTED, "reads more than .GroupLabels"),
        ('#{{ template "slack.default.title" . }}', LISTED, "reads more than .GroupLabels"),
    ],
)
def test_a_template_that_a_text_of_an_alert_could_lead_is_an_error(channel: str, allowed: str, says: str) -> None:
    target, (found,) = _read(channel, allowed)
    assert (found.severity, found.code, found.file) == ("error", "template", "alertmanager.yml")
    assert says in found.message
    assert "decides" not in target.texts


def test_a_list_of_another_shape_is_a_fault() -> None:
    _, found = _read("#a", "allowed: {r: ['#a']}")
    assert [(f.code, f.file) for f in found] == [("wrong-type", "delivery.yml")]


def test_a_target_without_such_a_template_stays_as_it_is() -> None:
    target, _ = _read("#a", "{}")
    assert addressed(target, FIRING) is target
    assert target.integration == Integration(receiver="r", channel="slack", index=0)
