"""The team's own texts in the messages of every kind that is a plain service: theirs where they are set and run, ours
where they are not."""

from __future__ import annotations

import functools
import json
import operator
from dataclasses import replace
from typing import Any

import pytest
from alertrelay.alert import Integration
from alertrelay.channels import channel, render
from alertrelay.notification import Failed, Message, Notification

from local.standins import peer
from tests.channels.example import examples
from tests.channels.sending import sending
from tests.channels.team import team_target
from tests.render.checks import check_clean, check_json
from tests.render.notifications import CASES

FIRING = CASES["critical-everything"]
FAILED = Failed(integration=Integration(receiver="p", channel="pagerduty", index=0), text="503", attempts=1, seconds=1)
KEYS = {
    "telegram": ("message",),
    "discord": ("content", "title", "message"),
    "opsgenie": ("message", "description", "note"),
    "victorops": ("entity_display_name", "state_message"),
    "webex": ("message",),
    "pushover": ("title", "message"),
    "mattermost": ("title", "pretext", "text"),
    "rocketchat": ("title", "text"),
    "jira": ("summary", "description"),
}
"""The keys of words, of which the last is the body."""
BODY = {kind: "description" if kind == "opsgenie" else keys[-1] for kind, keys in KEYS.items()}
PAIRS = [(kind, key) for kind, keys in KEYS.items() for key in keys]


@functools.cache
def _ours(kind: str) -> Message:
    return render(FIRING, team_target(kind, _settings(kind), {}))


def _settings(kind: str, **changed: Any) -> Any:
    (rendered, *_) = examples()[kind].rendered.values()
    return replace(rendered.settings, **changed)


def _message(kind: str, texts: dict[str, Any], notification: Notification = FIRING, **changed: Any) -> Message:
    message = render(notification, team_target(kind, _settings(kind, **changed), texts))
    check_json(message)
    check_clean(message)
    assert list(peer(kind).problems(message)) == []
    return message


def _shown(message: Message) -> str:
    """All texts of a message, without what stands in them to keep them from being read as something else."""
    return json.dumps(message, ensure_ascii=False).replace("\\u2060", "").replace("\u2060", "")


@pytest.mark.parametrize(("kind", "key"), PAIRS)
def test_a_text_of_the_team_stands_and_one_that_fails_is_ours(kind: str, key: str) -> None:
    shown = _shown(_message(kind, {key: "Zebra {{ .Status }} {{ .CommonLabels.service }}"}))
    assert "Zebra firing orders" in shown
    failing = _message(kind, {key: "{{ .Nothing }} Zebra"})
    assert "Zebra" not in _shown(failing)
    assert f"{key}: line 1: template.Data has no field or method" in _shown(failing).replace("\\\\", "")
    assert "orders" in _shown(failing)
    assert _message(kind, {key: "{{ .CommonLabels.nothing }}"}) == _ours(kind)
    assert key in {one.name for one in channel(kind).keys if one.use == "templated"}


@pytest.mark.parametrize("kind", KEYS)
def test_a_body_of_any_length_fits_below_its_notices_with_our_footer(kind: str) -> None:
    texts = dict.fromkeys(KEYS[kind], "{{ range 9000 }}wörd <b>&amp;😀 {{ end }}")
    failed = replace(FIRING, failed=FAILED)
    shown = _shown(_message(kind, texts, failed))
    assert "wörd" in shown
    assert "This page was NOT delivered" in shown
    assert kind == "pushover" or "alertrelay prod" in shown


@pytest.mark.parametrize("kind", KEYS)
def test_angle_brackets_of_a_label_arrive(kind: str) -> None:
    labels = {"alertname": "A", "host": "<no value> & <host>"}
    hostile = replace(FIRING, alerts=(replace(FIRING.alerts[0], labels=labels),))
    message = _message(kind, {BODY[kind]: "on {{ .CommonLabels.host }} **now**"}, hostile)
    read = peer(kind).shown(message).replace("\u2060", "")
    assert "on <no value> & <host>" in read


def test_telegram_has_the_mode_of_the_team_and_its_tags() -> None:
    html = _message("telegram", {"message": "<b>{{ .Status }}</b><br>{{ .CommonLabels.service }}"})
    assert html["text"].startswith("<b>firing</b>&lt;br&gt;orders\n\n")
    plain = _message("telegram", {"message": "<b>{{ .Status }}"}, parse_mode="")
    assert (plain["text"].partition("\n")[0], plain["parse_mode"]) == ("&lt;b&gt;firing", "HTML")
    marked = _message("telegram", {"message": "*{{ .Status }}*"}, parse_mode="MARKDOWNV2")
    assert marked["text"].startswith("*firing*\n\nalertrelay prod, receiver oncall, group \\{\\}")
    assert marked["parse_mode"] == "MarkdownV2"


def test_a_telegram_message_whose_markup_cannot_be_read_arrives_as_plain_text() -> None:
    with sending("telegram") as chat:
        chat.fail(400, '{"ok":false,"error_code":400,"description":"Bad Request: can\'t parse entities: x"}')
        assert chat.send().ref
    assert "parse_mode" not in chat.last.body
    assert "<b>" not in chat.last.body["text"]
    assert "> 80%" in chat.last.body["text"]


def test_a_number_of_a_character_needs_no_semicolon_in_telegram() -> None:
    text = _message("telegram", {"message": "&#x1F525<b>{{ .Status }}</b>&#9888"})["text"]
    assert text.startswith("&#x1F525<b>firing</b>&#9888")


