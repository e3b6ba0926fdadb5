"""The headers that make a thread, and those of addresses, whatever the length of names and domains."""

from __future__ import annotations

import dataclasses
import email
import email.policy
from collections.abc import Iterator
from email.utils import getaddresses

import pytest
from alertrelay.channels.email import bare_addresses
from alertrelay.channels.email.sender import MESSAGE_ID_CHARACTERS, EmailSender, compose, message_id
from alertrelay.channels.transport.connection import Network
from alertrelay.notification import Receipt
from hypothesis import given, settings
from hypothesis import strategies as st

from local.standins import StandIns
from tests.channels.email.example import MAIL, SENT, email_settings
from tests.channels.example import key, target

LONGEST_DOMAIN = 255  # RFC 5321, 4.5.3.1.2
NAMES = ("Message-ID", "In-Reply-To", "References")


@pytest.fixture(scope="module")
def server() -> Iterator[StandIns]:
    with StandIns() as running:
        yield running


def domain_of(length: int) -> str:
    labels = ("mail-" + "a" * 55 + ".") * 30
    return labels[: length - 3].rstrip("-.").ljust(length - 3, "b") + ".io"


@given(length=st.integers(7, LONGEST_DOMAIN), id_length=st.integers(1, 120))
@settings(max_examples=40, deadline=None)
def test_an_answer_stays_in_its_thread_at_any_length_of_the_domain(
    server: StandIns, length: int, id_length: int
) -> None:
    wanted = target(dataclasses.replace(email_settings(), sender=f"Relay <relay@{domain_of(length)}>"))
    receipt: Receipt | None = None
    for notification_id in ("f" * id_length, "r" * id_length):
        receipt = EmailSender(Network(endpoints=server.endpoints)).send(
            MAIL, wanted, key=key(SENT), notification_id=notification_id, timeout=600, earlier=receipt
        )
    first, second = server.requests[-2:]
    for policy in (email.policy.compat32, email.policy.default):
        opened, resolved = (email.message_from_bytes(mail.raw, policy=policy) for mail in (first, second))
        thread = opened["Message-ID"].strip()
        assert thread == f"<{'f' * id_length}@{domain_of(length)}>"
        assert [resolved[name].strip() for name in NAMES[1:]] == [thread, thread]
        assert f"\r\nMessage-ID: {thread}\r\n".encode() in first.raw
        for name in NAMES[1:]:
            assert f"\r\n{name}: {thread}\r\n".encode() in second.raw


@pytest.mark.parametrize("length", [8, 42, 43, 78, 200, 800, MESSAGE_ID_CHARACTERS - 7])
def test_the_longest_line_that_rfc_5322_allows_is_literal_too(length: int) -> None:
    answers = f"<id-1@{domain_of(length)}>"
    raw = bytes(compose(MAIL, email_settings(), notification_id="n-1", answers=answers))
    for name in NAMES[1:]:
        assert f"\r\n{name}: {answers}\r\n".encode() in raw
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


@pytest.mark.parametrize("length", [MESSAGE_ID_CHARACTERS, 2000])
def test_a_longer_id_than_a_line_holds_is_left_out(length: int) -> None:
    answers = f"<id-1@{domain_of(length)}>"
    raw = bytes(compose(MAIL, email_settings(), notification_id="n-1", answers=answers))
    assert b"In-Reply-To" not in raw
    made = message_id("n-1", f"relay@{domain_of(length)}")
    assert made == "<n-1@alertrelay.invalid>"


ADDRESSES = {
    "names outside ASCII": ("Größe Größe Größe <orders-first@example.com>", "Größe Größe Größe <second@example.com>"),
    "long names": ("é" * 60 + " <first@example.com>", "x" * 120 + " <second@example.com>"),
    "a local part longer than RFC 5321 allows": (f"On call <{'a' * 100}@{'d' * 63}.example>", f"{'b' * 100}@d.example"),
    "labels of 63 characters": (f"a@{'d' * 63}.{'e' * 63}.example", f"On call <b@{'f' * 63}.{'e' * 63}.example>"),
    "a comma in a name": ('"Orders, on call" <first@example.com>', "second@example.com"),
}


@pytest.mark.parametrize("to", ADDRESSES.values(), ids=ADDRESSES)
def test_each_recipient_stays_an_address_and_what_is_behind_them_a_header(
    to: tuple[str, ...],
) -> None:
    settings = dataclasses.replace(email_settings(to=to), sender=to[0])
    raw = bytes(compose(MAIL, settings, notification_id="n-1", answers="<id-1@example.com>"))
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert [address.addr_spec for address in mail["To"].addresses] == list(bare_addresses(to))
    (plain,) = [value for name, value in email.message_from_bytes(raw).items() if name == "To"]
    assert [address for _, address in getaddresses([plain])] == list(bare_addresses(to))
    assert [address.addr_spec for address in mail["From"].addresses] == list(bare_addresses(to[:1]))
    assert (mail["Subject"], mail["In-Reply-To"]) == (MAIL["subject"], "<id-1@example.com>")
