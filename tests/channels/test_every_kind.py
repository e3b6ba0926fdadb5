"""What holds for every kind alike: its texts arrive unharmed, its keys are read, its messages answer and change
another."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from alertrelay.alert import Alert
from alertrelay.channels import KINDS, channel, render
from alertrelay.notification import Message
from alertrelay.ports import AuthDead, RateLimited
from markdown_it import MarkdownIt

from local.standins import Fault, peer
from tests.channels.example import all_rendered, all_sent, key, read, target
from tests.channels.sending import Sending
from tests.channels.sending import sending as on_stand_in
from tests.channels.team import team_target
from tests.channels.test_team_kinds import BODY
from tests.render.notifications import CASES, alert, notification

STEPS = """Value is <no value> on <host>. Steps of *run_book* #7:
1. kubectl -n shop drain <node> --force_it
2. ssh ops@<host> 'df -h | grep -v tmpfs > /tmp/x_y_z'
    echo "a  b" && curl https://a.example/x_y_z?q=1_2_3
- done [x](y) ~~z~~ ||s|| &lt; `tick` \\n @here @channel"""
RENDERED = all_rendered()
SENT = all_sent()
WAYS = [(kind, way) for kind in KINDS for way in peer(kind).ways]
SMALL = {"phone", "amazon-q"}
"""A text message has a title alone; Amazon Q reads its chat's own Markdown."""


def stepped() -> Alert:
    return alert(
        {"alertname": "DiskFull", "severity": "critical", "service": "orders"},
        {"summary": "Disk <no value> of <host> is full", "description": STEPS},
        source="alertmanager",
    )


def shown(way: str, message: Message) -> str:
    """The message as a person reads it."""
    kind = target(RENDERED[way].settings).integration.channel
    return peer(kind).shown(message)


@pytest.mark.parametrize("way", [way for way in RENDERED if way not in SMALL])
def test_angle_brackets_numbered_steps_and_code_arrive_as_they_came(way: str) -> None:
    text = shown(way, render(notification(stepped()), target(RENDERED[way].settings)))
    assert "Disk <no value> of <host> is full" in text
    read_ = [line.strip() for line in text.replace("'tick'", "`tick`").splitlines()]
    for line in STEPS.splitlines():
        assert any(line.strip() in one for one in read_), line


BODIES = {
    **BODY,
    "slack": "text",
    "msteamsv2": "text",
    "email": "text",
    "pagerduty": "description",
    "sns": "message",
}
"""The key of the team's own text that is a message's body; a payload and incident.io's JSON are as they are."""


def _kind(way: str) -> str:
    return target(RENDERED[way].settings).integration.channel


@pytest.mark.parametrize(("kind", "key"), BODIES.items())
def test_angle_brackets_in_a_value_of_a_team_s_template_arrive(kind: str, key: str) -> None:
    settings = next(RENDERED[way].settings for way in RENDERED if way not in SMALL and _kind(way) == kind)
    text = "{{ range .Alerts }}on {{ .Annotations.summary }}{{ end }}"
    message = render(notification(stepped()), team_target(kind, settings, {key: text}))
    assert "on Disk <no value> of <host> is full" in peer(kind).shown(message).replace("\u2060", "")


def test_a_phone_shows_angle_brackets_too() -> None:
    assert "Disk <no value> of <host> is full" in str(
        render(notification(stepped()), target(RENDERED["phone"].settings))
    )


MARKDOWN = [way for way in ("discord", "webex", "mattermost") if way in RENDERED]


def as_commonmark(text: str) -> str:
    """The text that a reader of CommonMark shows, with its addresses as links."""
    tokens = MarkdownIt("commonmark", {"html": True}).parse(text)
    kinds = {token.type for token in tokens}
    assert kinds <= {"paragraph_open", "paragraph_close", "inline", "fence"}, kinds
    return "\n".join("".join(map(_read, token.children or [])) or token.content for token in tokens)


def _read(token: Any) -> str:
    assert token.type not in ("html_inline", "image"), token.content
    return "\n" if token.type in ("softbreak", "hardbreak") else str(token.content)


def marked(message: Message) -> Iterator[str]:
    """The texts of a message in Markdown."""
    yield from (str(message[name]) for name in ("content", "markdown", "text") if message.get(name))
    yield from (str(one["description"]) for one in message.get("embeds", ()))


@pytest.mark.parametrize("way", MARKDOWN)
def test_a_reader_of_commonmark_shows_no_list_no_html_and_every_line(way: str) -> None:
    message = render(notification(stepped()), target(RENDERED[way].settings))
    text = "\n".join(map(as_commonmark, marked(message))).replace("\u00a0", " ").replace("\u2060", "")
    # Discord knows no entities, so it escapes none.
    steps = html.unescape(STEPS) if way == "discord" else STEPS
    for line in steps.splitlines():
        assert line.strip() in text, line


