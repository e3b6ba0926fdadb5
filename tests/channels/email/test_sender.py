from __future__ import annotations

import dataclasses
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from alertrelay.channels.email.sender import EmailSender, compose, message_id
from alertrelay.channels.transport.connection import Network
from alertrelay.config.model import Target
from alertrelay.notification import Message, Receipt
from alertrelay.ports import AuthDead, DeliveryFailure, Key, Permanent, RateLimited, Retryable

from local.standins import Fault, RecordedRequest, StandIns
from local.standins.board import Board
from local.standins.email import SmtpListener
from tests.channels.email.example import MAIL, PASSWORD, SENT, email_settings
from tests.channels.example import key, read, target
from tests.channels.raw_peer import saying

EMAIL = target(SENT.settings)


def send(
    network: Network,
    wanted: Target = EMAIL,
    *,
    message: Message = MAIL,
    given: Key | None = None,
    timeout: float = 600,
    earlier: Receipt | None = None,
) -> Receipt:
    return EmailSender(network).send(
        message,
        wanted,
        key=given or key(SENT),
        notification_id="n-1",
        timeout=timeout,
        earlier=earlier,
    )


def sent(
    peers: StandIns, wanted: Target = EMAIL, *, message: Message = MAIL, earlier: Receipt | None = None
) -> RecordedRequest:
    send(Network(endpoints=peers.endpoints), wanted, message=message, earlier=earlier)
    return peers.requests[-1]


def failure_of(peers: StandIns, fault: Fault, *, token: str = "", times: int | None = None) -> DeliveryFailure:
    peers.fail("email", fault, token=token, times=times)
    with pytest.raises(DeliveryFailure) as caught:
        send(Network(endpoints=peers.endpoints), timeout=0.3)
    return caught.value


def status(code: int, text: str | None = None) -> Fault:
    return Fault(kind="status", status=code, body=text)


@contextmanager
def secured(server_tls: ssl.SSLContext, passwords: Mapping[str, str]) -> Iterator[tuple[Board, str]]:
    board = Board(lambda: datetime(2026, 11, 20, tzinfo=UTC))
    listener = SmtpListener(board, tls=server_tls, passwords=passwords)
    listener.start()
    try:
        yield board, f"127.0.0.1:{listener.port}"
    finally:
        listener.stop()


def test_one_mail_of_text_and_html_goes_to_all(peers: StandIns) -> None:
    mail = sent(peers)
    assert mail.taken
    assert mail.body == {
        "from": "relay@example.com",
        "to": ["oncall@example.com", "db@example.com"],
        "subject": "[CRITICAL] CPU high",
        "text": "CPU is at 97 %\n",
        "html": "<p>CPU is at 97 %</p>\n",
    }
    assert mail.request_id == "n-1"
    assert mail.headers["from"] == "Alert relay <relay@example.com>"
    assert mail.headers["to"] == "On call <oncall@example.com>, db@example.com"
    assert mail.headers["auto-submitted"] == "auto-generated"


def test_the_receipt_names_the_mail_and_the_key(peers: StandIns) -> None:
    receipt = send(Network(endpoints=peers.endpoints))
    assert receipt.ref == {"message_id": "<n-1@example.com>"}
    assert (receipt.key_name, receipt.key_version) == ("smtp_password", "0a1b2c3d")


def test_a_later_mail_answers_the_first(peers: StandIns) -> None:
    first = Receipt(integration=EMAIL.integration, ref={"message_id": "<n-0@example.com>"})
    receipt = send(Network(endpoints=peers.endpoints), earlier=first)
    headers = peers.requests[-1].headers
    assert (headers["in-reply-to"], headers["references"]) == ("<n-0@example.com>", "<n-0@example.com>")
    assert headers["message-id"] == "<n-1@example.com>"
    assert receipt.ref == first.ref, "the thread stays the one of its first mail"


def test_a_repeated_try_has_the_same_message_id(peers: StandIns) -> None:
    assert sent(peers).headers["message-id"] == sent(peers).headers["message-id"]


