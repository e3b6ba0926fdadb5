from __future__ import annotations

import base64
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser

from alertrelay.channels.email import EmailSettings
from alertrelay.notification import Message

from tests.channels.example import Example, Rendered, Sent
from tests.render.checks import check_address, check_clean, check_json, utf16

PASSWORD = "not-a-real-password-1"
MAIL: Message = {"subject": "[CRITICAL] CPU high", "text": "CPU is at 97 %", "html": "<p>CPU is at 97 %</p>"}
EMAIL = EmailSettings(
    to=("oncall@example.com",),
    sender="alertrelay@example.com",
    transport="smtp",
    smarthost="smtp.example.com:587",
    hello="example.com",
    username="alertrelay",
    password="smtp_password",
    require_tls=True,
)
VOID = frozenset({"meta", "br", "hr", "img"})
TAGS = frozenset(
    {"html", "head", "meta", "title", "body", "table", "tr", "td", "div", "p", "a", "em", "img"},
)


def email_settings(
    *,
    to: tuple[str, ...] = ("On call <oncall@example.com>", "db@example.com"),
    require_tls: bool = True,
    username: str = "relay",
    password: str = "smtp_password",
    smarthost: str = "mail.example.com:587",
) -> EmailSettings:
    return EmailSettings(
        to=to,
        sender="Alert relay <relay@example.com>",
        transport="smtp",
        smarthost=smarthost,
        hello="relay.example.com",
        username=username,
        password=password,
        require_tls=require_tls,
    )


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


def files(message: Message) -> dict[str, str]:
    """The text and the page, each to be read by itself."""
    return {"txt": f"Subject: {message['subject']}\n\n{message['text']}", "html": message["html"]}


SENT = Sent(
    answers="E-mail by SMTP",
    settings=email_settings(),
    message=MAIL,
    secret=PASSWORD,
    parts=("not-a-real-password", base64.b64encode(b"\0relay\0not-a-real-password-1").decode()),
)
EXAMPLE = Example(
    rendered={"email": Rendered(settings=EMAIL, check=check_email, files=files)},
    sent={"email": SENT},
)
