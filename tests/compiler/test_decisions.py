from __future__ import annotations

from dataclasses import replace

import pytest
from alertrelay.alert import Integration
from alertrelay.channels.email import recipient_name
from alertrelay.channels.slack import SlackSettings
from alertrelay.config.model import Target
from alertrelay.render.team_texts import NotAllowed, addressed, addressed_if_allowed

from compiler.alertmanager.file import parse_alertmanager
from compiler.delivery import parse_delivery
from compiler.reading.finding import Finding, Findings
from compiler.reading.yamlfile import parse
from tests.render.notifications import CASES

FIRING = CASES["critical-everything"]


SLACK = "slack_configs: [{api_url_file: /s/k, send_resolved: true, channel: '%s'}]"
EMAIL = "email_configs: [{from: a@example.com, smarthost: 'smtp.example.com:587', send_resolved: true, to: '%s'}]"


def _read(text: str, allowed: str, kind: str = SLACK) -> tuple[Target, tuple[Finding, ...]]:
    findings = Findings()
    said = parse(allowed, findings, file="delivery.yml")
    root = parse(
        f"route: {{receiver: r}}\nreceivers: [{{name: r, {kind % text}}}]\n", findings, file="alertmanager.yml"
    )
    assert root is not None
    assert said is not None
    parsed = parse_alertmanager(root, findings, allowed=parse_delivery(said, findings).allowed)
    assert parsed is not None
    return parsed.receivers[0].targets[0], findings.sorted()


LISTED = "allowed: {r: {channel: ['#orders', '#search']}}"


def test_a_listed_result_of_the_group_s_labels_is_where_the_message_goes() -> None:
    target, found = _read("#{{ .GroupLabels.service | toLower }}", LISTED)
    assert found == ()
    there = addressed(target, {"service": "Orders"}, now=FIRING.at)
    assert isinstance(there.settings, SlackSettings)
    assert there.settings.channel == "#orders"


@pytest.mark.parametrize("labels", [{"service": "billing"}, {}, {"service": "orders\n#search"}])
def test_any_other_result_is_refused_and_named(labels: dict[str, str]) -> None:
    target, _ = _read("#{{ .GroupLabels.service }}", LISTED)
    with pytest.raises(NotAllowed, match=r"what delivery\.yml does not list: #"):
        addressed(target, labels, now=FIRING.at)


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
        ('#{{ define "c" }}{{ . }}{{ end }}{{ template "c" .CommonLabels.x }}', LISTED, "reads more than .GroupLabels"),
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
    assert addressed(target, FIRING.group_labels, now=FIRING.at) is target
    assert target.integration == Integration(receiver="r", channel="slack", index=0)


MAILS = "allowed: {r: {to: [orders@example.com, 'search@example.com, Ops <ops@example.com>']}}"


def test_a_mail_goes_to_the_listed_recipients_whom_the_group_s_labels_name() -> None:
    to = "{{ .GroupLabels.team }}@example.com{{ if eq .GroupLabels.team `search` }}, Ops <ops@example.com>{{ end }}"
    target, found = _read(to, MAILS, EMAIL)
    assert found == ()
    assert target.settings.addresses == ("orders@example.com", "search@example.com", "ops@example.com")
    assert addressed(target, {"team": "orders"}, now=FIRING.at).settings.addresses == ("orders@example.com",)
    there = addressed(target, {"team": "search"}, now=FIRING.at)
    assert there.settings.addresses == ("search@example.com", "ops@example.com")
    one = there.settings.only_for([recipient_name("ops@example.com")])
    again = addressed(replace(there, settings=one), {"team": "search"}, now=FIRING.at)
    assert again.settings.addresses == ("ops@example.com",)
    with pytest.raises(NotAllowed):
        addressed(target, {"team": "billing"}, now=FIRING.at)
    assert addressed_if_allowed(target, {"team": "billing"}, now=FIRING.at) is target


def test_a_mail_whose_list_has_a_wrong_address_is_refused_with_its_mend() -> None:
    _, (found,) = _read("{{ .GroupLabels.team }}@example.com", "allowed: {r: {to: [orders]}}", EMAIL)
    assert (found.code, found.key.rpartition(".")[2]) == ("bad-address", "to")


@pytest.mark.parametrize(
    ("kind", "text", "given"),
    [
        (EMAIL, """{{ define "t" }}a@example.com,b@example.com{{ end }}{{ template "t" . }}""", "a@example.com"),
        (SLACK, "{{ `#alerts` | toLower }}", "#alerts"),
    ],
)
def test_a_template_that_reads_nothing_is_what_it_gives(kind: str, text: str, given: str) -> None:
    target, found = _read(text.replace("'", "''"), "{}", kind)
    assert found == ()
    assert given in str(target.settings)
    assert "decides" not in target.texts


PLACES = [
    ("telegram", "chat_id", "-1001", "bot_token_file: /s/t, "),
    ("victorops", "routing_key", "orders", "api_key_file: /s/k, "),
    ("webex", "room_id", "room", "http_config: {authorization: {credentials_file: /s/t}}, "),
    ("pushover", "device", "phone", "token_file: /s/t, user_key_file: /s/u, "),
    ("rocketchat", "channel", "#orders", "token_file: /s/t, token_id_file: /s/i, "),
    ("mattermost", "channel", "orders", "webhook_url_file: /s/k, "),
    ("jira", "project", "OPS", "api_url: 'https://jira.example.com/rest/api/2', issue_type: Bug, "
     "http_config: {authorization: {credentials_file: /s/t}}, "),
    ("sns", "topic_arn", "arn:aws:sns:eu-west-1:111122223333:orders", ""),
    ("webhook", "url", "https://hooks.example.com/orders", ""),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "key", "place", "keys"), PLACES)
def test_each_kind_s_place_may_be_listed(kind: str, key: str, place: str, keys: str) -> None:
    config = f"{kind}_configs: [{{{keys}send_resolved: true, {key}: '%s'}}]"
    target, found = _read("{{ .GroupLabels.place }}", f"allowed: {{r: {{{key}: ['{place}']}}}}", config)
    assert [one for one in found if one.severity == "error"] == []
    assert getattr(addressed(target, {"place": place}, now=FIRING.at).settings, key) == place
    with pytest.raises(NotAllowed):
        addressed(target, {"place": f"{place}x"}, now=FIRING.at)


@pytest.mark.parametrize(
    "text",
    [
        '{{ define "c" }}#{{ .GroupLabels.team }}{{ end }}{{ template "c" . }}',
        '{{ define "c" }}#{{ if eq . "search" }}search{{ else }}{{ . }}{{ end }}{{ end }}'
        '{{ template "c" .GroupLabels.team }}',
    ],
)
def test_a_template_that_is_called_may_decide_by_the_group_s_labels(text: str) -> None:
    target, found = _read(text, LISTED)
    assert found == ()
    assert addressed(target, {"team": "orders"}, now=FIRING.at).settings.channel == "#orders"  # type: ignore[attr-defined]
    with pytest.raises(NotAllowed):
        addressed(target, {"team": "billing"}, now=FIRING.at)