@pytest.mark.parametrize("notification_id", ["a b", "x" * 500, "é", "<>", "a\r\nBcc: x"])
def test_any_notification_id_gives_a_valid_message_id(notification_id: str) -> None:
    made = message_id(notification_id, "Relay <relay@example.com>")
    assert made.isascii()
    assert made.count("@") == 1
    assert not any(c.isspace() for c in made)


@pytest.mark.parametrize(
    "subject", ["a\r\nBcc: evil@example.com", "a\nb", "\x00", "\u2028x", "Größe 🔥 " * 50, "\ud83d"]
)
def test_an_alarms_name_cannot_add_a_header(peers: StandIns, subject: str) -> None:
    mail = sent(peers, message={**MAIL, "subject": subject})
    assert mail.taken
    assert "bcc" not in mail.headers
    assert mail.body["to"] == ["oncall@example.com", "db@example.com"]


@pytest.mark.parametrize("text", [".\n..\n.\r\n", "ä" * 5000, "x" * 100_000, "\ud83d", "a\rb", ""])
def test_any_text_arrives(peers: StandIns, text: str) -> None:
    mail = sent(peers, message={"subject": "s", "text": text})
    assert mail.taken
    expected = text.replace("\ud83d", "?").replace("\r\n", "\n").replace("\r", "\n")
    assert mail.body["text"].rstrip("\n") == expected.rstrip("\n")
    assert mail.body["html"] == ""


@pytest.mark.parametrize(
    ("fault", "kind", "text"),
    [
        (status(421), Retryable, "the mail server answered 421: failed on purpose"),
        (status(451), Retryable, "the mail server answered 451: failed on purpose"),
        (status(452), Retryable, "the mail server answered 452: failed on purpose"),
        (status(503), Retryable, "the mail server answered 451: failed on purpose"),
        (status(550), Permanent, "the mail server answered 550: failed on purpose"),
        (status(530), AuthDead, "the mail server answered 530: failed on purpose"),
        (status(454, "sending rate exceeded"), RateLimited, "the mail server answered 454: sending rate exceeded"),
        (Fault.named("refused"), Retryable, "the mail server refused the connection"),
        (Fault.named("timeout"), Retryable, "the mail server did not answer within 0.3 s"),
        (Fault.named("trickle"), Retryable, "the mail server did not answer within 0.3 s"),
        (Fault.named("reset"), Retryable, "the mail server closed the connection unasked"),
    ],
)  # fmt: skip
def test_what_fails_before_the_data_delivered_nothing(
    peers: StandIns, fault: Fault, kind: type[DeliveryFailure], text: str
) -> None:
    failure = failure_of(peers, fault)
    assert (type(failure), failure.text, failure.ambiguous) == (kind, text, False)


def test_a_daily_quota_is_not_waited_for(peers: StandIns) -> None:
    failure = failure_of(peers, status(454, "Throttling failure: Daily message quota exceeded"))
    assert isinstance(failure, RateLimited)
    assert failure.retry_after == 600


@pytest.mark.parametrize("kind", ["timeout", "reset"])
def test_no_answer_after_the_data_is_ambiguous(peers: StandIns, kind: str) -> None:
    failure = failure_of(peers, Fault(kind="timeout" if kind == "timeout" else "reset", late=True))
    assert isinstance(failure, Retryable)
    assert failure.ambiguous


@pytest.mark.parametrize(("code", "kind"), [(451, Retryable), (552, Permanent), (554, Permanent)])
def test_a_refusal_of_the_data_is_none_the_less_certain(
    peers: StandIns, code: int, kind: type[DeliveryFailure]
) -> None:
    failure = failure_of(peers, Fault(kind="status", status=code, late=True))
    assert (type(failure), failure.ambiguous) == (kind, False)


