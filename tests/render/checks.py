"""What each service accepts, as checks of a rendered message. Limits and their sources: the channels' own documents."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from alertrelay.notification import Message
from slack_sdk.models.blocks import Block

SLACK_MARKUP = re.compile(
    r"<!date\^-?\d+\^\{date_short_pretty\} \{time\}\|\d{4}-\d\d-\d\d \d\d:\d\d UTC>|<https?://[^<>|\s]+\|[A-Za-z ]+>"
)
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
GSM = re.compile(r"[A-Za-z0-9 @!\"#$%&'()*+,\-./:;<=>?_\n]*")
VOID = frozenset({"meta", "br", "hr", "img"})
TAGS = frozenset(
    {"html", "head", "meta", "title", "body", "table", "tr", "td", "div", "p", "a", "em"},
)


def utf16(text: str) -> int:
    """Length as a service counts that counts most."""
    return len(text.encode("utf-16-le")) // 2


def strings(value: Any) -> Iterator[str]:
    """Every text of a JSON value, names too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from strings(name)
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def check_json(message: Message) -> None:
    """Plain JSON in valid Unicode, without control characters."""
    assert json.loads(json.dumps(message).encode()) == message
    for text in strings(message):
        text.encode("utf-8")


def check_clean(message: Message) -> None:
    for text in strings(message):
        assert not CONTROLS.search(text)


def check_pagerduty(message: Message) -> None:
    check_json(message)
    check_clean(message)
    assert "routing_key" not in message
    assert 0 < len(message["dedup_key"]) <= 255
    if message["event_action"] == "resolve":
        assert set(message) == {"event_action", "dedup_key"}
        return
    assert set(message) <= {"event_action", "dedup_key", "payload", "links", "client", "client_url"}
    assert message["event_action"] == "trigger"
    payload = message["payload"]
    known = {"summary", "source", "severity", "timestamp", "component", "group", "class", "custom_details"}
    assert {"summary", "source", "severity"} <= set(payload) <= known
    assert 0 < utf16(payload["summary"]) <= 1024
    assert "\n" not in payload["summary"]
    assert payload["severity"] in {"critical", "error", "warning", "info"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", payload["timestamp"])
    for name in ("source", "component", "group", "class"):
        assert 0 < utf16(payload.get(name, "x")) <= 255
    for link in message["links"]:
        assert set(link) == {"href", "text"}
        check_address(link["href"])
    assert len(json.dumps(message)) < 450_000


def check_address(href: str) -> None:
    assert href.isascii()
    assert not re.search(r'[\s<>"|`]', href)
    parts = urlsplit(href)
    assert parts.scheme.lower() in ("http", "https")
    assert parts.netloc


def check_slack(message: Message) -> None:
    check_json(message)
    check_clean(message)
    assert set(message) <= {"text", "attachments", "channel"}
    check_mrkdwn(message["text"], 3000)
    assert message["text"].strip()
    (attachment,) = message["attachments"]
    assert set(attachment) == {"color", "blocks"}
    assert re.fullmatch("#[0-9a-f]{6}", attachment["color"])
    assert 0 < len(attachment["blocks"]) <= 45
    for block in attachment["blocks"]:
        assert Block.parse(block).to_dict() == block  # type: ignore[union-attr]  # None would be an AttributeError: fails too
        check_block(block)


def check_block(block: Mapping[str, Any]) -> None:
    """What slack_sdk's models do not look at: the length of fields and context, and empty texts."""
    texts = [(block["text"], 2700)] if "text" in block else []
    texts += [(field, 1800) for field in block.get("fields", [])]
    texts += [(element, 2700) for element in block.get("elements", [])]
    assert len(block.get("fields", [])) <= 10
    assert texts or block == {"type": "divider"}
    for text, limit in texts:
        assert set(text) == {"type", "text"}
        assert text["type"] == "mrkdwn"
        check_mrkdwn(text["text"], limit)


def check_mrkdwn(text: str, limit: int) -> None:
    """Within the limit; nothing but our own links and dates is markup, no entity is cut, nobody is mentioned."""
    assert 0 < utf16(text) <= limit
    bare = SLACK_MARKUP.sub("", text)
    assert "<" not in bare
    assert ">" not in bare
    assert not re.search(r"&(?!amp;|lt;|gt;)", bare)
    assert not re.search("@(channel|here|everyone|group)", bare, re.IGNORECASE)
    assert bare.count("`") in (0, 6)
    if "`" in bare:
        assert bare.startswith("```")
        assert bare.endswith("```")


class Page(HTMLParser):
    """Reads a page, and keeps its text, its links and what is wrong with its nesting."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        self.hrefs += [value or "" for name, value in attrs if name == "href"]
        assert not [name for name, _ in attrs if name.startswith("on") or name == "src"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read_page(html: str) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    assert page.open == []
    return page


def check_email(message: Message) -> None:
    check_json(message)
    check_clean(message)
    assert set(message) == {"subject", "text", "html"}
    assert "\n" not in message["subject"]
    assert 0 < utf16(message["subject"]) <= 150
    assert len(message["text"]) < 60_000
    assert len(message["html"].encode()) < 300_000
    for href in read_page(message["html"]).hrefs:
        check_address(href)
    check_mail(message)


def check_mail(message: Message) -> None:
    """Survives the standard library's own packing and unpacking."""
    mail = EmailMessage()
    mail["Subject"] = message["subject"]
    mail.set_content(message["text"])
    mail.add_alternative(message["html"], subtype="html")
    read = message_from_bytes(mail.as_bytes(), policy=policy.default)
    # The library loses the space between two encoded words.
    assert "".join(read["Subject"].split()) == "".join(message["subject"].split())
    body = read.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines() == message["text"].splitlines()
    assert not read.defects


def check_topic(message: Message) -> None:
    check_json(message)
    check_clean(message)
    assert set(message) == {"subject", "message"}
    assert message["subject"].isascii()
    assert message["subject"].isprintable()
    assert 0 < len(message["subject"]) <= 99
    assert 0 < len(message["message"].encode()) < 230_000


def check_phone(message: Message) -> None:
    check_json(message)
    assert set(message) == {"message"}
    assert 0 < len(message["message"]) <= 300
    assert GSM.fullmatch(message["message"].replace("~", "").replace("[", "").replace("]", ""))


def check_webhook(message: Message) -> None:
    check_json(message)
    assert message["version"] == "4"
    required = {"groupKey", "truncatedAlerts", "status", "receiver", "groupLabels", "commonLabels", "commonAnnotations"}
    assert required | {"externalURL", "alerts"} <= set(message)
    assert message["status"] in ("firing", "resolved")
    for alert in message["alerts"]:
        assert set(alert) == {
            "status",
            "labels",
            "annotations",
            "startsAt",
            "endsAt",
            "generatorURL",
            "fingerprint",
        }
        assert (alert["endsAt"] == "0001-01-01T00:00:00Z") == (alert["status"] == "firing")
        assert message["commonLabels"].items() <= alert["labels"].items()
        assert message["commonAnnotations"].items() <= alert["annotations"].items()


CHECKS: Mapping[str, Callable[[Message], None]] = {
    "pagerduty": check_pagerduty,
    "slack": check_slack,
    "email": check_email,
    "topic": check_topic,
    "phone": check_phone,
    "webhook": check_webhook,
}