@pytest.mark.parametrize("way", MARKDOWN)
def test_a_hostile_text_is_no_markup_to_a_reader_of_commonmark(way: str) -> None:
    message = render(CASES["hostile"], target(RENDERED[way].settings))
    text = "\n".join(map(as_commonmark, marked(message)))
    assert "<script>" in text
    assert "```rm -rf```" in text


@pytest.fixture
def sending(request: pytest.FixtureRequest) -> Iterator[Sending]:
    with on_stand_in(request.param[1]) as running:
        yield running


EDITED = [(kind, way) for kind, way in WAYS if SENT[way].settings.can_edit]


@pytest.mark.parametrize("sending", EDITED, ids=str, indirect=True)
def test_a_message_that_can_be_edited_is_changed_in_its_place(sending: Sending) -> None:
    first = sending.send()
    assert first.ref
    assert sending.send(earlier=first, edit=True).ref == first.ref
    assert sending.send(earlier=first).ref == first.ref  # a further message keeps the first one as that to change
    posted, edited, further = sending.peers.requests
    assert (edited.method, edited.path) != (posted.method, posted.path)
    assert (further.method, further.path) == (posted.method, posted.path)
    assert all(request.taken for request in sending.peers.requests)


ACKNOWLEDGING = [
    (target(sent.settings).integration.channel, way) for way, sent in SENT.items() if sent.settings.acknowledges
]


@pytest.mark.parametrize("sending", ACKNOWLEDGING, ids=str, indirect=True)
def test_an_acknowledgement_is_taken_and_is_no_page(sending: Sending) -> None:
    first = sending.send()
    page = peer(sending.kind).shown(sending.last.body)
    assert sending.send("acknowledged", earlier=first).ref == first.ref
    assert all(request.taken for request in sending.peers.requests)
    assert page.partition("\n")[0] not in peer(sending.kind).shown(sending.last.body)


@pytest.mark.parametrize("kind", KINDS)
def test_the_documentation_says_what_becomes_of_an_acknowledgement(kind: str) -> None:
    found = [RENDERED[way].settings for way in RENDERED if _kind(way) == kind]
    does = any(settings.acknowledges or settings.can_edit for settings in found)
    assert does == (channel(kind).acknowledged.partition(":")[0] not in ("", "nothing"))


@pytest.mark.parametrize("sending", WAYS, ids=str, indirect=True)
def test_a_secret_of_two_lines_is_dead_without_asking_anybody(sending: Sending) -> None:
    value = key(sending.sent).value
    wrong = replace(key(sending.sent), value=f"{value[:-3]}\n{value[-3:]}")
    with pytest.raises(AuthDead) as caught:
        sending.send(key=wrong)
    assert not sending.peers.requests
    assert not [part for part in sending.sent.parts if part[:-3] in caught.value.text]


@pytest.mark.parametrize("sending", WAYS, ids=str, indirect=True)
def test_a_delay_that_a_service_names_is_kept(sending: Sending) -> None:
    sending.peers.fail(sending.kind, Fault(kind="status", status=429, retry_after="30"))
    with pytest.raises(RateLimited) as caught:
        sending.send()
    assert caught.value.retry_after == 30.0


@pytest.mark.parametrize(("kind", "way"), WAYS)
def test_an_integration_is_read_without_an_error_and_not_with_an_unknown_key(kind: str, way: str) -> None:
    config = peer(kind).ways[way]
    assert [found for found in read(kind, config)[1] if found.severity == "error"] == []
    codes = [(found.severity, found.code) for found in read(kind, f"{config}, chanel: x")[1]]
    assert ("error", "unknown-key") in codes


SECRETS = [(kind, key.name) for kind, _ in WAYS for key in channel(kind).keys if key.shape == "secret"]


@pytest.mark.parametrize(("kind", "name"), [pair for pair in dict.fromkeys(SECRETS) if pair[1] != "url"])
def test_a_secret_in_plain_text_is_refused_with_its_mend_and_not_shown(kind: str, name: str) -> None:
    (found,) = [one for one in read(kind, f"{name}: notarealsecret")[1] if one.code == "inline-secret"]
    assert f"`{name}_file: /etc/alertmanager/secrets/NAME`" in found.mend
    assert "notarealsecret" not in str(found)


DECIDING = [(kind, name) for kind, _ in WAYS for key in channel(kind).keys for name in key.deciding]


@pytest.mark.parametrize(("kind", "name"), [pair for pair in dict.fromkeys(DECIDING) if pair[1] != "responders"])
def test_a_template_in_what_decides_is_refused_by_name(kind: str, name: str) -> None:
    found = [one for one in read(kind, f"{name}: '/s/{{{{ .x }}}}'")[1] if one.code == "template"]
    assert [one.key.rpartition(".")[2] for one in found] == [name]