@pytest.mark.parametrize(
    "greeting", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00" * 5000, b"554 go away\r\n", b"2" * 9999]
)
def test_a_server_that_speaks_no_smtp_is_a_failure_and_no_crash(greeting: bytes) -> None:
    with greeting_with(greeting) as address, pytest.raises(DeliveryFailure):
        send(Network(endpoints={"smtp": address}), timeout=0.3)


@contextmanager
def greeting_with(answer: bytes) -> Iterator[str]:
    with saying(answer, asked=False) as base:
        yield base.removeprefix("http://")


def test_starttls_and_the_password_by_a_trusted_certificate(
    server_tls: ssl.SSLContext, trusting_tls: ssl.SSLContext
) -> None:
    with secured(server_tls, {"relay": PASSWORD}) as (board, address):
        send(Network(endpoints={"smtp": address}, tls=trusting_tls))
    assert board.requests[-1].taken


def test_a_certificate_that_nobody_trusts_gets_no_password(server_tls: ssl.SSLContext) -> None:
    strict = Network(endpoints={}, tls=None)
    with secured(server_tls, {"relay": PASSWORD}) as (board, address):
        wanted = target(email_settings(smarthost=address))
        with pytest.raises(Retryable, match="shows a certificate that is not trusted"):
            send(strict, wanted)
    assert not board.requests


def test_a_wrong_password_is_dead(server_tls: ssl.SSLContext, trusting_tls: ssl.SSLContext) -> None:
    with secured(server_tls, {"relay": "another"}) as (_, address), pytest.raises(AuthDead, match="answered 535"):
        send(Network(endpoints={"smtp": address}, tls=trusting_tls))


def test_a_server_without_starttls_is_refused_where_tls_is_required(peers: StandIns) -> None:
    wanted = target(email_settings(smarthost=peers.endpoints["smtp"]))
    with pytest.raises(Permanent, match="offers no STARTTLS"):
        send(Network(), wanted)
    assert not peers.requests


def test_implicit_tls_on_port_465_speaks_tls_first(
    monkeypatch: pytest.MonkeyPatch, server_tls: ssl.SSLContext, trusting_tls: ssl.SSLContext
) -> None:
    with saying(b"554 no service\r\n", tls=server_tls, asked=False) as base:
        port = int(base.rpartition(":")[2])
        monkeypatch.setattr("alertrelay.channels.transport.smtp.IMPLICIT_TLS_PORT", port)
        wanted = target(email_settings(smarthost=f"127.0.0.1:{port}"))
        with pytest.raises(Permanent, match="554: no service"):
            send(Network(tls=trusting_tls), wanted)


def test_implicit_tls_follows_what_forces_or_refuses_it_at_any_port(
    monkeypatch: pytest.MonkeyPatch, server_tls: ssl.SSLContext, trusting_tls: ssl.SSLContext, peers: StandIns
) -> None:
    with saying(b"554 no service\r\n", tls=server_tls, asked=False) as base:
        port = int(base.rpartition(":")[2])
        settings = dataclasses.replace(email_settings(smarthost=f"127.0.0.1:{port}"), implicit_tls="always")
        with pytest.raises(Permanent, match="554: no service"):
            send(Network(tls=trusting_tls), target(settings))
    port = int(peers.endpoints["smtp"].rpartition(":")[2])
    monkeypatch.setattr("alertrelay.channels.transport.smtp.IMPLICIT_TLS_PORT", port)
    settings = dataclasses.replace(email_settings(smarthost=f"127.0.0.1:{port}"), implicit_tls="never")
    with pytest.raises(Permanent, match="offers no STARTTLS"):
        send(Network(), target(settings))


@pytest.mark.parametrize(
    ("global_", "own", "expected"),
    [
        ("", "", "by port"),
        ("smtp_force_implicit_tls: true", "", "always"),
        ("smtp_force_implicit_tls: true", "force_implicit_tls: false, ", "never"),
        ("", "force_implicit_tls: true, ", "always"),
    ],
)
def test_force_implicit_tls_is_obeyed_and_inherited(global_: str, own: str, expected: str) -> None:
    config = f"{global_}| {own}to: a@example.com, from: b@example.com, smarthost: 'smtp.example.com:587'"
    (settings,), findings = read("email", config)
    assert settings.implicit_tls == expected  # type: ignore[attr-defined]  # of EmailSettings
    assert [one.code for one in findings] == ["send-resolved"]