def test_pushover_shows_html_and_a_link_of_the_team() -> None:
    texts = {"message": "<b>{{ .Status }}</b> {{ .CommonLabels.service }}", "url": "https://a.example/x", "title": "T"}
    message = _message("pushover", texts, replace(FIRING, failed=FAILED), html=True)
    assert message["message"].endswith("\n\n<b>firing</b> orders")
    assert (message["html"], message["url"], message["url_title"]) == (1, "https://a.example/x", "Open")
    assert "html" not in _message("pushover", {"message": "x" * 2000}, html=True)
    assert _message("pushover", {"message": "m"}, monospace=True)["monospace"] == 1


@pytest.mark.parametrize("kind", ["mattermost", "rocketchat"])
def test_a_title_has_its_link_and_fields_stand_in_place_of_ours(kind: str) -> None:
    fields = [{"title": "Where", "value": "{{ .CommonLabels.service }} <x>", "short": True}]
    texts = {"title": "T {{ .Status }}", "title_link": "https://a.example/x", "fields": fields}
    text = _message(kind, texts)["text"]
    assert "[T firing](https://a.example/x)" in text.partition("\n")[0]
    assert "Where" in text
    assert "orders <\u2060x>" in text
    assert (
        "\n\n**own** [y](https://a.example)\n\n"
        in _message(kind, {**texts, "text": "**own** [y](https://a.example)"})["text"]
    )


def test_opsgenie_has_the_details_of_the_team_before_ours() -> None:
    details = {"env": "{{ .CommonLabels.service }}", "empty": ""}
    found = _message("opsgenie", {"details": details})["details"]
    assert next(iter(found)) == "env"
    assert found == {"env": "orders"} | _ours("opsgenie")["details"]


def test_jira_takes_a_mapping_and_a_document() -> None:
    document = '{"type": "doc", "version": 1, "content": [{"type": "{{ print "rule" }}"}]}'
    texts = {"summary": {"template": "S {{ .Status }}", "enable_update": False}, "description": document}
    fields = _message("jira", texts)["fields"]
    assert fields["summary"] == "S firing"
    assert [one["type"] for one in fields["description"]["content"]] == ["rule", "paragraph"]
    wiki = _message("jira", {"description": "h2. {{ .Status }}"}, url="https://jira.example/rest/api/2")["fields"]
    assert wiki["description"].startswith("h2. firing\n\n{noformat}\nalertrelay prod")


@pytest.mark.parametrize(
    ("kind", "texts", "place", "expected"),
    [
        ("pagerduty", {"severity": "{{ .CommonLabels.severity | toUpper }}"}, ("payload", "severity"), "critical"),
        ("pagerduty", {"class": "c {{ .Status }}"}, ("payload", "class"), "c firing"),
        ("pagerduty", {"details": {"a": "{{ .Status }}"}}, ("payload", "custom_details", "a"), "firing"),
        ("pagerduty", {"details": {"a": "[{{ toJson .Status }},]"}}, ("payload", "custom_details", "a"), ["firing"]),
        (
            "pagerduty",
            {"links": [{"href": "https://a.example/{{ .Status }}", "text": "T {{ .Status }}"}]},
            ("links", -1),
            {"href": "https://a.example/firing", "text": "T firing"},
        ),
        (
            "pagerduty",
            {"images": [{"src": "https://a.example/{{ .Status }}.png", "alt": "{{ .Status }}"}]},
            ("images", -1),
            {"src": "https://a.example/firing.png", "alt": "firing"},
        ),
        ("pagerduty", {"client_url": "https://a.example/{{ .Status }}"}, ("client_url",), "https://a.example/firing"),
        ("opsgenie", {"priority": "{{ if eq .Status `firing` }}p2{{ end }}"}, ("priority",), "P2"),
        ("opsgenie", {"tags": "{{ .Status }},{{ .CommonLabels.service }}"}, ("tags",), ["firing", "orders"]),
        ("victorops", {"message_type": "{{ `warning` }}"}, ("message_type",), "WARNING"),
        ("victorops", {"custom_fields": {"env": "{{ .Status }}"}}, ("env",), "firing"),
        ("pushover", {"priority": "{{ if eq .Status `firing` }}1{{ else }}0{{ end }}"}, ("priority",), 1),
        ("jira", {"priority": "{{ `Highest` }}"}, ("fields", "priority"), {"name": "Highest"}),
        ("jira", {"labels": ["{{ .Status }}", "x"]}, ("fields", "labels", -2), "firing"),
        (
            "jira",
            {"fields": {"customfield_1": {"id": "{{ toJson `15129` }}", "n": "{{ len .Alerts }}"}}},
            ("fields", "customfield_1"),
            {"id": "15129", "n": 1},
        ),
        ("jira", {"fields": {"a": "[{{ range .Alerts }}{{ toJson .Status }},{{ end }}]"}}, ("fields", "a"), ["firing"]),
        ("discord", {"username": "{{ .Status }}"}, ("username",), "firing"),
        ("mattermost", {"icon_emoji": ":{{ .Status }}:"}, ("icon_emoji",), ":firing:"),
        ("rocketchat", {"icon_url": "https://a.example/x"}, ("avatar",), "https://a.example/x"),
    ],
)  # fmt: skip
def test_a_template_in_a_setting_is_run(
    kind: str, texts: dict[str, Any], place: tuple[str, ...], expected: object
) -> None:
    assert functools.reduce(operator.getitem, place, _message(kind, texts)) == expected


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        ("opsgenie", {"priority": "{{ `high` }}"}),
        ("pagerduty", {"client_url": "{{ .ExternalURL }}"}),
        ("discord", {"avatar_url": "{{ `javascript:x` }}"}),
    ],
)
def test_what_a_service_would_refuse_leaves_the_setting_as_it_is(kind: str, texts: dict[str, Any]) -> None:
    assert _message(kind, texts) == _ours(kind)
