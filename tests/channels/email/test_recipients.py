"""Each recipient of a mail has an outcome of its own, over a real SMTP server."""

from __future__ import annotations

import pytest
from alertrelay.channels.email import recipient_name
from alertrelay.channels.email.sender import EmailSender
from alertrelay.channels.transport.connection import Network
from alertrelay.config.model import Target
from alertrelay.notification import Receipt, Recipients
from alertrelay.ports import DeliveryFailure, Permanent, Retryable

from local.standins import Fault, StandIns
from tests.channels.email.example import MAIL, SENT, email_settings
from tests.channels.example import key, target

ADDRESSES = ("oncall@example.com", "db@example.com", "ops@example.com")
ONCALL, DB, OPS = map(recipient_name, ADDRESSES)
WANTED = target(email_settings(to=("On call <oncall@example.com>", "db@example.com", "ops@example.com")))


def refuse(peers: StandIns, **codes: int) -> None:
    for local, code in codes.items():
        fault = Fault(kind="status", status=code, body=f"5.1.1 <{local.upper()}@example.com>: no")
        peers.fail("email", fault, token=f"{local}@example.com")


def send(peers: StandIns, wanted: Target = WANTED, *, timeout: float = 600) -> Receipt:
    return EmailSender(Network(endpoints=peers.endpoints)).send(
        MAIL, wanted, key=key(SENT), notification_id="n-1", timeout=timeout
    )


def outcome(peers: StandIns) -> tuple[DeliveryFailure | None, Recipients]:
    try:
        found = send(peers).recipients
    except DeliveryFailure as failure:
        return failure, failure.recipients or Recipients()
    assert found is not None
    return None, found


def test_a_mail_that_all_took_misses_nobody(peers: StandIns) -> None:
    assert outcome(peers) == (None, Recipients(taken=frozenset({ONCALL, DB, OPS})))


def test_who_is_refused_for_now_and_for_good_is_named_apart_and_without_an_address(peers: StandIns) -> None:
    refuse(peers, db=451, ops=550)
    failure, found = outcome(peers)
    assert failure is None
    assert found == Recipients(
        taken=frozenset({ONCALL}),
        deferred={DB: "d…@example.com (451 5.1.1 <d…@example.com>: no)"},
        refused={OPS: "o…@example.com (550 5.1.1 <o…@example.com>: no)"},
    )
    assert peers.requests[-1].body["to"] == ["oncall@example.com"]


@pytest.mark.parametrize(
    ("codes", "kind"), [((550, 551, 553), Permanent), ((450, 550, 554), Retryable), ((451, 452, 450), Retryable)]
)
def test_a_mail_that_nobody_took_fails_and_says_for_whom(
    peers: StandIns, codes: tuple[int, int, int], kind: type[DeliveryFailure]
) -> None:
    refuse(peers, **dict(zip(("oncall", "db", "ops"), codes, strict=True)))
    failure, found = outcome(peers)
    assert type(failure) is kind
    assert not failure.ambiguous
    assert found.taken == frozenset()
    assert set(found.deferred) == {n for n, code in zip((ONCALL, DB, OPS), codes, strict=True) if code < 500}
    assert set(found.refused) == {n for n, code in zip((ONCALL, DB, OPS), codes, strict=True) if code >= 500}
    assert not any(address in failure.text.lower() for address in ADDRESSES)
    assert "o…@example.com" in failure.text


@pytest.mark.parametrize("kind", ["reset", "timeout"])
def test_a_connection_that_is_lost_after_the_data_leaves_open_who_has_it(peers: StandIns, kind: str) -> None:
    refuse(peers, ops=550)
    peers.fail("email", Fault(kind="reset" if kind == "reset" else "timeout", late=True))
    with pytest.raises(Retryable) as caught:
        send(peers, timeout=0.3)
    assert caught.value.ambiguous
    assert caught.value.recipients is not None
    assert set(caught.value.recipients.refused) == {OPS}
    assert caught.value.recipients.taken == frozenset()


def test_a_connection_that_is_lost_among_the_recipients_delivered_nothing(peers: StandIns) -> None:
    peers.fail("email", Fault.named("reset"), token="db@example.com")
    failure, found = outcome(peers)
    assert isinstance(failure, Retryable)
    assert not failure.ambiguous
    assert found.taken == frozenset()


def test_a_refusal_of_the_data_is_everybodys(peers: StandIns) -> None:
    peers.fail("email", Fault(kind="status", status=552, late=True))
    failure, found = outcome(peers)
    assert isinstance(failure, Permanent)
    assert found == Recipients()


def test_a_mail_to_some_of_its_recipients_goes_to_them_alone(peers: StandIns) -> None:
    settings = WANTED.settings.only_for({DB, OPS})
    send(peers, target(settings))
    assert peers.requests[-1].body["to"] == ["db@example.com", "ops@example.com"]
    assert peers.requests[-1].headers["to"] == "db@example.com, ops@example.com"


def test_a_recipient_keeps_its_name_whatever_the_case_of_its_address() -> None:
    assert recipient_name("DB@Example.com") == DB
    assert len(DB) == 12
    settings = email_settings(to=("Team <DB@example.com>",))
    assert settings.recipients == {DB: False}