def test_a_password_does_not_go_in_clear_to_another_host(monkeypatch: pytest.MonkeyPatch, peers: StandIns) -> None:
    monkeypatch.setattr("alertrelay.channels.transport.smtp._is_loopback", lambda _: False)
    wanted = target(email_settings(smarthost=peers.endpoints["smtp"], require_tls=False))
    with pytest.raises(Permanent, match="set require_tls"):
        send(Network(), wanted)
    assert not peers.requests


def test_a_password_beyond_ascii_is_dead_and_not_shown(peers: StandIns) -> None:
    with pytest.raises(AuthDead, match="smtp_password") as caught:
        send(Network(endpoints=peers.endpoints), given=Key("smtp_password", "pässwört", "v"))
    assert "pässwört" not in repr(caught.value)


def test_a_missing_password_is_dead(peers: StandIns) -> None:
    with pytest.raises(AuthDead, match="the secret has no key smtp_password"):
        EmailSender(Network(endpoints=peers.endpoints)).send(MAIL, EMAIL, key=None, notification_id="n-1", timeout=600)


def test_a_server_without_a_user_is_asked_without_a_password(peers: StandIns) -> None:
    wanted = target(email_settings(username="", password=""))
    receipt = EmailSender(Network(endpoints=peers.endpoints)).send(
        MAIL, wanted, key=None, notification_id="n-1", timeout=600
    )
    assert peers.requests[-1].taken
    assert receipt.key_name == ""


def test_addresses_beyond_ascii_travel_where_the_server_takes_them(peers: StandIns) -> None:
    mail = sent(peers, target(email_settings(to=("jörg@example.com",))))
    assert mail.taken
    assert mail.body["to"] == ["jörg@example.com"]


@pytest.mark.parametrize("to", [(), ("",), ("not an address",)])
def test_no_address_at_all_is_permanent(peers: StandIns, to: tuple[str, ...]) -> None:
    with pytest.raises(Permanent, match="no e-mail address"):
        send(Network(endpoints=peers.endpoints), target(email_settings(to=to)))


@pytest.mark.parametrize("smarthost", ["", "mail.example.com", "mail.example.com:smtp", ":25"])
def test_a_malformed_smarthost_is_permanent(smarthost: str) -> None:
    with pytest.raises(Permanent, match="host:port was expected"):
        send(Network(), target(email_settings(smarthost=smarthost)))


def test_no_time_left_asks_nobody(peers: StandIns) -> None:
    with pytest.raises(Retryable, match="no time was left"):
        send(Network(endpoints=peers.endpoints), timeout=0)


def test_ses_is_asked_where_the_transport_says_so() -> None:
    asked: list[Mapping[str, Any]] = []

    def ses(request: Mapping[str, Any]) -> str:
        asked.append(request)
        return "<m-1@eu-west-1.amazonses.com>"

    by_ses = target(dataclasses.replace(email_settings(), transport="ses"))
    with pytest.raises(Permanent, match="no SES"):
        send(Network(), by_ses)
    sender = EmailSender(Network(ses=ses))
    receipt = sender.send(MAIL, by_ses, key=None, notification_id="n", timeout=600)
    assert receipt.ref == {"message_id": "<m-1@eu-west-1.amazonses.com>"}
    assert [request["Content"]["Simple"]["Subject"]["Data"] for request in asked] == [MAIL["subject"]]
    assert sender.key_name(by_ses) == ""


def test_a_composed_mail_is_seven_bit_with_crlf_lines() -> None:
    raw = bytes(compose(MAIL, email_settings(), notification_id="n-1"))
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
